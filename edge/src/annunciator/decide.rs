//! Whether a coil is to be on. Pure: time is an argument, in milliseconds of any clock that does not go back.

use super::map::Slot;

/// Until then a coil that nothing switches on is left alone, unless every mapped point has been read: an edge that was
/// started in the middle of an alarm must not silence it before it has looked. Longer than a lost device takes to be lost.
pub(super) const SETTLE_MS: u64 = 30_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    On,
    Off,
    /// Nothing is known yet that would justify a change.
    LeftAlone,
}

/// One coil.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    min_on_ms: u64,
    max_on_ms: u64,
    settled_ms: u64,
    on_since_ms: Option<u64>,
    /// How many alarms were taken note of.
    raised: u64,
}

/// What is wanted, and when to ask again if nothing changes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub want: Want,
    pub again_ms: Option<u64>,
}

impl Decision {
    pub(super) fn new(min_on_ms: u64, max_on_ms: u64, now_ms: u64) -> Self {
        let settled_ms = now_ms.saturating_add(SETTLE_MS);
        Self { min_on_ms, max_on_ms, settled_ms, on_since_ms: None, raised: 0 }
    }

    /// Goes on where another one stood at this time, for which `on_since_ms` and `raised` were true. Alarms that the other
    /// never saw are still to be heard; of points that are not mapped any more none are.
    pub(super) fn go_on(&mut self, on_since_ms: Option<u64>, raised: u64, slots: &[Slot], now_ms: u64) {
        self.settled_ms = now_ms.saturating_add(SETTLE_MS);
        self.on_since_ms = on_since_ms;
        self.raised = slots.iter().map(|slot| slot.raised).sum::<u64>().min(raised);
    }

    /// Since when it has been on, and how many alarms were taken note of.
    pub(super) fn stands(&self) -> (Option<u64>, u64) {
        (self.on_since_ms, self.raised)
    }

    pub(super) fn ask(&mut self, slots: &[Slot], now_ms: u64) -> Answer {
        let raised = slots.iter().map(|slot| slot.raised).sum();
        if raised != self.raised {
            self.raised = raised;
            self.on_since_ms = Some(now_ms);
        }
        if let Some(since_ms) = self.on_since_ms {
            let active = slots.iter().any(|slot| slot.active);
            let lasts_ms = if active { self.max_on_ms } else { self.min_on_ms };
            let end_ms = since_ms.saturating_add(lasts_ms);
            if now_ms < end_ms {
                return Answer { want: Want::On, again_ms: Some(end_ms) };
            }
            self.on_since_ms = None;
        }
        // What has been on, or could have been, is known well enough to be switched off.
        if self.raised > 0 || now_ms >= self.settled_ms || slots.iter().all(|slot| slot.known) {
            Answer { want: Want::Off, again_ms: None }
        } else {
            Answer { want: Want::LeftAlone, again_ms: Some(self.settled_ms) }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const QUIET: Slot = Slot { known: true, active: false, raised: 0 };
    const ALARM: Slot = Slot { known: true, active: true, raised: 1 };
    const OVER: Slot = Slot { known: true, active: false, raised: 1 };

    fn decision() -> Decision {
        Decision::new(5_000, 600_000, 0)
    }

    #[test]
    fn it_is_on_while_the_state_lasts_and_off_after_it() {
        let mut coil = decision();
        assert_eq!(coil.ask(&[QUIET], 100).want, Want::Off);
        assert_eq!(coil.ask(&[ALARM], 1_000), Answer { want: Want::On, again_ms: Some(601_000) });
        assert_eq!(coil.ask(&[ALARM], 60_000).want, Want::On);
        assert_eq!(coil.ask(&[OVER], 61_000).want, Want::Off);
    }

    #[test]
    fn a_short_alarm_is_on_for_the_least_time() {
        let mut coil = decision();
        assert_eq!(coil.ask(&[OVER], 1_000), Answer { want: Want::On, again_ms: Some(6_000) });
        assert_eq!(coil.ask(&[OVER], 5_999).want, Want::On);
        assert_eq!(coil.ask(&[OVER], 6_000).want, Want::Off);
    }

    #[test]
    fn a_lasting_alarm_falls_silent_and_the_next_one_is_heard() {
        let mut coil = decision();
        coil.ask(&[ALARM, QUIET], 0);
        assert_eq!(coil.ask(&[ALARM, QUIET], 600_000).want, Want::Off);
        assert_eq!(coil.ask(&[ALARM, QUIET], 900_000).want, Want::Off);
        assert_eq!(coil.ask(&[ALARM, ALARM], 900_001).want, Want::On);
    }

    #[test]
    fn nothing_is_switched_off_before_the_room_is_read() {
        let mut coil = decision();
        let unread = [QUIET, Slot::default()];
        assert_eq!(coil.ask(&unread, 0), Answer { want: Want::LeftAlone, again_ms: Some(SETTLE_MS) });
        assert_eq!(coil.ask(&unread, SETTLE_MS).want, Want::Off);
        assert_eq!(decision().ask(&[Slot::default(), ALARM], 1).want, Want::On);
    }

    #[test]
    fn what_was_heard_before_a_reload_is_not_heard_again_and_what_was_not_is() {
        let mut silent = decision();
        silent.ask(&[ALARM], 0);
        silent.ask(&[ALARM], 600_000);
        let (on_since_ms, raised) = silent.stands();
        let mut after = decision();
        after.go_on(on_since_ms, raised, &[ALARM, QUIET], 700_000);
        assert_eq!(after.ask(&[ALARM, QUIET], 700_000).want, Want::Off);
        assert_eq!(after.ask(&[ALARM, ALARM], 700_001).want, Want::On);

        let mut sounding = decision();
        sounding.go_on(Some(1_000), 1, &[ALARM], 300_000);
        assert_eq!(sounding.ask(&[ALARM], 300_000), Answer { want: Want::On, again_ms: Some(601_000) });
        let mut missed = decision();
        missed.go_on(None, 0, &[OVER], 300_000);
        assert_eq!(missed.ask(&[OVER], 300_000).want, Want::On, "it came in the last moment");
    }

    proptest! {
        /// Whatever the points do, no coil is on for longer than it may after the last alarm, nor shorter than it must.
        #[test]
        fn the_limits_hold(steps in proptest::collection::vec((1_u64..20_000, any::<bool>()), 1..200)) {
            let (min_on_ms, max_on_ms) = (5_000, 30_000);
            let mut coil = Decision::new(min_on_ms, max_on_ms, 0);
            let (mut slot, mut now_ms, mut raised_ms) = (QUIET, 0, None);
            for (pause_ms, active) in steps {
                now_ms += pause_ms;
                if active && !slot.active {
                    slot.raised += 1;
                    raised_ms = Some(now_ms);
                }
                slot.active = active;
                let since_ms = raised_ms.map(|at| now_ms - at);
                let on = coil.ask(&[slot], now_ms).want == Want::On;
                prop_assert!(!on || since_ms.is_some_and(|since| since < max_on_ms));
                prop_assert!(on || since_ms.is_none_or(|since| since >= min_on_ms));
                prop_assert!(on || !slot.active || since_ms.is_none_or(|since| since >= max_on_ms));
            }
        }
    }
}
