//! Records and times are found without opening what cannot hold them.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use redb::{Database, DatabaseError};
use strongroom_hub::journal::held::{EdgeLanes, Head};
use strongroom_hub::journal::medium::Medium;
use strongroom_hub::journal::reader::LaneRun;
use strongroom_hub::journal::{Append, Body, Entry, Reader, Writer};
use wire::{Digest, Epoch, Lane, Seq};

use crate::disks::Disks;
use crate::traces::{EPOCH, append_three, edge, hub_ms, number_of, payload, small};

/// Counts how often a segment is opened.
struct Counting {
    disks: Arc<Disks>,
    opened: AtomicUsize,
}

impl Medium for Counting {
    fn names(&self) -> io::Result<Vec<String>> {
        self.disks.names()
    }
    fn open(&self, name: &str, cache_bytes: usize) -> Result<Database, DatabaseError> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        self.disks.open(name, cache_bytes)
    }
    fn create(&self, name: &str, cache_bytes: usize) -> Result<Database, DatabaseError> {
        self.disks.create(name, cache_bytes)
    }
    fn publish(&self, name: &str) -> io::Result<()> {
        self.disks.publish(name)
    }
    fn remove(&self, name: &str) -> io::Result<()> {
        self.disks.remove(name)
    }
    fn size(&self, name: &str) -> io::Result<u64> {
        self.disks.size(name)
    }
    fn folder(&self) -> PathBuf {
        self.disks.folder()
    }
}

/// Opens a journal of many segments anew, and gives what a question opens beside the newest of them.
struct Opened {
    counting: Arc<Counting>,
    _writer: Writer,
    reader: Reader,
}

const ENTRIES: u64 = 360;

fn many_segments() -> Arc<Disks> {
    let disks = Disks::spared();
    let (mut writer, _) = Writer::open(disks.clone(), small()).unwrap();
    for append in 0..ENTRIES / 3 {
        append_three(&mut writer, append * 3).unwrap();
    }
    assert!(disks.names().unwrap().len() >= 20);
    disks
}

impl Opened {
    fn anew(disks: &Arc<Disks>) -> Self {
        let counting = Arc::new(Counting { disks: disks.after_power_cut(), opened: AtomicUsize::new(0) });
        let (writer, reader) = Writer::open(counting.clone(), small()).unwrap();
        Self { counting, _writer: writer, reader }
    }

    fn older(&self) -> usize {
        self.counting.opened.load(Ordering::Relaxed) - 1
    }

    fn run(&self, of: u64, epoch: Epoch, seq: u64) -> Option<LaneRun> {
        self.reader.lane_run(&edge(of), Lane::Urgent, epoch, Seq(seq)).unwrap()
    }
}

#[test]
fn what_is_new_is_found_in_the_newest_segment() {
    let disks = many_segments();
    let last = ENTRIES - 1;
    let opened = Opened::anew(&disks);
    let run = opened.run(last % 2, EPOCH, last).unwrap();
    assert_eq!((number_of(run.position), run.first, run.next), (last, Seq(last), Seq(ENTRIES)));
    assert_eq!(number_of(opened.reader.position_at(hub_ms(last)).unwrap()), ENTRIES - 3);
    assert_eq!(opened.reader.position_at(hub_ms(ENTRIES)).unwrap(), opened.reader.end());
    assert_eq!(opened.older(), 0);
}

#[test]
fn what_cannot_be_there_is_not_looked_for() {
    let disks = many_segments();
    let opened = Opened::anew(&disks);
    let beyond = opened.run(1, EPOCH, 1_000_000).unwrap();
    assert_eq!(beyond.next, Seq(ENTRIES), "the caller sees that the number lies beyond the run");
    assert_eq!(opened.run(5, EPOCH, 1), None, "an edge that never was");
    assert_eq!(opened.run(1, Epoch([9; 16]), 1), None, "an epoch that never was");
    let routine = opened.reader.lane_run(&edge(1), Lane::Routine, EPOCH, Seq(1)).unwrap();
    assert_eq!(routine, None, "a lane that was never used");
    assert_eq!(opened.older(), 0);
}

#[test]
fn what_is_old_is_found_by_halving() {
    let disks = many_segments();
    for number in (0..ENTRIES).step_by(7) {
        let opened = Opened::anew(&disks);
        let run = opened.run(number % 2, EPOCH, number).unwrap();
        assert_eq!((number_of(run.position), run.first, run.next), (number, Seq(number), Seq(number + 1)));
        assert!(opened.older() <= 10, "{} segments were opened for record {number}", opened.older());

        let opened = Opened::anew(&disks);
        assert_eq!(number_of(opened.reader.position_at(hub_ms(number)).unwrap()), number / 3 * 3);
        assert!(opened.older() <= 10, "{} segments were opened for time {number}", opened.older());
    }
}

#[test]
fn the_first_record_of_each_segment_is_found() {
    let disks = Disks::spared();
    let (mut writer, reader) = Writer::open(disks.clone(), small()).unwrap();
    for number in 0..ENTRIES {
        let mut append = Append::default();
        append.begin_span(edge(1), Lane::Urgent, EPOCH, Seq(number), Seq(number + 1));
        append.push(Entry { hub_ms: hub_ms(number), body: Body::Envelope(payload(number)) });
        let mut lanes = EdgeLanes::new(EPOCH);
        lanes.heads[0] =
            Some(Head { next: Seq(number + 1), digest: Digest::of(&payload(number)), stamp: None });
        append.set_edge(edge(1), lanes);
        writer.append(&mut append).unwrap();
    }
    assert!(disks.names().unwrap().len() >= 10);
    for number in 0..ENTRIES {
        let run = reader.lane_run(&edge(1), Lane::Urgent, EPOCH, Seq(number)).unwrap().unwrap();
        assert_eq!((number_of(run.position), run.first), (number, Seq(number)));
    }
}
