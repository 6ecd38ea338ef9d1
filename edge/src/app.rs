//! The wiring of an edge: configuration, site, field, watch, spool, uplink, and what looks after them. The only file, with
//! its parts, that knows every stage.
//!
//! ```text
//! start ─► plan ─► stages ─ work ─┬─ SIGTERM, SIGINT ─► drain ─► end
//!            ▲                    └─ SIGHUP ─► plan anew ─┬─ refused: work on
//!            └──────────── drain ◄────────────────────────┘
//! ```

mod error;
mod reload;
mod stages;

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use runtime::service::{Notice, Notifier};
use runtime::shutdown::{Hangups, Shutdown, on_signals};
use runtime::{telemetry, tls};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{error, info, warn};
use wire::Digest;

use crate::clock::{self, Clock};
use crate::config::{Config, LoopbackAddress};
use crate::field::Site;
use crate::radio::Kernel;
use crate::spool;
use crate::spool_report;
use crate::status::Reloads;
use crate::surroundings;
use crate::uplink::{self, Finding};

pub use error::AppError;
use reload::Refused;
use stages::Stages;

/// How long the stages may take to seal what they hold: longer than the slowest fsync that flash was seen to take.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// What this software calls itself in heartbeats.
const SOFTWARE: &str = concat!("strongroom-edge ", env!("CARGO_PKG_VERSION"));

/// A configuration with the site that it describes.
pub struct Plan {
    pub config: Config,
    pub site: Arc<Site>,
    /// The beginning of the SHA-256 of the file, so that a hub can see which edges run with which configuration.
    pub config_hash: u64,
}

impl Plan {
    pub fn load(path: &Path) -> Result<Self, AppError> {
        let config = Config::load(path).map_err(AppError::Config)?;
        let site = Site::build(&config).map_err(AppError::Site)?;
        Ok(Self { config, site: Arc::new(site), config_hash: config_hash(path)? })
    }
}

/// Reads a configuration, and looks at what it names.
pub fn check(path: &Path) -> Result<Plan, AppError> {
    let plan = Plan::load(path)?;
    let flaws = surroundings::flaws(&plan.config, now_s());
    if flaws.is_empty() { Ok(plan) } else { Err(AppError::Surroundings { path: path.to_owned(), flaws }) }
}

/// What the spool of an edge that is not running holds, for people.
pub fn spool_report(path: &Path) -> Result<String, AppError> {
    let config = Config::load(path).map_err(AppError::Config)?;
    let inspection = spool::inspect(&config.spool.path).map_err(AppError::Inspect)?;
    Ok(spool_report::text(&inspection, &config.spool, runtime::clock::wall_ms()))
}

/// Where an edge with this configuration answers for its status.
pub fn status_address(path: &Path) -> Result<SocketAddr, AppError> {
    let config = Config::load(path).map_err(AppError::Config)?;
    config
        .status
        .address
        .map(LoopbackAddress::address)
        .ok_or_else(|| AppError::NoStatus { path: path.to_owned() })
}

/// What outlives a reload.
struct Life {
    process: Shutdown,
    config: PathBuf,
    clock: Clock,
    notifier: Arc<Notifier>,
    reloads: watch::Sender<Reloads>,
    started: Instant,
}

/// Why the stages were drained.
enum Drained {
    ToStop,
    ToReload(Box<Plan>),
}

/// Runs an edge until it is told to stop.
pub async fn run(path: &Path) -> Result<(), AppError> {
    let process = Shutdown::new();
    let signals = listen(&process).await?;
    let mut hangups = Hangups::new().map_err(AppError::Signals)?;
    let mut plan = Plan::load(path)?;
    telemetry::init_logs(plan.config.log);
    tls::install_provider();
    refuse_radio(path, &plan.config)?;
    let life = Life {
        process,
        config: path.to_owned(),
        clock: clock::system().map_err(AppError::Clock)?,
        notifier: Arc::new(Notifier::from_environment()),
        reloads: watch::Sender::default(),
        started: Instant::now(),
    };
    announce(&plan);
    let mut stages = Stages::start(&plan, &life).await?;
    tokio::spawn(signals);
    life.notifier.tell(&[Notice::Ready]);
    while let Drained::ToReload(new) = work(stages, &plan, &life, &mut hangups).await? {
        (plan, stages) = replace(plan, *new, &life).await?;
        life.notifier.tell(&[Notice::Ready]);
    }
    info!("the edge has stopped; everything it held is sealed");
    Ok(())
}

