//! Finds steps of the wall clock: both clocks run on, and one of them jumped. Pure.

use wire::{BootId, ClockState, Stamp};

/// A wall clock that moved so far against the monotonic one was set, not slewed.
const STEP_MS: i64 = 2_000;
/// How fast a clock may be slewed: one part in a thousand, twice what the kernel does. Faster is a step in small pieces.
const SLEW_PER: i64 = 1_000;

/// The wall clock jumped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Forwards if positive.
    pub by_ms: i64,
    pub kind: StepKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// A clock that had never been set was set: that is how it has to be.
    FirstSet,
    /// It was set before.
    SetAnew,
}

#[derive(Clone, Debug, Default)]
pub struct Steps {
    before: Option<Before>,
}

#[derive(Clone, Copy, Debug)]
struct Before {
    boot: BootId,
    mono_ms: u64,
    /// Wall minus monotonic time. It follows the clock as fast as one may be slewed, so that small steps add up.
    distance_ms: i64,
    clock: ClockState,
}

impl Steps {
    /// To be called with every stamp at hand.
    pub fn look(&mut self, now: &Stamp) -> Option<Step> {
        let distance_ms = now.wall_ms.saturating_sub(i64::try_from(now.mono_ms).unwrap_or(i64::MAX));
        let seen = Before { boot: now.boot, mono_ms: now.mono_ms, distance_ms, clock: now.clock };
        let Some(before) = self.before.filter(|before| before.boot == now.boot) else {
            self.before = Some(seen);
            return None;
        };
        let by_ms = distance_ms.saturating_sub(before.distance_ms);
        if by_ms.saturating_abs() > STEP_MS {
            self.before = Some(seen);
            let kind = match before.clock {
                ClockState::Unset => StepKind::FirstSet,
                ClockState::Free | ClockState::Synchronised => StepKind::SetAnew,
            };
            return Some(Step { by_ms, kind });
        }
        let passed_ms = i64::try_from(now.mono_ms.saturating_sub(before.mono_ms)).unwrap_or(i64::MAX);
        let slewed_ms = passed_ms / SLEW_PER;
        // Looks that follow each other closely leave their time to the next one.
        if slewed_ms > 0 {
            let distance_ms = before.distance_ms.saturating_add(by_ms.clamp(-slewed_ms, slewed_ms));
            self.before = Some(Before { distance_ms, ..seen });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(mono_ms: u64, wall_ms: i64) -> Stamp {
        Stamp { boot: BootId([1; 16]), mono_ms, wall_ms, clock: ClockState::Free }
    }

    #[test]
    fn a_step_is_found_in_either_direction_with_its_size() {
        let mut steps = Steps::default();
        assert_eq!(steps.look(&stamp(1_000, 501_000)), None);
        assert_eq!(steps.look(&stamp(2_000, 502_000)), None);
        let found = |by_ms| Some(Step { by_ms, kind: StepKind::SetAnew });
        assert_eq!(steps.look(&stamp(3_000, 513_000)), found(10_000));
        assert_eq!(steps.look(&stamp(4_000, 514_000)), None);
        assert_eq!(steps.look(&stamp(5_000, 512_999)), found(-2_001));
    }

    #[test]
    fn a_clock_that_is_slewed_does_not_step_however_far_it_goes() {
        let mut steps = Steps::default();
        for second in 0..100_000_u64 {
            let slewed_ms = (second / 2) as i64;
            assert_eq!(steps.look(&stamp(second * 1_000, second as i64 * 1_000 + slewed_ms)), None);
        }
    }

    #[test]
    fn small_steps_add_up() {
        let mut steps = Steps::default();
        steps.look(&stamp(0, 0));
        assert_eq!(steps.look(&stamp(1_000, 2_900)), None);
        let step = steps.look(&stamp(2_000, 5_800)).unwrap();
        assert!(step.by_ms > 3_700, "{step:?}");
    }

    #[test]
    fn setting_a_clock_that_was_never_set_is_told_apart_and_another_boot_begins_anew() {
        let mut steps = Steps::default();
        steps.look(&Stamp { clock: ClockState::Unset, ..stamp(1_000, 1_000) });
        let step = steps.look(&stamp(2_000, 1_800_000_000_000)).unwrap();
        assert_eq!(step.kind, StepKind::FirstSet);
        assert_eq!(steps.look(&Stamp { boot: BootId([2; 16]), ..stamp(5, 99) }), None);
    }
}
