//! Retention deletes whole old segments, and never one that correlation has not read.

use strongroom_hub::journal::medium::Medium;
use strongroom_hub::journal::writer::Retention;
use strongroom_hub::journal::{Position, Writer};
use wire::{Lane, Seq};

use crate::disks::Disks;
use crate::traces::{EPOCH, append_three, edge, hub_ms, small};

#[test]
fn what_is_not_read_stays() {
    let disks = Disks::spared();
    let (mut writer, reader) = Writer::open(disks.clone(), Retention { bytes_max: 0, ..small() }).unwrap();
    for append in 0..24 {
        append_three(&mut writer, append * 3).unwrap();
    }
    let segments = disks.names().unwrap().len();
    assert!(segments >= 3);
    assert_eq!(writer.delete_old(0, Position::FIRST).unwrap(), 0);
    let half = reader.position_at(1_000 + 36).unwrap();
    let deleted = writer.delete_old(0, half).unwrap();
    assert!(deleted > 0 && deleted < segments - 1);
    assert!(reader.oldest() <= half);
    let left = reader.read(half, usize::MAX).unwrap();
    assert_eq!(left.first().unwrap().0, half);
    assert_eq!(left.len(), 36);
    writer.delete_old(0, writer.next()).unwrap();
    assert_eq!(disks.names().unwrap().len(), 1, "the segment that is written stays");
}

#[test]
fn age_counts_from_the_last_entry() {
    let disks = Disks::spared();
    let (mut writer, _) = Writer::open(disks.clone(), small()).unwrap();
    for append in 0..24 {
        append_three(&mut writer, append * 3).unwrap();
    }
    let day_ms = 24 * 3_600 * 1_000;
    assert_eq!(writer.delete_old(day_ms, writer.next()).unwrap(), 0);
    assert!(writer.delete_old(day_ms + 2_000, writer.next()).unwrap() > 0);
}

#[test]
fn old_numbers_and_times_are_found() {
    let disks = Disks::spared();
    let (mut writer, reader) = Writer::open(disks, small()).unwrap();
    for append in 0..24 {
        append_three(&mut writer, append * 3).unwrap();
    }
    for number in 0..72 {
        let run = reader.lane_run(&edge(number % 2), Lane::Urgent, EPOCH, Seq(number)).unwrap().unwrap();
        assert_eq!(reader.read(run.position, 1).unwrap()[0].1.hub_ms, hub_ms(number));
        let at = reader.position_at(hub_ms(number)).unwrap();
        assert_eq!(reader.read(at, 1).unwrap()[0].1.hub_ms, hub_ms(number));
    }
    assert_eq!(reader.lane_run(&edge(5), Lane::Urgent, EPOCH, Seq(1)).unwrap(), None);
    assert_eq!(reader.position_at(999_999).unwrap(), reader.end());
}
