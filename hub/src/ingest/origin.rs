//! What the hub makes of it when an edge leaves an epoch for another one. Pure.
//!
//! Whatever the edge says about it, and if it says nothing: what it held of the old epoch and the hub does not hold is lost,
//! unless the edge names the very records that the hub holds as its last. What contradicts the hub's own books is a fork.

use wire::record::LaneHead;
use wire::{Envelope, Header, Lane, Opened, OpenedReason, PreviousEpoch, Record, Seq};

use crate::journal::held::{EdgeLanes, Head, LeftEpoch};
use crate::journal::{ForkKind, Loss, LossKind, LostTail};

/// What an envelope is to its epoch, seen before it is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    GoesOn,
    /// The first one of the urgent lane: it ought to say why the epoch began.
    Begins,
    /// The edge had left this epoch.
    Returns,
}

/// What has to be told of it.
#[derive(Debug, Default, PartialEq)]
pub struct Origin {
    pub fork: Option<ForkKind>,
    pub loss: Option<Loss>,
}

pub fn arrival(lanes: Option<&EdgeLanes>, header: &Header) -> Arrival {
    let is_urgent = header.lane == Lane::Urgent;
    match lanes {
        Some(lanes) if lanes.epoch == header.epoch => {
            let begins = is_urgent && lanes.heads[Lane::Urgent.index()].is_none();
            if begins { Arrival::Begins } else { Arrival::GoesOn }
        }
        Some(lanes) if lanes.left_heads(header.epoch).is_some() => Arrival::Returns,
        _ if is_urgent => Arrival::Begins,
        _ => Arrival::GoesOn,
    }
}

/// Judges an accepted envelope; `lanes` are as they are after it.
pub fn judge(lanes: &EdgeLanes, arrival: Arrival, envelope: &Envelope) -> Origin {
    let opened = envelope.records.iter().find_map(|record| match record {
        Record::Opened(opened) => Some(opened),
        _ => None,
    });
    let loss = |left: Option<&LeftEpoch>, kind, tails| Loss {
        edge: envelope.header.edge.clone(),
        left: left.map(|left| left.epoch),
        goes_on: envelope.header.epoch,
        lanes: tails,
        kind,
    };
    let latest = lanes.left.last();
    let loss = match (opened, latest, arrival) {
        (_, Some(left), Arrival::Returns) => Some(loss(latest, LossKind::Returned, open_ended(left))),
        (Some(opened), Some(left), _) => tails(left, opened).map(|tails| loss(latest, kind(opened), tails)),
        (Some(opened), None, _) if lost_unheard(opened) => {
            let unknown = LostTail { first: Seq::FIRST, next: None, before: None };
            Some(loss(None, kind(opened), [unknown; 2]))
        }
        (None, Some(left), Arrival::Begins) => Some(loss(latest, LossKind::Unsaid, open_ended(left))),
        _ => None,
    };
    let fork = opened.and_then(|opened| fork(lanes, opened));
    // What no fork tells must not be passed over because one is expected: then nothing that was said explains it.
    let told = |loss: Loss| match loss.kind.comes_with_a_fork() && fork.is_none() {
        true => Loss { kind: LossKind::Unsaid, ..loss },
        false => loss,
    };
    Origin { loss: loss.map(told), fork }
}

fn kind(opened: &Opened) -> LossKind {
    match opened.reason {
        OpenedReason::FirstStart => LossKind::FirstStart,
        OpenedReason::RolledBack => LossKind::RolledBack,
        OpenedReason::Damaged => LossKind::Damaged,
        OpenedReason::StorageFailed => LossKind::StorageFailed,
        OpenedReason::Missing => LossKind::Missing,
    }
}

/// Whether the edge held something before this hub heard of it for the first time.
fn lost_unheard(opened: &Opened) -> bool {
    matches!(opened.reason, OpenedReason::Damaged | OpenedReason::Missing)
}

fn open_ended(left: &LeftEpoch) -> [LostTail; 2] {
    left.heads.map(|head| LostTail {
        first: head.map_or(Seq::FIRST, |head| head.next),
        next: None,
        before: head.and_then(|head| head.stamp),
    })
}

