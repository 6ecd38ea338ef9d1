//! Whether the values of a device were read recently enough to be judged. Any report that is accepted renews them all: how
//! old each single one is, nobody tracks, so that a device which reports only what changes is not stale for it. Pure.

use std::time::Duration;

/// Values are stale when this many polls, or reports of a device that speaks by itself, did not renew them …
const STALE_POLLS: u64 = 3;
/// … but never before this, since fast polling does not make a value age faster.
const STALE_AFTER_MIN_MS: u64 = 1_000;

#[derive(Clone, Debug)]
pub(super) struct Freshness {
    stale_after_ms: u64,
    /// The last good poll; `None` once its values are stale, and before the first.
    read_ms: Option<u64>,
}

impl Freshness {
    pub(super) fn new(poll_interval: Duration) -> Self {
        let interval_ms = u64::try_from(poll_interval.as_millis()).unwrap_or(u64::MAX);
        Self {
            stale_after_ms: interval_ms.saturating_mul(STALE_POLLS).max(STALE_AFTER_MIN_MS),
            read_ms: None,
        }
    }

    pub(super) fn stale_after_ms(&self) -> u64 {
        self.stale_after_ms
    }

    /// When the values were last read, unless they are stale.
    pub(super) fn read_ms(&self) -> Option<u64> {
        self.read_ms
    }

    pub(super) fn read(&mut self, now_ms: u64) {
        self.read_ms = Some(now_ms);
    }

    /// The values are already known to be worthless, for another reason than their age.
    pub(super) fn void(&mut self) {
        self.read_ms = None;
    }

    /// The first moment at which the values are older than they may be.
    pub(super) fn due_ms(&self) -> Option<u64> {
        self.read_ms.map(|read_ms| read_ms.saturating_add(self.stale_after_ms).saturating_add(1))
    }

    /// True once, when the values become stale.
    pub(super) fn expires(&mut self, now_ms: u64) -> bool {
        let expired = self.due_ms().is_some_and(|due_ms| now_ms >= due_ms);
        if expired {
            self.void();
        }
        expired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_stale_after_three_intervals_but_not_within_a_second() {
        let mut fast = Freshness::new(Duration::from_millis(100));
        fast.read(5_000);
        assert!(!fast.expires(6_000));
        assert!(fast.expires(6_001));
        assert!(!fast.expires(6_002), "they become stale only once");

        let mut slow = Freshness::new(Duration::from_secs(2));
        assert!(!slow.expires(60_000), "what was never read is not stale");
        slow.read(5_000);
        assert!(!slow.expires(11_000));
        slow.read(11_000);
        assert_eq!(slow.due_ms(), Some(17_001));
        assert!(slow.expires(17_001));
    }
}
