//! The stages that work by one configuration: built from it, spawned, and drained before another one takes their place.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use runtime::shutdown::Shutdown;
use runtime::tasks::TaskGroup;
use runtime::telemetry;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tracing::warn;

use super::handover::{Handover, Leaving};
use super::memory;
use super::{AppError, DRAIN_MAX, Life, Plan, SOFTWARE};
use crate::annunciator::{self, Annunciator, Before, Slots, Standing};
use crate::bookmark::Bookmark;
use crate::clock::HubTime;
use crate::config::{self, BusId, Config, DeviceConfig, UplinkConfig};
use crate::detect::Detector;
use crate::field::listener::{self, Listener};
use crate::field::modbus::wish::{BusWishes, Wishing};
use crate::field::{self, Kept, Scan};
use crate::health::{self, HealthTask, Machine};
use crate::inquiry;
use crate::spool::{self, KeyFiles, Spool, SpoolGone, SpoolHandle};
use crate::status::{Board, DeviceFacts, Facts, Server, Watchdog};
use crate::uplink::{self, Uplink};
use crate::watch::Watch;

/// Scans on their way to the watch; beyond it the devices wait, each for itself.
const SCANS_MAX: usize = 64;

/// Stages at work.
pub(super) struct Stages {
    pub(super) tasks: TaskGroup,
    pub(super) shutdown: Shutdown,
    pub(super) leaving: Leaving,
}

impl Stages {
    /// What was spawned when something fails has ended when this returns: the stages that start in its place need the file
    /// of the spool and the ports.
    pub(super) async fn start(plan: &Plan, life: &Life, before: &mut Handover) -> Result<Self, AppError> {
        let shutdown = life.process.child();
        let mut tasks = TaskGroup::new(shutdown.clone());
        match spawn(&mut tasks, plan, life, before, &shutdown).await {
            Ok(leaving) => Ok(Self { tasks, shutdown, leaving }),
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

async fn spawn(
    tasks: &mut TaskGroup,
    plan: &Plan,
    life: &Life,
    before: &mut Handover,
    shutdown: &Shutdown,
) -> Result<Leaving, AppError> {
    let Plan { config, site, .. } = plan;
    let server = match config.status.address {
        Some(address) => Some(Server::bind(address.address()).await.map_err(AppError::Status)?),
        None => None,
    };
    // Before the first stage is built: what it counts by is looked up once.
    let metrics = server.is_some().then(telemetry::init_metrics);
    let kept = Kept::default();
    let (scans, scanned) = mpsc::channel(SCANS_MAX);
    let (buses, wishes) = field::modbus::wish::wishes(&site.buses);
    spawn_field(tasks, plan, kept.clone(), (scans.clone(), wishes), life, shutdown);
    let (spool, spool_handle) = open_spool(plan, life).await?;
    tasks.spawn_thread("spool", move || spool.run()).map_err(AppError::Thread)?;
    let bookmarks = spool_handle.bookmarks().await.map_err(|SpoolGone| AppError::SpoolGone)?;
    let listeners = spawn_listeners(tasks, plan, &bookmarks, scans, life, shutdown).await?;
    kept.get_or_init(|| bookmarks);

    let (watch, inquiries) = inquiry::inquiries(site);
    let (health, healthy) = watch::channel(None);
    let uplink = uplink_settings(plan, healthy.clone());
    let uplink = Uplink::new(uplink, spool_handle.clone(), life.clock.clone());
    let (annunciators, annunciate) = watch::channel(standings(config, &before.alarms));
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
    let told = health::Told { health, watch: watch.clone() };
    let task = HealthTask::new(settings, annunciate, told, life.clock.clone());
    tasks.spawn("health", task.run(shutdown.clone()));
    let ties = uplink.ties();
    tasks.spawn("uplink", uplink.run(shutdown.clone()));
    let standings = annunciators.subscribe();
    let (tap, slots) = spawn_annunciators(tasks, plan, &before.alarms, &buses, annunciators, shutdown);
    memory::spawn(tasks, plan, life, (spool_handle.clone(), watch), shutdown);
    tasks.spawn("watchdog", Watchdog::new(board.clone(), Arc::clone(&life.notifier)).run(shutdown.clone()));
    if let Some((server, metrics)) = server.zip(metrics) {
        tasks.spawn("status", server.run(board, metrics, shutdown.clone()));
    }
    let (detector, interval) = (Detector::new(site), site.snapshot_interval);
    let clock = life.clock.clone();
    let watch = Watch::new(detector, interval, scanned, spool_handle, clock, inquiries, tap);
    let (leaves, left) = oneshot::channel();
    let watch = watch.tied(ties).between(before.known_of(plan), leaves);
    tasks.spawn("watch", watch.run(shutdown.clone()));
    Ok(Leaving { watch: left, slots, standings })
}

fn spawn_field(
    tasks: &mut TaskGroup,
    plan: &Plan,
    kept: Kept,
    (scans, wishes): (mpsc::Sender<Scan>, BusWishes),
    life: &Life,
    shutdown: &Shutdown,
) {
    let (site, clock, shutdown) = (Arc::clone(&plan.site), life.clock.clone(), shutdown.clone());
    tasks.spawn(
        "field",
        async move { field::run(&site, kept, move || clock(), scans, wishes, shutdown).await },
    );
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
    before: &Before,
    buses: &BTreeMap<BusId, Wishing>,
    standings: watch::Sender<Vec<Standing>>,
    shutdown: &Shutdown,
) -> (annunciator::Tap, watch::Receiver<Slots>) {
    let configs = &plan.config.annunciators;
    let (tap, slots) = annunciator::tap(configs, &plan.site, before);
    for (place, config) in configs.iter().enumerate() {
        let annunciator = Annunciator::new(config.clone(), place, buses, slots.clone(), standings.clone());
        tasks.spawn("annunciator", annunciator.after(before).run(shutdown.clone()));
    }
    (tap, slots)
}

/// How annunciators stand before their tasks have tried: as before a reload, and nothing has failed yet.
fn standings(config: &Config, before: &Before) -> Vec<Standing> {
    let standing = |id: &String| Standing {
        id: id.clone(),
        coils: before.coils(id).to_vec(),
        well: true,
        failure: None,
    };
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
