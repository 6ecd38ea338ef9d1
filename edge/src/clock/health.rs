//! How the edge's wall clock stands against the hub's, in the words of R-21. Pure.

use wire::{ClockState, Stamp};

use super::steps::{Step, StepKind};
use super::{Steps, Tie};

/// So far off is worth a word.
pub const OFF_MS: i64 = 5_000;
/// Back within this it is in order again.
const IN_ORDER_MS: i64 = 4_000;
/// So far ahead or behind nobody can compare times any more.
const AHEAD_MS: i64 = 20_000;
const BEHIND_MS: i64 = 40_000;
/// How long a step is shown.
const STEPPED_FOR_MS: u64 = 60_000;

/// The states of `edge.clock_health`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    InOrder,
    Off,
    FarOff,
    /// The clock was set although it had been set before.
    Stepped,
}

impl Health {
    /// As the catalogue of kinds calls it.
    pub fn name(self) -> &'static str {
        match self {
            Health::InOrder => "ok",
            Health::Off => "off",
            Health::FarOff => "far_off",
            Health::Stepped => "stepped",
        }
    }
}

/// Judges the clock, stamp by stamp.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    steps: Steps,
    stepped_ms: Option<u64>,
    off: bool,
}

impl Judge {
    /// How the clock stands, and the step if there was one. Before the hub's first word nothing is known but steps.
    pub fn look(&mut self, now: &Stamp, tie: Option<&Tie>) -> (Option<Health>, Option<Step>) {
        let step = self.steps.look(now);
        if step.is_some_and(|step| step.kind == StepKind::SetAnew) {
            self.stepped_ms = Some(now.mono_ms);
        }
        let stepped = self.stepped_ms.is_some_and(|at_ms| now.mono_ms.saturating_sub(at_ms) < STEPPED_FOR_MS);
        let stands = tie.map(|tie| self.stands(tie.offset_ms(now), now.clock));
        (if stepped { Some(Health::Stepped) } else { stands }, step)
    }

    fn stands(&mut self, offset_ms: i64, clock: ClockState) -> Health {
        let limit_ms = if self.off { IN_ORDER_MS } else { OFF_MS };
        self.off = offset_ms.saturating_abs() > limit_ms;
        let far = !(-BEHIND_MS..=AHEAD_MS).contains(&offset_ms);
        match (self.off, far, clock) {
            (false, ..) => Health::InOrder,
            (true, true, ClockState::Free | ClockState::Synchronised) => Health::FarOff,
            // A clock that was never set says so itself, and nobody takes it for a time.
            (true, ..) => Health::Off,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::BootId;

    const TIE: Tie = Tie { mono_ms: 0, hub_ms: 1_000_000 };

    /// A stamp `off_ms` beside the hub's clock.
    fn stamp(mono_ms: u64, off_ms: i64) -> Stamp {
        let wall_ms = TIE.hub_ms + mono_ms as i64 + off_ms;
        Stamp { boot: BootId([1; 16]), mono_ms, wall_ms, clock: ClockState::Free }
    }

    fn found(off_ms: i64) -> Health {
        Judge::default().look(&stamp(5_000, off_ms), Some(&TIE)).0.unwrap()
    }

    #[test]
    fn a_clock_is_judged_by_how_far_it_is_off() {
        assert_eq!([-5_000, 0, 5_000].map(found), [Health::InOrder; 3]);
        assert_eq!([-40_000, -5_001, 5_001, 20_000].map(found), [Health::Off; 4]);
        assert_eq!([-40_001, 20_001, i64::MAX / 2].map(found), [Health::FarOff; 3]);
        assert_eq!(Judge::default().look(&stamp(0, 99_000), None).0, None);
    }

    #[test]
    fn a_clock_at_the_limit_does_not_flutter() {
        let mut judge = Judge::default();
        let mut at = |second: u64, off_ms| judge.look(&stamp(second * 1_000, off_ms), Some(&TIE)).0.unwrap();
        assert_eq!(at(0, 5_001), Health::Off);
        assert_eq!(at(1, 4_500), Health::Off);
        assert_eq!(at(2, 4_000), Health::InOrder);
        assert_eq!(at(3, 4_500), Health::InOrder);
    }

    #[test]
    fn a_step_is_shown_for_a_minute_and_told_once() {
        let mut judge = Judge::default();
        judge.look(&stamp(0, 0), Some(&TIE));
        let (health, step) = judge.look(&stamp(1_000, -90_000), Some(&TIE));
        assert_eq!((health, step.unwrap().by_ms), (Some(Health::Stepped), -90_000));
        assert_eq!(judge.look(&stamp(60_999, -90_000), Some(&TIE)), (Some(Health::Stepped), None));
        assert_eq!(judge.look(&stamp(61_000, -90_000), Some(&TIE)), (Some(Health::FarOff), None));
    }

    #[test]
    fn a_clock_that_was_never_set_is_off_and_setting_it_is_in_order() {
        let mut judge = Judge::default();
        let unset = Stamp { clock: ClockState::Unset, wall_ms: 5_000, ..stamp(5_000, 0) };
        assert_eq!(judge.look(&unset, Some(&TIE)), (Some(Health::Off), None));
        let (health, step) = judge.look(&stamp(6_000, 0), Some(&TIE));
        assert_eq!(health, Some(Health::InOrder));
        assert!(step.is_some(), "it is told all the same");
    }
}
