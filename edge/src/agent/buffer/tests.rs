//! What the buffer keeps over restarts, tears, damage and want of room.

use std::fs;
use std::io::Write;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use small_disk::SmallDisk;

#[path = "../../../tests/agent/small_disk.rs"]
mod small_disk;

const ROOM: u64 = 256 << 10;

fn folder() -> TempDir {
    TempDir::new().unwrap()
}

fn open(folder: &TempDir) -> Buffer {
    Buffer::open(folder.path(), ROOM).unwrap()
}

/// A report as far as the buffer looks into it; `n` tells it from others.
fn report(n: u64, events: usize) -> Vec<u8> {
    let events = vec![r#"{"kind":"boot"}"#; events].join(",");
    let boot = "00000000-0000-0000-0000-000000000000";
    format!(
        r#"{{"version":1,"host":"h","boot":"{boot}","seq":{n},"at":{{"mono_ms":1,"wall_ms":1}},"sent":{{"boot":"{boot}","mono_ms":1,"wall_ms":1}},"agent":{{"name":"a","version":"1"}},"events":[{events}]}}"#
    )
    .into_bytes()
}

fn number(json: &[u8]) -> u64 {
    let report: serde_json::Value = serde_json::from_slice(json).unwrap();
    report["seq"].as_u64().unwrap()
}

fn append(buffer: &mut Buffer, numbers: std::ops::Range<u64>, events: usize) {
    for n in numbers {
        buffer.make_room(report(n, events).len()).unwrap();
        buffer.append(&report(n, events), events as u32).unwrap();
    }
}

/// Everything that waits, with its position.
fn kept(buffer: &mut Buffer) -> Vec<(Position, u64)> {
    let (mut from, mut kept) = (Position::FIRST, Vec::new());
    while let Some((position, json)) = buffer.read(from) {
        kept.push((position, number(&json)));
        from = position.next();
    }
    kept
}

fn numbers(buffer: &mut Buffer) -> Vec<u64> {
    kept(buffer).into_iter().map(|(_, n)| n).collect()
}

fn files(folder: &TempDir) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some());
    files.sort();
    files
}

#[test]
fn what_was_kept_is_there_after_a_restart_in_its_order() {
    let folder = folder();
    append(&mut open(&folder), 0..700, 1);
    assert!(files(&folder).len() > 1, "more than one segment");
    let mut buffer = open(&folder);
    assert_eq!(numbers(&mut buffer), (0..700).collect::<Vec<_>>());
    assert_eq!(buffer.take_dropped(), Dropped::default());
    append(&mut buffer, 700..705, 0);
    assert_eq!(numbers(&mut open(&folder)), (0..705).collect::<Vec<_>>());
}

#[test]
fn what_is_confirmed_goes_by_segments_and_the_last_one_stays() {
    let folder = folder();
    let mut buffer = open(&folder);
    append(&mut buffer, 0..700, 1);
    let (middle, _) = kept(&mut buffer)[600];
    buffer.confirm(middle).unwrap();
    assert_eq!(numbers(&mut buffer), (601..700).collect::<Vec<_>>());
    assert_eq!(buffer.waiting(), 99);
    let (last, _) = *kept(&mut buffer).last().unwrap();
    buffer.confirm(last).unwrap();
    assert_eq!((buffer.waiting(), files(&folder).len()), (0, 1));
    let mut restarted = open(&folder);
    assert_eq!(number(&restarted.last().unwrap().unwrap()), 699, "the agent goes on from it");
    assert!(numbers(&mut restarted).is_empty());
    append(&mut restarted, 700..702, 1);
    assert_eq!(numbers(&mut open(&folder)), [700, 701]);

    fs::write(folder.path().join(NOTE), "garbage").unwrap();
    let again = numbers(&mut open(&folder));
    assert!(again.len() as u64 * 200 < SEGMENT_BYTES + 10_000 && again.ends_with(&[700, 701]), "{again:?}");
}

#[test]
fn a_torn_end_is_not_read_and_nothing_is_written_behind_it() {
    let folder = folder();
    append(&mut open(&folder), 0..3, 1);
    let file = files(&folder).remove(0);
    let whole = fs::read(&file).unwrap();
    for torn in 1..report(2, 1).len() {
        fs::write(&file, &whole[..whole.len() - torn]).unwrap();
        let mut buffer = open(&folder);
        assert_eq!(numbers(&mut buffer), [0, 1]);
        assert!(buffer.take_dropped().is_none(), "it never counted");
    }
    let mut buffer = open(&folder);
    append(&mut buffer, 7..8, 1);
    assert_eq!(numbers(&mut open(&folder)), [0, 1, 7]);
}

#[test]
fn a_damaged_line_costs_itself_and_is_said() {
    let folder = folder();
    append(&mut open(&folder), 0..3, 1);
    let file = files(&folder).remove(0);
    let mut content = fs::read(&file).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 0x10;
    fs::write(&file, content).unwrap();
    let mut buffer = open(&folder);
    assert_eq!(numbers(&mut buffer), [0, 2]);
    assert_eq!(buffer.take_dropped(), Dropped { reports: 1, events: 0 });
    assert!(buffer.take_dropped().is_none(), "said once");
}

