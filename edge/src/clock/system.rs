//! The machine's own clock.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use wire::{BootId, ClockState, Stamp};

use super::{Clock, RELEASED_MS, source};

/// How long an answer about the time source is good for: everything that happens is stamped, and files need not be asked
/// each time.
const SOURCE_AGE_MS: u64 = 5_000;

pub fn system() -> io::Result<Clock> {
    let boot = BootId(runtime::clock::boot_id()?);
    let followed = Followed::default();
    Ok(Arc::new(move || {
        let (wall_ms, mono_ms) = (runtime::clock::wall_ms(), runtime::clock::boottime_ms());
        let clock = state(wall_ms, || followed.ask(mono_ms, || source::follows(wall_ms)));
        Stamp { boot, mono_ms, wall_ms, clock }
    }))
}

fn state(wall_ms: i64, follows_a_source: impl FnOnce() -> bool) -> ClockState {
    if wall_ms < RELEASED_MS {
        ClockState::Unset
    } else if follows_a_source() {
        ClockState::Synchronised
    } else {
        ClockState::Free
    }
}

/// Whether the clock follows a source, and when that was last found out. Two stages that ask at once do no harm.
#[derive(Default)]
struct Followed {
    until_ms: AtomicU64,
    follows: AtomicBool,
}

impl Followed {
    fn ask(&self, mono_ms: u64, find_out: impl FnOnce() -> bool) -> bool {
        if mono_ms < self.until_ms.load(Ordering::Relaxed) {
            return self.follows.load(Ordering::Relaxed);
        }
        let follows = find_out();
        self.follows.store(follows, Ordering::Relaxed);
        self.until_ms.store(mono_ms.saturating_add(SOURCE_AGE_MS), Ordering::Relaxed);
        follows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_trusted_as_far_as_it_deserves() {
        assert_eq!(state(0, || true), ClockState::Unset);
        assert_eq!(state(RELEASED_MS, || false), ClockState::Free);
        assert_eq!(state(RELEASED_MS, || true), ClockState::Synchronised);
    }

    #[test]
    fn time_passes() {
        let clock = system().unwrap();
        let (before, after) = (clock(), clock());
        assert_eq!(before.boot, after.boot);
        assert!(before.mono_ms <= after.mono_ms);
    }

    #[test]
    fn the_source_is_asked_now_and_then() {
        let followed = Followed::default();
        assert!(followed.ask(10, || true));
        assert!(followed.ask(10 + SOURCE_AGE_MS - 1, || false));
        assert!(!followed.ask(10 + SOURCE_AGE_MS, || false));
    }
}
