//! Gathers how every stage is. The watch and the spool are asked, with a limit; the others have published it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use wire::heartbeat::{Health, Storage};
use wire::{EdgeId, Stamp};

use super::report::{
    AnnunciatorReport, CoilReport, ConfigReport, DeviceReport, HealthReport, LaneReport, ListenerReport,
    ReloadReport, Report, SenderReport, SpoolReport, UplinkReport,
};
use super::verdict::{self, Fault};
use crate::annunciator;
use crate::clock::{self, Clock};
use crate::field::listener::{self, SenderStanding};
use crate::inquiry::{DeviceStanding, Standing, WatchHandle};
use crate::spool::{self, LaneStatus, SpoolHandle};
use crate::uplink::Quality;

/// A stage that does not answer for so long does not work. The slowest fsync that flash was seen to take is shorter.
pub(super) const ANSWER_WAIT: Duration = Duration::from_secs(5);

/// What the running configuration makes of the edge; it changes with a reload only.
#[derive(Clone, Debug)]
pub struct Facts {
    pub edge: EdgeId,
    pub software: &'static str,
    pub config: PathBuf,
    pub config_hash: u64,
    /// The addresses, in their order of preference.
    pub hubs: String,
    /// In the order of the site.
    pub devices: Vec<DeviceFacts>,
    /// When the process started, and when its stages last did.
    pub started: Instant,
    pub stages_started: Instant,
}

#[derive(Clone, Debug)]
pub struct DeviceFacts {
    pub profile: String,
    pub address: String,
    /// A scan comes at least this often while the field works; `None` for a device that sends when it likes.
    pub scanned_within: Option<Duration>,
}

/// What became of the wishes to read the configuration again.
#[derive(Clone, Debug, Default)]
pub struct Reloads {
    pub taken: u64,
    pub refused: u64,
    pub last: Option<ReloadNote>,
}

#[derive(Clone, Debug)]
pub struct ReloadNote {
    pub wall_ms: i64,
    pub taken: bool,
    pub text: String,
}

/// The way to every stage.
#[derive(Clone)]
pub struct Board {
    pub facts: Facts,
    pub clock: Clock,
    pub watch: WatchHandle,
    pub listeners: Vec<watch::Receiver<listener::Standing>>,
    pub spool: SpoolHandle,
    pub health: watch::Receiver<Option<Health>>,
    pub link: watch::Receiver<Quality>,
    pub annunciators: watch::Receiver<Vec<annunciator::Standing>>,
    pub reloads: watch::Receiver<Reloads>,
}

impl Board {
    pub async fn report(&self) -> Report {
        self.judged().await.0
    }

    /// The report, and its faults as they are rather than in words.
    pub(super) async fn judged(&self) -> (Report, Vec<Fault>) {
        let (standing, spool) = tokio::join!(self.standing(), self.spool_status());
        let clock_ahead_ms = standing.as_ref().and_then(|standing| standing.clock_ahead_ms);
        let clock_health = standing.as_ref().and_then(|standing| standing.clock);
        let now = (self.clock)();
        let health = self.health.borrow().clone().unwrap_or_default();
        let mut report = Report {
            edge: self.facts.edge.to_string(),
            software: self.facts.software.to_owned(),
            boot: now.boot.to_string(),
            uptime_s: self.facts.started.elapsed().as_secs(),
            wall_ms: now.wall_ms,
            clock: format!("{:?}", now.clock).to_lowercase(),
            clock_health: clock_health.map_or("unknown", clock::Health::name).to_owned(),
            clock_ahead_ms,
            config: self.config(),
            devices: self.device_reports(standing.as_ref(), &now),
            listeners: self
                .listeners
                .iter()
                .map(|standing| listener_report(&standing.borrow(), &now))
                .collect(),
            spool: spool.as_ref().map(spool_report),
            uplink: self.uplink(),
            health: health_report(&health),
            annunciators: self.annunciators.borrow().iter().map(annunciator_report).collect(),
            ..Report::default()
        };
        let stages_age = self.facts.stages_started.elapsed();
        let faults = verdict::faults(&report, standing.is_some(), &self.facts.devices, stages_age);
        report.faults = faults.iter().map(ToString::to_string).collect();
        report.warnings = verdict::warnings(&report);
        report.well = report.faults.is_empty() && report.warnings.is_empty();
        (report, faults)
    }

    async fn standing(&self) -> Option<Standing> {
        timeout(ANSWER_WAIT, self.watch.standing()).await.ok().flatten()
    }

    async fn spool_status(&self) -> Option<spool::Status> {
        timeout(ANSWER_WAIT, self.spool.status()).await.ok().and_then(Result::ok)
    }

