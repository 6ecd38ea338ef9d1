//! What the hub refused and kept for people to look at.

use serde::Serialize;
use utoipa::ToSchema;

use super::Time;
use crate::store::QuarantineRow;

/// A payload of an edge that was not accepted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Quarantined {
    /// Where the journal holds it. Opaque.
    pub position: String,
    pub received: Time,
    pub edge: String,
    #[schema(example = "sr/v1/edge-doc/urgent")]
    pub topic: String,
    /// Why it was refused.
    pub reason: String,
    /// SHA-256 of the payload, in hexadecimal digits.
    pub sha256: String,
    /// Bytes of the payload that are kept; 0 where the edge's quota is used up.
    pub kept_bytes: u64,
}

impl From<QuarantineRow> for Quarantined {
    fn from(row: QuarantineRow) -> Self {
        Self {
            position: row.position.to_string(),
            received: Time(row.hub_ms),
            edge: row.edge.to_string(),
            topic: row.topic,
            reason: row.reason,
            sha256: row.digest.to_string(),
            kept_bytes: row.payload_bytes,
        }
    }
}