#[test]
fn a_full_buffer_drops_heartbeats_first_and_says_how_many() {
    let folder = folder();
    let mut buffer = open(&folder);
    for n in 0..3_000 {
        append(&mut buffer, n..n + 1, usize::from(n % 10 == 0));
        assert!(buffer.bytes() <= ROOM);
    }
    let left = numbers(&mut buffer);
    let events: Vec<u64> = left.iter().copied().filter(|n| n % 10 == 0).collect();
    assert_eq!(events, (0..3_000).step_by(10).collect::<Vec<_>>(), "no report with an event is lost");
    assert_eq!(buffer.take_dropped(), Dropped { reports: 3_000 - left.len() as u64, events: 0 });
    assert_eq!(numbers(&mut open(&folder)), left);

    append(&mut buffer, 3_000..6_000, 2);
    let left = numbers(&mut buffer);
    assert!(buffer.bytes() <= ROOM && left.ends_with(&[5_999]) && left.is_sorted());
    let dropped = buffer.take_dropped();
    assert!(dropped.events > 0);
    let on_disk: u64 = files(&folder).iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    assert!(on_disk <= ROOM, "{on_disk}");
}

#[test]
fn confirmed_reports_are_not_called_dropped() {
    let folder = folder();
    let mut buffer = open(&folder);
    append(&mut buffer, 0..600, 0);
    let (middle, _) = kept(&mut buffer)[200];
    buffer.confirm(middle).unwrap();
    while !buffer.segments.is_empty() && buffer.segments.len() > 1 {
        buffer.drop_oldest().unwrap();
    }
    let left = numbers(&mut buffer).len() as u64;
    assert_eq!(buffer.take_dropped().reports, 600 - 201 - left);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_in_the_folder_are_survived(contents in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..4)) {
        let folder = folder();
        for (number, content) in contents.iter().enumerate() {
            let mut file = fs::File::create(folder.path().join(format!("{number:016x}.reports"))).unwrap();
            file.write_all(content).unwrap();
        }
        fs::write(folder.path().join("notes.txt"), "of somebody else").unwrap();
        let mut buffer = open(&folder);
        prop_assert!(numbers(&mut buffer).is_empty());
        append(&mut buffer, 1..3, 1);
        prop_assert_eq!(numbers(&mut open(&folder)), [1, 2]);
    }
}

#[test]
fn a_full_disk_costs_nothing_as_long_as_memory_lasts() {
    let folder = folder();
    let Some(disk) = SmallDisk::mount(folder.path(), 512) else { return };
    let mut buffer = open(&folder);
    append(&mut buffer, 0..10, 1);
    let filler = disk.fill();
    let (mut n, mut failures) = (10, 0);
    while failures < 20 {
        failures += usize::from(buffer.append(&report(n, 0), 0).is_err());
        n += 1;
    }
    // A line that was half written is gone: nothing is damaged, and nothing is glued to it afterwards.
    assert!(open(&folder).take_dropped().is_none());
    assert_eq!(numbers(&mut buffer), (0..n).collect::<Vec<_>>(), "from the disk and from memory, in order");
    assert_eq!(buffer.waiting(), n);
    let (seventh_pending, _) = kept(&mut buffer)[n as usize - 14];
    buffer.confirm(seventh_pending).unwrap_err();
    assert_eq!(numbers(&mut buffer), (n - 13..n).collect::<Vec<_>>(), "without a note as well");

    fs::remove_file(filler).unwrap();
    append(&mut buffer, n..n + 1, 1);
    assert!(
        numbers(&mut open(&folder)).ends_with(&(n - 13..=n).collect::<Vec<_>>()),
        "written before the next one"
    );
    assert!(buffer.take_dropped().is_none() && open(&folder).take_dropped().is_none());
}

#[test]
fn on_a_full_disk_the_oldest_segment_makes_way_for_an_event_and_not_for_a_heartbeat() {
    let folder = folder();
    let Some(disk) = SmallDisk::mount(folder.path(), 1_024) else { return };
    let mut buffer = open(&folder);
    append(&mut buffer, 0..600, 1);
    let segments = buffer.segments.len();
    disk.fill();
    let mut n = 600;
    while buffer.append(&report(n, 0), 0).is_ok() {
        n += 1;
    }
    assert_eq!((buffer.segments.len(), buffer.take_dropped()), (segments, Dropped::default()));
    buffer.append(&report(n + 1, 1), 1).unwrap();
    let dropped = buffer.take_dropped();
    assert!(dropped.reports > 0 && dropped.reports == dropped.events, "{dropped:?}");
    let left = numbers(&mut open(&folder));
    assert_eq!(left, (dropped.reports..=n + 1).collect::<Vec<_>>());
}

#[test]
fn a_segment_that_cannot_be_begun_is_begun_later() {
    let folder = folder();
    let mut buffer = open(&folder);
    let blocking = folder.path().join("0000000000000000.reports");
    fs::create_dir(&blocking).unwrap();
    buffer.append(&report(1, 1), 1).unwrap_err();
    fs::remove_dir(&blocking).unwrap();
    fs::write(&blocking, "the rest of a vain attempt").unwrap();
    append(&mut buffer, 2..3, 0);
    assert_eq!(numbers(&mut open(&folder)), [1, 2]);
}

#[test]
fn a_report_that_the_disk_does_not_give_back_costs_itself() {
    let folder = folder();
    let mut buffer = open(&folder);
    append(&mut buffer, 0..3, 1);
    let file = files(&folder).remove(0);
    let mut content = fs::read(&file).unwrap();
    content[report(0, 1).len() / 2] ^= 0x10;
    fs::write(&file, content).unwrap();
    assert_eq!(numbers(&mut buffer), [1, 2]);
    assert_eq!(buffer.take_dropped(), Dropped { reports: 1, events: 1 });
}