/// What of the epoch that was left is lost; `None` if the edge shows that the hub holds all of it.
fn tails(left: &LeftEpoch, opened: &Opened) -> Option<[LostTail; 2]> {
    let mut tails = open_ended(left);
    // Where an old image ends says nothing about where the lane ended.
    let honest =
        |previous: &&PreviousEpoch| previous.epoch == left.epoch && opened.reason != OpenedReason::RolledBack;
    let Some(previous) = opened.previous.as_ref().filter(honest) else { return Some(tails) };
    let mut holds_all = true;
    for (tail, (named, held)) in tails.iter_mut().zip(previous.heads.iter().zip(&left.heads)) {
        holds_all &= is_all(named, held.as_ref());
        tail.next = (named.next >= tail.first).then_some(named.next);
    }
    (!holds_all).then_some(tails)
}

fn is_all(named: &LaneHead, held: Option<&Head>) -> bool {
    match held {
        Some(held) => named.next == held.next && named.head == held.digest,
        None => named.next == Seq::FIRST,
    }
}

/// Compares what a new epoch says of its origin with what the hub holds of the epoch before.
fn fork(lanes: &EdgeLanes, opened: &Opened) -> Option<ForkKind> {
    let latest = lanes.left.last()?;
    let honest_loss = match opened.reason {
        OpenedReason::Damaged | OpenedReason::Missing | OpenedReason::StorageFailed => true,
        OpenedReason::FirstStart | OpenedReason::RolledBack => false,
    };
    let Some(previous) = &opened.previous else {
        return (!honest_loss).then_some(ForkKind::EmptySpool);
    };
    // An edge that ran from memory more than once names the epoch of its disk.
    let named = lanes.left.iter().find(|left| left.epoch == previous.epoch).unwrap_or(latest);
    let behind = Lane::ALL.into_iter().any(|lane| {
        let held = named.heads[lane.index()].map_or(Seq::FIRST, |head| head.next);
        previous.heads[lane.index()].next < held
    });
    let another = previous.epoch != named.epoch;
    (another || behind || opened.reason == OpenedReason::RolledBack).then_some(ForkKind::RolledBack)
}

#[cfg(test)]
mod tests {
    use wire::{BootId, ClockState, Digest, EdgeId, Epoch, TableVersion};

    use super::*;

    const OLD: Epoch = Epoch([1; 16]);
    const NEW: Epoch = Epoch([2; 16]);
    const HELD: Head = Head { next: Seq(2), digest: Digest([7; 32]), stamp: None };

    /// The hub holds two urgent records of the old epoch and no routine one; the edge has gone on in the new one.
    fn left() -> EdgeLanes {
        let mut lanes = EdgeLanes::new(OLD);
        lanes.heads = [Some(HELD), None];
        lanes.enter(NEW, [Some(HELD), None]);
        lanes
    }

    fn envelope(records: Vec<Record>) -> Envelope {
        let header = Header {
            edge: EdgeId::parse("edge-1").unwrap(),
            lane: Lane::Urgent,
            epoch: NEW,
            first: Seq(0),
            previous: Digest([0; 32]),
            boot: BootId([1; 16]),
            mono_ms: 5,
            wall_ms: 5,
            clock: ClockState::Free,
            table: TableVersion(0),
            watermark: Seq(0),
        };
        Envelope { header, records }
    }

    fn said(lanes: &EdgeLanes, reason: OpenedReason, previous: Option<PreviousEpoch>) -> Origin {
        let opened = Record::Opened(Opened { reason, previous });
        judge(lanes, Arrival::Begins, &envelope(vec![opened]))
    }

    fn previous(epoch: Epoch, urgent: u64) -> Option<PreviousEpoch> {
        let head = |next| LaneHead { next: Seq(next), head: HELD.digest };
        Some(PreviousEpoch { epoch, heads: [head(urgent), head(0)] })
    }

    fn ends(origin: &Origin) -> [(u64, Option<u64>); 2] {
        let lanes = origin.loss.as_ref().unwrap().lanes;
        lanes.map(|tail| (tail.first.0, tail.next.map(|next| next.0)))
    }

