//! Moments for the tests of this folder.

use wire::time::ClockState;
use wire::{BootId, Stamp};

/// So many milliseconds after the boot.
pub(super) fn at(mono_ms: u64) -> Stamp {
    let wall_ms = 1_900_000_000_000 + mono_ms as i64;
    Stamp { boot: BootId([7; 16]), mono_ms, wall_ms, clock: ClockState::Free }
}
