//! When to poll: on a fixed grid, so that polls neither drift nor come in bursts after a stall. Pure.

use std::time::Duration;

/// Grid points `phase + k × interval` from the start of the poller.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    interval_ns: u128,
    phase_ns: u128,
    /// The last grid point that was given out.
    last: Option<u128>,
}

/// The next poll, and how many grid points were passed over since the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    pub at: Duration,
    pub skipped: u64,
}

impl Schedule {
    /// Devices of one site have different phases, so that they are not all asked in the same moment.
    pub fn new(interval: Duration, phase: Duration) -> Self {
        Self { interval_ns: interval.as_nanos().max(1), phase_ns: phase.as_nanos(), last: None }
    }

    /// The first grid point after `elapsed` that was not given out yet.
    pub fn next(&mut self, elapsed: Duration) -> Next {
        let wanted = self.last.map_or(0, |last| last + 1);
        let given = self.upcoming(elapsed).max(wanted);
        self.last = Some(given);
        let at_ns = self.phase_ns + given * self.interval_ns;
        let at = Duration::from_nanos(u64::try_from(at_ns).unwrap_or(u64::MAX));
        Next { at, skipped: u64::try_from(given - wanted).unwrap_or(u64::MAX) }
    }

    /// Gives up the grid points before `elapsed`, which do not count as skipped.
    pub fn pass(&mut self, elapsed: Duration) {
        let passed = self.upcoming(elapsed).checked_sub(1);
        self.last = self.last.max(passed);
    }

    fn upcoming(&self, elapsed: Duration) -> u128 {
        elapsed.as_nanos().saturating_sub(self.phase_ns).div_ceil(self.interval_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn next(schedule: &mut Schedule, elapsed_ms: u64) -> (u64, u64) {
        let next = schedule.next(ms(elapsed_ms));
        (next.at.as_millis() as u64, next.skipped)
    }

    #[test]
    fn polls_stay_on_the_grid_however_long_each_takes() {
        let mut schedule = Schedule::new(ms(250), ms(30));
        assert_eq!(next(&mut schedule, 0), (30, 0));
        assert_eq!(next(&mut schedule, 41), (280, 0));
        assert_eq!(next(&mut schedule, 280), (530, 0), "a poll that took no time is not repeated");
        assert_eq!(next(&mut schedule, 779), (780, 0));
    }

    #[test]
    fn a_stall_skips_polls_and_says_how_many() {
        let mut schedule = Schedule::new(ms(100), ms(0));
        assert_eq!(next(&mut schedule, 0), (0, 0));
        assert_eq!(next(&mut schedule, 1_234), (1_300, 12));
        assert_eq!(next(&mut schedule, 1_301), (1_400, 0));
        schedule.pass(ms(9_950));
        assert_eq!(next(&mut schedule, 9_950), (10_000, 0), "what was given up is not skipped");
    }
}
