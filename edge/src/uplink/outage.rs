//! What of an outage is written to the log: each thing once, and then ever more seldom that it goes on. A hub that refuses
//! for a week is asked some forty thousand times, and leaves some two hundred lines. Pure: time comes in as an argument.

use std::collections::BTreeSet;

/// Until it is told for the first time that the same goes on; doubled each time.
const PAUSE_FIRST_MS: u64 = 60_000;
const PAUSE_MAX_MS: u64 = 3_600_000;
/// So many different things are told at once. Eight addresses rarely fail in more than four ways.
const THINGS_MAX: usize = 32;

#[derive(Debug)]
pub(super) struct Outage {
    told: BTreeSet<String>,
    told_ms: u64,
    pause_ms: u64,
    left_out: u64,
}

impl Default for Outage {
    fn default() -> Self {
        Self { told: BTreeSet::new(), told_ms: 0, pause_ms: PAUSE_FIRST_MS, left_out: 0 }
    }
}

impl Outage {
    /// A connection has lasted: the next failure is news again.
    pub(super) fn over(&mut self) {
        *self = Self::default();
    }

    /// Whether this is to be told now, and if so, how many lines were left out since the last one.
    pub(super) fn tells(&mut self, thing: String, now_ms: u64) -> Option<u64> {
        let is_news = self.told.len() < THINGS_MAX && self.told.insert(thing);
        if !is_news {
            if now_ms.saturating_sub(self.told_ms) < self.pause_ms {
                self.left_out += 1;
                return None;
            }
            self.pause_ms = (self.pause_ms * 2).min(PAUSE_MAX_MS);
        }
        self.told_ms = now_ms;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK_MS: u64 = 7 * 24 * PAUSE_MAX_MS;

    #[test]
    fn each_thing_is_told_at_once_and_what_goes_on_at_growing_intervals() {
        let mut outage = Outage::default();
        let mut tells = |thing: &str, second: u64| outage.tells(thing.to_owned(), second * 1_000);
        assert_eq!((tells("a: refused", 0), tells("b: silent", 1)), (Some(0), Some(0)));
        assert_eq!((tells("a: refused", 2), tells("b: silent", 3)), (None, None));
        assert_eq!(tells("a: refused", 61), Some(2), "with what was left out");
        assert_eq!(tells("b: silent", 180), None, "twice the pause");
        assert_eq!(tells("b: silent", 181), Some(1));
        outage.over();
        assert_eq!(outage.tells("a: refused".to_owned(), 182_000), Some(0));
    }

    #[test]
    fn a_week_does_not_fill_the_log_whatever_the_failures_say() {
        for things in [1, 2, 1_000_000] {
            let mut outage = Outage::default();
            let attempts = (0..WEEK_MS).step_by(15_000);
            let told = attempts.filter(|at_ms| outage.tells(format!("{}", at_ms % things), *at_ms).is_some());
            let lines = told.count();
            assert!((150..250).contains(&lines), "{things}: {lines}");
        }
    }
}
