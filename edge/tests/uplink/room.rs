//! An edge's spool and uplink, working.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use runtime::shutdown::Shutdown;
use runtime::tls::ClientFiles;
use strongroom_edge::clock::{Clock, HubTime};
use strongroom_edge::spool::{self, Entry, SpoolError, SpoolHandle, What};
use strongroom_edge::uplink::{self, Hub, Uplink};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use wire::table::{DeviceEntry, PointEntry};
use wire::{
    BootId, ClockState, DeviceId, EdgeId, Envelope, Lane, Marks, PointName, PointNo, PointTable, Quality,
    Reading, Record, Seq, Stamp, Value,
};

/// A clock that runs on from `wall_ms`, as far as it is trusted.
pub(crate) fn clock_from(wall_ms: i64, clock: ClockState) -> Clock {
    let real = self::clock();
    let begun_ms = real().mono_ms;
    Arc::new(move || {
        let now = real();
        Stamp { wall_ms: wall_ms + (now.mono_ms - begun_ms) as i64, clock, ..now }
    })
}

/// On a less preferred way, so that a test sees the return.
const STAY: Duration = Duration::from_secs(1);

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
    pub(crate) quality: Option<watch::Receiver<uplink::Quality>>,
    /// Another one than the spool's, if a test brings it.
    pub(crate) clock: Clock,
    pub(crate) hub_time: PathBuf,
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
        let settings = spool::Settings {
            edge: edge(),
            bytes_max: 8 << 20,
            routine_interval: Duration::from_millis(10),
            age_max: [Duration::MAX; 2],
            signer: None,
        };
        let (spool, handle) = spool::open(spool_file, settings, &table, clock()).unwrap();
        let thread = thread::spawn(move || spool.run());
        Self {
            spool: handle,
            quality: None,
            clock: clock(),
            hub_time: HubTime::path_beside(spool_file),
            shutdown: Shutdown::new(),
            uplink: None,
            thread,
        }
    }

    pub(crate) fn connect(&mut self, port: u16, files: ClientFiles, server_name: &str) {
        self.connect_to(&[port], files, server_name);
    }

    /// To the first of these that answers.
    pub(crate) fn connect_to(&mut self, ports: &[u16], files: ClientFiles, server_name: &str) {
        let hub = |port: &u16| Hub {
            host: "127.0.0.1".to_owned(),
            port: *port,
            server_name: server_name.to_owned(),
        };
        let settings = uplink::Settings {
            edge: edge(),
            hubs: ports.iter().map(hub).collect(),
            hub_time: self.hub_time.clone(),
            stay: STAY,
            files,
            heartbeat_interval: Duration::from_secs(1),
            software: "strongroom-edge test".into(),
            config_hash: 7,
            health: tokio::sync::watch::channel(None).1,
            interface: None,
        };
        let uplink = Uplink::new(settings, self.spool.clone(), self.clock.clone());
        self.quality = Some(uplink.quality());
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

    /// Drops everything as it stands, when the rest of a backlog is of no interest.
    pub(crate) fn abandon(self) {
        if let Some(uplink) = self.uplink {
            uplink.abort();
        }
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
            self.spool
                .append((0..14).map(|place| bulky(number * 14 + place)).collect::<Vec<_>>())
                .await
                .unwrap();
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
