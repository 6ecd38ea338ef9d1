//! How old a record is. Pure.
//!
//! Within a boot the monotonic clock counts and nobody can step it. What is of an earlier boot is at least as old as the
//! present one, and for what the hub lacks nothing else counts: a wall clock can be years ahead, also one that follows a
//! source, and would empty the spool at once. A copy of what the hub has may also go by wall clocks that were set.

use std::time::Duration;

use wire::{ClockState, Envelope, Record, Stamp};

use super::account::Standing;

/// Whether all of an envelope is too old: what came late stands beside what has just been read.
pub(super) fn is_too_old(envelope: &Envelope, now: &Stamp, max: Duration, standing: Standing) -> bool {
    let newest = newest(envelope);
    let age_ms = match standing {
        Standing::Confirmed => age_ms(&newest, now),
        Standing::Unconfirmed => age_ms_at_least(&newest, now),
    };
    u128::from(age_ms) > max.as_millis()
}

/// As far as it can be known.
pub(super) fn age_ms(then: &Stamp, now: &Stamp) -> u64 {
    let at_least_ms = age_ms_at_least(then, now);
    let was_set = |stamp: &Stamp| stamp.clock != ClockState::Unset;
    if then.boot == now.boot || !was_set(then) || !was_set(now) {
        return at_least_ms;
    }
    // A time in the future says that one of the two clocks was wrong.
    let by_clocks_ms = u64::try_from(now.wall_ms.saturating_sub(then.wall_ms)).unwrap_or(0);
    by_clocks_ms.max(at_least_ms)
}

fn age_ms_at_least(then: &Stamp, now: &Stamp) -> u64 {
    if then.boot == now.boot { now.mono_ms.saturating_sub(then.mono_ms) } else { now.mono_ms }
}

fn newest(envelope: &Envelope) -> Stamp {
    let offset_ms = |record: &Record| match record {
        Record::Event(observation) | Record::Snapshot(observation) => observation.offset_ms,
        _ => 0,
    };
    let newest_ms = envelope.records.iter().map(offset_ms).max();
    envelope.header.stamp(newest_ms.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use wire::{
        BootId, Digest, EdgeId, Epoch, Header, Lane, Marks, Observation, PointNo, Quality, Seq, TableVersion,
    };

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);
    const DAY_MS: i64 = 86_400_000;

    fn stamp(boot: u8, mono_ms: u64, wall_ms: i64, clock: ClockState) -> Stamp {
        Stamp { boot: BootId([boot; 16]), mono_ms, wall_ms, clock }
    }

    /// Events at these distances from `base`.
    fn envelope(base: &Stamp, offsets_ms: &[i32]) -> Envelope {
        let event = |offset_ms: &i32| {
            let (point, quality, marks) = (PointNo(0), Quality::Good, Marks::NONE);
            Record::Event(Observation { point, value: None, quality, offset_ms: *offset_ms, marks })
        };
        let Stamp { boot, mono_ms, wall_ms, clock } = *base;
        let header = Header {
            edge: EdgeId::parse("edge-1").unwrap(),
            lane: Lane::Routine,
            epoch: Epoch([1; 16]),
            first: Seq::FIRST,
            previous: Digest([0; 32]),
            boot,
            mono_ms,
            wall_ms,
            clock,
            table: TableVersion(1),
            watermark: Seq::FIRST,
        };
        Envelope { header, records: offsets_ms.iter().map(event).collect() }
    }

    fn is_old(then: Stamp, now: Stamp, standing: Standing) -> bool {
        is_too_old(&envelope(&then, &[0]), &now, DAY, standing)
    }

    #[test]
    fn within_a_boot_no_step_of_the_wall_clock_counts() {
        let then = stamp(1, 1_000, 0, ClockState::Unset);
        for standing in [Standing::Confirmed, Standing::Unconfirmed] {
            assert!(!is_old(then, stamp(1, 2_000, 400 * DAY_MS, ClockState::Synchronised), standing));
            assert!(is_old(then, stamp(1, 1_001 + DAY_MS as u64, 5, ClockState::Unset), standing));
            assert!(!is_old(then, stamp(1, 1_000 + DAY_MS as u64, 5, ClockState::Unset), standing));
        }
    }

    #[test]
    fn over_a_boot_what_the_hub_lacks_ages_while_this_one_lasts_whatever_the_clocks_say() {
        let clocks = [ClockState::Synchronised, ClockState::Free, ClockState::Unset];
        for (before, after) in clocks.into_iter().flat_map(|one| clocks.map(|other| (one, other))) {
            let then = stamp(1, 9_000, 0, before);
            for wall_ms in [i64::MIN, -DAY_MS, 9_000 * DAY_MS, i64::MAX] {
                assert!(!is_old(then, stamp(2, DAY_MS as u64, wall_ms, after), Standing::Unconfirmed));
                assert!(is_old(then, stamp(2, DAY_MS as u64 + 1, wall_ms, after), Standing::Unconfirmed));
            }
        }
    }

    #[test]
    fn over_a_boot_a_copy_of_what_the_hub_has_goes_by_clocks_that_were_set() {
        use ClockState::{Free, Synchronised, Unset};
        let old = |before, after, wall_ms| {
            is_old(stamp(1, 0, 0, before), stamp(2, 0, wall_ms, after), Standing::Confirmed)
        };
        assert!(old(Synchronised, Free, 2 * DAY_MS));
        assert!(!old(Unset, Free, 2 * DAY_MS) && !old(Free, Unset, 2 * DAY_MS));
        assert!(!old(Synchronised, Synchronised, -2 * DAY_MS), "a time in the future");
        assert!(!old(Synchronised, Synchronised, i64::MIN));
    }

    #[test]
    fn what_came_late_takes_nothing_along_that_is_fresh() {
        let (late, now) =
            (stamp(1, 0, 0, ClockState::Free), stamp(1, 2 * DAY_MS as u64, 0, ClockState::Free));
        let old =
            |offsets_ms: &[i32]| is_too_old(&envelope(&late, offsets_ms), &now, DAY, Standing::Unconfirmed);
        assert!(old(&[0, 5]));
        assert!(!old(&[0, 2 * DAY_MS as i32, 7]));
    }
}
