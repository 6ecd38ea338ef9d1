//! The wiring of a running site: ports open, tasks start, and everything stops together. The only file that knows every
//! stage.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use runtime::shutdown::{Shutdown, on_signals};
use runtime::tasks::{TaskFailure, TaskGroup};
use tokio::net::TcpListener;
use tracing::{info, warn};

use crate::bus::DevicePort;
use crate::config::{Plan, SiteFile};
use crate::control::server::{ControlError, ControlServer};
use crate::narrate::{self, Format, Output};
use crate::scenario::Player;
use crate::site::{Site, Ticker};

/// Nothing here has anything to save; this is only for lines still being printed.
const GRACE: Duration = Duration::from_secs(2);

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("device {device} cannot listen on {address}")]
    Listen { device: String, address: SocketAddr, source: io::Error },
    #[error(transparent)]
    Control(#[from] ControlError),
}

/// A site that is up.
pub struct Running {
    pub site: Arc<Site>,
    pub addresses: Arc<BTreeMap<String, SocketAddr>>,
    tasks: TaskGroup,
}

/// Opens every port and starts everything. The caller keeps `shutdown` and decides when it begins.
pub async fn start(
    plan: Plan,
    format: Format,
    output: Output,
    shutdown: &Shutdown,
) -> Result<Running, StartError> {
    let listeners = listen(&plan.site).await?;
    let (narrator, printer) = narrate::narration(format, output);
    let site = Arc::new(Site::new(&plan.site, narrator));
    let ports = open_ports(&plan.site, listeners, &site)?;
    let addresses: BTreeMap<_, _> = ports.iter().map(|(name, port)| (name.clone(), port.address())).collect();
    let addresses = Arc::new(addresses);
    let control = match &plan.site.control {
        Some(path) => Some(ControlServer::open(path, Arc::clone(&site), Arc::clone(&addresses))?),
        None => None,
    };
    announce(&plan.site, &site, &addresses);

    let mut tasks = TaskGroup::new(shutdown.clone());
    tasks.spawn("printer", printer.run(shutdown.clone()));
    for port in ports.into_values() {
        tasks.spawn("device port", port.run(shutdown.clone()));
    }
    tasks.spawn("ticker", Ticker::new(Arc::clone(&site)).run(shutdown.clone()));
    if let Some(control) = control {
        tasks.spawn("control", control.run(shutdown.clone()));
    }
    if let Some(scenario) = plan.scenario {
        tasks.spawn("player", Player::new(Arc::clone(&site), scenario).run(shutdown.clone()));
    }
    Ok(Running { site, addresses, tasks })
}

impl Running {
    /// Ctrl-C and a polite kill begin the shutdown. Not for tests, which share their process.
    pub fn stop_on_signals(&mut self, shutdown: &Shutdown) {
        self.tasks.spawn("signals", on_signals(shutdown.clone()));
    }

    /// Runs until the shutdown begins, or until something breaks.
    pub async fn run(self) -> Result<(), TaskFailure> {
        self.tasks.run(GRACE).await
    }
}

async fn listen(file: &SiteFile) -> Result<BTreeMap<String, TcpListener>, StartError> {
    let mut listeners = BTreeMap::new();
    for (device, entry) in &file.devices {
        let address = entry.listen;
        if !address.ip().is_loopback() {
            warn!(device, %address, "reachable from other machines, and Modbus lets anybody read");
        }
        let listener = TcpListener::bind(address).await;
        let failed = |source| StartError::Listen { device: device.clone(), address, source };
        listeners.insert(device.clone(), listener.map_err(failed)?);
    }
    Ok(listeners)
}

fn open_ports(
    file: &SiteFile,
    listeners: BTreeMap<String, TcpListener>,
    site: &Arc<Site>,
) -> Result<BTreeMap<String, DevicePort>, StartError> {
    let mut ports = BTreeMap::new();
    for (device, listener) in listeners {
        let entry = &file.devices[&device];
        let link = site.link(&device).expect("the site was made of the same devices");
        let port = DevicePort::new(&device, listener, entry.connections_max, link, Arc::clone(site));
        let failed = |source| StartError::Listen { device: device.clone(), address: entry.listen, source };
        ports.insert(device.clone(), port.map_err(failed)?);
    }
    Ok(ports)
}

fn announce(file: &SiteFile, site: &Site, addresses: &BTreeMap<String, SocketAddr>) {
    site.tell_note(&format!("{} is up, {} devices", file.name, addresses.len()));
    for (device, address) in addresses {
        let settings = &file.devices[device].settings;
        site.tell_of(
            device,
            format!("{}, unit {}, listens on {address}", settings.class.name, settings.unit),
        );
        info!(device, class = settings.class.name, unit = settings.unit, %address, "device listens");
    }
}
