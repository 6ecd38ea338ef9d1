//! A site on real sockets for tests, on free ports, with clients to it.
#![allow(dead_code, reason = "every test file uses a part of it")]

use std::future::Future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use runtime::shutdown::Shutdown;
use strongroom_simulator::app::{self, Running};
use strongroom_simulator::config::Plan;
use strongroom_simulator::narrate::Format;
use strongroom_simulator::site::Site;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_modbus::client::{Context, tcp};
use tokio_modbus::prelude::Slave;

/// Only a broken site takes so long.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

pub(crate) struct Stage {
    pub(crate) site: Arc<Site>,
    pub(crate) told: Told,
    addresses: Arc<std::collections::BTreeMap<String, SocketAddr>>,
    shutdown: Shutdown,
    running: Option<JoinHandle<()>>,
    _dir: TempDir,
}

impl Stage {
    pub(crate) async fn start(site: &str) -> Self {
        Self::start_with(site, "").await
    }

    /// With a scenario, which the site has to name as `scenario.toml`.
    pub(crate) async fn start_with(site: &str, scenario: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("scenario.toml"), scenario).unwrap();
        let file = dir.path().join("site.toml");
        std::fs::write(&file, site).unwrap();
        let plan = Plan::load(&file, None).unwrap_or_else(|faults| panic!("{faults}"));
        let shutdown = Shutdown::new();
        let told = Told::default();
        let running = app::start(plan, Format::Json, Box::new(told.clone()), &shutdown).await.unwrap();
        let Running { site, addresses, .. } = &running;
        let (site, addresses) = (Arc::clone(site), Arc::clone(addresses));
        let running = Some(tokio::spawn(async move { running.run().await.unwrap() }));
        Self { site, told, addresses, shutdown, running, _dir: dir }
    }

    pub(crate) fn address(&self, device: &str) -> SocketAddr {
        self.addresses[device]
    }

    /// A client that asks for `unit` at the port of `device`.
    pub(crate) async fn client(&self, device: &str, unit: u8) -> Context {
        tcp::connect_slave(self.address(device), Slave(unit)).await.unwrap()
    }

    /// A bare connection, for bytes that no client would send.
    pub(crate) async fn connection(&self, device: &str) -> TcpStream {
        TcpStream::connect(self.address(device)).await.unwrap()
    }

    pub(crate) fn act(&self, device: &str, action: &str) {
        self.site.act(device, action).unwrap();
    }

    pub(crate) fn set(&self, assignment: &str) {
        self.site.assign(&[assignment.to_owned()]).unwrap();
    }

    pub(crate) async fn stop(mut self) {
        self.shutdown.begin();
        self.running.take().unwrap().await.unwrap();
    }
}

/// Everything that was printed about the site.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<u8>>>);

impl Told {
    /// What was said of a device, in order; of none for the notes.
    pub(crate) fn of(&self, device: Option<&str>) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let wanted = lines.filter(|line| line.get("device").and_then(|name| name.as_str()) == device);
        wanted.map(|line| line["says"].as_str().unwrap().to_owned()).collect()
    }
}

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Looks again and again until there is something.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let found = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("never: {what}"))
}
