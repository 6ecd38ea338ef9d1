//! An edge as the hub knows it.

use minicbor::{Decode, Encode};
use wire::{BootId, EdgeId, Epoch, Seq};

use super::Lost;
use crate::journal::NotCounted;

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct EdgeState {
    #[n(0)]
    pub edge: EdgeId,
    #[n(1)]
    pub part: wire::PartId,
    #[n(2)]
    pub liveness: LivenessView,
    /// Hub time at which the liveness became what it is.
    #[n(3)]
    pub since_ms: i64,
    /// Boots of this edge and the distance of their monotonic clock from hub time: `hub_ms = mono_ms + offset_ms`. The
    /// latest last; at most [`EdgeState::BOOTS_MAX`].
    #[n(4)]
    pub boots: Vec<BootClock>,
    /// Whether the hub's configuration names this edge. One that is not named is judged all the same.
    #[n(5)]
    pub registered: bool,
    #[n(6)]
    pub attachment: Attachment,
    /// The latest checkpoint that fits what the hub holds.
    #[n(7)]
    pub proved: Option<ProvedUntil>,
    /// Set while checkpoints come that do not count.
    #[n(8)]
    pub unproved: Option<UnprovedSince>,
    /// Records that the hub does not have, the latest last.
    #[n(9)]
    #[cbor(default)]
    pub lost: Vec<Lost>,
}

/// What the hub holds before these records, back to the latest hole in each lane, is as the edge signed it.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct ProvedUntil {
    /// When the edge signed, in hub time.
    #[n(0)]
    pub at_ms: i64,
    #[n(1)]
    pub epoch: Epoch,
    /// Urgent, then routine.
    #[n(2)]
    pub next: [Seq; 2],
}

/// Since when an edge's checkpoints do not count, in hub time, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct UnprovedSince {
    #[n(0)]
    pub since_ms: i64,
    #[n(1)]
    pub why: NotCounted,
}

/// Whether the edge's connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Attachment {
    #[n(0)]
    Detached,
    #[n(1)]
    Attached {
        /// Hub time of the first heartbeat over this connection.
        #[n(0)]
        since_ms: i64,
    },
}

impl EdgeState {
    pub const BOOTS_MAX: usize = 8;
    /// After a connection was made, what had waited for it needs so long to come.
    pub const SETTLE_MS: i64 = 2_000;

    /// Whether the absence of news is news: the connection stands and nothing is under way, or the edge is silent and
    /// nothing can be waited for.
    pub fn absence_counts(&self, hub_ms: i64) -> bool {
        match (self.liveness, self.attachment) {
            (LivenessView::Silent, _) => true,
            (_, Attachment::Attached { since_ms }) => hub_ms.saturating_sub(since_ms) >= Self::SETTLE_MS,
            (_, Attachment::Detached) => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BootClock {
    #[n(0)]
    pub boot: BootId,
    #[n(1)]
    pub offset_ms: i64,
}

/// The hub's judgement of an edge's sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum LivenessView {
    /// Not judged yet since the hub began.
    #[n(0)]
    Unknown,
    #[n(1)]
    Live,
    #[n(2)]
    Silent,
}

impl LivenessView {
    pub fn name(self) -> &'static str {
        match self {
            LivenessView::Unknown => "unknown",
            LivenessView::Live => "live",
            LivenessView::Silent => "silent",
        }
    }
}
