//! The wiring of an edge: configuration, site, field, watch, spool, uplink. The only file that knows every stage.

use std::future::poll_fn;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use runtime::config::ConfigError;
use runtime::shutdown::{Shutdown, on_signals};
use runtime::tasks::{TaskFailure, TaskGroup};
use runtime::{telemetry, tls};
use tokio::sync::mpsc;
use tracing::{error, info, warn};
use wire::Digest;

use crate::clock::{self, Clock};
use crate::config::{Config, UplinkConfig};
use crate::detect::Detector;
use crate::field::{self, Site, SiteError};
use crate::spool::{self, SpoolError, SpoolHandle};
use crate::surroundings::{self, Flaw};
use crate::uplink::{self, Finding, Uplink};
use crate::watch::Watch;

/// Scans on their way to the watch; beyond it the devices wait, each for itself.
const SCANS_MAX: usize = 64;

/// How long the stages may take to seal what they hold: longer than the slowest fsync that flash was seen to take.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// What this software calls itself in heartbeats.
const SOFTWARE: &str = concat!("strongroom-edge ", env!("CARGO_PKG_VERSION"));

/// Why an edge does not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Config(ConfigError),
    #[error("{}", surroundings::report(path, flaws))]
    Surroundings { path: PathBuf, flaws: Vec<Flaw> },
    #[error("the configuration {path} could not be read again")]
    ReadAgain { path: PathBuf, source: io::Error },
    #[error("the devices do not make a site")]
    Site(#[source] SiteError),
    #[error("the clock of the machine cannot be read")]
    Clock(#[source] io::Error),
    #[error("the spool {} (spool.path) cannot be opened", path.display())]
    Spool { path: PathBuf, source: SpoolError },
    #[error("the signals of the process cannot be received")]
    Signals(#[source] io::Error),
    #[error("the spool's thread could not be started")]
    Thread(#[source] io::Error),
    #[error("the edge stopped")]
    Stopped(#[source] TaskFailure),
}

impl AppError {
    /// What the process says to whoever started it; explained in `--help`.
    pub fn exit_code(&self) -> u8 {
        const FAILED: u8 = 1;
        const CONFIG: u8 = 2;
        const STORAGE: u8 = 74;
        match self {
            AppError::Config(_) | AppError::Surroundings { .. } | AppError::Site(_) => CONFIG,
            AppError::Spool { source, .. } => match source {
                SpoolError::ForeignEdge { .. } | SpoolError::TableTooLarge { .. } => CONFIG,
                SpoolError::Storage(_) | SpoolError::SetAside { .. } => STORAGE,
                SpoolError::InUse { .. } | SpoolError::Random(_) => FAILED,
            },
            AppError::Stopped(TaskFailure::Failed { source, .. }) if source.is::<SpoolError>() => STORAGE,
            _ => FAILED,
        }
    }
}

/// A configuration with the site that it describes.
pub struct Plan {
    pub config: Config,
    pub site: Site,
}

impl Plan {
    pub fn load(path: &Path) -> Result<Self, AppError> {
        let config = Config::load(path).map_err(AppError::Config)?;
        let site = Site::build(&config).map_err(AppError::Site)?;
        Ok(Self { config, site })
    }
}

/// Reads a configuration, and looks at what it names.
pub fn check(path: &Path) -> Result<Plan, AppError> {
    let plan = Plan::load(path)?;
    let flaws = surroundings::flaws(&plan.config, now_s());
    if flaws.is_empty() { Ok(plan) } else { Err(AppError::Surroundings { path: path.to_owned(), flaws }) }
}

/// Runs an edge until it is told to stop.
pub async fn run(path: &Path) -> Result<(), AppError> {
    let shutdown = Shutdown::new();
    let signals = listen(&shutdown).await?;
    let Plan { config, site } = Plan::load(path)?;
    telemetry::init_logs(config.log);
    tls::install_provider();
    let config_hash = config_hash(path)?;
    let clock = clock::system().map_err(AppError::Clock)?;
    announce(&config, &site);

    let settings = spool::Settings {
        edge: config.edge.clone(),
        bytes_max: config.spool.bytes_max,
        routine_interval: config.spool.routine_interval,
    };
    let (spool, handle) = spool::open(&config.spool.path, settings, &site.table, clock.clone())
        .map_err(|source| AppError::Spool { path: config.spool.path.clone(), source })?;

    let mut tasks = TaskGroup::new(shutdown.clone());
    tasks.spawn_thread("spool", move || spool.run()).map_err(AppError::Thread)?;
    tasks.spawn("signals", signals);
    let uplink = Uplink::new(uplink_settings(&config, config_hash), handle.clone(), clock.clone());
    tasks.spawn("uplink", uplink.run(shutdown.clone()));
    spawn_field(&mut tasks, site, handle, clock, shutdown);
    tasks.run(DRAIN_MAX).await.map_err(AppError::Stopped)?;
    info!("the edge has stopped; everything it held is sealed");
    Ok(())
}

type Signals = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// From here on a signal is no sudden death: one that comes during the start is kept until the stages run, and ends them.
async fn listen(shutdown: &Shutdown) -> Result<Signals, AppError> {
    let mut signals: Signals = Box::pin(on_signals(shutdown.clone()));
    // Polled once, which makes the handlers; nothing has been signalled to them yet.
    match poll_fn(|context| Poll::Ready(signals.as_mut().poll(context))).await {
        Poll::Pending => Ok(signals),
        Poll::Ready(Err(source)) => Err(AppError::Signals(source)),
        Poll::Ready(Ok(())) => Ok(Box::pin(std::future::ready(Ok(())))),
    }
}

fn spawn_field(tasks: &mut TaskGroup, site: Site, spool: SpoolHandle, clock: Clock, shutdown: Shutdown) {
    let (scans, scanned) = mpsc::channel(SCANS_MAX);
    let watch = Watch::new(Detector::new(&site), site.snapshot_interval, scanned, spool, clock.clone());
    tasks.spawn("watch", watch.run(shutdown.clone()));
    let site = Arc::new(site);
    tasks.spawn("field", async move { field::run(&site, move || clock(), scans, shutdown).await });
}

fn uplink_settings(config: &Config, config_hash: u64) -> uplink::Settings {
    let UplinkConfig { server_name, files, heartbeat_interval, .. } = config.uplink.clone();
    let hub = config.uplink.endpoint();
    uplink::Settings {
        edge: config.edge.clone(),
        host: hub.host,
        port: hub.port,
        server_name,
        files,
        heartbeat_interval,
        software: SOFTWARE.into(),
        config_hash,
    }
}

/// The beginning of the SHA-256 of the file, so that a hub can see which edges run with which configuration.
fn config_hash(path: &Path) -> Result<u64, AppError> {
    let bytes =
        std::fs::read(path).map_err(|source| AppError::ReadAgain { path: path.to_owned(), source })?;
    let digest = Digest::of(&bytes);
    Ok(digest.0[..8].iter().fold(0, |hash, byte| hash << 8 | u64::from(*byte)))
}

fn now_s() -> i64 {
    runtime::clock::wall_ms().div_euclid(1_000)
}

/// Says what is watched, and by whom.
fn announce(config: &Config, site: &Site) {
    info!(
        edge = %config.edge, hub = config.uplink.hub, devices = site.devices.len(), points = site.table.points().count(),
        table = %site.table.version(), software = SOFTWARE, "the edge starts"
    );
    for device in &site.devices {
        info!(
            device = %device.id, profile = %device.profile.name, address = %device.address, unit = device.unit,
            poll_interval_ms = device.poll_interval.as_millis() as u64, points = device.profile.points.len(), "watching"
        );
    }
    match uplink::examine(&config.uplink.files, &config.edge, now_s()) {
        Ok(Finding::Ours) => {}
        Ok(finding) => error!(edge = %config.edge, "the hub will refuse this edge: {finding}"),
        Err(error) => warn!(
            error = &error as &dyn std::error::Error,
            "the certificate cannot be read; it is tried again with every connection"
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[tokio::test]
    async fn a_signal_during_the_start_is_kept() {
        let shutdown = Shutdown::new();
        let signals = listen(&shutdown).await.unwrap();
        // Nobody waits for signals yet; without the handler this would end the process.
        let sent = Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status();
        assert!(sent.unwrap().success());
        signals.await.unwrap();
        assert!(shutdown.begun());
    }
}
