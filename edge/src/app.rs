//! The wiring of an edge: configuration, site, field, watch, spool, uplink, and what looks after them. The only file, with
//! its parts, that knows every stage.
//!
//! ```text
//! start ─► plan ─► stages ─ work ─┬─ SIGTERM, SIGINT ─► drain ─► end
//!            ▲                    └─ SIGHUP ─► plan anew ─┬─ refused: work on
//!            └──────────── drain ◄────────────────────────┘
//! ```

mod error;
mod handover;
mod memory;
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

use runtime::causes::in_full;
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
use handover::Handover;
use memory::Returning;
use reload::Refused;
use stages::Stages;

/// How long the stages may take to seal what they hold: longer than the slowest fsync that flash was seen to take.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// What this software calls itself in heartbeats.
const SOFTWARE: &str = concat!("strongroom-edge ", env!("CARGO_PKG_VERSION"));

/// A configuration with the site that it describes.
#[derive(Clone)]
pub struct Plan {
    pub config: Config,
    pub site: Arc<Site>,
    /// So that a hub can see which edges run with which configuration: the beginning of the SHA-256 over the SHA-256 of the
    /// file and those of the profiles, in the order in which its devices name them first. Limits stand in profiles.
    pub config_hash: u64,
    /// Of the certificates and keys that are read with the start of the stages.
    pub certificates: Digest,
}

impl Plan {
    pub fn load(path: &Path) -> Result<Self, AppError> {
        // Read once, so that the hash is that of the text that was judged.
        let text = runtime::config::read(path).map_err(AppError::Config)?;
        let config: Config = runtime::config::parse(path, &text).map_err(AppError::Config)?;
        let site = Site::build(&config).map_err(AppError::Site)?;
        let config_hash = config_hash(&text, &config.profiles);
        let certificates = surroundings::certificates(&config);
        Ok(Self { config, site: Arc::new(site), config_hash, certificates })
    }

    /// Whether all that the stages are built from is the same, to the letter.
    fn is_same(&self, other: &Plan) -> bool {
        (self.config_hash, self.certificates) == (other.config_hash, other.certificates)
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
    returning: Arc<Returning>,
    started: Instant,
}

/// Why the stages were drained.
enum Drained {
    Stop,
    Reload(Box<Plan>, Handover),
    /// The same plan, with the disk that was not there before.
    Return(Handover),
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
        returning: Arc::default(),
        started: Instant::now(),
    };
    announce(&plan);
    let mut stages = Stages::start(&plan, &life, &mut Handover::default()).await?;
    tokio::spawn(signals);
    life.notifier.tell(&[Notice::Ready]);
    loop {
        match work(stages, &plan, &life, &mut hangups).await? {
            Drained::Stop => break,
            Drained::Reload(new, before) => (plan, stages) = replace(plan, *new, &life, before).await?,
            Drained::Return(mut before) => stages = Stages::start(&plan, &life, &mut before).await?,
        }
        life.notifier.tell(&[Notice::Ready]);
    }
    info!("the edge has stopped; everything it held is sealed");
    Ok(())
}

/// Lets the stages work until they are to stop, or until there is a sound configuration to take their place.
async fn work(stages: Stages, plan: &Plan, life: &Life, hangups: &mut Hangups) -> Result<Drained, AppError> {
    let Stages { tasks, shutdown, leaving } = stages;
    let mut working = pin!(tasks.run(DRAIN_MAX));
    let new = loop {
        tokio::select! {
            ended = &mut working => {
                ended.map_err(AppError::Stopped)?;
                return Ok(Drained::Stop);
            }
            () = life.process.wait() => {
                life.notifier.tell(&[Notice::Stopping]);
                working.await.map_err(AppError::Stopped)?;
                return Ok(Drained::Stop);
            }
            () = hangups.next() => match prepare(plan, life) {
                Some(new) => break Some(new),
                None => life.notifier.tell(&[Notice::Ready]),
            },
            () = life.returning.wished() => break None,
        }
    };
    shutdown.begin();
    working.await.map_err(AppError::Stopped)?;
    let before = leaving.collect(plan);
    Ok(match new {
        _ if life.process.begun() => Drained::Stop,
        Some(new) => Drained::Reload(Box::new(new), before),
        None => Drained::Return(before),
    })
}

