//! The edge's sense of time: one function that stamps, for every stage.

use std::io;
use std::path::Path;
use std::sync::Arc;

use wire::{BootId, ClockState, Stamp};

/// What every stage reads the time from. Tests bring their own.
pub type Clock = Arc<dyn Fn() -> Stamp + Send + Sync>;

/// 2026-11-01T00:00:00Z: this software did not exist before, so a clock that says so was never set.
const RELEASED_MS: i64 = 1_793_491_200_000;

/// systemd-timesyncd makes this file once the clock follows a time source.
const SYNCHRONISED_FILE: &str = "/run/systemd/timesync/synchronized";

/// The machine's own clock.
pub fn system() -> io::Result<Clock> {
    let boot = BootId(runtime::clock::boot_id()?);
    Ok(Arc::new(move || {
        let wall_ms = runtime::clock::wall_ms();
        let clock = state(wall_ms, || Path::new(SYNCHRONISED_FILE).exists());
        Stamp { boot, mono_ms: runtime::clock::boottime_ms(), wall_ms, clock }
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
}
