//! Points whose value the edge itself knows at any moment: its clock, its storage, its links to the devices. Pure.

use wire::time::ClockState;
use wire::{Kind, Marks, Quality, Reading, Stamp, Value};

use super::outbox::What;

/// The last reading of one of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Own {
    reading: Option<Reading>,
}

impl Own {
    /// The reading to send, if value or quality is another one. The first one is found, and has not just come about.
    pub(super) fn told(&mut self, value: Value, quality: Quality, now: Stamp) -> Option<(What, Reading)> {
        let known = self.reading.as_ref();
        if known.is_some_and(|known| known.value.as_ref() == Some(&value) && known.quality == quality) {
            return None;
        }
        let what = if known.is_some() { What::Event } else { What::Snapshot };
        let reading = Reading { value: Some(value), quality, stamp: now, marks: Marks::NONE };
        self.reading = Some(reading.clone());
        Some((what, reading))
    }

    /// The edge knows itself at any moment, so the reading is of now.
    pub(super) fn snapshot(&self, now: Stamp) -> Option<Reading> {
        self.reading.clone().map(|reading| Reading { stamp: now, ..reading })
    }
}

/// The value of `edge.clock`.
pub(super) fn clock_value(clock: ClockState) -> Value {
    let name = match clock {
        ClockState::Unset => "unset",
        ClockState::Free => "free",
        ClockState::Synchronised => "synchronised",
    };
    Value::Integer(Kind::EdgeClock.state(name).expect("edge.clock has a state for every state of the clock"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::trace::at;

    #[test]
    fn only_another_value_is_sent() {
        let mut storage = Own::default();
        assert_eq!(storage.snapshot(at(0)), None);
        let (what, _) = storage.told(Value::Flag(true), Quality::Good, at(1)).unwrap();
        assert_eq!(what, What::Snapshot);
        assert!(storage.told(Value::Flag(true), Quality::Good, at(2)).is_none());
        assert_eq!(storage.snapshot(at(9)).unwrap().stamp, at(9));
        let (what, reading) = storage.told(Value::Flag(false), Quality::Good, at(3)).unwrap();
        assert_eq!((what, reading.value), (What::Event, Some(Value::Flag(false))));
    }

    #[test]
    fn every_state_of_the_clock_has_a_value() {
        assert_eq!(clock_value(ClockState::Unset), Value::Integer(0));
        assert_eq!(clock_value(ClockState::Synchronised), Value::Integer(2));
    }
}
