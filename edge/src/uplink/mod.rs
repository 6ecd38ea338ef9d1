//! The way to the hub.
//!
//! ```text
//! spool ─ tails, read ─► session ─ publish ─► link ═══ TLS 1.3, MQTT ═══ hub
//!   ▲                     │   ▲                 │
//!   └─ confirmed, resume ─┘   └─ PUBACK, cmd ───┘
//! ```
//!
//! The spool is the only truth: a connection begins with nothing, learns from the hub what it holds, and sends from there.
//! Nothing that was under way in an earlier connection is remembered, so nothing can be lost in one.

mod advice;
mod heartbeat;
mod identity;
mod link;
mod metrics;
mod reason;
mod session;
mod task;
mod window;

use std::time::Duration;

use runtime::tls::ClientFiles;
use wire::EdgeId;

pub use identity::{Finding, examine};
pub use link::LinkError;
pub use reason::Reason;
pub use task::Uplink;

/// What the uplink has to know.
#[derive(Clone, Debug)]
pub struct Settings {
    pub edge: EdgeId,
    pub host: String,
    pub port: u16,
    /// The name that the hub's certificate must carry.
    pub server_name: String,
    pub files: ClientFiles,
    pub heartbeat_interval: Duration,
    /// Name and version of this software.
    pub software: Box<str>,
    /// The first bytes of the SHA-256 of the configuration in force.
    pub config_hash: u64,
}
