//! The stages that work by one configuration: built from it, spawned, and drained before another one takes their place.

use std::sync::Arc;
use std::time::Duration;

use runtime::shutdown::Shutdown;
use runtime::tasks::TaskGroup;
use runtime::telemetry;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tracing::warn;

use super::{AppError, DRAIN_MAX, Life, Plan, SOFTWARE};
use crate::annunciator::{self, Annunciator, Standing};
use crate::clock::HubTime;
use crate::config::{self, Config, DeviceConfig, UplinkConfig};
use crate::detect::Detector;
use crate::field::listener::{self, Listener};
use crate::field::{self, Kept, Scan};
use crate::health::{self, HealthTask, Machine};
use crate::inquiry;
use crate::spool::{self, Bookmark, KeyFiles, Spool, SpoolGone, SpoolHandle};
use crate::status::{Board, DeviceFacts, Facts, Server, Watchdog};
use crate::uplink::{self, Uplink};
use crate::watch::Watch;

/// Scans on their way to the watch; beyond it the devices wait, each for itself.
const SCANS_MAX: usize = 64;

/// Stages at work.
pub(super) struct Stages {
    pub(super) tasks: TaskGroup,
    pub(super) shutdown: Shutdown,
}

impl Stages {
    /// What was spawned when something fails has ended when this returns: the stages that start in its place need the file
    /// of the spool and the ports.
    pub(super) async fn start(plan: &Plan, life: &Life) -> Result<Self, AppError> {
        let shutdown = life.process.child();
        let mut tasks = TaskGroup::new(shutdown.clone());
        match spawn(&mut tasks, plan, life, &shutdown).await {
            Ok(()) => Ok(Self { tasks, shutdown }),
            Err(error) => {
                shutdown.begin();
                if let Err(failure) = tasks.run(DRAIN_MAX).await {
                    warn!(
                        failure = &failure as &dyn std::error::Error,
                        "stages that could not start did not end well"
                    );
                }
                Err(error)
            }
        }
    }
}

async fn spawn(tasks: &mut TaskGroup, plan: &Plan, life: &Life, shutdown: &Shutdown) -> Result<(), AppError> {
    let Plan { config, site, .. } = plan;
    let server = match config.status.address {
        Some(address) => Some(Server::bind(address.address()).await.map_err(AppError::Status)?),
        None => None,
    };
    // Before the first stage is built: what it counts by is looked up once.
    let metrics = server.is_some().then(telemetry::init_metrics);
    let kept = Kept::default();
    let (scans, scanned) = mpsc::channel(SCANS_MAX);
    spawn_field(tasks, plan, kept.clone(), scans.clone(), life, shutdown);
    let (spool, spool_handle) = open_spool(plan, life).await?;
    tasks.spawn_thread("spool", move || spool.run()).map_err(AppError::Thread)?;
    let bookmarks = spool_handle.bookmarks().await.map_err(|SpoolGone| AppError::SpoolGone)?;
    let listeners = spawn_listeners(tasks, plan, &bookmarks, scans, life, shutdown).await?;
    kept.get_or_init(|| bookmarks);

    let (watch, inquiries) = inquiry::inquiries(site);
    let (health, healthy) = watch::channel(None);
    let uplink = uplink_settings(plan, healthy.clone());
    let uplink = Uplink::new(uplink, spool_handle.clone(), life.clock.clone());
    let (annunciators, annunciate) = watch::channel(standings(config));
    let board = Board {
        facts: facts(plan, life),
        clock: life.clock.clone(),
        watch: watch.clone(),
        listeners,
        spool: spool_handle.clone(),
        health: healthy,
        link: uplink.quality(),
        annunciators: annunciate.clone(),
        reloads: life.reloads.subscribe(),
    };
    let settings = health::Settings {
        machine: Machine::default(),
        spool: config.spool.path.clone(),
        files: config.uplink.files.clone(),
        started: life.started,
    };
    let sources = health::Sources { link: uplink.quality(), annunciators: annunciate };
    let told = health::Told { health, watch };
    let task = HealthTask::new(settings, sources, told, life.clock.clone());
    tasks.spawn("health", task.run(shutdown.clone()));
    let ties = uplink.ties();
    tasks.spawn("uplink", uplink.run(shutdown.clone()));
    let tap = spawn_annunciators(tasks, plan, annunciators, shutdown);
    tasks.spawn("watchdog", Watchdog::new(board.clone(), Arc::clone(&life.notifier)).run(shutdown.clone()));
    if let Some((server, metrics)) = server.zip(metrics) {
        tasks.spawn("status", server.run(board, metrics, shutdown.clone()));
    }
    let (detector, interval) = (Detector::new(site), site.snapshot_interval);
    let clock = life.clock.clone();
    let watch = Watch::new(detector, interval, scanned, spool_handle, clock, inquiries, tap);
    tasks.spawn("watch", watch.tied(ties).run(shutdown.clone()));
    Ok(())
}