/// Lets the stages work until they are to stop, or until there is a sound configuration to take their place.
async fn work(stages: Stages, plan: &Plan, life: &Life, hangups: &mut Hangups) -> Result<Drained, AppError> {
    let Stages { tasks, shutdown } = stages;
    let mut working = pin!(tasks.run(DRAIN_MAX));
    let new = loop {
        tokio::select! {
            ended = &mut working => {
                ended.map_err(AppError::Stopped)?;
                return Ok(Drained::ToStop);
            }
            () = life.process.wait() => {
                life.notifier.tell(&[Notice::Stopping]);
                working.await.map_err(AppError::Stopped)?;
                return Ok(Drained::ToStop);
            }
            () = hangups.next() => match prepare(plan, life) {
                Some(new) => break new,
                None => life.notifier.tell(&[Notice::Ready]),
            },
        }
    };
    shutdown.begin();
    working.await.map_err(AppError::Stopped)?;
    Ok(if life.process.begun() { Drained::ToStop } else { Drained::ToReload(Box::new(new)) })
}

/// Reads the configuration again. With any fault the running one goes on.
fn prepare(running: &Plan, life: &Life) -> Option<Plan> {
    info!(config = %life.config.display(), "the configuration is read again");
    life.notifier.tell(&[Notice::Reloading]);
    match reload::prepare(&life.config, running) {
        Ok(plan) => Some(plan),
        Err(refused) => {
            refuse(life, &refused);
            None
        }
    }
}

fn refuse(life: &Life, refused: &Refused) {
    let text = in_full(refused);
    error!("the new configuration is refused, and the older one works on: {text}");
    life.reloads.send_modify(|reloads| reload::note(reloads, false, text));
}

/// Starts the stages of the new plan; if they cannot start, those of the older one again.
async fn replace(old: Plan, new: Plan, life: &Life) -> Result<(Plan, Stages), AppError> {
    match Stages::start(&new, life).await {
        Ok(stages) => {
            let text = reload::changes(&old.config, &new.config);
            info!(changes = text, "the new configuration works");
            life.reloads.send_modify(|reloads| reload::note(reloads, true, text));
            announce(&new);
            Ok((new, stages))
        }
        Err(error) => {
            refuse(life, &Refused::Plan(error));
            let stages = Stages::start(&old, life).await?;
            Ok((old, stages))
        }
    }
}

/// A radio that the configuration names is refused. A route over one may be of this hour only: it is told, and the room is
/// watched all the same.
fn refuse_radio(path: &Path, config: &Config) -> Result<(), AppError> {
    let flaws = surroundings::radios(config, &Kernel::default());
    let (named, routed): (Vec<_>, Vec<_>) = flaws.into_iter().partition(surroundings::Flaw::is_named_radio);
    for flaw in routed {
        error!("{flaw}");
    }
    if named.is_empty() {
        Ok(())
    } else {
        Err(AppError::Surroundings { path: path.to_owned(), flaws: named })
    }
}

/// The error with all its causes, for the log and the status.
fn in_full(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
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
fn announce(Plan { config, site, .. }: &Plan) {
    info!(
        edge = %config.edge, hubs = config.uplink.addresses(), devices = site.devices.len(), points = site.table.points().count(),
        table = %site.table.version(), software = SOFTWARE, "the edge starts"
    );
    for device in &site.devices {
        if let Some(sender) = &device.sender {
            info!(
                device = %device.id, profile = %device.profile.name, listener = sender.listener,
                report_interval_ms = sender.report_interval.as_millis() as u64,
                points = device.profile.points.len(), "waiting for"
            );
            continue;
        }
        info!(
            device = %device.id, profile = %device.profile.name, address = %device.access, unit = device.access.unit(),
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
