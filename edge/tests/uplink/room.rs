//! An edge's spool and uplink, working.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use runtime::shutdown::Shutdown;
use runtime::tls::ClientFiles;
use strongroom_edge::clock::Clock;
use strongroom_edge::spool::{self, Entry, SpoolError, SpoolHandle, What};
use strongroom_edge::uplink::{self, Uplink};
use tokio::task::JoinHandle;
use wire::table::{DeviceEntry, PointEntry};
use wire::{
    BootId, ClockState, DeviceId, EdgeId, Envelope, Lane, Marks, PointName, PointNo, PointTable, Quality,
    Reading, Record, Seq, Stamp, Value,
};

pub(crate) fn edge() -> EdgeId {
    EdgeId::parse("doc-1").unwrap()
}

fn clock() -> Clock {
    let boot = BootId(runtime::clock::boot_id().unwrap());
    Arc::new(move || Stamp {
        boot,
        mono_ms: runtime::clock::boottime_ms(),
        wall_ms: runtime::clock::wall_ms(),
        clock: ClockState::Free,
    })
}

pub(crate) struct Room {
    pub(crate) spool: SpoolHandle,
    shutdown: Shutdown,
    uplink: Option<JoinHandle<()>>,
    thread: thread::JoinHandle<Result<(), SpoolError>>,
}

impl Room {
    /// Opens the spool. Nothing connects yet.
    pub(crate) fn open(spool_file: &Path) -> Self {
        let device = DeviceEntry { device: DeviceId::parse("door-1").unwrap(), profile: "door".into() };
        let point = PointEntry {
            device: 0,
            point: PointName::parse("contact").unwrap(),
            kind: "door.contact".into(),
        };
        let table = PointTable::new(vec![device], vec![point]).unwrap();
        let settings =
            spool::Settings { edge: edge(), bytes_max: 8 << 20, routine_interval: Duration::from_millis(10) };
        let (spool, handle) = spool::open(spool_file, settings, &table, clock()).unwrap();
        let thread = thread::spawn(move || spool.run());
        Self { spool: handle, shutdown: Shutdown::new(), uplink: None, thread }
    }

    pub(crate) fn connect(&mut self, port: u16, files: ClientFiles, server_name: &str) {
        let settings = uplink::Settings {
            edge: edge(),
            host: "127.0.0.1".to_owned(),
            port,
            server_name: server_name.to_owned(),
            files,
            heartbeat_interval: Duration::from_secs(1),
            software: "strongroom-edge test".into(),
            config_hash: 7,
        };
        let uplink = Uplink::new(settings, self.spool.clone(), clock());
        let shutdown = self.shutdown.clone();
        self.uplink = Some(tokio::spawn(async move { uplink.run(shutdown).await.unwrap_or_default() }));
    }

    /// Ends uplink and spool in good order.
    pub(crate) async fn close(self) {
        self.shutdown.begin();
        if let Some(uplink) = self.uplink {
            uplink.await.unwrap();
        }
        drop(self.spool);
        self.thread.join().unwrap().unwrap();
    }

    pub(crate) async fn append(&self, lane: Lane, numbers: std::ops::Range<i64>) {
        for number in numbers {
            self.spool.append(vec![entry(lane, number)]).await.unwrap();
        }
    }

    /// Appends routine entries whose envelopes are all full.
    pub(crate) async fn append_backlog(&self, envelopes: i64) {
        let text = "x".repeat(250);
        let bulky = |number| Entry {
            reading: Reading { value: Some(Value::text(&text)), ..entry(Lane::Routine, number).reading },
            ..entry(Lane::Routine, number)
        };
        let before = self.tails()[1].0;
        for number in 0..envelopes {
            self.spool.append((0..14).map(|place| bulky(number * 14 + place)).collect()).await.unwrap();
        }
        let mut tails = self.spool.tails();
        tails.wait_for(|tails| tails.next[1].0 >= before + envelopes as u64 * 14).await.unwrap();
    }

    pub(crate) fn tails(&self) -> [Seq; 2] {
        self.spool.tails().borrow().next
    }

    /// Waits until all routine entries so far are sealed.
    pub(crate) async fn routine_reaches(&self, next: u64) {
        self.spool.tails().wait_for(|tails| tails.next[1] >= Seq(next)).await.unwrap();
    }
}

fn entry(lane: Lane, number: i64) -> Entry {
    let reading = Reading {
        value: Some(Value::Integer(number)),
        quality: Quality::Good,
        stamp: clock()(),
        marks: Marks::NONE,
    };
    Entry { lane, what: What::Event, point: PointNo(0), reading }
}

/// The numbers that the envelopes' events carry.
pub(crate) fn numbers(journal: &[Envelope]) -> Vec<i64> {
    let number = |record: &Record| match record {
        Record::Event(observation) => match observation.value {
            Some(Value::Integer(number)) => Some(number),
            _ => None,
        },
        _ => None,
    };
    journal.iter().flat_map(|envelope| &envelope.records).filter_map(number).collect()
}
