//! An edge and the hub's judgement of its sign of life.

use serde::Serialize;
use utoipa::ToSchema;

use super::Time;
use crate::situation::{EdgeState, LivenessView};

/// An edge gateway.
#[derive(Debug, Serialize, ToSchema)]
pub struct Edge {
    #[schema(example = "edge-doc")]
    pub id: String,
    /// The part that it serves.
    #[schema(example = "doc-room")]
    pub part: String,
    pub liveness: Liveness,
    /// Since when the liveness has been so.
    pub since: Time,
    /// Whether the hub's configuration names it. One that is not named is judged all the same.
    pub registered: bool,
    /// How far its records are proved by its own signature; absent before the first checkpoint that could be compared.
    pub proved: Option<Proved>,
}

/// Everything before these records is as the edge signed it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Proved {
    /// When the edge signed.
    pub until: Time,
    /// The first record of the urgent lane that is not covered.
    pub urgent_next: u64,
    /// The first record of the routine lane that is not covered.
    pub routine_next: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Liveness {
    /// Not judged yet since the hub began.
    Unknown,
    Live,
    /// No heartbeat for the reporting time. What its points said last is stale.
    Silent,
}

impl Edge {
    pub fn of(edge: &EdgeState) -> Self {
        Self {
            id: edge.edge.to_string(),
            part: edge.part.to_string(),
            liveness: match edge.liveness {
                LivenessView::Unknown => Liveness::Unknown,
                LivenessView::Live => Liveness::Live,
                LivenessView::Silent => Liveness::Silent,
            },
            since: Time(edge.since_ms),
            registered: edge.registered,
            proved: edge.proved.as_ref().map(|proved| Proved {
                until: Time(proved.at_ms),
                urgent_next: proved.next[0].0,
                routine_next: proved.next[1].0,
            }),
        }
    }
}
