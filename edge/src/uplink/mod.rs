//! The way to the hub.
//!
//! ```text
//! spool ─ tails, read ─► session ─ publish ─► link ═══ TLS 1.3, MQTT ═══ hub
//!   ▲                     │   ▲                 │
//!   └─ confirmed, resume ─┘   └─ PUBACK, cmd ───┘
//!                         │                     ▲
//!            window ◄─ drain       route, probe ┘  which of the hub's addresses
//!                                advice, outage     what people are told while there is none
//! ```
//!
//! The spool is the only truth: a connection begins with nothing, learns from the hub what it holds, and sends from there.
//! Nothing that was under way in an earlier connection is remembered, so nothing can be lost in one.

mod advice;
mod converse;
mod drain;
mod heartbeat;
mod identity;
mod link;
mod metrics;
mod outage;
mod probe;
mod quality;
mod reason;
mod route;
mod session;
mod socket;
mod task;
mod window;

#[cfg(test)]
mod stampede;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use runtime::tls::ClientFiles;
use tokio::sync::watch;
use wire::EdgeId;
use wire::heartbeat::Health;

pub use identity::{Finding, examine};
pub use link::LinkError;
pub use quality::{Down, Quality, RoundTrip};
pub use reason::Reason;
pub use route::STAY;
pub use task::Uplink;

/// What the uplink has to know.
#[derive(Clone, Debug)]
pub struct Settings {
    pub edge: EdgeId,
    /// The ways to the hub, the preferred one first; at least one.
    pub hubs: Vec<Hub>,
    pub files: ClientFiles,
    pub heartbeat_interval: Duration,
    /// Name and version of this software.
    pub software: Box<str>,
    /// Says which configuration is in force, with its profiles.
    pub config_hash: u64,
    /// How the machine is, as far as it is known; it travels with every heartbeat.
    pub health: watch::Receiver<Option<Health>>,
    /// The network interface that the ways to the hub are bound to.
    pub interface: Option<Box<str>>,
    /// The file that keeps the latest time that the hub said.
    pub hub_time: PathBuf,
    /// How long to stay on a way that is not the preferred one before that is looked at again; [`STAY`] but for tests.
    pub stay: Duration,
}

/// One way to the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    pub host: String,
    pub port: u16,
    /// The name that the hub's certificate must carry.
    pub server_name: String,
}

impl fmt::Display for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
