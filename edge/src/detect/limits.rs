//! Which limits a number is beyond. On the way back it has to clear a limit by the hysteresis, so that a value that
//! trembles at a limit is not news with every sample. Pure.

use wire::Marks;

use crate::field::profile;

#[derive(Clone, Debug)]
pub(super) struct Limits {
    spec: profile::Limits,
    beyond: Marks,
}

impl Limits {
    pub(super) fn new(spec: profile::Limits) -> Self {
        Self { spec, beyond: Marks::NONE }
    }

    /// The marks of every limit that the number is beyond; of an outer one therefore also the inner one.
    pub(super) fn judge(&mut self, number: f64) -> Marks {
        let profile::Limits { low_low, low, high, high_high, hysteresis } = self.spec;
        // What lies below a limit lies above its mirror image.
        let limits = [
            (Marks::LOW_LOW, low_low.map(|limit| -limit), -number),
            (Marks::LOW, low.map(|limit| -limit), -number),
            (Marks::HIGH, high, number),
            (Marks::HIGH_HIGH, high_high, number),
        ];
        for (mark, limit, number) in limits {
            let Some(limit) = limit else { continue };
            if number >= limit {
                self.beyond = self.beyond.with(mark);
            } else if number <= limit - hysteresis {
                self.beyond = self.beyond.without(mark);
            }
        }
        self.beyond
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(hysteresis: f64) -> Limits {
        Limits::new(profile::Limits {
            low_low: Some(0.0),
            low: Some(5.0),
            high: Some(30.0),
            high_high: Some(40.0),
            hysteresis,
        })
    }

    #[test]
    fn a_value_is_beyond_a_limit_from_the_limit_on() {
        let mut limits = limits(0.0);
        assert_eq!(limits.judge(20.0), Marks::NONE);
        assert_eq!(limits.judge(29.9), Marks::NONE);
        assert_eq!(limits.judge(30.0), Marks::HIGH);
        assert_eq!(limits.judge(40.0), Marks::HIGH.with(Marks::HIGH_HIGH));
        assert_eq!(limits.judge(29.9), Marks::NONE);
        assert_eq!(limits.judge(5.0), Marks::LOW);
        assert_eq!(limits.judge(-1.0), Marks::LOW.with(Marks::LOW_LOW));
    }

    #[test]
    fn the_way_back_is_longer_by_the_hysteresis() {
        let mut limits = limits(2.0);
        assert_eq!(limits.judge(30.0), Marks::HIGH);
        assert_eq!(limits.judge(28.1), Marks::HIGH);
        assert_eq!(limits.judge(30.5), Marks::HIGH);
        assert_eq!(limits.judge(28.0), Marks::NONE);
        assert_eq!(limits.judge(28.5), Marks::NONE, "it has not reached the limit again");
        assert_eq!(limits.judge(-3.0), Marks::LOW.with(Marks::LOW_LOW));
        assert_eq!(limits.judge(1.9), Marks::LOW.with(Marks::LOW_LOW));
        assert_eq!(limits.judge(2.0), Marks::LOW);
        assert_eq!(limits.judge(7.0), Marks::NONE);
    }

    #[test]
    fn a_limit_that_is_not_there_is_never_crossed() {
        let only_high = profile::Limits { low_low: None, low: None, high_high: None, ..limits(0.0).spec };
        let mut limits = Limits::new(only_high);
        assert_eq!(limits.judge(-1e300), Marks::NONE);
        assert_eq!(limits.judge(1e300), Marks::HIGH);
    }
}