    fn config(&self) -> ConfigReport {
        let reloads = self.reloads.borrow();
        let last = reloads.last.as_ref().map(|note| ReloadReport {
            wall_ms: note.wall_ms,
            taken: note.taken,
            text: note.text.clone(),
        });
        ConfigReport {
            file: self.facts.config.display().to_string(),
            hash: format!("{:016x}", self.facts.config_hash),
            reloads_taken: reloads.taken,
            reloads_refused: reloads.refused,
            last_reload: last,
        }
    }

    fn uplink(&self) -> UplinkReport {
        let link = self.link.borrow().clone();
        UplinkReport {
            hub: link.hub,
            hubs: self.facts.hubs.clone(),
            connected: link.connected,
            down_ms: link.down.as_ref().map(|down| down.since.elapsed().as_millis() as u64),
            failures: link.down.map(|down| down.failures).unwrap_or_default(),
            place: link.place,
            heartbeat_ms: link.heartbeat_ms,
            confirm_p95_ms: link.round_trip.map(|trip| trip.p95_ms),
            throughput: link.throughput,
            reconnects: link.reconnects,
            connected_permille: link.connected_permille,
        }
    }

    fn device_reports(&self, standing: Option<&Standing>, now: &Stamp) -> Vec<DeviceReport> {
        let Some(standing) = standing else { return Vec::new() };
        let report = |(standing, facts): (&DeviceStanding, &DeviceFacts)| DeviceReport {
            id: standing.id.to_string(),
            profile: facts.profile.clone(),
            address: facts.address.clone(),
            link: standing.link.to_owned(),
            scans_good: standing.scans.good,
            scans_failed: standing.scans.failed,
            last_scan_ms_ago: ago(standing.scans.last_ms, now),
            last_good_ms_ago: ago(standing.scans.last_good_ms, now),
            failure: standing.scans.failure.clone(),
            marked: standing.marked.clone(),
        };
        standing.devices.iter().zip(&self.facts.devices).map(report).collect()
    }
}

fn ago(at_ms: Option<u64>, now: &Stamp) -> Option<u64> {
    at_ms.map(|at_ms| now.mono_ms.saturating_sub(at_ms))
}

fn listener_report(standing: &listener::Standing, now: &Stamp) -> ListenerReport {
    let by_reason = |counts: &BTreeMap<&'static str, u64>| {
        counts.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect()
    };
    let sender = |sender: &SenderStanding| SenderReport {
        id: sender.id.to_string(),
        connected: sender.connected,
        messages: sender.messages,
        throttled: sender.throttled,
        rejected: sender.rejected,
        rejecting: sender.rejecting.map(str::to_owned),
        last_message_ms_ago: ago(sender.last_ms, now),
    };
    ListenerReport {
        name: standing.name.clone(),
        address: standing.address.to_string(),
        sessions: standing.senders.iter().filter(|sender| sender.connected).count(),
        messages: standing.senders.iter().map(|sender| sender.messages).sum(),
        throttled: standing.senders.iter().map(|sender| sender.throttled).sum(),
        refused: by_reason(&standing.refused),
        rejected: by_reason(&standing.rejected),
        senders: standing.senders.iter().map(sender).collect(),
    }
}

fn spool_report(status: &spool::Status) -> SpoolReport {
    let lane = |lane: &LaneStatus| LaneReport {
        next: lane.next.0,
        unconfirmed: lane.unconfirmed,
        oldest_ms: lane.oldest_ms,
        unconfirmed_bytes: lane.unconfirmed_bytes,
        given_up: lane.given_up.records,
        given_up_from_ms: lane.given_up.from_ms,
        given_up_until_ms: lane.given_up.until_ms,
    };
    let [urgent, routine] = &status.lanes;
    SpoolReport {
        epoch: status.epoch.to_string(),
        storage: match status.storage {
            Storage::Durable => "durable".to_owned(),
            Storage::Memory => "memory".to_owned(),
        },
        urgent: lane(urgent),
        routine: lane(routine),
        bytes: status.bytes,
        bytes_max: status.bytes_max,
        written_bytes: status.written_bytes,
        loss: status.loss.clone(),
    }
}

fn health_report(health: &Health) -> HealthReport {
    HealthReport {
        disk_free_percent: health.disk_free_percent,
        disk_free_bytes: health.disk_free_bytes,
        temperature_c: health.temperature_tenths.map(|tenths| f64::from(tenths) / 10.0),
        certificate_not_after_s: health.certificate_not_after_s,
        memory_bytes: health.memory_bytes,
        open_files: health.open_files,
    }
}

fn annunciator_report(standing: &annunciator::Standing) -> AnnunciatorReport {
    let coils = standing.coils.iter().map(|coil| CoilReport {
        name: coil.name.clone(),
        wanted: coil.wanted.name().to_owned(),
        confirmed: coil.confirmed.name().to_owned(),
    });
    AnnunciatorReport {
        id: standing.id.clone(),
        well: standing.well,
        failure: standing.failure.clone(),
        coils: coils.collect(),
    }
}
