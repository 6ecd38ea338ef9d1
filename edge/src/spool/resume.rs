//! Judges what the hub says it holds against what the spool keeps. Pure; the queue acts on the verdict.
//!
//! The chain decides. If the hub's last envelope is the one that stands before its `next` here, both sides live in the same
//! history and go on from there. If the hub holds more than was ever written here, or another envelope, then this spool is
//! an old image of itself: to go on in it would use numbers twice, so a new epoch begins.

use wire::resume::Held;
use wire::{Digest, Epoch, Lane, Resume, Seq};

/// What the spool knows of its own lanes.
pub(super) trait Kept {
    fn epoch(&self) -> Epoch;
    fn oldest(&self, lane: Lane) -> Seq;
    fn tail(&self, lane: Lane) -> Seq;
    /// Hash of the envelope that ends right before `seq`; `None` if none ends there, or it is gone.
    fn digest_before(&self, lane: Lane, seq: Seq) -> Option<Digest>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Send from here, per lane. `lacks_older` names the lanes in which the hub lacks records that are not kept any more.
    GoOn { from: [Seq; 2], lacks_older: Vec<Lane> },
    /// The hub's last word was about another epoch: send everything that is kept.
    FromOldest { hub: HubEpoch },
    /// This spool is an old image. `fork` is, per lane, where the two histories may part at the earliest.
    RolledBack { fork: [Seq; 2] },
}

/// Which epoch the hub spoke of, if it was not ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HubEpoch {
    /// It has never seen this edge, or has lost what it had.
    None,
    Other(Epoch),
}

enum LaneVerdict {
    From(Seq),
    Lacks(Seq),
    Forked,
}

pub(super) fn judge(kept: &impl Kept, resume: &Resume) -> Verdict {
    match resume.epoch {
        None => return Verdict::FromOldest { hub: HubEpoch::None },
        Some(other) if other != kept.epoch() => return Verdict::FromOldest { hub: HubEpoch::Other(other) },
        Some(_) => {}
    }
    let mut from = [Seq::FIRST; 2];
    let mut lacks_older = Vec::new();
    for lane in Lane::ALL {
        match judge_lane(kept, lane, &resume.lanes[lane.index()]) {
            LaneVerdict::From(seq) => from[lane.index()] = seq,
            LaneVerdict::Lacks(oldest) => {
                from[lane.index()] = oldest;
                lacks_older.push(lane);
            }
            LaneVerdict::Forked => return Verdict::RolledBack { fork: resume.lanes.map(|held| held.next) },
        }
    }
    Verdict::GoOn { from, lacks_older }
}

fn judge_lane(kept: &impl Kept, lane: Lane, held: &Held) -> LaneVerdict {
    let oldest = kept.oldest(lane);
    match held.head {
        _ if held.next > kept.tail(lane) => LaneVerdict::Forked,
        _ if held.next < oldest => LaneVerdict::Lacks(oldest),
        // The hub holds none of this lane, so there is no hash to compare, and nothing says that an envelope begins there.
        None => LaneVerdict::From(oldest),
        head if kept.digest_before(lane, held.next) == head => LaneVerdict::From(held.next),
        Some(_) => LaneVerdict::Forked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Epoch = Epoch([1; 16]);

    /// Envelopes of ten records each; the routine lane has lost its first two.
    struct Spool;

    fn digest(lane: Lane, seq: u64) -> Digest {
        Digest::of(&[lane as u8, seq as u8])
    }

    impl Kept for Spool {
        fn epoch(&self) -> Epoch {
            OURS
        }
        fn oldest(&self, lane: Lane) -> Seq {
            Seq(if lane == Lane::Urgent { 0 } else { 20 })
        }
        fn tail(&self, _: Lane) -> Seq {
            Seq(50)
        }
        fn digest_before(&self, lane: Lane, seq: Seq) -> Option<Digest> {
            seq.0.is_multiple_of(10).then(|| digest(lane, seq.0.saturating_sub(10)))
        }
    }

    fn resume(epoch: Option<Epoch>, urgent: (u64, Option<Digest>), routine: (u64, Option<Digest>)) -> Resume {
        let held = |(next, head)| Held { next: Seq(next), head };
        Resume { epoch, lanes: [held(urgent), held(routine)], hub_ms: 0 }
    }

    fn good(lane: Lane, next: u64) -> (u64, Option<Digest>) {
        (next, Some(digest(lane, next - 10)))
    }

    #[test]
    fn the_same_history_goes_on() {
        let resume = resume(Some(OURS), good(Lane::Urgent, 30), good(Lane::Routine, 50));
        assert_eq!(judge(&Spool, &resume), Verdict::GoOn { from: [Seq(30), Seq(50)], lacks_older: vec![] });
    }

    #[test]
    fn a_hub_that_holds_nothing_of_a_lane_gets_it_from_its_beginning() {
        let resume = resume(Some(OURS), (0, None), good(Lane::Routine, 20));
        assert_eq!(judge(&Spool, &resume), Verdict::GoOn { from: [Seq(0), Seq(20)], lacks_older: vec![] });
    }

    #[test]
    fn a_number_without_a_hash_skips_nothing() {
        let resume = resume(Some(OURS), (33, None), good(Lane::Routine, 20));
        assert_eq!(judge(&Spool, &resume), Verdict::GoOn { from: [Seq(0), Seq(20)], lacks_older: vec![] });
    }

    #[test]
    fn what_is_not_kept_any_more_is_named() {
        let resume = resume(Some(OURS), good(Lane::Urgent, 10), good(Lane::Routine, 10));
        let expected = Verdict::GoOn { from: [Seq(10), Seq(20)], lacks_older: vec![Lane::Routine] };
        assert_eq!(judge(&Spool, &resume), expected);
    }

    #[test]
    fn a_hub_without_this_epoch_gets_all_that_is_kept() {
        let none = resume(None, (0, None), (0, None));
        assert_eq!(judge(&Spool, &none), Verdict::FromOldest { hub: HubEpoch::None });
        let other = Epoch([9; 16]);
        let resume = resume(Some(other), good(Lane::Urgent, 70), (0, None));
        assert_eq!(judge(&Spool, &resume), Verdict::FromOldest { hub: HubEpoch::Other(other) });
    }

    #[test]
    fn a_hub_that_holds_more_means_an_old_image() {
        let resume = resume(Some(OURS), good(Lane::Urgent, 60), good(Lane::Routine, 20));
        assert_eq!(judge(&Spool, &resume), Verdict::RolledBack { fork: [Seq(60), Seq(20)] });
    }

    #[test]
    fn another_envelope_means_an_old_image() {
        let other = resume(Some(OURS), good(Lane::Urgent, 30), (30, Some(digest(Lane::Urgent, 20))));
        assert_eq!(judge(&Spool, &other), Verdict::RolledBack { fork: [Seq(30), Seq(30)] });
        let inside_an_envelope =
            resume(Some(OURS), (33, Some(digest(Lane::Urgent, 20))), good(Lane::Routine, 20));
        assert!(matches!(judge(&Spool, &inside_an_envelope), Verdict::RolledBack { .. }));
    }
}
