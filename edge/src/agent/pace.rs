//! Whether the wall clock keeps pace with the monotonic one. Pure.

use crate::field::report::format::{Event, Moment};

/// What no correction by a time service moves between two looks.
const STEP_MS_MAX: i64 = 2_000;

/// Knows the last look.
#[derive(Clone, Debug, Default)]
pub struct Pace(Option<Moment>);

impl Pace {
    pub fn look(&mut self, now: Moment) -> Option<Event> {
        let before = self.0.replace(now)?;
        let mono_ms = i64::try_from(now.mono_ms.saturating_sub(before.mono_ms)).unwrap_or(i64::MAX);
        let wall_ms = now.wall_ms.saturating_sub(before.wall_ms);
        let moved_ms = wall_ms.saturating_sub(mono_ms);
        (moved_ms.unsigned_abs() > STEP_MS_MAX.unsigned_abs())
            .then_some(Event::ClockChange { seconds: moved_ms / 1_000 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_step_is_told_and_with_its_sign() {
        let mut pace = Pace::default();
        let mut look = |mono_ms, wall_ms| pace.look(Moment { mono_ms, wall_ms });
        assert_eq!(look(1_000, 50_000), None);
        assert_eq!(look(3_000, 53_900), None, "within what a time service does");
        assert_eq!(look(5_000, 0), Some(Event::ClockChange { seconds: -55 }));
        assert_eq!(look(7_000, 2_000), None, "told once");
        assert_eq!(look(8_000, i64::MAX), Some(Event::ClockChange { seconds: (i64::MAX - 3_000) / 1_000 }));
    }
}
