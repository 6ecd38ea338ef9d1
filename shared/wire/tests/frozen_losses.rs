//! What was added to gap and opened records after version 1: bytes that no later version may write otherwise. Without it they
//! are as version 1 froze them.

#![allow(clippy::unwrap_used)]

use strongroom_wire::{
    BootId, ClockState, Digest, Epoch, Gap, GapReason, Lane, Opened, OpenedReason, Record, Seq, Stamp,
};

fn hex(record: &Record) -> String {
    minicbor::to_vec(record).unwrap().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn written_as(record: &Record, expected: &str) {
    let expected = expected.replace(' ', "");
    assert_eq!(hex(record), expected);
    assert_eq!(&minicbor::decode::<Record>(&minicbor::to_vec(record).unwrap()).unwrap(), record);
}

#[test]
fn a_spool_whose_file_is_gone() {
    written_as(&Record::Opened(Opened { reason: OpenedReason::Missing, previous: None }), "8200 8104");
}

#[test]
fn a_gap_with_its_times() {
    let stamp = |mono_ms| Stamp { boot: BootId([0xb1; 16]), mono_ms, wall_ms: -1, clock: ClockState::Free };
    let gap = Gap {
        epoch: Epoch([0xe2; 16]),
        lane: Lane::Routine,
        first: Seq(7),
        next: Seq(1_007),
        before: Digest([0xa1; 32]),
        after: Digest([0xa2; 32]),
        reason: GapReason::NotKept,
        oldest: Some(stamp(5)),
        newest: Some(stamp(6)),
    };
    let (epoch, boot) = (format!("50{}", "e2".repeat(16)), format!("50{}", "b1".repeat(16)));
    let (before, after) = (format!("5820{}", "a1".repeat(32)), format!("5820{}", "a2".repeat(32)));
    let expected = format!("8204 89 {epoch} 01 07 1903ef {before} {after} 04 84{boot}052001 84{boot}062001");
    written_as(&Record::Gap(gap), &expected);
}
