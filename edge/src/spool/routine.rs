//! Routine records on their way into an envelope. They wait a little, so that they can share one: an envelope of its own
//! for every measurement would wear the flash out. What waits here is lost if the process is killed; it has no number yet,
//! and the next snapshot tells the same again.

use std::time::Duration;

use wire::{Envelope, Stamp, Value};

use super::entry::Entry;
use super::seal::Draft;

/// What an observation costs at most beside its text.
const OBSERVATION_BYTES: usize = 24;
/// Envelopes that wait for each other: the busiest site does not fill as many within the default interval, and they are a
/// small part of an edge's memory.
const ENVELOPES_MAX: usize = 16;
/// The longest header of an envelope.
const HEADER_BYTES: usize = 240;
/// When so much waits, these envelopes are full.
const FULL_BYTES: usize = ENVELOPES_MAX * (Envelope::BYTES_MAX - HEADER_BYTES);

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
        (!self.drafts.is_empty()).then(|| self.due_if_since_ms(self.since_ms))
    }

    /// When something has to be sealed that has been waiting since then.
    pub(super) fn due_if_since_ms(&self, since_ms: u64) -> u64 {
        since_ms.saturating_add(self.interval_ms)
    }

    /// Whether what waits fills an envelope.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= FULL_BYTES
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
        assert_eq!(routine.due_ms(), Some(3_000));
        assert_eq!(routine.take().len(), 2);
        assert_eq!(routine.due_ms(), None);
    }

    #[test]
    fn what_fills_many_envelopes_does_not_wait() {
        let mut routine = Routine::new(Duration::from_secs(2));
        let mut count = 0;
        while !routine.is_full() {
            routine.push(entry(), &now(0));
            count += 1;
        }
        assert!((1_600..8_000).contains(&count));
    }
}
