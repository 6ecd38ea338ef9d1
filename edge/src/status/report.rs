//! What `/status` says, as JSON. A form of its own: nothing of the wire or of the stages stands in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::spool::Loss;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// Neither faults nor warnings.
    pub well: bool,
    /// What keeps the edge from its work. `/healthz` is unhealthy because of these alone.
    pub faults: Vec<String>,
    /// What a person should look at; the edge works.
    pub warnings: Vec<String>,
    pub edge: String,
    pub software: String,
    pub boot: String,
    pub uptime_s: u64,
    pub wall_ms: i64,
    pub clock: String,
    /// Against the hub's: `ok`, `off`, `far_off` or `stepped`; `unknown` before the hub spoke.
    pub clock_health: String,
    /// By how much the clock is ahead of the hub's; negative if it is behind.
    pub clock_ahead_ms: Option<i64>,
    pub config: ConfigReport,
    pub devices: Vec<DeviceReport>,
    pub listeners: Vec<ListenerReport>,
    /// Absent if the spool did not answer.
    pub spool: Option<SpoolReport>,
    pub uplink: UplinkReport,
    pub health: HealthReport,
    pub annunciators: Vec<AnnunciatorReport>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConfigReport {
    pub file: String,
    /// As heartbeats name it, in hexadecimal digits.
    pub hash: String,
    pub reloads_taken: u64,
    pub reloads_refused: u64,
    pub last_reload: Option<ReloadReport>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReloadReport {
    pub wall_ms: i64,
    pub taken: bool,
    /// What changed, or why nothing did.
    pub text: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceReport {
    pub id: String,
    pub profile: String,
    pub address: String,
    pub link: String,
    pub scans_good: u64,
    pub scans_failed: u64,
    pub last_scan_ms_ago: Option<u64>,
    pub last_good_ms_ago: Option<u64>,
    /// Why the last scan failed, if it did.
    pub failure: Option<String>,
    /// Points whose numbers are beyond a limit, too fast or stuck, in words.
    pub marked: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ListenerReport {
    pub name: String,
    pub address: String,
    /// Devices that are connected now.
    pub sessions: usize,
    pub messages: u64,
    /// Messages that waited because their device is faster than it may be.
    pub throttled: u64,
    /// Connections, and messages that their sender may not send, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Messages that could not be read, by reason.
    pub rejected: BTreeMap<String, u64>,
    pub senders: Vec<SenderReport>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SenderReport {
    pub id: String,
    pub connected: bool,
    pub messages: u64,
    pub throttled: u64,
    /// Messages that could not be read, and why the last one could not if it was one of them.
    pub rejected: u64,
    pub rejecting: Option<String>,
    /// Also of a message that could not be read.
    pub last_message_ms_ago: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SpoolReport {
    pub epoch: String,
    /// `durable`, or `memory`: lost with the process.
    pub storage: String,
    pub urgent: LaneReport,
    pub routine: LaneReport,
    /// What the kept envelopes take, and may take.
    pub bytes: u64,
    pub bytes_max: u64,
    /// Since the spool was opened.
    pub written_bytes: u64,
    /// What was lost with the spool's file last; absent once it is long ago, or the file that was set aside is taken away.
    pub loss: Option<Loss>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LaneReport {
    pub next: u64,
    pub unconfirmed: u64,
    /// Age of the oldest record that the hub has not confirmed.
    pub oldest_ms: u64,
    /// What the unconfirmed ones take, about.
    pub unconfirmed_bytes: u64,
    /// Records that were given up unconfirmed since the spool was opened, and of what time they were.
    pub given_up: u64,
    pub given_up_from_ms: i64,
    pub given_up_until_ms: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UplinkReport {
    /// The address in use, or the one that is tried.
    pub hub: String,
    /// All addresses, in their order of preference.
    pub hubs: String,
    pub connected: bool,
    /// For how long there has been no connection; absent while there is one.
    pub down_ms: Option<u64>,
    /// By address: why the latest attempt there came to nothing, and what to do. Empty while there is a connection.
    pub failures: BTreeMap<String, String>,
    /// The place of the address in that order, from 0.
    pub place: usize,
    /// What the hub needs to confirm a heartbeat, and what envelopes need at most, but for one in twenty.
    pub heartbeat_ms: Option<u64>,
    pub confirm_p95_ms: Option<u64>,
    /// Confirmed bytes per second in the last minute.
    pub throughput: u64,
    /// Connections that broke, and attempts that failed.
    pub reconnects: u64,
    /// Of the last day, or of the time since the start.
    pub connected_permille: u16,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthReport {
    pub disk_free_percent: Option<u8>,
    pub disk_free_bytes: Option<u64>,
    pub temperature_c: Option<f64>,
    pub certificate_not_after_s: Option<i64>,
    pub memory_bytes: Option<u64>,
    pub open_files: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AnnunciatorReport {
    pub id: String,
    pub well: bool,
    pub failure: Option<String>,
    pub coils: Vec<CoilReport>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CoilReport {
    pub name: String,
    /// `on`, `off` or `unknown`.
    pub wanted: String,
    pub confirmed: String,
}
