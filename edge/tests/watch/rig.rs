//! A watch between a gate and a spool on a disk that can lose its power. Each publish of the one sender is a report.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use gate::Confirm;
use power_cut::Disk;
use runtime::shutdown::Shutdown;
use strongroom_edge::annunciator;
use strongroom_edge::bookmark::{Bookmark, Part};
use strongroom_edge::clock::Clock;
use strongroom_edge::config::Config;
use strongroom_edge::detect::Detector;
use strongroom_edge::field::{Novelty, Receipt, Sample, Scan, Site};
use strongroom_edge::inquiry;
use strongroom_edge::spool::{self, Limit, Settings, SpoolError, SpoolHandle};
use strongroom_edge::watch::Watch;
use tokio::sync::mpsc;
use wire::{
    BootId, ClockState, DeviceId, Envelope, Lane, Marks, PointNo, Quality, Record, Seq, Stamp, Value,
};

use crate::site::client::PATIENCE;

/// A point of each lane. What happened is told each time.
pub(crate) const CONTACT: PointNo = PointNo(0);
pub(crate) const OPEN_TIME: PointNo = PointNo(1);

const PROFILE: &str = r#"
name = "test"
[header]
magic = 0x5352
type = 3
map_version = 1
[[points]]
name = "contact"
kind = "door.contact"
register = 8
[[points]]
name = "open_time"
kind = "door.open_time"
register = 9
"#;

const CONFIG: &str = r#"
edge.id = "edge-1"
uplink = { hubs = ["127.0.0.1:1"], ca = "a", certificate = "b", key = "c" }
spool.path = "s"
snapshot.interval = "24h"
[[devices]]
id = "door-1"
profile = "test.toml"
address = "127.0.0.1:1"
unit = 1
"#;

pub(crate) struct Rig {
    pub(crate) scans: mpsc::Sender<Scan>,
    pub(crate) spool: SpoolHandle,
    clock: Clock,
    watch: tokio::task::JoinHandle<()>,
    thread: JoinHandle<Result<(), SpoolError>>,
}

fn site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("test.toml"), PROFILE).unwrap();
    let config: Config = runtime::config::parse(&folder.path().join("edge.toml"), CONFIG).unwrap();
    Site::build(&config).unwrap()
}

/// A clock that moves by one millisecond whenever it is looked at.
fn clock(from_ms: u64) -> Clock {
    let mono_ms = AtomicU64::new(from_ms);
    Arc::new(move || {
        let mono_ms = mono_ms.fetch_add(1, Ordering::Relaxed);
        Stamp { boot: BootId([7; 16]), mono_ms, wall_ms: mono_ms as i64, clock: ClockState::Free }
    })
}

impl Rig {
    /// `None` if the power goes while the spool opens.
    pub(crate) fn start(disk: Disk, routine_interval: Duration) -> Option<Self> {
        Self::start_at(1_000, disk, routine_interval)
    }

    /// Started so long after the boot of the machine.
    pub(crate) fn start_at(from_ms: u64, disk: Disk, routine_interval: Duration) -> Option<Self> {
        let (site, clock) = (site(), clock(from_ms));
        let settings = Settings {
            edge: site.edge.clone(),
            bytes_max: 4 << 20,
            routine_interval,
            age_max: [Duration::MAX; 2],
            signer: None,
        };
        let (work, handle) = spool::open_on(disk, settings, &site.table, clock.clone()).ok()?;
        let thread = std::thread::spawn(move || work.run());
        let (scans, scanned) = mpsc::channel(64);
        let (_, inquiries) = inquiry::inquiries(&site);
        let (tap, _) = annunciator::tap(&[], &site, &annunciator::Before::default());
        let (detector, interval) = (Detector::new(&site), site.snapshot_interval);
        let watch = Watch::new(detector, interval, scanned, handle.clone(), clock.clone(), inquiries, tap);
        let watch = tokio::spawn(async move {
            let shutdown = Shutdown::new();
            // A spool that is gone has told its own end; the watch then waits for a shutdown that is not its matter here.
            shutdown.begin();
            watch.run(shutdown).await.unwrap();
        });
        Some(Self { scans, spool: handle, clock, watch, thread })
    }