/// Reads the configuration again. With any fault the running one goes on, and so it does if nothing is another.
fn prepare(running: &Plan, life: &Life) -> Option<Plan> {
    info!(config = %life.config.display(), "the configuration is read again");
    life.notifier.tell(&[Notice::Reloading]);
    match reload::prepare(&life.config, running) {
        Ok(plan) if plan.is_same(running) => {
            info!("nothing changed, and the stages work on");
            life.reloads.send_modify(|reloads| reload::note(reloads, true, reload::NOTHING.to_owned()));
            None
        }
        Ok(plan) => Some(plan),
        Err(refused) => {
            refuse(life, &refused);
            None
        }
    }
}

fn refuse(life: &Life, refused: &Refused) {
    let text = in_full(refused).to_string();
    error!("the new configuration is refused, and the older one works on: {text}");
    life.reloads.send_modify(|reloads| reload::note(reloads, false, text));
}

/// Starts the stages of the new plan; if they cannot start, those of the older one again.
async fn replace(
    old: Plan,
    new: Plan,
    life: &Life,
    mut before: Handover,
) -> Result<(Plan, Stages), AppError> {
    match Stages::start(&new, life, &mut before).await {
        Ok(stages) => {
            let text = reload::changes(&old, &new);
            info!(changes = text, "the new configuration works");
            life.reloads.send_modify(|reloads| reload::note(reloads, true, text));
            announce(&new);
            Ok((new, stages))
        }
        Err(error) => {
            refuse(life, &Refused::Plan(error));
            let stages = Stages::start(&old, life, &mut before).await?;
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

fn config_hash(text: &str, profiles: &[Digest]) -> u64 {
    let own = Digest::of(text.as_bytes());
    let all: Vec<u8> = std::iter::once(&own).chain(profiles).flat_map(|digest| digest.0).collect();
    let Digest([a, b, c, d, e, f, g, h, ..]) = Digest::of(&all);
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
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

    /// A pipe gives its text to one reader once; whoever reads twice would wait for ever, and may find another text in a file.
    #[test]
    fn a_configuration_is_read_once_and_its_hash_is_that_of_the_text() {
        const PATIENCE: Duration = Duration::from_secs(30);
        let text = "[edge]\nid = \"e\"\n[uplink]\nhubs = [\"hub:1\"]\nca = \"a\"\ncertificate = \"b\"\nkey = \"c\"\n\
                    [spool]\npath = \"s\"\n";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edge.toml");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        let (loaded, wait) = std::sync::mpsc::channel();
        let of_pipe = path.clone();
        std::thread::spawn(move || loaded.send(Plan::load(&of_pipe).unwrap().config_hash));
        std::fs::write(&path, text).unwrap();
        let hash = wait.recv_timeout(PATIENCE).expect("it is read once");
        assert_eq!(hash, config_hash(text, &[]));
    }

    #[test]
    fn limits_in_a_profile_are_of_the_hash() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edge.toml");
        let device = |id: &str, unit: u8, profile: &str| {
            format!(
                "[[devices]]\nid = {id:?}\nprofile = {profile:?}\naddress = \"192.0.2.1:502\"\nunit = {unit}\n"
            )
        };
        let devices = device("a", 1, "thermo.toml")
            + &device("b", 2, "door-controller")
            + &device("c", 3, "thermo.toml");
        let text =
            "[edge]\nid = \"e\"\n[uplink]\nhubs = [\"hub:1\"]\nca = \"a\"\ncertificate = \"b\"\nkey = \"c\"\n\
                    [spool]\npath = \"s\"\n"
                .to_owned() + &devices;
        std::fs::write(&path, text).unwrap();
        let hash = |high: u32| {
            let profile = format!(
                "name = \"thermo\"\n[[points]]\nname = \"temperature\"\nkind = \"environment.temperature\"\n\
                 table = \"input\"\nregister = 1\ntype = \"i16\"\nlimits = {{ high = {high} }}\n"
            );
            std::fs::write(folder.path().join("thermo.toml"), profile).unwrap();
            Plan::load(&path).unwrap_or_else(|error| panic!("{}", in_full(&error))).config_hash
        };
        assert_eq!(hash(27), hash(27));
        assert_ne!(hash(27), hash(40), "weakened limits are seen at the hub");
    }

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
