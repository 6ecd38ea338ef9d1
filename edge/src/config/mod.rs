//! The configuration file of an edge, read whole and judged whole: every fault is reported at once, at its line.

mod cross;
mod device;
mod endpoint;
mod uplink;

use std::path::{Path, PathBuf};
use std::time::Duration;

use runtime::config::{ConfigError, FromSection, Parsed, Section};
use runtime::telemetry::LogFormat;
use wire::{DeviceId, EdgeId};

pub use device::DeviceConfig;
pub use endpoint::{Endpoint, EndpointError};
pub use uplink::UplinkConfig;

use device::Draft;

/// Holds the alarms of a busy day even if nothing is confirmed for that long.
const SPOOL_BYTES_DEFAULT: u64 = 256 * 1024 * 1024;
/// Below this the spool could not even hold the point table of a large part.
const SPOOL_BYTES_MIN: u64 = 1024 * 1024;
/// redb copes with more, but no gateway has a larger flash to give away.
const SPOOL_BYTES_MAX: u64 = 1024 * 1024 * 1024 * 1024;

#[derive(Clone, Debug)]
pub struct Config {
    pub edge: EdgeId,
    pub uplink: UplinkConfig,
    pub spool: SpoolConfig,
    /// How often every point is sent although nothing changed.
    pub snapshot_interval: Duration,
    /// The device whose `panel.arm_state` is the arming of the whole part.
    pub arming: Option<DeviceId>,
    pub log: LogFormat,
    pub devices: Vec<DeviceConfig>,
}

#[derive(Clone, Debug)]
pub struct SpoolConfig {
    pub path: PathBuf,
    pub bytes_max: u64,
    /// How long routine records may wait to share an envelope.
    pub routine_interval: Duration,
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
        let devices = cross::devices(section, drafts);
        if let Some(arming) = &arming {
            cross::arming(section, arming, &devices);
        }
        Some(Self {
            edge: edge?.id,
            uplink: uplink?,
            spool: spool?,
            snapshot_interval: snapshot.interval,
            arming,
            log: log.format,
            devices: devices.into_iter().collect::<Option<_>>()?,
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
        let routine_interval = section.within("routine_interval", Duration::from_secs(2), bounds);
        Some(Self { path: path?, bytes_max, routine_interval })
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
