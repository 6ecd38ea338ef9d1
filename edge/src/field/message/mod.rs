//! What the messages of devices that speak by themselves say about their points. Pure, apart from counting: bytes and the
//! present moment come in, samples go out, and nothing of it is believed further than the profile allows.
//!
//! ```text
//! topic ── topics ─┐
//! payload ─────────┴─ json ── pointer ─┐        order (boot, seq) ─ bookmark ─┐
//!                     plain ───────────┼─ raw ─ profile ─ samples ────────────┴─ taken
//!                     sparkplug ───────┘
//!                      └ protobuf ─ payload ─ node (birth, alias, seq, death)
//! ```
//!
//! A payload that cannot be read is refused whole, with a reason; it does not even show that its device lives.

mod topics;

mod json;
mod plain;
mod sparkplug;

mod order;

mod mapper;

use wire::Stamp;

use super::ScanFailure;
use super::report;
use super::sample::Sample;
use crate::bookmark::Bookmark;

pub use mapper::Mapper;
pub use sparkplug::{PayloadError, Unsound};
pub use topics::{OwnTopics, SparkplugNode, TOPICS_MAX, TopicsError};

/// The most that one message may have, whatever its kind: several times the largest birth of a device with 250 metrics.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// What follows from one message.
#[derive(Debug, Default)]
pub struct Taken {
    /// In the order in which they happened. Empty for a message that came twice or speaks of no point.
    pub scans: Vec<(Stamp, Result<Vec<Sample>, ScanFailure>)>,
    /// To be made durable together with the scans. `None` if nothing has changed.
    pub bookmark: Option<Bookmark>,
}

/// Why a message is not taken. The same bytes would be refused again, so its sender is confirmed and it is gone.
#[derive(Debug, thiserror::Error)]
pub enum Rejected {
    #[error("{bytes} bytes are more than {PAYLOAD_BYTES_MAX}")]
    TooLarge { bytes: usize },
    #[error("the payload is not JSON as we read it")]
    Json(#[source] serde_json::Error),
    #[error("the payload is no plain value: {0}")]
    Plain(&'static str),
    #[error("`{field}` of the message is missing, or is not what the profile says")]
    Sender { field: &'static str },
    #[error("the topic is no topic of Sparkplug B")]
    SparkplugTopic,
    #[error("the payload is no payload of Sparkplug B")]
    Protobuf(#[source] PayloadError),
    #[error("{0}")]
    Sparkplug(Unsound),
    #[error("{0}")]
    Report(report::Rejected),
}

impl Rejected {
    /// A metric's label.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::Json(_) => "json",
            Self::Plain(_) => "plain",
            Self::Sender { .. } => "sender",
            Self::SparkplugTopic => "sparkplug_topic",
            Self::Protobuf(_) => "protobuf",
            Self::Sparkplug(unsound) => unsound.name(),
            Self::Report(rejected) => rejected.name(),
        }
    }
}
