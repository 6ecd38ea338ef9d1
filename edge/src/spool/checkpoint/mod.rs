//! When a checkpoint is written into the urgent lane: a signature under what both lanes hold, so that whoever gets at the
//! edge later cannot write its history anew. Pure; the signer has the key.
//!
//! One is due a minute after the last while there is something new, after many envelopes, and with the commit of a grave
//! event. Each costs a certificate's bytes and pages of flash, so a storm of events gets one a second.

mod grave;
mod signer;

pub(super) use grave::grave_points;
pub use signer::{KeyFiles, Sign, SignError};

const INTERVAL_MS: u64 = 60_000;
/// What a thief of the edge could change unseen, at most.
const ENVELOPES_MAX: usize = 256;
const GRAVE_INTERVAL_MS: u64 = 1_000;

#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// When the last one was written or could not be, in milliseconds since the boot.
    last_ms: Option<u64>,
    /// Envelopes since then, other checkpoints not counted.
    envelopes: usize,
    grave: bool,
    /// The signer's failure was told.
    failing: bool,
}

impl Schedule {
    /// Envelopes are sealed; `grave` if an event among them should not stay unsigned.
    pub(super) fn sealed(&mut self, envelopes: usize, grave: bool) {
        self.envelopes += envelopes;
        self.grave |= grave;
    }

    /// When one is due, in milliseconds since the boot; `None` if there is nothing new.
    pub(super) fn due_ms(&self) -> Option<u64> {
        if self.envelopes == 0 {
            return None;
        }
        let hurries = self.grave || self.envelopes >= ENVELOPES_MAX;
        let interval_ms = if hurries { GRAVE_INTERVAL_MS } else { INTERVAL_MS };
        Some(self.last_ms.map_or(0, |last_ms| last_ms.saturating_add(interval_ms)))
    }

    pub(super) fn is_due(&self, now_ms: u64) -> bool {
        self.due_ms().is_some_and(|due_ms| due_ms <= now_ms)
    }

    /// The end of the process or another epoch: what is new does not wait any longer.
    pub(super) fn hurry(&mut self) {
        self.last_ms = None;
    }

    pub(super) fn written(&mut self, now_ms: u64) {
        *self = Self { last_ms: Some(now_ms), ..Self::default() };
    }

    /// None could be signed. What is new stays so, and is tried again in a while; true if that is to be told.
    pub(super) fn failed(&mut self, now_ms: u64) -> bool {
        (self.last_ms, self.grave) = (Some(now_ms), false);
        self.envelopes = self.envelopes.min(ENVELOPES_MAX - 1);
        !std::mem::replace(&mut self.failing, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_due_with_the_first_envelope_and_the_next_a_minute_later() {
        let mut schedule = Schedule::default();
        assert_eq!(schedule.due_ms(), None);
        schedule.sealed(1, false);
        assert!(schedule.is_due(0));
        schedule.written(10_000);
        assert_eq!(schedule.due_ms(), None, "nothing is new");
        schedule.sealed(3, false);
        assert!(!schedule.is_due(69_999) && schedule.is_due(70_000));
    }

    #[test]
    fn grave_events_and_many_envelopes_hurry_but_not_more_than_once_a_second() {
        for (envelopes, grave) in [(1, true), (ENVELOPES_MAX, false)] {
            let mut schedule = Schedule::default();
            schedule.written(10_000);
            schedule.sealed(envelopes, grave);
            assert_eq!(schedule.due_ms(), Some(11_000));
            schedule.sealed(1, false);
            assert_eq!(schedule.due_ms(), Some(11_000), "what is grave stays grave");
            schedule.written(11_000);
            schedule.sealed(1, false);
            assert_eq!(schedule.due_ms(), Some(71_000));
        }
    }

    #[test]
    fn a_failure_is_told_once_and_tried_again() {
        let mut schedule = Schedule::default();
        schedule.sealed(400, true);
        assert!(schedule.failed(5_000));
        assert_eq!(schedule.due_ms(), Some(65_000));
        assert!(!schedule.failed(65_000), "told already");
        schedule.written(125_000);
        schedule.sealed(1, true);
        assert!(schedule.failed(130_000), "told again after it went well");
    }

    #[test]
    fn the_end_does_not_wait() {
        let mut schedule = Schedule::default();
        schedule.written(10_000);
        schedule.hurry();
        assert!(!schedule.is_due(10_001), "there is nothing to sign");
        schedule.sealed(1, false);
        assert!(schedule.is_due(10_001));
    }
}