fn spawn_field(
    tasks: &mut TaskGroup,
    plan: &Plan,
    kept: Kept,
    scans: mpsc::Sender<Scan>,
    life: &Life,
    shutdown: &Shutdown,
) {
    let (site, clock, shutdown) = (Arc::clone(&plan.site), life.clock.clone(), shutdown.clone());
    tasks.spawn("field", async move { field::run(&site, kept, move || clock(), scans, shutdown).await });
}

/// Devices that speak by themselves are heard from where the spool has them.
async fn spawn_listeners(
    tasks: &mut TaskGroup,
    plan: &Plan,
    bookmarks: &[Bookmark],
    scans: mpsc::Sender<Scan>,
    life: &Life,
    shutdown: &Shutdown,
) -> Result<Vec<watch::Receiver<listener::Standing>>, AppError> {
    let mut standings = Vec::new();
    for config in &plan.config.listeners {
        let (clock, scans) = (life.clock.clone(), scans.clone());
        let bound = Listener::bind(config, &plan.site, bookmarks, move || clock(), scans).await;
        let listener = bound.map_err(|error| AppError::Listen(Box::new(error)))?;
        standings.push(listener.standing());
        tasks.spawn("listener", listener.run(shutdown.clone()));
    }
    Ok(standings)
}

/// A file that was not closed is read from end to end first. The field polls meanwhile, so that the first readings are
/// there when the spool is.
async fn open_spool(plan: &Plan, life: &Life) -> Result<(Spool, SpoolHandle), AppError> {
    let config = &plan.config;
    let settings = spool::Settings {
        edge: config.edge.clone(),
        bytes_max: config.spool.bytes_max,
        routine_interval: config.spool.routine_interval,
        age_max: [config.spool.urgent_age_max, config.spool.routine_age_max],
        signer: Some(Arc::new(KeyFiles(config.uplink.files.clone()))),
    };
    let (path, site, clock) = (config.spool.path.clone(), Arc::clone(&plan.site), life.clock.clone());
    let opening = tokio::task::spawn_blocking(move || spool::open(&path, settings, &site.table, clock));
    let opened = opening.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
    opened.map_err(|source| AppError::Spool { path: config.spool.path.clone(), source })
}

fn spawn_annunciators(
    tasks: &mut TaskGroup,
    plan: &Plan,
    standings: watch::Sender<Vec<Standing>>,
    shutdown: &Shutdown,
) -> annunciator::Tap {
    let configs = &plan.config.annunciators;
    let (tap, slots) = annunciator::tap(configs, &plan.site);
    for (place, config) in configs.iter().enumerate() {
        let annunciator = Annunciator::new(config.clone(), place, slots.clone(), standings.clone());
        tasks.spawn("annunciator", annunciator.run(shutdown.clone()));
    }
    tap
}

/// How annunciators stand before their tasks have tried: nothing has failed yet.
fn standings(config: &Config) -> Vec<Standing> {
    let standing = |id: &String| Standing { id: id.clone(), coils: Vec::new(), well: true, failure: None };
    config.annunciators.iter().map(|annunciator| standing(&annunciator.id)).collect()
}

fn facts(plan: &Plan, life: &Life) -> Facts {
    Facts {
        edge: plan.config.edge.clone(),
        software: SOFTWARE,
        config: life.config.clone(),
        config_hash: plan.config_hash,
        hubs: plan.config.uplink.addresses(),
        devices: plan.config.devices.iter().map(device_facts).collect(),
        started: life.started,
        stages_started: Instant::now(),
    }
}

fn device_facts(device: &DeviceConfig) -> DeviceFacts {
    /// A device that does not answer costs a time-out for each of its requests; few have more.
    const REQUESTS: u32 = 16;
    let address = match device.access.unit() {
        Some(unit) => format!("{} unit {unit}", device.access),
        None => device.access.to_string(),
    };
    let patience: Duration =
        device.poll_interval + device.timeout * REQUESTS * (u32::from(device.retries) + 1);
    // A device that speaks by itself may be silent; its link says so.
    let scanned_within = device.sender.is_none().then_some(patience);
    DeviceFacts { profile: device.profile.name.to_string(), address, scanned_within }
}

fn uplink_settings(
    plan: &Plan,
    health: watch::Receiver<Option<wire::heartbeat::Health>>,
) -> uplink::Settings {
    let UplinkConfig { hubs, files, heartbeat_interval, interface } = plan.config.uplink.clone();
    let hub = |hub: config::Hub| uplink::Hub {
        host: hub.address.host,
        port: hub.address.port,
        server_name: hub.server_name,
    };
    uplink::Settings {
        edge: plan.config.edge.clone(),
        hubs: hubs.into_iter().map(hub).collect(),
        files,
        heartbeat_interval,
        software: SOFTWARE.into(),
        config_hash: plan.config_hash,
        hub_time: HubTime::path_beside(&plan.config.spool.path),
        stay: uplink::STAY,
        health,
        interface,
    }
}