    /// A report that `point` changed to `value`, with the number of the report as its bookmark.
    pub(crate) async fn report(&self, device: usize, (point, value): (PointNo, i64), confirm: Confirm) {
        let bookmark = Bookmark::of(&DeviceId::parse("door-1").unwrap(), Part::Messages, value.to_be_bytes());
        let receipt = Some(Receipt { bookmark: Some(bookmark), confirm: Some(confirm) });
        self.scan(device, (point, value), receipt).await;
    }

    pub(crate) async fn scan(&self, device: usize, value: (PointNo, i64), receipt: Option<Receipt>) {
        self.send(device, value, Novelty::Happened, receipt).await;
    }

    /// The first device is read, and has counted so many values of `point`.
    pub(crate) async fn counted(&self, value: (PointNo, i64), number: u64) {
        self.send(0, value, Novelty::Counted(number), None).await;
    }

    /// It stands so, until it is stale.
    pub(crate) async fn stands(&self, device: usize, value: (PointNo, i64)) {
        self.send(device, value, Novelty::Level, None).await;
    }

    async fn send(
        &self,
        device: usize,
        (point, value): (PointNo, i64),
        novelty: Novelty,
        receipt: Option<Receipt>,
    ) {
        let (value, quality) = (Some(Value::Integer(value)), Quality::Good);
        let samples = vec![Sample { point, value, quality, novelty, marks: Marks::NONE }];
        let scan = Scan { device, stamp: (self.clock)(), outcome: Ok(samples), receipt };
        // After a power cut nobody listens any more.
        let _ = self.scans.send(scan).await;
    }

    pub(crate) async fn bookmark(&self) -> Option<i64> {
        let bookmarks = self.spool.bookmarks().await.unwrap();
        bookmarks.first().map(|bookmark| i64::from_be_bytes(bookmark.bytes[..].try_into().unwrap()))
    }

    /// The marks of every event of a point that is in the spool.
    pub(crate) async fn marks(&self, lane: Lane, of: PointNo) -> Vec<Marks> {
        let marks = |record| match record {
            Record::Event(observation) if observation.point == of => Some(observation.marks),
            _ => None,
        };
        self.records(lane).await.into_iter().filter_map(marks).collect()
    }

    /// Waits until the watch has taken what was scanned, so that the next scan comes alone.
    pub(crate) async fn taken(&self) {
        while self.scans.capacity() < self.scans.max_capacity() {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until the spool holds this value of an urgent point.
    pub(crate) async fn urgent(&self, of: PointNo, value: i64) {
        let mut tails = self.spool.tails();
        let held = async {
            while !self.values(Lane::Urgent, of).await.contains(&value) {
                tails.changed().await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, held).await.expect("the alarm is durable in time");
    }

    /// When the values of a point went stale, by the records in the spool.
    pub(crate) async fn stale_at_ms(&self, of: PointNo) -> Vec<u64> {
        let limit = Limit { envelopes: 10_000, bytes: 8 << 20 };
        let stored = self.spool.read(Lane::Urgent, Seq::FIRST, limit).await.unwrap();
        let envelopes = stored.iter().map(|stored| Envelope::decode(&stored.bytes).unwrap());
        let stale = envelopes.flat_map(|envelope| {
            let header = envelope.header;
            envelope.records.into_iter().filter_map(move |record| match record {
                Record::Event(seen) if seen.point == of && seen.quality == Quality::Stale => {
                    Some(header.stamp(seen.offset_ms).mono_ms)
                }
                _ => None,
            })
        });
        stale.collect()
    }

    async fn records(&self, lane: Lane) -> Vec<Record> {
        let limit = Limit { envelopes: 10_000, bytes: 8 << 20 };
        let stored = self.spool.read(lane, Seq::FIRST, limit).await.unwrap();
        stored.iter().flat_map(|stored| Envelope::decode(&stored.bytes).unwrap().records).collect()
    }

    /// The values of a point that are in the spool, in their order.
    pub(crate) async fn values(&self, lane: Lane, of: PointNo) -> Vec<i64> {
        let records = self.records(lane).await.into_iter();
        let value = |record| match record {
            Record::Event(observation) | Record::Snapshot(observation) if observation.point == of => {
                match observation.value {
                    Some(Value::Integer(value)) => Some(value),
                    _ => None,
                }
            }
            _ => None,
        };
        records.filter_map(value).collect()
    }

    /// Nothing is scanned any more; ends when the watch and the spool have ended.
    pub(crate) async fn stop(self) {
        drop(self.scans);
        self.watch.await.unwrap();
        drop(self.spool);
        let _ = self.thread.join().unwrap();
    }
}
