//! A new value counts only once it has held for a while. Pure.

use wire::{Stamp, Value};

/// The value that is waiting to count, if any.
#[derive(Clone, Debug, Default)]
pub(super) struct Debounce {
    pending: Option<(Value, Stamp)>,
}

impl Debounce {
    /// A value other than the accepted one was read. It keeps the time at which it was read first.
    pub(super) fn differs(&mut self, value: &Value, stamp: Stamp) {
        match &self.pending {
            Some((pending, _)) if pending == value => {}
            _ => self.pending = Some((value.clone(), stamp)),
        }
    }

    /// The accepted value was read again: it was a bounce.
    pub(super) fn returned(&mut self) {
        self.pending = None;
    }

    /// When the pending value will have held long enough.
    pub(super) fn due_ms(&self, debounce_ms: u64) -> Option<u64> {
        self.pending.as_ref().map(|(_, since)| since.mono_ms.saturating_add(debounce_ms))
    }

    /// The pending value, if it has held long enough by now.
    pub(super) fn settled(&mut self, debounce_ms: u64, now_ms: u64) -> Option<(Value, Stamp)> {
        self.pending.take_if(|(_, since)| now_ms >= since.mono_ms.saturating_add(debounce_ms))
    }

    /// The pending value before its time, because nothing newer will come.
    pub(super) fn cut_short(&mut self) -> Option<(Value, Stamp)> {
        self.pending.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::trace::at;

    const OPEN: Value = Value::Flag(true);

    #[test]
    fn a_bounce_is_forgotten() {
        let mut debounce = Debounce::default();
        debounce.differs(&OPEN, at(1_000));
        assert_eq!(debounce.due_ms(100), Some(1_100));
        debounce.returned();
        assert_eq!(debounce.due_ms(100), None);
        assert_eq!(debounce.settled(100, 2_000), None);
    }

    #[test]
    fn a_value_that_holds_keeps_the_time_of_its_first_read() {
        let mut debounce = Debounce::default();
        debounce.differs(&OPEN, at(1_000));
        debounce.differs(&OPEN, at(1_050));
        assert_eq!(debounce.settled(100, 1_099), None);
        assert_eq!(debounce.settled(100, 1_100), Some((OPEN, at(1_000))));
        assert_eq!(debounce.settled(100, 1_200), None);
    }

    #[test]
    fn a_third_value_begins_anew() {
        let mut debounce = Debounce::default();
        debounce.differs(&Value::Integer(1), at(0));
        debounce.differs(&Value::Integer(2), at(90));
        assert_eq!(debounce.settled(100, 120), None);
        assert_eq!(debounce.settled(100, 190), Some((Value::Integer(2), at(90))));
    }
}
