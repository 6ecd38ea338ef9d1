//! Whether the value of a point was read recently enough to be judged. Each point has an age of its own: that its device
//! says something else proves nothing about it. Pure.

use std::time::Duration;

/// A value is stale when this many polls, or messages of a device that speaks by itself, did not renew it …
const STALE_POLLS: u64 = 3;
/// … but never before this, since fast polling does not make a value age faster.
const STALE_AFTER_MIN_MS: u64 = 1_000;

#[derive(Clone, Debug)]
pub(super) struct Freshness {
    stale_after_ms: u64,
    /// When it was last renewed; `None` once it is stale, and before the first time.
    read_ms: Option<u64>,
}

impl Freshness {
    /// `interval` is how often the value comes at least.
    pub(super) fn new(interval: Duration) -> Self {
        Self { stale_after_ms: stale_after_ms(interval), read_ms: None }
    }

    pub(super) fn read(&mut self, now_ms: u64) {
        self.read_ms = Some(now_ms);
    }

    /// Something else shows that the value stands as before. What is too old already that does not bring back.
    pub(super) fn keep(&mut self, now_ms: u64) {
        if self.due_ms().is_some_and(|due_ms| now_ms < due_ms) {
            self.read_ms = self.read_ms.max(Some(now_ms));
        }
    }

    /// The value is already known to be worthless, for another reason than its age.
    pub(super) fn void(&mut self) {
        self.read_ms = None;
    }

    /// The first moment at which the value is older than it may be.
    pub(super) fn due_ms(&self) -> Option<u64> {
        self.read_ms.map(|read_ms| read_ms.saturating_add(self.stale_after_ms).saturating_add(1))
    }

    /// True once, when the value becomes stale.
    pub(super) fn expires(&mut self, now_ms: u64) -> bool {
        let expired = self.due_ms().is_some_and(|due_ms| now_ms >= due_ms);
        if expired {
            self.void();
        }
        expired
    }
}

/// After how long without a sign values that come so often are stale.
pub(super) fn stale_after_ms(interval: Duration) -> u64 {
    let interval_ms = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
    interval_ms.saturating_mul(STALE_POLLS).max(STALE_AFTER_MIN_MS)
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

    #[test]
    fn what_is_kept_stays_fresh_and_what_is_stale_is_not_brought_back() {
        let mut kept = Freshness::new(Duration::from_secs(2));
        kept.keep(1_000);
        assert_eq!(kept.due_ms(), None, "what was never read cannot be kept");
        kept.read(5_000);
        kept.keep(11_000);
        assert_eq!(kept.due_ms(), Some(17_001));
        kept.keep(17_001);
        assert!(kept.expires(17_001), "too late, also if nobody has said so yet");
    }
}
