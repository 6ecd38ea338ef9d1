//! The hub's own time: follows the wall clock, never runs backwards. After the wall clock was set back it runs at half
//! speed until both agree again, so that durations stay right and order stays true. Pure.

#[derive(Clone, Copy, Debug)]
pub struct HubClock {
    now_ms: i64,
    mono_ms: u64,
    /// Since when the wall clock has been far ahead.
    ahead_since_ms: Option<u64>,
}

/// A wall clock that jumps ahead by more than this is not believed at once: a wrong year would make everything old.
const JUMP_MS: i64 = 60 * 60 * 1_000;
/// It is believed when it has stayed there for so long.
const BELIEVED_AFTER_MS: u64 = 10 * 60 * 1_000;

impl HubClock {
    /// `latest_ms`: what the journal has reached.
    pub fn new(latest_ms: i64, wall_ms: i64, mono_ms: u64) -> Self {
        Self { now_ms: wall_ms.max(latest_ms), mono_ms, ahead_since_ms: None }
    }

    pub fn read(&mut self, wall_ms: i64, mono_ms: u64) -> i64 {
        let passed = i64::try_from(mono_ms.saturating_sub(self.mono_ms)).unwrap_or(i64::MAX);
        let expected = self.now_ms.saturating_add(passed);
        if wall_ms > expected.saturating_add(JUMP_MS) {
            let since = *self.ahead_since_ms.get_or_insert(mono_ms);
            if mono_ms.saturating_sub(since) < BELIEVED_AFTER_MS {
                self.now_ms = expected;
                self.mono_ms = mono_ms;
                return self.now_ms;
            }
            tracing::warn!(
                ahead_ms = wall_ms - expected,
                "the wall clock has stayed far ahead: hub time follows it"
            );
        }
        self.ahead_since_ms = None;
        if wall_ms >= self.now_ms.saturating_add(passed / 2) {
            self.now_ms = wall_ms;
            self.mono_ms = mono_ms;
        } else if passed >= 2 {
            // Half speed; the odd millisecond stays in the account.
            self.now_ms = self.now_ms.saturating_add(passed / 2);
            self.mono_ms = mono_ms - (passed % 2) as u64;
        }
        self.now_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_wall_clock() {
        let mut clock = HubClock::new(0, 1_000, 0);
        assert_eq!(clock.read(1_500, 500), 1_500);
        assert_eq!(clock.read(9_000, 600), 9_000);
    }

    #[test]
    fn a_jump_ahead_is_believed_only_when_it_stays() {
        let year_ms = 365 * 24 * 3_600 * 1_000;
        let mut clock = HubClock::new(0, 1_000, 0);
        assert_eq!(clock.read(1_000 + year_ms, 0), 1_000);
        assert_eq!(clock.read(2_000 + year_ms, 1_000), 2_000);
        assert_eq!(clock.read(3_000, 2_000), 3_000);
        assert_eq!(clock.read(4_000 + year_ms, 3_000), 4_000);
        let later = 3_000 + BELIEVED_AFTER_MS;
        assert_eq!(clock.read(1_000 + later as i64 + year_ms, later), 1_000 + later as i64 + year_ms);
    }

    #[test]
    fn never_runs_backwards_and_catches_up() {
        let mut clock = HubClock::new(0, 10_000, 0);
        assert_eq!(clock.read(4_000, 0), 10_000);
        assert_eq!(clock.read(5_000, 1_000), 10_500);
        assert_eq!(clock.read(16_000, 12_000), 16_000);
    }

    #[test]
    fn goes_on_from_the_journal() {
        let mut clock = HubClock::new(50_000, 10_000, 0);
        assert_eq!(clock.read(10_000, 0), 50_000);
        assert_eq!(clock.read(10_100, 101), 50_050);
        assert_eq!(clock.read(10_101, 102), 50_051);
    }
}
