//! What the journal holds: everything that can change the judgement of the hub, and nothing that cannot.

use bytes::Bytes;
use minicbor::{Decode, Encode};
use wire::{BootId, ClockState, Digest, EdgeId, Epoch, Lane, PersonId, Seq};

use crate::incident::{Cause, IncidentId};

/// One entry, with the hub's time. Hub time never runs backwards inside the journal.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Entry {
    #[n(0)]
    pub hub_ms: i64,
    #[n(1)]
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Body {
    /// A sealed envelope, as it came.
    #[n(0)]
    Envelope(#[cbor(n(0), with = "shared_bytes")] Bytes),
    /// An envelope began later than expected: these records are missing.
    #[n(1)]
    Missing(#[n(0)] Missing),
    /// Evidence contradicts itself.
    #[n(2)]
    Fork(#[n(0)] Fork),
    /// What was refused, kept for people to look at.
    #[n(3)]
    Quarantined(#[n(0)] Quarantined),
    #[n(4)]
    Liveness(#[n(0)] Liveness),
    #[n(5)]
    Command(#[n(0)] Command),
    /// Nothing but time has passed. Journaled when a timer is due and nothing else came.
    #[n(6)]
    Tick,
    /// These rules and this binding of edges to parts hold from here on.
    #[n(7)]
    Activated(#[n(0)] Activated),
    /// A hub process began: all liveness is unknown.
    #[n(8)]
    HubStarted,
    /// An edge's signature under its chains fits what the hub holds.
    #[n(9)]
    Proved(#[n(0)] Proved),
}

impl Body {
    /// What it takes in memory, roughly: for budgets.
    pub fn bytes(&self) -> usize {
        const SMALL: usize = 256;
        match self {
            // With its decoded form beside it.
            Body::Envelope(bytes) => 4 * SMALL + bytes.len(),
            Body::Quarantined(quarantined) => SMALL + quarantined.payload.len(),
            Body::Activated(activated) => SMALL + activated.pack.len(),
            _ => SMALL,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Missing {
    #[n(0)]
    pub edge: EdgeId,
    #[n(1)]
    pub lane: Lane,
    #[n(2)]
    pub epoch: Epoch,
    /// The first record that is missing.
    #[n(3)]
    pub first: Seq,
    /// The first that is there again.
    #[n(4)]
    pub next: Seq,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Fork {
    #[n(0)]
    pub edge: EdgeId,
    #[n(1)]
    pub lane: Lane,
    #[n(2)]
    pub epoch: Epoch,
    #[n(3)]
    pub seq: Seq,
    #[n(4)]
    pub how: ForkKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum ForkKind {
    /// A record number came a second time with another content.
    #[n(0)]
    AnotherContent,
    /// The envelope does not continue the chain that the hub holds.
    #[n(1)]
    BrokenChain,
    /// A new epoch continues an older state than the hub holds: an old disk image came back.
    #[n(2)]
    RolledBack,
    /// A checkpoint came from this edge that this edge did not sign.
    #[n(3)]
    ForgedCheckpoint,
    /// A checkpoint that this edge signed names another history than the hub holds.
    #[n(4)]
    ContradictingCheckpoint,
}

impl ForkKind {
    pub fn text(self) -> &'static str {
        match self {
            ForkKind::AnotherContent => "a record number came again with another content",
            ForkKind::BrokenChain => "an envelope does not continue the chain that the hub holds",
            ForkKind::ForgedCheckpoint => {
                "a checkpoint came that is not signed with this edge's certificate: somebody else wrote it, or changed it"
            }
            ForkKind::ContradictingCheckpoint => {
                "a checkpoint that the edge signed names other records than the hub holds: one of both was changed"
            }
            ForkKind::RolledBack => {
                "the edge began anew from an older state than the hub holds: an old disk image came back"
            }
        }
    }
}

/// How far an edge's records are proved: everything before these numbers is as the edge signed it.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Proved {
    #[n(0)]
    pub edge: EdgeId,
    #[n(1)]
    pub epoch: Epoch,
    /// Urgent, then routine.
    #[n(2)]
    pub next: [Seq; 2],
    /// When the edge signed, by its own clocks.
    #[n(3)]
    pub boot: BootId,
    #[n(4)]
    pub mono_ms: u64,
    #[n(5)]
    pub wall_ms: i64,
    #[n(6)]
    pub clock: ClockState,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Quarantined {
    #[n(0)]
    pub edge: EdgeId,
    #[n(1)]
    pub topic: String,
    #[n(2)]
    pub reason: String,
    #[n(3)]
    pub digest: Digest,
    /// The payload; empty where the edge's quota is used up.
    #[n(4)]
    #[cbor(with = "shared_bytes")]
    pub payload: Bytes,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Liveness {
    #[n(0)]
    pub edge: EdgeId,
    #[n(1)]
    pub state: LivenessState,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum LivenessState {
    /// A heartbeat came; it ties the edge's monotonic clock to the hub's.
    #[n(0)]
    Live {
        #[n(0)]
        boot: BootId,
        #[n(1)]
        mono_ms: u64,
    },
    /// No heartbeat for the reporting time.
    #[n(1)]
    Silent {
        /// Hub time of the last heartbeat, if this process saw one.
        #[n(0)]
        last_ms: Option<i64>,
    },
    /// Its connection ended. It is not silent yet, but what it has to say may be under way.
    #[n(2)]
    Detached,
}

/// What a person asks for. It is judged when correlation comes to it, and the answer is the same on every replay.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Command {
    #[n(0)]
    pub person: PersonId,
    #[n(1)]
    pub action: Action,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Action {
    #[n(0)]
    Acknowledge {
        #[n(0)]
        incident: IncidentId,
        #[n(1)]
        note: Option<String>,
    },
    #[n(1)]
    Close {
        #[n(0)]
        incident: IncidentId,
        #[n(1)]
        cause: Cause,
        #[n(2)]
        note: Option<String>,
    },
}

/// The rule pack as text and the parts with their edges. Kept whole, so that a replay needs nothing but the journal.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Activated {
    #[n(0)]
    pub pack: String,
    #[n(1)]
    pub parts: Vec<PartBinding>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct PartBinding {
    #[n(0)]
    pub part: wire::PartId,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub edges: Vec<EdgeId>,
}

mod shared_bytes {
    //! Byte strings that are shared, not copied, on their way from the socket to the disk.

    use bytes::Bytes;
    use minicbor::decode::{Decoder, Error as DecodeError};
    use minicbor::encode::{Encoder, Error as EncodeError, Write};

    pub(super) fn encode<C, W: Write>(
        bytes: &Bytes,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.bytes(bytes)?.ok()
    }

    pub(super) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Bytes, DecodeError> {
        d.bytes().map(Bytes::copy_from_slice)
    }
}
