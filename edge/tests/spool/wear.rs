//! What the spool writes to flash, and how long a full one takes to open after a kill. Not part of a normal run; each prints
//! rows of the tables in `docs/measurements.md`:
//! `cargo test --release -p strongroom-edge --test spool wear -- --ignored --nocapture --test-threads 1`.

#![allow(clippy::print_stdout, reason = "the tables are what this is for")]

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use redb::StorageBackend;
use redb::backends::FileBackend;
use strongroom_edge::clock::Clock;
use strongroom_edge::spool::{self, Entry, Settings, What};
use wire::{Lane, Marks, PointNo, Quality, Reading, Value};

use crate::bench::{Running, entry, settings, stamp, table};

const POINTS: u16 = 500;
const DAY_S: u64 = 86_400;
/// Long enough for the hourly alarm.
const MEASURED_S: u64 = 3_600;
/// As many seconds of every point fill the largest of the measured files.
const FILLING_S: u64 = 42_000;

#[derive(Debug, Default)]
struct Counts {
    written_bytes: AtomicU64,
    read_bytes: AtomicU64,
    syncs: AtomicU64,
}

/// A file whose traffic is counted. It is not synced: how long that takes is not what is measured here.
#[derive(Debug)]
struct Counted {
    file: FileBackend,
    counts: Arc<Counts>,
}

impl StorageBackend for Counted {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.counts.read_bytes.fetch_add(out.len() as u64, Ordering::Relaxed);
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.counts.syncs.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.counts.written_bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
        self.file.write(offset, data)
    }
}

fn reading(point: u16, second: u64, what: What) -> Entry {
    let value = Some(Value::Number(f64::from(point) + (second % 977) as f64 / 10.0));
    let reading = Reading { value, quality: Quality::Good, stamp: stamp(second * 1_000), marks: Marks::NONE };
    Entry { lane: Lane::Routine, what, point: PointNo(point), reading }
}

/// A room: so many of its points change each second, all of them are told once a minute, and an alarm comes now and then.
#[derive(Clone, Copy)]
struct Load {
    changing: u16,
    alarm_every_s: u64,
}

/// A spool on a counted file, whose clock the run moves.
struct Measured {
    spool: Running,
    counts: Arc<Counts>,
    now_ms: Arc<AtomicU64>,
}

impl Measured {
    fn open(path: &Path, bytes_max: u64, routine_interval: Duration) -> Self {
        let counts = Arc::new(Counts::default());
        let file: File =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).unwrap();
        let backend = Counted { file: FileBackend::new(file).unwrap(), counts: Arc::clone(&counts) };
        let now_ms = Arc::new(AtomicU64::new(1_000));
        let clock: Clock = {
            let now_ms = Arc::clone(&now_ms);
            Arc::new(move || stamp(now_ms.load(Ordering::SeqCst)))
        };
        let settings = Settings { routine_interval, ..settings(bytes_max) };
        let opened = spool::open_on(backend, settings, &table(usize::from(POINTS)), clock).unwrap();
        Self { spool: Running::start(opened), counts, now_ms }
    }

    async fn run(&self, seconds: u64, load: Load) {
        let from = self.now_ms.load(Ordering::SeqCst) / 1_000;
        for second in from..from + seconds {
            self.now_ms.store(second * 1_000, Ordering::SeqCst);
            let changed = (0..load.changing).map(|no| (no * 7 + (second % 500) as u16) % POINTS);
            let mut entries: Vec<Entry> = changed.map(|no| reading(no, second, What::Event)).collect();
            if second.is_multiple_of(60) {
                entries.extend((0..POINTS).map(|no| reading(no, second, What::Snapshot)));
            }
            if second % load.alarm_every_s == 1 {
                entries.push(entry(Lane::Urgent, second as i64));
            }
            self.spool.append(entries).await;
            if second.is_multiple_of(10) {
                let next = self.spool.handle.tails().borrow().next;
                for lane in Lane::ALL {
                    self.spool.handle.confirmed(lane, next[lane.index()]).await.unwrap();
                }
            }
        }
    }

    fn so_far(&self) -> [u64; 2] {
        [&self.counts.written_bytes, &self.counts.syncs].map(|count| count.load(Ordering::SeqCst))
    }
}

#[tokio::test]
#[ignore = "measures for minutes"]
async fn wear_a_day() {
    println!(
        "| full file | points a second | interval | alarms | KB a commit | commits a day | syncs a day | MB a day |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for megabytes in [64, 256] {
        for (changing, interval_s, alarm_every_s) in
            [(50, 2, 3_600), (50, 5, 3_600), (50, 5, 60), (500, 5, 3_600)]
        {
            let folder = tempfile::tempdir().unwrap();
            let interval = Duration::from_secs(interval_s);
            let measured = Measured::open(&folder.path().join("spool.redb"), megabytes << 20, interval);
            let filling = Load { changing: POINTS, alarm_every_s: DAY_S };
            measured.run(FILLING_S * megabytes / 256, filling).await;
            let before = measured.so_far();
            measured.run(MEASURED_S, Load { changing, alarm_every_s }).await;
            let after = measured.so_far();
            let [bytes, syncs] = [0, 1].map(|at| (after[at] - before[at]) * DAY_S / MEASURED_S);
            let commits = syncs / 2;
            println!(
                "| {megabytes} MB | {changing} | {interval_s} s | one in {alarm_every_s} s | {} | {commits} | {syncs} | {} |",
                bytes / commits / 1_000,
                bytes / 1_000_000
            );
            measured.spool.stop().unwrap();
        }
    }
}

#[tokio::test]
#[ignore = "measures for minutes"]
async fn wear_opening_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (path, killed) = (folder.path().join("spool.redb"), folder.path().join("killed.redb"));
    let (bytes_max, interval) = (256 << 20, Duration::from_secs(5));
    let measured = Measured::open(&path, bytes_max, interval);
    measured.run(FILLING_S, Load { changing: POINTS, alarm_every_s: DAY_S }).await;
    std::fs::copy(&path, &killed).unwrap();
    measured.spool.stop().unwrap();
    println!("| file | closed | ms to open | MB read | KB written |");
    println!("|---|---|---|---|---|");
    for (path, closed) in [(killed, "no"), (path, "yes")] {
        let megabytes = std::fs::metadata(&path).unwrap().len() >> 20;
        let begun = Instant::now();
        let measured = Measured::open(&path, bytes_max, interval);
        let took = begun.elapsed().as_millis();
        let read = measured.counts.read_bytes.load(Ordering::SeqCst) / 1_000_000;
        println!("| {megabytes} MB | {closed} | {took} | {read} | {} |", measured.so_far()[0] / 1_000);
        measured.spool.stop().unwrap();
    }
}
