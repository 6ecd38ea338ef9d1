//! The log lines of one listener: a device that connects, breaks off or talks nonsense all the time must not fill the disk.
//! What is left out is said with the next line of its sort, or once the storm is over; counters have it all.

use std::time::{Duration, Instant};

use gate::{LogLimit, LogVerdict};
use tracing::warn;

/// Of each sort, for all devices of a listener.
const LINES_PER_S: u32 = 10;
/// How long nothing may arrive before what was left out is summed up.
pub(super) const SUM_AFTER: Duration = Duration::from_secs(1);

pub(super) struct Lines(LogLimit);

impl Lines {
    pub(super) fn new() -> Self {
        Self(LogLimit::new(LINES_PER_S))
    }

    /// How many lines of this sort were left out before this one; `None`: this one is left out too.
    pub(super) fn due(&mut self, sort: &'static str, now: Instant) -> Option<u64> {
        match self.0.judge(sort, now) {
            LogVerdict::Log { suppressed } => Some(suppressed),
            LogVerdict::Suppress => None,
        }
    }

    pub(super) fn sum_up(&mut self) {
        for (sort, suppressed) in self.0.sums(Instant::now()) {
            warn!(
                sort,
                suppressed, "lines about the devices of a listener were left out: too many to log each"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_of_one_sort_is_cut_and_hides_no_other() {
        let (mut lines, now) = (Lines::new(), Instant::now());
        let logged = (0..500).filter_map(|_| lines.due("connected", now)).count();
        assert_eq!(logged, 10);
        assert_eq!(lines.due("rejected", now), Some(0));
        assert_eq!(lines.due("connected", now + SUM_AFTER), Some(490));
    }
}
