//! How old an envelope is, if that can be known. Pure.
//!
//! Within a boot the monotonic clock counts and nobody can step it. Across boots there is only the wall clock, and a clock
//! that jumped must not make records old: what the hub lacks goes by age only if a time source disciplined both clocks, what
//! it has if both were plausible at least. Everything else stays until its bytes are needed.

use std::time::Duration;

use wire::{ClockState, Stamp};

use super::account::Standing;

pub(super) fn is_too_old(then: &Stamp, now: &Stamp, max: Duration, standing: Standing) -> bool {
    age_ms(then, now, standing).is_some_and(|age_ms| u128::from(age_ms) > max.as_millis())
}

fn age_ms(then: &Stamp, now: &Stamp, standing: Standing) -> Option<u64> {
    if then.boot == now.boot {
        return Some(now.mono_ms.saturating_sub(then.mono_ms));
    }
    let trusted = [then, now].iter().all(|stamp| match standing {
        Standing::Confirmed => stamp.clock != ClockState::Unset,
        Standing::Unconfirmed => stamp.clock == ClockState::Synchronised,
    });
    // A time in the future says that one of the two clocks was wrong.
    let age_ms = u64::try_from(now.wall_ms.checked_sub(then.wall_ms)?).ok()?;
    trusted.then_some(age_ms)
}

#[cfg(test)]
mod tests {
    use wire::BootId;

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);
    const DAY_MS: i64 = 86_400_000;

    fn stamp(boot: u8, mono_ms: u64, wall_ms: i64, clock: ClockState) -> Stamp {
        Stamp { boot: BootId([boot; 16]), mono_ms, wall_ms, clock }
    }

    #[test]
    fn within_a_boot_no_step_of_the_wall_clock_counts() {
        let then = stamp(1, 1_000, 0, ClockState::Unset);
        let jumped = stamp(1, 2_000, 400 * DAY_MS, ClockState::Synchronised);
        assert!(!is_too_old(&then, &jumped, DAY, Standing::Unconfirmed));
        let later = stamp(1, 1_001 + DAY_MS as u64, 5, ClockState::Unset);
        assert!(is_too_old(&then, &later, DAY, Standing::Unconfirmed));
        let on_the_day = stamp(1, 1_000 + DAY_MS as u64, 5, ClockState::Unset);
        assert!(!is_too_old(&then, &on_the_day, DAY, Standing::Unconfirmed));
    }

    #[test]
    fn across_boots_only_trusted_clocks_count() {
        use ClockState::{Free, Synchronised, Unset};
        let old = |before: ClockState, after: ClockState, standing| {
            is_too_old(&stamp(1, 0, 0, before), &stamp(2, 0, 2 * DAY_MS, after), DAY, standing)
        };
        assert!(old(Synchronised, Synchronised, Standing::Unconfirmed));
        assert!(old(Synchronised, Free, Standing::Confirmed));
        for (before, after) in [(Synchronised, Free), (Free, Synchronised), (Unset, Synchronised)] {
            assert!(!old(before, after, Standing::Unconfirmed), "{before:?} {after:?}");
        }
        assert!(!old(Unset, Free, Standing::Confirmed) && !old(Free, Unset, Standing::Confirmed));
    }

    #[test]
    fn a_time_in_the_future_is_never_old() {
        let then = stamp(1, 0, 9 * DAY_MS, ClockState::Synchronised);
        let now = stamp(2, 0, 3 * DAY_MS, ClockState::Synchronised);
        assert!(!is_too_old(&then, &now, Duration::ZERO, Standing::Confirmed));
        let extreme = stamp(2, 0, i64::MIN, ClockState::Synchronised);
        assert!(!is_too_old(&then, &extreme, Duration::ZERO, Standing::Confirmed));
    }
}
