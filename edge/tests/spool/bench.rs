//! A spool on its thread, and what the tests ask of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use redb::StorageBackend;
use strongroom_edge::clock::Clock;
use strongroom_edge::spool::{self, Entry, Limit, Settings, Spool, SpoolError, SpoolHandle, Stored, What};
use wire::table::{DeviceEntry, PointEntry};
use wire::{
    BootId, ClockState, DeviceId, Digest, EdgeId, Envelope, Epoch, Lane, Marks, PointName, PointNo,
    PointTable, Quality, Reading, Record, Seq, Stamp, Value,
};

pub(crate) const BOOT: BootId = BootId([7; 16]);
pub(crate) const ROOMY: u64 = 4 << 20;

pub(crate) fn edge() -> EdgeId {
    EdgeId::parse("edge-1").unwrap()
}

pub(crate) fn table(points: usize) -> PointTable {
    let device = DeviceEntry { device: DeviceId::parse("door-1").unwrap(), profile: "door".into() };
    let point = |no: usize| PointEntry {
        device: 0,
        point: PointName::parse(&format!("point-{no}")).unwrap(),
        kind: "door.contact".into(),
    };
    PointTable::new(vec![device], (0..points).map(point).collect()).unwrap()
}

pub(crate) fn settings(bytes_max: u64) -> Settings {
    Settings {
        edge: edge(),
        bytes_max,
        routine_interval: Duration::from_millis(20),
        age_max: [Duration::MAX; 2],
        signer: None,
    }
}

/// A clock that moves by one millisecond whenever it is looked at.
pub(crate) fn clock() -> Clock {
    let mono_ms = AtomicU64::new(1_000);
    Arc::new(move || stamp(mono_ms.fetch_add(1, Ordering::Relaxed)))
}

pub(crate) fn stamp(mono_ms: u64) -> Stamp {
    Stamp { boot: BOOT, mono_ms, wall_ms: 1_700_000_000_000 + mono_ms as i64, clock: ClockState::Free }
}

pub(crate) fn entry(lane: Lane, number: i64) -> Entry {
    let reading = Reading {
        value: Some(Value::Integer(number)),
        quality: Quality::Good,
        stamp: stamp(1_000 + number as u64),
        marks: Marks::NONE,
    };
    Entry { lane, what: What::Event, point: PointNo(0), reading }
}

/// An entry whose envelope is `bytes` long, more or less.
pub(crate) fn bulky(lane: Lane, number: i64) -> Entry {
    let text = format!("{number:05}{}", "x".repeat(240));
    Entry {
        reading: Reading { value: Some(Value::text(&text)), ..entry(lane, number).reading },
        ..entry(lane, number)
    }
}

/// A spool that works.
pub(crate) struct Running {
    pub handle: SpoolHandle,
    thread: JoinHandle<Result<(), SpoolError>>,
}

impl Running {
    pub(crate) fn start((spool, handle): (Spool, SpoolHandle)) -> Self {
        Self { handle, thread: std::thread::spawn(move || spool.run()) }
    }

    pub(crate) fn on_disk(disk: impl StorageBackend, bytes_max: u64) -> Result<Self, SpoolError> {
        Self::with_table(disk, bytes_max, &table(3))
    }

    pub(crate) fn with_table(
        disk: impl StorageBackend,
        bytes_max: u64,
        table: &PointTable,
    ) -> Result<Self, SpoolError> {
        spool::open_on(disk, settings(bytes_max), table, clock()).map(Self::start)
    }

    pub(crate) fn on_file(path: &Path) -> Result<Self, SpoolError> {
        spool::open(path, settings(ROOMY), &table(3), clock()).map(Self::start)
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.handle.tails().borrow().epoch
    }

    /// Lets go of it and waits for its end.
    pub(crate) fn stop(self) -> Result<(), SpoolError> {
        drop(self.handle);
        self.thread.join().unwrap()
    }

    pub(crate) async fn append(&self, entries: impl IntoIterator<Item = Entry>) {
        self.handle.append(entries.into_iter().collect::<Vec<_>>()).await.unwrap();
    }

    /// Everything that a lane still holds.
    pub(crate) async fn all(&self, lane: Lane) -> Vec<Stored> {
        let limit = Limit { envelopes: 7, bytes: 20_000 };
        let mut all: Vec<Stored> = Vec::new();
        loop {
            let from = all.last().map_or(Seq::FIRST, |stored| stored.next);
            let more = self.handle.read(lane, from, limit).await.unwrap();
            if more.is_empty() {
                return all;
            }
            all.extend(more);
        }
    }

    pub(crate) async fn records(&self, lane: Lane) -> Vec<Record> {
        self.all(lane)
            .await
            .iter()
            .flat_map(|stored| Envelope::decode(&stored.bytes).unwrap().records)
            .collect()
    }

    /// Waits until the routine lane has been sealed up to `next`.
    pub(crate) async fn routine_reaches(&self, next: u64) {
        let mut tails = self.handle.tails();
        tails.wait_for(|tails| tails.next[Lane::Routine.index()] >= Seq(next)).await.unwrap();
    }
}

/// The envelopes form one chain without a hole; from the origin if the first is number 0.
pub(crate) fn verify_chain(lane: Lane, epoch: Epoch, all: &[Stored]) {
    let mut before: Option<(Seq, Digest)> = None;
    for stored in all {
        let envelope = Envelope::decode(&stored.bytes).unwrap();
        let header = &envelope.header;
        assert_eq!((header.lane, header.epoch, header.first), (lane, epoch, stored.first));
        assert_eq!(envelope.next(), stored.next);
        match before {
            Some((next, digest)) => assert_eq!((header.first, header.previous), (next, digest)),
            None if stored.first == Seq::FIRST => {
                assert_eq!(header.previous, Digest::origin(&edge(), epoch, lane))
            }
            None => {}
        }
        before = Some((stored.next, Digest::of(&stored.bytes)));
    }
}

/// The numbers that the entries carry as their values.
pub(crate) fn numbers(records: &[Record]) -> Vec<i64> {
    let number = |record: &Record| match record {
        Record::Event(observation) | Record::Snapshot(observation) => match &observation.value {
            Some(Value::Integer(number)) => Some(*number),
            Some(Value::Text(text)) => text.get(..5)?.parse().ok(),
            _ => None,
        },
        _ => None,
    };
    records.iter().filter_map(number).collect()
}
