//! The listeners of a configuration, running on free ports, with their scans in the hands of the test.

use std::collections::HashMap;
use std::fs;
use std::time::{Duration, Instant};

use runtime::shutdown::Shutdown;
use runtime::telemetry::{Metrics, init_metrics};
use strongroom_edge::bookmark::Bookmark;
use strongroom_edge::config::Config;
use strongroom_edge::field::listener::{ListenError, Listener, Standing, Token};
use strongroom_edge::field::{Sample, Scan, ScanFailure, Site};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use wire::time::ClockState;
use wire::{BootId, Stamp, Value};

use crate::authority::Authority;

/// Far beyond what any test needs; a test that reaches it has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

pub(crate) const JSON_PROFILE: &str = r#"
name = "json-window"
protocol = "json"
[sender]
sequence = "/seq"
boot = "/boot"
[[points]]
name = "contact"
kind = "window.contact"
pointer = "/contact"
[[points]]
name = "supply"
kind = "window.supply"
pointer = "/power/supply"
scale = 0.001
range = { min = 3.0, max = 15.0 }
"#;

pub(crate) const PLAIN_PROFILE: &str = r#"
name = "plain-window"
protocol = "plain"
[[points]]
name = "contact"
kind = "window.contact"
topic = "state"
[[points]]
name = "glass"
kind = "window.glass_break"
topic = "glass"
"#;

pub(crate) const SPARKPLUG_PROFILE: &str = r#"
name = "sparkplug-window"
protocol = "sparkplug"
[[points]]
name = "contact"
kind = "window.contact"
metric = "Inputs/Contact"
[[points]]
name = "supply"
kind = "window.supply"
metric = "Supply"
"#;

/// A token for a device, with the line for its entry.
pub(crate) struct Secret {
    pub(crate) password: String,
    pub(crate) line: String,
}

impl Secret {
    pub(crate) fn new() -> Self {
        let token = Token::generate().unwrap();
        Self { password: token.password(), line: format!("token_sha256 = \"{}\"", token.digest()) }
    }
}

pub(crate) struct Rig {
    pub(crate) authority: Authority,
    pub(crate) scans: mpsc::Receiver<Scan>,
    shutdown: Shutdown,
    running: Vec<JoinHandle<Result<(), ListenError>>>,
    ports: HashMap<String, u16>,
    standings: HashMap<String, watch::Receiver<Standing>>,
    metrics: Metrics,
}

/// A whole configuration with these entries, in a folder that has the profiles of this file.
pub(crate) fn config_text(entries: &str) -> String {
    format!(
        "[edge]\nid = \"e\"\n[uplink]\nhubs = [\"127.0.0.1:1\"]\nca = \"a\"\ncertificate = \"b\"\nkey = \"c\"\n\
         [spool]\npath = \"s\"\n\
         [[listeners]]\nname = \"field\"\naddress = \"127.0.0.1:0\"\ncertificate = \"listener.pem\"\n\
         key = \"listener.key\"\nca = \"ca.pem\"\n\
         [[listeners]]\nname = \"old\"\naddress = \"127.0.0.1:0\"\ncertificate = \"listener.pem\"\n\
         key = \"listener.key\"\ntls = \"1.2\"\n{entries}"
    )
}

pub(crate) fn write_profiles(folder: &std::path::Path) {
    for (file, text) in
        [("json.toml", JSON_PROFILE), ("plain.toml", PLAIN_PROFILE), ("sparkplug.toml", SPARKPLUG_PROFILE)]
    {
        fs::write(folder.join(file), text).unwrap();
    }
}

impl Rig {
    /// `entries` are the devices of the configuration. There are two listeners: `field`, and `old` with TLS 1.2.
    pub(crate) async fn start(entries: &str) -> Rig {
        Self::behind(entries, &[]).await
    }

    /// The same behind these bookmarks.
    pub(crate) async fn behind(entries: &str, bookmarks: &[Bookmark]) -> Rig {
        runtime::tls::install_provider();
        let metrics = init_metrics();
        let authority = Authority::new();
        write_profiles(authority.folder());
        let path = authority.folder().join("edge.toml");
        let config: Config = runtime::config::parse(&path, &config_text(entries)).unwrap();
        let site = Site::build(&config).unwrap();
        let (sender, scans) = mpsc::channel(64);
        let (shutdown, started) = (Shutdown::new(), Instant::now());
        let (mut running, mut ports, mut standings) = (Vec::new(), HashMap::new(), HashMap::new());
        for listener in &config.listeners {
            let stamp = move || {
                let mono_ms = started.elapsed().as_millis() as u64;
                Stamp { boot: BootId([1; 16]), mono_ms, wall_ms: mono_ms as i64, clock: ClockState::Free }
            };
            let bound = Listener::bind(listener, &site, bookmarks, stamp, sender.clone()).await.unwrap();
            ports.insert(listener.name.clone(), bound.address().port());
            standings.insert(listener.name.clone(), bound.standing());
            let stop = shutdown.child();
            running.push(tokio::spawn(async move { bound.run(stop).await }));
        }
        Rig { authority, scans, shutdown, running, ports, standings, metrics }
    }

    pub(crate) fn port(&self, listener: &str) -> u16 {
        self.ports[listener]
    }

    pub(crate) async fn scan(&mut self) -> Scan {
        timeout(PATIENCE, self.scans.recv()).await.expect("a scan comes in time").expect("the listener runs")
    }

    /// How a listener stands now.
    pub(crate) fn standing(&self, listener: &str) -> Standing {
        self.standings[listener].borrow().clone()
    }

    /// The next scan that holds values; it is confirmed, failed ones are passed over.
    pub(crate) async fn values(&mut self) -> (usize, Vec<Sample>) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < deadline, "values come in time");
            let Scan { device, outcome, receipt, .. } = self.scan().await;
            if let Some(receipt) = receipt {
                receipt.confirm.expect("a message has a confirm").durable();
            }
            if let Ok(samples) = outcome {
                return (device, samples);
            }
        }
    }

    /// The next failure; whoever sent something before it is confirmed.
    pub(crate) async fn failure(&mut self) -> (usize, ScanFailure) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < deadline, "a failure comes in time");
            let Scan { device, outcome, receipt, .. } = self.scan().await;
            if let Some(receipt) = receipt {
                receipt.confirm.expect("a message has a confirm").durable();
            }
            if let Err(failure) = outcome {
                return (device, failure);
            }
        }
    }

    /// The counter whose line begins so.
    pub(crate) fn count(&self, name: &str) -> u64 {
        let text = self.metrics.render();
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok()).unwrap_or(0)
    }

    pub(crate) async fn stop(mut self) {
        self.shutdown.begin();
        self.scans.close();
        for running in self.running {
            timeout(PATIENCE, running).await.expect("a listener stops in time").unwrap().unwrap();
        }
    }
}

/// The only value of a scan.
pub(crate) fn only(samples: &[Sample]) -> Value {
    match samples {
        [Sample { value: Some(value), .. }] => value.clone(),
        other => panic!("one value was expected: {other:?}"),
    }
}

/// Waits until the condition holds.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "this never came true: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
