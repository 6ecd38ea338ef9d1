//! After how long a process that ended is started again. Pure.

use std::time::Duration;

/// What systemd does by default. Devices that are away for a second are not, for the rules, what they were: their points
/// are stale, and a room whose panel is stale counts as set.
const FIRST: Duration = Duration::from_millis(100);
/// A process that fails again and again is not hammered, and is still there soon after its cause is gone.
const LONGEST: Duration = Duration::from_secs(10);
/// One that has lived so long did not fail at its start.
const LIVED_WELL: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Restarts {
    next: Duration,
}

impl Restarts {
    pub(super) fn new() -> Self {
        Self { next: FIRST }
    }

    /// The delay after a life of this length; it doubles with every short life.
    pub(super) fn after(&mut self, lived: Duration) -> Duration {
        if lived >= LIVED_WELL {
            self.next = FIRST;
        }
        let delay = self.next;
        self.next = (delay * 2).min(LONGEST);
        delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_with_repeated_failure_and_forgets_it_after_a_good_life() {
        let mut restarts = Restarts::new();
        let short = Duration::from_millis(10);
        let delays: Vec<u128> = (0..8).map(|_| restarts.after(short).as_millis()).collect();
        assert_eq!(delays, [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000]);
        assert_eq!(restarts.after(LIVED_WELL), FIRST);
        assert_eq!(restarts.after(short), FIRST * 2);
    }
}
