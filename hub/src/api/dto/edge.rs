//! An edge and the hub's judgement of its sign of life.

use serde::Serialize;
use utoipa::ToSchema;

use super::Time;
use super::event::Lane;
use crate::journal;
use crate::situation::{EdgeState, LivenessView, Lost};

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
    /// Set while signed checkpoints come that do not count.
    pub unproved: Option<Unproved>,
    /// Records that the hub does not have, the latest last, eight at most. Those without a `reason` nobody explains.
    pub gaps: Vec<Gap>,
}

/// What the hub holds before these records, back to the latest gap in each lane, is as the edge signed it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Proved {
    /// When the edge signed.
    pub until: Time,
    /// The first record of the urgent lane that is not covered.
    pub urgent_next: u64,
    /// The first record of the routine lane that is not covered.
    pub routine_next: u64,
}

/// Why nothing more is proved. It says nothing against the records.
#[derive(Debug, Serialize, ToSchema)]
pub struct Unproved {
    pub since: Time,
    pub reason: NotCounted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotCounted {
    /// None of the authorities that the hub's gate trusts has issued the certificate that signs.
    UnknownSignatory,
    /// The certificate was revoked.
    Revoked,
    /// The certificate had run out when it signed.
    Expired,
}

/// A run of records that the hub does not have: it found them missing, or the edge says that it gave them up.
#[derive(Debug, Serialize, ToSchema)]
pub struct Gap {
    pub lane: Lane,
    /// The numbers' epoch, in hexadecimal digits.
    pub epoch: String,
    /// The first record that is missing.
    pub first: u64,
    /// The first record that is there again; absent: all from the first on, and nobody knows how many.
    pub next: Option<u64>,
    /// How many there are, if that is known.
    pub records: Option<u64>,
    /// What the edge says about it; absent as long as nothing explains it.
    pub reason: Option<GapReason>,
    /// When the last records before it were made; absent if the hub does not know.
    pub from: Option<Time>,
    /// When the first records behind it were made; until they have come, when the edge told of the gap.
    pub until: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The edge's spool reached its size limit.
    SpoolFull,
    /// The edge's spool file was damaged and set aside.
    SpoolDamaged,
    /// The edge's spool file is gone.
    SpoolMissing,
    /// An old image of the edge's spool came back.
    RolledBack,
    /// The edge runs from memory; what is in its file comes only if that can be read again.
    LeftOnDisk,
    /// The edge had run from memory and went back to its file.
    LeftInMemory,
    /// The edge began anew and says that it never ran before.
    BeganAnew,
    /// A hub had confirmed them once, and the edge keeps them no longer.
    NotKept,
    /// The edge's storage failed, and its memory was full.
    StorageFailed,
    /// The records were older than the edge keeps what no hub has taken.
    TooOld,
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
            unproved: edge.unproved.map(|unproved| Unproved {
                since: Time(unproved.since_ms),
                reason: match unproved.why {
                    journal::NotCounted::UnknownSignatory => NotCounted::UnknownSignatory,
                    journal::NotCounted::Revoked => NotCounted::Revoked,
                    journal::NotCounted::Expired => NotCounted::Expired,
                },
            }),
            gaps: edge.lost.iter().map(Gap::of).collect(),
        }
    }
}

impl Gap {
    fn of(lost: &Lost) -> Self {
        Self {
            lane: lost.lane.into(),
            epoch: lost.epoch.to_string(),
            first: lost.first.0,
            next: lost.next.map(|next| next.0),
            records: lost.records(),
            reason: lost.reason.map(given_up).or_else(|| lost.with_epoch.and_then(lost_with_epoch)),
            from: lost.from_ms.map(Time),
            until: Time(lost.until_ms),
        }
    }
}

fn given_up(reason: wire::GapReason) -> GapReason {
    match reason {
        wire::GapReason::SpoolFull => GapReason::SpoolFull,
        wire::GapReason::SpoolDamaged => GapReason::SpoolDamaged,
        wire::GapReason::StorageFailed => GapReason::StorageFailed,
        wire::GapReason::TooOld => GapReason::TooOld,
        wire::GapReason::NotKept => GapReason::NotKept,
    }
}

fn lost_with_epoch(kind: journal::LossKind) -> Option<GapReason> {
    use journal::LossKind as Kind;
    Some(match kind {
        Kind::Damaged => GapReason::SpoolDamaged,
        Kind::Missing => GapReason::SpoolMissing,
        Kind::RolledBack => GapReason::RolledBack,
        Kind::StorageFailed => GapReason::LeftOnDisk,
        Kind::Returned => GapReason::LeftInMemory,
        Kind::FirstStart => GapReason::BeganAnew,
        Kind::Unsaid => return None,
    })
}
