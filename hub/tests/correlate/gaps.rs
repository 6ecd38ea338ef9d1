//! What the hub does not have of an edge is shown once, with what the edge says about it, whichever of both came first.

use strongroom_hub::incident::EvidenceOf;
use strongroom_hub::journal::{Body, Loss, LossKind, LostTail, Missing, NotCounted, Proved, Unproved};
use strongroom_hub::situation::Lost;
use wire::{ClockState, Epoch, GapReason, Lane, Seq, Stamp};

use crate::room::{BOOT, EPOCH, Room};

fn lost(room: &Room) -> &[Lost] {
    &room.edge_state.as_ref().unwrap().lost
}

/// Milliseconds of hub time, as the edge's own clocks have them.
fn stamp(hub_ms: i64) -> Option<Stamp> {
    let mono_ms = (hub_ms - 1_000_000) as u64;
    Some(Stamp { boot: BOOT, mono_ms, wall_ms: 0, clock: ClockState::Unset })
}

#[test]
fn a_hole_has_its_time_and_its_reason() {
    let mut room = Room::new();
    room.wait_ms(60_000);
    let (from_ms, until_ms) = (room.now_ms - 50_000, room.now_ms - 20_000);
    room.gap(10, 15);
    assert_eq!((lost(&room).len(), lost(&room)[0].until_ms), (1, room.now_ms), "told, and not found yet");
    room.gap(15, 20);
    room.entry(Body::Missing(Missing {
        edge: room.edge.clone(),
        lane: Lane::Routine,
        epoch: EPOCH,
        first: Seq(10),
        next: Seq(20),
        before: stamp(from_ms),
        after: stamp(until_ms),
    }));
    let [one] = lost(&room) else { panic!("one hole: {:?}", lost(&room)) };
    assert_eq!((one.records(), one.reason), (Some(10), Some(GapReason::SpoolFull)));
    assert_eq!((one.from_ms, one.until_ms), (Some(from_ms), until_ms));
}

#[test]
fn a_hole_is_unexplained_until_all_of_it_is_explained() {
    let mut room = Room::new();
    room.missing(10, 20);
    assert_eq!(lost(&room)[0].reason, None);
    room.gap(10, 19);
    assert_eq!(lost(&room)[0].reason, None, "half an explanation is none");
    room.gap(19, 20);
    assert_eq!(lost(&room)[0].reason, Some(GapReason::SpoolFull));
    assert_eq!(lost(&room).len(), 1);
}

fn loss(room: &Room, kind: LossKind, left: Option<Epoch>, goes_on: Epoch) -> Body {
    let tail = |first, next| LostTail { first: Seq(first), next, before: stamp(room.now_ms - 9_000) };
    let lanes = [tail(7, None), tail(40, Some(Seq(43)))];
    Body::Lost(Loss { edge: room.edge.clone(), left, goes_on, lanes, kind })
}

#[test]
fn what_is_lost_with_an_epoch_is_an_incident_and_a_gap_without_an_end() {
    let mut room = Room::new();
    room.wait_ms(60_000);
    let body = loss(&room, LossKind::Damaged, Some(EPOCH), Epoch([2; 16]));
    room.entry(body);
    let [urgent, routine] = lost(&room) else { panic!("one run a lane: {:?}", lost(&room)) };
    assert_eq!((urgent.first, urgent.records(), urgent.with_epoch), (Seq(7), None, Some(LossKind::Damaged)));
    assert_eq!((urgent.from_ms, urgent.until_ms), (Some(room.now_ms - 9_000), room.now_ms));
    assert_eq!((routine.lane, routine.records()), (Lane::Routine, Some(3)));
    let EvidenceOf::Finding { text } = &room.incident("R-19").evidence[0].what else { panic!("a finding") };
    assert!(
        text.contains("damaged and set aside")
            && text.contains("from urgent record 7 on, how many is not known"),
        "{text}"
    );
    assert!(text.contains("3 routine from 40 on"), "{text}");
}

#[test]
fn what_a_fork_tells_is_not_told_twice() {
    for kind in [LossKind::RolledBack, LossKind::FirstStart] {
        let mut room = Room::new();
        let body = loss(&room, kind, Some(EPOCH), Epoch([2; 16]));
        room.entry(body);
        assert_eq!((room.open(), lost(&room).len()), (vec![], 2), "{kind:?}: shown, and no incident");
    }
}

#[test]
fn what_waited_on_a_disk_is_not_shown_as_lost_when_it_comes_after_all() {
    let mut room = Room::new();
    let memory = Epoch([2; 16]);
    let body = loss(&room, LossKind::StorageFailed, Some(EPOCH), memory);
    room.entry(body);
    let body = loss(&room, LossKind::Returned, Some(memory), EPOCH);
    room.entry(body);
    let urgent: Vec<Epoch> =
        lost(&room).iter().filter(|lost| lost.next.is_none()).map(|lost| lost.epoch).collect();
    assert_eq!(urgent, [memory], "only what was in memory is gone");
}

#[test]
fn a_loss_before_the_hub_knew_the_edge_is_told() {
    let mut room = Room::new();
    let body = loss(&room, LossKind::Missing, None, EPOCH);
    room.entry(body);
    assert!(room.incident("R-19").is_open() && lost(&room).is_empty());
}

#[test]
fn a_gap_that_knows_its_times_shows_them() {
    let mut room = Room::new();
    room.wait_ms(60_000);
    let (from_ms, until_ms) = (room.now_ms - 50_000, room.now_ms - 20_000);
    room.gap_between(10, 15, stamp(from_ms), stamp(until_ms));
    assert_eq!((lost(&room)[0].from_ms, lost(&room)[0].until_ms), (Some(from_ms), until_ms));
}

#[test]
fn signatures_that_do_not_count_are_shown_until_one_does() {
    let mut room = Room::new();
    let (edge, why) = (room.edge.clone(), NotCounted::UnknownSignatory);
    room.entry(Body::Unproved(Unproved { edge: edge.clone(), why }));
    let since_ms = room.now_ms;
    room.wait_ms(5_000);
    room.entry(Body::Unproved(Unproved { edge: edge.clone(), why }));
    let unproved = room.edge_state.as_ref().unwrap().unproved.unwrap();
    assert_eq!((unproved.why, unproved.since_ms), (why, since_ms));
    assert_eq!(room.open(), Vec::<String>::new(), "it is no incident");
    room.entry(Body::Proved(Proved {
        edge,
        epoch: EPOCH,
        next: [Seq(1), Seq(1)],
        boot: BOOT,
        mono_ms: 5,
        wall_ms: 5,
        clock: ClockState::Free,
    }));
    assert_eq!(room.edge_state.as_ref().unwrap().unproved, None);
}
