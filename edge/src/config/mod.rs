//! The configuration file of an edge, read whole and judged whole: every fault is reported at once, at its line.

mod access;
mod annunciator;
mod bus;
mod cross;
mod device;
mod endpoint;
mod interface;
mod listener;
mod sender;
mod shared_line;
mod status;
mod uplink;

use std::path::{Path, PathBuf};
use std::time::Duration;

use runtime::config::{ConfigError, FromSection, Parsed, Section};
use runtime::telemetry::LogFormat;
use wire::{DeviceId, Digest, EdgeId};

pub use access::Access;
pub use annunciator::{AnnunciatorConfig, CoilConfig, CoilsPlace, Trigger};
pub use bus::{Baud, BaudError, BusConfig, BusId, BusIdError, LineMode, Parity, ParityError, StopBits};
pub use device::{DeviceConfig, RTU_RETRIES, TCP_RETRIES};
pub use endpoint::{Endpoint, EndpointError};
pub use interface::{Interface, InterfaceError};
pub use listener::ListenerConfig;
pub use sender::{Credential, Retain, SenderConfig};
pub use status::{LoopbackAddress, StatusConfig};
pub use uplink::{Hub, UplinkConfig};

use bus::BusDraft;
use device::Draft;

/// Holds the alarms of a busy day even if nothing is confirmed for that long.
const SPOOL_BYTES_DEFAULT: u64 = 256 * 1024 * 1024;
/// Below this the spool could not even hold the point table of a large part.
const SPOOL_BYTES_MIN: u64 = 1024 * 1024;
/// A disk that was full is filled again by whatever filled it, unless somebody has looked after it.
const RETURN_AFTER_DEFAULT: Duration = Duration::from_secs(180);
/// redb copes with more, but no gateway has a larger flash to give away.
const SPOOL_BYTES_MAX: u64 = 1024 * 1024 * 1024 * 1024;

const DAY: Duration = Duration::from_secs(86_400);
/// Older evidence belongs to a hub.
const AGE_MAX: Duration = Duration::from_secs(3_650 * 86_400);

#[derive(Clone, Debug)]
pub struct Config {
    pub edge: EdgeId,
    pub uplink: UplinkConfig,
    pub spool: SpoolConfig,
    /// How often every point is sent although nothing changed.
    pub snapshot_interval: Duration,
    /// The alarm panel that the arming of the whole part follows: its `panel.arm_state`, or else its sectors.
    pub arming: Option<DeviceId>,
    pub log: LogFormat,
    /// Where devices that speak by themselves may do so.
    pub listeners: Vec<ListenerConfig>,
    pub buses: Vec<BusConfig>,
    pub devices: Vec<DeviceConfig>,
    /// The SHA-256 of each profile's text, in the order in which the devices name them first.
    pub profiles: Vec<Digest>,
    pub annunciators: Vec<AnnunciatorConfig>,
    pub status: StatusConfig,
}

#[derive(Clone, Debug)]
pub struct SpoolConfig {
    pub path: PathBuf,
    pub bytes_max: u64,
    /// How long routine records may wait to share an envelope.
    pub routine_interval: Duration,
    /// How old urgent records may become before they are given up, and routine ones.
    pub urgent_age_max: Duration,
    pub routine_age_max: Duration,
    /// After how long with room on the disk an edge that works from memory goes back to it.
    pub return_after: Duration,
}

impl Config {
    /// Reads the file and the device profiles that it names.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        runtime::config::load(path)
    }
}

impl FromSection for Config {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let edge = section.table::<EdgeSection>("edge");
        let uplink = section.table("uplink");
        let spool = section.table("spool");
        let snapshot = section.optional_table::<SnapshotSection>("snapshot").unwrap_or_default();
        let arming = section.optional_table::<ArmingSection>("arming").map(|arming| arming.device);
        let log = section.optional_table::<LogSection>("log").unwrap_or_default();
        let drafts = section.tables::<Draft>("devices");
        let buses = section.tables::<BusDraft>("buses");
        let buses = shared_line::buses(section, buses);
        let listeners = section.tables::<ListenerConfig>("listeners");
        listener::check(section, &listeners);
        let (devices, profiles) = cross::devices(section, drafts, &listeners);
        if let Some(arming) = &arming {
            cross::arming(section, arming, &devices);
        }
        let annunciators = section.tables("annunciators");
        cross::annunciators(section, &annunciators, &devices);
        shared_line::check(section, &buses, &devices, &annunciators);
        let status: StatusConfig = section.optional_table("status").unwrap_or_default();
        listener::check_status(section, &listeners, &status);
        Some(Self {
            edge: edge?.id,
            uplink: uplink?,
            spool: spool?,
            snapshot_interval: snapshot.interval,
            arming,
            log: log.format,
            listeners,
            buses: buses.into_iter().collect::<Option<_>>()?,
            devices: devices.into_iter().collect::<Option<_>>()?,
            profiles,
            annunciators,
            status,
        })
    }
}

struct EdgeSection {
    id: EdgeId,
}

impl FromSection for EdgeSection {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let id = section.required("id");
        Some(Self { id: id.map(|Parsed(id)| id)? })
    }
}

impl FromSection for SpoolConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let path = section.path("path");
        let bytes_max = section.within("bytes_max", SPOOL_BYTES_DEFAULT, SPOOL_BYTES_MIN..=SPOOL_BYTES_MAX);
        let bounds = Duration::from_millis(10)..=Duration::from_secs(60);
        let routine_interval = section.within("routine_interval", Duration::from_secs(5), bounds);
        let urgent_age_max = section.within("urgent_age_max", 90 * DAY, DAY..=AGE_MAX);
        let routine_age_max = section.within("routine_age_max", 14 * DAY, DAY / 24..=AGE_MAX);
        let bounds = Duration::from_secs(1)..=DAY;
        let return_after = section.within("return_after", RETURN_AFTER_DEFAULT, bounds);
        Some(Self { path: path?, bytes_max, routine_interval, urgent_age_max, routine_age_max, return_after })
    }
}

struct SnapshotSection {
    interval: Duration,
}

impl Default for SnapshotSection {
    fn default() -> Self {
        Self { interval: Duration::from_secs(60) }
    }
}

impl FromSection for SnapshotSection {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let bounds = Duration::from_secs(1)..=Duration::from_secs(24 * 60 * 60);
        Some(Self { interval: section.within("interval", Self::default().interval, bounds) })
    }
}

struct ArmingSection {
    device: DeviceId,
}

impl FromSection for ArmingSection {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let device = section.required("device");
        Some(Self { device: device.map(|Parsed(device)| device)? })
    }
}

#[derive(Default)]
struct LogSection {
    format: LogFormat,
}

impl FromSection for LogSection {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let format = section.optional("format");
        Some(Self { format: format.map(|Parsed(format)| format).unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests;
