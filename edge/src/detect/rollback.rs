//! Whether a counter that only rises went back: its device was exchanged or tampered with, or its memory is gone. Pure.

/// A counter wraps from the last part of its range into the first one; from anywhere else it was put back.
const WRAP_SHARE: f64 = 16.0;

#[derive(Clone, Debug)]
pub(super) struct Rollback {
    /// How many values the counter has before it begins at 0 again.
    wraps_at: Option<f64>,
    last: Option<f64>,
}

/// Whether a device is known to have begun anew since the sample before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Restart {
    Known,
    NotKnown,
}

impl Rollback {
    pub(super) fn new(wraps_at: Option<f64>) -> Self {
        Self { wraps_at, last: None }
    }

    /// True once, for the value that is lower than the one before.
    pub(super) fn went_back(&mut self, number: f64, restart: Restart) -> bool {
        let Some(last) = self.last.replace(number) else {
            return false;
        };
        number < last && restart == Restart::NotKnown && !self.wrapped(last, number)
    }

    fn wrapped(&self, last: f64, number: f64) -> bool {
        self.wraps_at.is_some_and(|end| {
            let share = end / WRAP_SHARE;
            last >= end - share && number < share
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_is_put_back_is_named_once() {
        let mut counter = Rollback::new(Some(65_536.0));
        let mut back = |number| counter.went_back(number, Restart::NotKnown);
        assert!(!back(500.0));
        assert!(!back(501.0));
        assert!(back(499.0));
        assert!(!back(499.0));
        assert!(!back(500.0));
        assert!(back(0.0));
    }

    #[test]
    fn a_wrap_is_no_roll_back() {
        let mut counter = Rollback::new(Some(65_536.0));
        counter.went_back(65_530.0, Restart::NotKnown);
        assert!(!counter.went_back(4.0, Restart::NotKnown));
        counter.went_back(40_000.0, Restart::NotKnown);
        assert!(counter.went_back(4.0, Restart::NotKnown), "a counter does not wrap from the middle");
        let mut endless = Rollback::new(None);
        endless.went_back(65_530.0, Restart::NotKnown);
        assert!(endless.went_back(4.0, Restart::NotKnown));
    }

    #[test]
    fn a_device_that_has_restarted_may_count_anew() {
        let mut counter = Rollback::new(None);
        counter.went_back(9.0, Restart::NotKnown);
        assert!(!counter.went_back(0.0, Restart::Known));
        assert!(!counter.went_back(1.0, Restart::NotKnown));
    }
}
