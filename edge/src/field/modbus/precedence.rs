//! Whose wish is next on a bus. Pure: times are durations since the start of the bus.
//!
//! A unit that obeys is switched as soon as the line is free, ahead of all polls. One that does not costs a time-out each
//! time: after it was tried, all such units rest for some times as long, so that together they take a fifth of the bus.

use std::collections::BTreeSet;
use std::time::Duration;

use super::turns::{REST_TIMES, Spent};

#[derive(Debug, Default)]
pub struct Precedence {
    deaf: BTreeSet<u8>,
    /// Until when nobody is tried who did not obey.
    rest_until: Duration,
}

/// The next of those that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    pub place: usize,
    pub at: Duration,
}

impl Precedence {
    /// Of the units that wait, in the order in which they came. `None`: nobody waits.
    pub fn next(&self, waiting: impl Iterator<Item = u8>) -> Option<Granted> {
        let at = |unit| if self.is_deaf(unit) { self.rest_until } else { Duration::ZERO };
        let granted = waiting.enumerate().map(|(place, unit)| Granted { place, at: at(unit) });
        granted.min_by_key(|granted| (granted.at, granted.place))
    }

    pub fn is_deaf(&self, unit: u8) -> bool {
        self.deaf.contains(&unit)
    }

    pub fn obeyed(&mut self, unit: u8) {
        self.deaf.remove(&unit);
    }

    pub fn failed(&mut self, unit: u8, spent: Spent) {
        self.deaf.insert(unit);
        self.rest_until = spent.to + spent.to.saturating_sub(spent.from) * REST_TIMES;
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn who_obeys_never_waits_for_who_does_not() {
        let mut precedence = Precedence::default();
        assert_eq!(precedence.next([].into_iter()), None);
        assert_eq!(precedence.next([3, 4].into_iter()), Some(Granted { place: 0, at: ms(0) }));
        precedence.failed(3, Spent { from: ms(1_000), to: ms(1_400) });
        assert_eq!(precedence.next([3, 4].into_iter()), Some(Granted { place: 1, at: ms(0) }));
        assert_eq!(precedence.next([3].into_iter()), Some(Granted { place: 0, at: ms(3_000) }));
        precedence.obeyed(3);
        assert_eq!(precedence.next([3, 4].into_iter()), Some(Granted { place: 0, at: ms(0) }));
    }

    proptest! {
        /// However many units are deaf and however often they are wished for, a fifth of the bus is all they get; nobody who
        /// obeys waits for more than the one try that is under way; and none of the deaf is forgotten.
        #[test]
        fn deaf_units_take_a_fifth(deaf in 1_usize..16, takes in vec(20_u64..600, 64), steps in vec(0_u64..400, 64..200)) {
            let well = deaf as u8;
            let mut precedence = Precedence::default();
            let mut waiting: Vec<u8> = (0..=well).collect();
            let (mut now, mut wasted, mut tried) = (0, 0, vec![0_u64; deaf]);
            for (step, pause) in steps.iter().enumerate() {
                now += pause;
                let granted = precedence.next(waiting.iter().copied()).unwrap();
                let unit = waiting[granted.place];
                prop_assert!(!precedence.is_deaf(unit) || !waiting.contains(&well));
                if granted.at > ms(now) {
                    continue;
                }
                waiting.remove(granted.place);
                if unit == well {
                    prop_assert_eq!(granted.at, ms(0));
                    precedence.obeyed(unit);
                    continue;
                }
                // The first failure of each costs what it costs: until then nobody knew.
                let takes = takes[step % takes.len()];
                wasted += if precedence.is_deaf(unit) { takes } else { 0 };
                tried[usize::from(unit)] += 1;
                precedence.failed(unit, Spent { from: ms(now), to: ms(now + takes) });
                now += takes;
                waiting.push(unit);
            }
            prop_assert!(wasted <= now / 5 + 600, "{wasted} of {now}");
            let (most, least) = (tried.iter().max().unwrap(), tried.iter().min().unwrap());
            prop_assert!(most - least <= 1, "{tried:?}");
        }
    }
}
