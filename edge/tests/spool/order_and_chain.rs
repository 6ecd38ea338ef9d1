//! Envelopes are sealed once, in order, in one chain per lane, and begin anew where their readings do not fit together.

use wire::{ClockState, Envelope, Lane, OpenedReason, Record, Seq, TableAssembler};

use crate::bench::{ROOMY, Running, bulky, entry, numbers, stamp, table, verify_chain};
use power_cut::{Disk, Fate};

fn spared() -> Disk {
    Disk::new(Vec::new(), Fate::Spared)
}

#[tokio::test]
async fn an_epoch_begins_with_its_reason_and_its_table() {
    let spool = Running::with_table(spared(), ROOMY, &table(300)).unwrap();
    let records = spool.records(Lane::Urgent).await;
    assert!(matches!(&records[0], Record::Opened(opened)
        if opened.reason == OpenedReason::FirstStart && opened.previous.is_none()));
    let mut assembler = TableAssembler::default();
    let parts = records[1..].iter().map(|record| match record {
        Record::TablePart(part) => assembler.add(part),
        other => panic!("{other:?} is no part of a table"),
    });
    assert_eq!(parts.last(), Some(wire::table::Assembled::Complete(table(300))));
    spool.stop().unwrap();
}

#[tokio::test]
async fn entries_of_one_append_share_envelopes() {
    let spool = Running::on_disk(spared(), ROOMY).unwrap();
    let before = spool.all(Lane::Urgent).await.len();
    spool.append((0..40).map(|number| bulky(Lane::Urgent, number))).await;
    let all = spool.all(Lane::Urgent).await;
    verify_chain(Lane::Urgent, spool.epoch(), &all);
    assert_eq!(numbers(&spool.records(Lane::Urgent).await), (0..40).collect::<Vec<_>>());
    assert_eq!(all.len() - before, 3, "40 records of about 270 bytes fill three envelopes");
    assert!(all.iter().all(|stored| stored.bytes.len() <= Envelope::BYTES_MAX));
    spool.stop().unwrap();
}

#[tokio::test]
async fn routine_records_wait_for_each_other_and_are_sealed_at_the_end() {
    let disk = spared();
    let spool = Running::on_disk(disk.clone(), ROOMY).unwrap();
    for number in 0..5 {
        spool.append([entry(Lane::Routine, number)]).await;
    }
    spool.routine_reaches(5).await;
    spool.append([entry(Lane::Routine, 5)]).await;
    spool.stop().unwrap();
    let spool = Running::on_disk(disk, ROOMY).unwrap();
    assert_eq!(numbers(&spool.records(Lane::Routine).await), [0, 1, 2, 3, 4, 5]);
    verify_chain(Lane::Routine, spool.epoch(), &spool.all(Lane::Routine).await);
    spool.stop().unwrap();
}

#[tokio::test]
async fn an_envelope_holds_one_clock_state_and_one_base() {
    let spool = Running::on_disk(spared(), ROOMY).unwrap();
    let at = |number: i64, change: fn(&mut wire::Stamp)| {
        let mut entry = entry(Lane::Urgent, number);
        entry.reading.stamp = stamp(10_000);
        change(&mut entry.reading.stamp);
        entry
    };
    let from = spool.handle.tails().borrow().next[0];
    spool
        .append([
            at(0, |_| {}),
            at(1, |stamp| stamp.mono_ms += 5),
            at(2, |stamp| stamp.clock = ClockState::Synchronised),
            at(3, |stamp| stamp.wall_ms += 3_600_000),
            at(4, |stamp| (stamp.mono_ms, stamp.wall_ms) = (1 << 40, stamp.wall_ms + (1 << 40) - 10_000)),
            at(5, |stamp| stamp.boot.0[0] ^= 1),
        ])
        .await;
    let all = spool.all(Lane::Urgent).await;
    let new: Vec<Envelope> = all
        .iter()
        .filter(|stored| stored.first >= from)
        .map(|stored| Envelope::decode(&stored.bytes).unwrap())
        .collect();
    let sizes: Vec<usize> = new.iter().map(|envelope| envelope.records.len()).collect();
    assert_eq!(sizes, [2, 1, 1, 1, 1]);
    assert_eq!(new[2].header.wall_ms, stamp(10_000).wall_ms + 3_600_000);
    assert_eq!(new[3].header.mono_ms, 1 << 40);
    spool.stop().unwrap();
}

#[tokio::test]
async fn an_envelope_carries_the_other_lanes_watermark() {
    let spool = Running::on_disk(spared(), ROOMY).unwrap();
    spool.append([entry(Lane::Urgent, 0), entry(Lane::Routine, 1)]).await;
    spool.routine_reaches(1).await;
    let urgent_tail = spool.handle.tails().borrow().next[0];
    let routine = spool.all(Lane::Routine).await;
    assert_eq!(Envelope::decode(&routine[0].bytes).unwrap().header.watermark, urgent_tail);
    spool.append([entry(Lane::Urgent, 2)]).await;
    let urgent = spool.all(Lane::Urgent).await;
    assert_eq!(Envelope::decode(&urgent.last().unwrap().bytes).unwrap().header.watermark, Seq(1));
    spool.stop().unwrap();
}

#[tokio::test]
async fn another_table_is_written_before_its_readings() {
    let disk = spared();
    let spool = Running::on_disk(disk.clone(), ROOMY).unwrap();
    spool.append([entry(Lane::Urgent, 0)]).await;
    let epoch = spool.epoch();
    spool.stop().unwrap();

    let spool = Running::with_table(disk.clone(), ROOMY, &table(4)).unwrap();
    assert_eq!(spool.epoch(), epoch, "another table is no other epoch");
    spool.append([entry(Lane::Urgent, 1)]).await;
    let all = spool.all(Lane::Urgent).await;
    let last = Envelope::decode(&all.last().unwrap().bytes).unwrap();
    assert_eq!(last.header.table, table(4).version());
    let parts =
        |records: &[Record]| records.iter().filter(|record| matches!(record, Record::TablePart(_))).count();
    assert_eq!(parts(&spool.records(Lane::Urgent).await), 2);
    spool.stop().unwrap();

    let spool = Running::with_table(disk, ROOMY, &table(4)).unwrap();
    assert_eq!(parts(&spool.records(Lane::Urgent).await), 2, "a known table is not written again");
    spool.stop().unwrap();
}
