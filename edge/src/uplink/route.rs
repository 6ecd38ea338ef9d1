//! Which of the hub's addresses to try, and when to look whether a better one answers again. Pure.
//!
//! All addresses lead to one hub: several ways in, or a stand-by that holds the same journal. So it does not matter for
//! the records which one is taken, and the order is only a preference.

use std::time::Duration;

/// On a less preferred way an edge stays for so long before it looks at the first one again. Long enough that an address
/// that comes and goes does not drag the edge along.
pub const STAY: Duration = Duration::from_secs(600);

/// How a connection ended that the hub had accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lasted {
    /// It was sound: whatever ended it says nothing against this way.
    Long,
    Briefly,
}

#[derive(Clone, Debug)]
pub(super) struct Routes {
    count: usize,
    at: usize,
    stay: Duration,
}

impl Routes {
    /// Among `count` addresses, the preferred one first; `stay` is for how long another one is good enough.
    pub(super) fn new(count: usize, stay: Duration) -> Self {
        Self { count: count.max(1), at: 0, stay }
    }

    /// The place of the address to use.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// No connection came about here.
    pub(super) fn failed(&mut self) {
        self.at = (self.at + 1) % self.count;
    }

    pub(super) fn lost(&mut self, lasted: Lasted) {
        match lasted {
            Lasted::Long => self.at = 0,
            Lasted::Briefly => self.failed(),
        }
    }

    /// The preferred address has answered, and is used from now on.
    pub(super) fn returned(&mut self) {
        self.at = 0;
    }

    /// Whether every address had its turn since the last pause: only then is it time to back off.
    pub(super) fn round_begins(&self) -> bool {
        self.at == 0
    }

    /// How long to stay before the preferred address is probed, between four and six fifths of that: a fleet that fell back
    /// together does not return together. `None` on the preferred address itself.
    pub(super) fn probe_after(&self, random: u64) -> Option<Duration> {
        let stay_ms = u64::try_from(self.stay.as_millis()).unwrap_or(u64::MAX / 2);
        let spread_ms = (stay_ms / 5 * 2).max(1);
        (self.at > 0).then(|| Duration::from_millis(stay_ms - spread_ms / 2 + random % spread_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_address_is_taken_when_one_fails_and_the_first_after_the_last() {
        let mut routes = Routes::new(3, STAY);
        let mut seen = Vec::new();
        for _ in 0..4 {
            seen.push((routes.at(), routes.round_begins()));
            routes.failed();
        }
        assert_eq!(seen, [(0, true), (1, false), (2, false), (0, true)]);
    }

    #[test]
    fn a_sound_connection_that_is_lost_leads_back_to_the_preferred_address_and_a_brief_one_onwards() {
        let mut routes = Routes::new(2, STAY);
        routes.failed();
        routes.lost(Lasted::Long);
        assert_eq!(routes.at(), 0);
        routes.lost(Lasted::Briefly);
        assert_eq!(routes.at(), 1);
    }

    #[test]
    fn a_single_address_is_tried_for_ever_and_never_probed() {
        let mut routes = Routes::new(1, STAY);
        routes.failed();
        routes.lost(Lasted::Briefly);
        assert!(routes.round_begins());
        assert_eq!((routes.at(), routes.probe_after(5)), (0, None));
    }

    #[test]
    fn the_preferred_address_is_probed_after_about_ten_minutes_by_each_edge_at_its_own_time() {
        let mut routes = Routes::new(2, STAY);
        routes.failed();
        let after = |random| routes.probe_after(random).unwrap().as_secs();
        assert_eq!((after(0), after(120_000), after(239_999)), (480, 600, 719));
        assert_eq!(after(u64::MAX), 480 + u64::MAX % 240_000 / 1_000);
    }
}
