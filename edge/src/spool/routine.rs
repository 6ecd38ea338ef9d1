//! Routine records on their way into an envelope. They wait a little, so that they can share one: an envelope of its own
//! for every measurement would wear the flash out. What waits here is lost if the process is killed; it has no number yet,
//! and the next snapshot tells the same again.

use std::time::Duration;

use wire::{Envelope, Stamp, Value};

use super::entry::Entry;
use super::seal::Draft;

/// What an observation costs at most beside its text.
const OBSERVATION_BYTES: usize = 24;
/// The longest header of an envelope.
const HEADER_BYTES: usize = 240;
/// When so much waits, an envelope is full.
const FULL_BYTES: usize = Envelope::BYTES_MAX - HEADER_BYTES;

#[derive(Debug)]
pub(super) struct Routine {
    interval_ms: u64,
    drafts: Vec<Draft>,
    bytes: usize,
    /// When the first of them came, in milliseconds since the boot.
    since_ms: u64,
}

impl Routine {
    pub(super) fn new(interval: Duration) -> Self {
        let interval_ms = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
        Self { interval_ms, drafts: Vec::new(), bytes: 0, since_ms: 0 }
    }

    pub(super) fn push(&mut self, entry: Entry, now: &Stamp) {
        if self.drafts.is_empty() {
            self.since_ms = now.mono_ms;
        }
        let text_bytes = match &entry.reading.value {
            Some(Value::Text(text)) => text.len(),
            Some(Value::Flag(_) | Value::Integer(_) | Value::Number(_)) | None => 0,
        };
        self.bytes += OBSERVATION_BYTES + text_bytes;
        self.drafts.push(entry.into());
    }

    /// When what waits has to be sealed, in milliseconds since the boot; `None` if nothing waits.
    pub(super) fn due_ms(&self) -> Option<u64> {
        (!self.drafts.is_empty()).then(|| self.since_ms.saturating_add(self.interval_ms))
    }

    pub(super) fn is_due(&self, now: &Stamp) -> bool {
        self.bytes >= FULL_BYTES || self.due_ms().is_some_and(|due_ms| due_ms <= now.mono_ms)
    }

    pub(super) fn take(&mut self) -> Vec<Draft> {
        self.bytes = 0;
        std::mem::take(&mut self.drafts)
    }
}

#[cfg(test)]
mod tests {
    use wire::{BootId, ClockState, Lane, Marks, PointNo, Quality, Reading};

    use super::*;
    use crate::spool::What;

    fn now(mono_ms: u64) -> Stamp {
        Stamp { boot: BootId([1; 16]), mono_ms, wall_ms: 0, clock: ClockState::Free }
    }

    fn entry() -> Entry {
        let reading = Reading {
            value: Some(Value::Flag(true)),
            quality: Quality::Good,
            stamp: now(0),
            marks: Marks::NONE,
        };
        Entry { lane: Lane::Routine, what: What::Event, point: PointNo(0), reading }
    }

    #[test]
    fn records_wait_for_each_other_and_not_longer() {
        let mut routine = Routine::new(Duration::from_secs(2));
        assert_eq!(routine.due_ms(), None);
        routine.push(entry(), &now(1_000));
        routine.push(entry(), &now(2_900));
        assert!(!routine.is_due(&now(2_999)));
        assert!(routine.is_due(&now(3_000)));
        assert_eq!(routine.take().len(), 2);
        assert!(!routine.is_due(&now(9_000)));
    }

    #[test]
    fn a_full_envelope_does_not_wait() {
        let mut routine = Routine::new(Duration::from_secs(2));
        let mut count = 0;
        while !routine.is_due(&now(0)) {
            routine.push(entry(), &now(0));
            count += 1;
        }
        assert!((100..500).contains(&count));
    }
}