    #[test]
    fn whatever_the_edge_says_what_the_hub_lacks_of_the_epoch_that_was_left_is_lost() {
        use {LossKind as Kind, OpenedReason as Reason};
        let fork = Some(ForkKind::EmptySpool);
        for (reason, kind, fork) in [
            (Reason::FirstStart, Kind::FirstStart, fork),
            (Reason::RolledBack, Kind::RolledBack, fork),
            (Reason::Damaged, Kind::Damaged, None),
            (Reason::Missing, Kind::Missing, None),
            (Reason::StorageFailed, Kind::StorageFailed, None),
        ] {
            let origin = said(&left(), reason, None);
            assert_eq!((origin.fork, ends(&origin)), (fork, [(2, None), (0, None)]), "{reason:?}");
            let loss = origin.loss.unwrap();
            assert_eq!((loss.left, loss.goes_on, loss.kind), (Some(OLD), NEW, kind));
            assert_eq!(kind.comes_with_a_fork(), fork.is_some());
        }
        let silent = judge(&left(), Arrival::Begins, &envelope(vec![Record::Unknown { record_type: 99 }]));
        assert_eq!((silent.fork, ends(&silent)), (None, [(2, None), (0, None)]));
        assert_eq!(silent.loss.unwrap().kind, LossKind::Unsaid);
    }

    #[test]
    fn an_edge_that_knows_where_it_ended_says_how_many_are_lost() {
        let damaged = |previous| said(&left(), OpenedReason::Damaged, previous);
        assert_eq!(damaged(previous(OLD, 2)), Origin::default(), "the hub holds all of it");
        assert_eq!(ends(&damaged(previous(OLD, 9))), [(2, Some(9)), (0, Some(0))]);
        assert_eq!(damaged(previous(OLD, 1)).fork, Some(ForkKind::RolledBack), "less than the hub holds");
        assert_eq!(damaged(previous(Epoch([9; 16]), 9)).fork, Some(ForkKind::RolledBack), "another epoch");
        let first = said(&left(), OpenedReason::FirstStart, previous(OLD, 9));
        assert_eq!((first.fork, first.loss.unwrap().kind), (None, LossKind::Unsaid), "it contradicts itself");
        let image = said(&left(), OpenedReason::RolledBack, previous(OLD, 2));
        assert_eq!(ends(&image), [(2, None), (0, None)], "an image does not know how it went on");
    }

    #[test]
    fn what_was_in_memory_is_lost_when_the_edge_returns_to_its_file() {
        let mut lanes = left();
        let mut header = envelope(vec![]).header;
        header.epoch = OLD;
        assert_eq!(arrival(Some(&lanes), &header), Arrival::Returns);
        lanes.enter(OLD, [Some(HELD), None]);
        let back = judge(&lanes, Arrival::Returns, &Envelope { header, records: vec![] });
        let loss = back.loss.unwrap();
        assert_eq!((loss.left, loss.goes_on, loss.kind), (Some(NEW), OLD, LossKind::Returned));
    }

    #[test]
    fn a_hub_that_never_heard_of_the_edge_hears_of_its_loss() {
        let lanes = EdgeLanes::new(NEW);
        for reason in [OpenedReason::Damaged, OpenedReason::Missing] {
            assert_eq!(said(&lanes, reason, None).loss.unwrap().left, None);
        }
        for reason in [OpenedReason::FirstStart, OpenedReason::RolledBack, OpenedReason::StorageFailed] {
            assert_eq!(said(&lanes, reason, None), Origin::default());
        }
    }

    #[test]
    fn an_epoch_begins_with_its_first_urgent_envelope() {
        let of = |lane| Header { lane, ..envelope(vec![]).header };
        let held = |lanes: &EdgeLanes| Lane::ALL.map(|lane| arrival(Some(lanes), &of(lane)));
        assert_eq!(held(&EdgeLanes::new(OLD)), [Arrival::Begins, Arrival::GoesOn]);
        assert_eq!(held(&EdgeLanes::new(NEW)), [Arrival::Begins, Arrival::GoesOn], "routine was faster");
        assert_eq!(held(&left()), [Arrival::GoesOn, Arrival::GoesOn]);
        assert_eq!(arrival(None, &of(Lane::Urgent)), Arrival::Begins);
    }
}
