//! When something happened, reckoned in hub time.
//!
//! A heartbeat ties the monotonic clock of an edge's boot to hub time; records of that boot are placed by it, however long
//! they waited in the spool. Records of an earlier boot are placed by the edge's wall clock, if it was ever set. Nothing
//! is placed later than the moment it was journaled.

use wire::{ClockState, Stamp};

use super::edge::{BootClock, EdgeState};

/// What took longer than this from the edge to the journal is *late*.
pub const LATE_MS: i64 = 10_000;

pub fn reckon(boots: &[BootClock], stamp: Stamp, hub_ms: i64) -> (i64, Placed) {
    let tied = boots.iter().rev().find(|clock| clock.boot == stamp.boot);
    let (reckoned, placed) = match (tied, stamp.clock) {
        (Some(clock), _) => {
            let mono_ms = i64::try_from(stamp.mono_ms).unwrap_or(i64::MAX);
            (clock.offset_ms.saturating_add(mono_ms), Placed::ByHeartbeat)
        }
        (None, ClockState::Free | ClockState::Synchronised) => (stamp.wall_ms, Placed::ByGuess),
        (None, ClockState::Unset) => (hub_ms, Placed::ByGuess),
    };
    (reckoned.clamp(0, hub_ms.max(0)), placed)
}

/// How far a reckoned time can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// A heartbeat of the same boot ties the clocks.
    ByHeartbeat,
    /// The edge's wall clock, which may be wrong.
    ByGuess,
}

/// A heartbeat of this boot was journaled at `hub_ms`.
pub fn tie(edge: &mut EdgeState, boot: wire::BootId, mono_ms: u64, hub_ms: i64) {
    let offset_ms = hub_ms.saturating_sub(i64::try_from(mono_ms).unwrap_or(i64::MAX));
    edge.boots.retain(|clock| clock.boot != boot);
    if edge.boots.len() == EdgeState::BOOTS_MAX {
        edge.boots.remove(0);
    }
    edge.boots.push(BootClock { boot, offset_ms });
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::BootId;

    fn stamp(boot: u8, mono_ms: u64, wall_ms: i64, clock: ClockState) -> Stamp {
        Stamp { boot: BootId([boot; 16]), mono_ms, wall_ms, clock }
    }

    #[test]
    fn a_tied_boot_is_placed_by_its_monotonic_clock() {
        let boots = [BootClock { boot: BootId([1; 16]), offset_ms: 1_000 }];
        assert_eq!(reckon(&boots, stamp(1, 500, 9, ClockState::Unset), 5_000), (1_500, Placed::ByHeartbeat));
        assert_eq!(
            reckon(&boots, stamp(1, 9_500, 9, ClockState::Unset), 5_000),
            (5_000, Placed::ByHeartbeat)
        );
    }

    #[test]
    fn an_unknown_boot_is_placed_by_its_wall_clock_if_that_was_set() {
        assert_eq!(reckon(&[], stamp(2, 500, 4_000, ClockState::Free), 5_000), (4_000, Placed::ByGuess));
        assert_eq!(reckon(&[], stamp(2, 500, 4_000, ClockState::Unset), 5_000), (5_000, Placed::ByGuess));
    }
}
