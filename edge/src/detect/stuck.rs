//! Whether a sensor that always jitters has stopped to move: it has failed, or somebody holds its value. Only time in
//! which it was read counts. Pure.

use std::time::Duration;

/// A device may be asked less often than its profile thought; as many equal samples in a row are no accident.
const POLLS_MIN: u32 = 3;

#[derive(Clone, Debug)]
pub(super) struct Stuck {
    after_ms: u64,
    number: Option<f64>,
    /// How long the number has stood still while it could be read.
    still_ms: u64,
    /// When it was last read, unless something has failed since.
    read_ms: Option<u64>,
}

impl Stuck {
    pub(super) fn new(after: Duration, interval: Duration) -> Self {
        let after = after.max(interval.saturating_mul(POLLS_MIN));
        let after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        Self { after_ms, number: None, still_ms: 0, read_ms: None }
    }

    pub(super) fn is_stuck(&mut self, number: f64, now_ms: u64) -> bool {
        let before_ms = self.read_ms.replace(now_ms);
        if self.number.replace(number) != Some(number) {
            self.still_ms = 0;
            return false;
        }
        let passed_ms = before_ms.map_or(0, |before_ms| now_ms.saturating_sub(before_ms));
        self.still_ms = self.still_ms.saturating_add(passed_ms);
        self.still_ms >= self.after_ms
    }

    /// The number could not be read. The time until the next one does not count, but what stood still before it is not
    /// forgotten.
    pub(super) fn missed(&mut self) {
        self.read_ms = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stuck(after_s: u64, interval_s: u64) -> Stuck {
        Stuck::new(Duration::from_secs(after_s), Duration::from_secs(interval_s))
    }

    #[test]
    fn a_number_that_does_not_move_for_long_is_stuck_until_it_moves() {
        let mut stuck = stuck(60, 1);
        assert!(!stuck.is_stuck(20.1, 0));
        assert!(!stuck.is_stuck(20.1, 59_999));
        assert!(stuck.is_stuck(20.1, 60_000));
        assert!(stuck.is_stuck(20.1, 70_000));
        assert!(!stuck.is_stuck(20.2, 71_000), "it moves");
        assert!(!stuck.is_stuck(20.2, 130_999));
        assert!(stuck.is_stuck(20.2, 131_000));
    }

    #[test]
    fn time_without_a_sample_neither_counts_nor_forgives() {
        let mut stuck = stuck(60, 1);
        stuck.is_stuck(1.0, 0);
        stuck.is_stuck(1.0, 40_000);
        stuck.missed();
        assert!(!stuck.is_stuck(1.0, 500_000));
        assert!(stuck.is_stuck(1.0, 520_000));
    }

    #[test]
    fn a_slow_device_needs_three_equal_samples() {
        let mut stuck = stuck(10, 60);
        assert!(!stuck.is_stuck(1.0, 0));
        assert!(!stuck.is_stuck(1.0, 60_000));
        assert!(!stuck.is_stuck(1.0, 120_000));
        assert!(stuck.is_stuck(1.0, 180_000));
    }
}
