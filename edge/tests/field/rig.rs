//! The field stage over a site of test devices, with a clock that the test may move forward.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use runtime::shutdown::Shutdown;
use strongroom_edge::bookmark::Bookmark;
use strongroom_edge::config::{BusId, Config};
use strongroom_edge::field::modbus::wish::{Wishing, wishes};
use strongroom_edge::field::{self, Kept, Sample, Scan, ScanFailure, Site};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use wire::time::ClockState;
use wire::{BootId, Stamp, Value};

/// Far beyond what any test needs; a test that reaches it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A header with a contact behind it.
pub(crate) const PROFILE: &str = r#"
name = "test"
[header]
magic = 0x5352
type = 3
map_version = 1
[[points]]
name = "contact"
kind = "door.contact"
register = 8
"#;

/// The answer of a sound device of that profile.
pub(crate) fn words(unit: u8, heartbeat: u16, contact: u16) -> Vec<u16> {
    vec![0x5352, 3, 1, u16::from(unit), heartbeat, 0, 0, 0, contact]
}

/// One device of a site.
pub(crate) struct Entry {
    pub(crate) address: SocketAddr,
    pub(crate) profile: &'static str,
    pub(crate) unit: u8,
    pub(crate) poll_interval: &'static str,
    pub(crate) timeout: &'static str,
}

impl Entry {
    /// By the profile of this file, polled fast, with a time-out that only a silent device reaches.
    pub(crate) fn at(address: SocketAddr) -> Entry {
        Entry { address, profile: "test.toml", unit: 7, poll_interval: "20ms", timeout: "20s" }
    }
}

pub(crate) struct Rig {
    pub(crate) scans: mpsc::Receiver<Scan>,
    pub(crate) shutdown: Shutdown,
    field: JoinHandle<Result<(), field::FieldError>>,
    started: Instant,
    moved_ms: Arc<AtomicU64>,
    wishing: BTreeMap<BusId, Wishing>,
}

impl Rig {
    pub(crate) fn start(entries: &[Entry]) -> Rig {
        Self::with(&devices(entries), PROFILE)
    }

    /// The same with another profile in the place of `test.toml`.
    pub(crate) fn start_by(entries: &[Entry], profile: &str) -> Rig {
        Self::with(&devices(entries), profile)
    }

    /// The sections of a configuration that describe buses and devices; their profile `test.toml` is given with them.
    pub(crate) fn with(sections: &str, profile: &str) -> Rig {
        Self::after(sections, profile, Vec::new())
    }

    /// The same after an earlier run that left these bookmarks.
    pub(crate) fn after(sections: &str, profile: &str, bookmarks: Vec<Bookmark>) -> Rig {
        let site = Arc::new(site(sections, profile));
        let (sender, scans) = mpsc::channel(64);
        let shutdown = Shutdown::new();
        let moved_ms = Arc::new(AtomicU64::new(0));
        let (started, moved) = (Instant::now(), Arc::clone(&moved_ms));
        let stamp = move || {
            let mono_ms = started.elapsed().as_millis() as u64 + moved.load(Ordering::SeqCst);
            Stamp { boot: BootId([1; 16]), mono_ms, wall_ms: mono_ms as i64, clock: ClockState::Free }
        };
        let stop = shutdown.child();
        let (wishing, wishes) = wishes(&site.buses);
        let kept = Kept::default();
        kept.set(bookmarks).expect("it is new");
        let field = tokio::spawn(async move { field::run(&site, kept, stamp, sender, wishes, stop).await });
        Rig { scans, shutdown, field, started, moved_ms, wishing }
    }

    pub(crate) async fn scan(&mut self) -> Scan {
        timeout(PATIENCE, self.scans.recv()).await.expect("a scan comes in time").expect("the field runs")
    }

    /// The contact of the next good scan; a failed one is a failed test.
    pub(crate) async fn contact(&mut self) -> i64 {
        contact(&self.scan().await.outcome.expect("a good scan"))
    }

    /// The next failure; a good scan is a failed test.
    pub(crate) async fn failure(&mut self) -> ScanFailure {
        self.scan().await.outcome.expect_err("a failed scan")
    }

    /// The contact of the first good scan that comes, after any number of failed ones.
    pub(crate) async fn recovered(&mut self) -> i64 {
        loop {
            if let Ok(samples) = self.scan().await.outcome {
                return contact(&samples);
            }
        }
    }

    /// The way to the coils on the bus of `line::sections`.
    pub(crate) fn wishing(&self) -> Wishing {
        self.wishing[&"b".parse::<BusId>().unwrap()].clone()
    }

    /// By the clock of the stamps.
    pub(crate) fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64 + self.moved_ms.load(Ordering::SeqCst)
    }

    pub(crate) fn move_clock(&self, by: Duration) {
        self.moved_ms.fetch_add(by.as_millis() as u64, Ordering::SeqCst);
    }

    pub(crate) async fn stop(self) {
        self.shutdown.begin();
        timeout(PATIENCE, self.field).await.expect("the field stops in time").unwrap().unwrap();
    }
}

pub(crate) fn contact(samples: &[Sample]) -> i64 {
    match samples {
        [Sample { value: Some(Value::Integer(contact)), .. }] => *contact,
        other => panic!("one contact was expected: {other:?}"),
    }
}

fn devices(entries: &[Entry]) -> String {
    let mut text = String::new();
    for (number, entry) in entries.iter().enumerate() {
        let Entry { address, profile, unit, poll_interval, timeout } = entry;
        writeln!(
            text,
            "[[devices]]\nid = \"d{number}\"\nprofile = \"{profile}\"\naddress = \"{address}\"\nunit = {unit}\n\
             poll_interval = \"{poll_interval}\"\ntimeout = \"{timeout}\""
        )
        .unwrap();
    }
    text
}

fn site(sections: &str, profile: &str) -> Site {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("test.toml"), profile).unwrap();
    let text = format!(
        "[edge]\nid = \"e\"\n[uplink]\nhubs = [\"127.0.0.1:1\"]\nca = \"a\"\ncertificate = \"b\"\nkey = \"c\"\n\
         [spool]\npath = \"s\"\n{sections}"
    );
    let config: Config = runtime::config::parse(&folder.path().join("edge.toml"), &text).unwrap();
    Site::build(&config).unwrap()
}
