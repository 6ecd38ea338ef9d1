//! What the journal holds: everything that can change the judgement of the hub, and nothing that cannot.

use bytes::Bytes;
use minicbor::{Decode, Encode};
use wire::{BootId, ClockState, Digest, EdgeId, Epoch, Lane, PersonId, Seq, Stamp};

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
    /// An edge's checkpoints have begun to come with a certificate that does not count.
    #[n(10)]
    Unproved(#[n(0)] Unproved),
    /// An edge has left an epoch, and what the hub does not hold of that may never come.
    #[n(11)]
    Lost(#[n(0)] Loss),
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
    /// When the last envelope before them was sealed, and the first one behind them, by the edge's clocks.
    #[n(5)]
    pub before: Option<Stamp>,
    #[n(6)]
    pub after: Option<Stamp>,
}

/// What an edge held of an epoch when it left it is lost, as far as the hub had not confirmed it.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Loss {
    #[n(0)]
    pub edge: EdgeId,
    /// The epoch that was left; `None` if the hub never heard of it.
    #[n(1)]
    pub left: Option<Epoch>,
    /// The epoch in which the edge goes on.
    #[n(2)]
    pub goes_on: Epoch,
    /// Urgent, then routine.
    #[n(3)]
    pub lanes: [LostTail; 2],
    #[n(4)]
    pub kind: LossKind,
}

/// The end of a lane that the hub does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LostTail {
    /// The first record that the hub does not hold.
    #[n(0)]
    pub first: Seq,
    /// Where the edge says that the lane ended; `None`: nobody knows how many there were.
    #[n(1)]
    pub next: Option<Seq>,
    /// When the last envelope before them was sealed, by the edge's clocks.
    #[n(2)]
    pub before: Option<Stamp>,
}

/// How an edge came to leave an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum LossKind {
    #[n(0)]
    Damaged,
    #[n(1)]
    Missing,
    #[n(2)]
    RolledBack,
    /// The edge writes no file any more. What is in it comes if it can be read again.
    #[n(3)]
    StorageFailed,
    /// The edge has gone back to its file: what it held in memory is gone.
    #[n(4)]
    Returned,
    /// The edge says that it never ran before.
    #[n(5)]
    FirstStart,
    /// The edge does not say.
    #[n(6)]
    Unsaid,
}

impl LossKind {
    /// What became of the edge's spool.
    pub fn text(self) -> &'static str {
        match self {
            LossKind::Damaged => "its spool was damaged and set aside",
            LossKind::Missing => "its spool file is gone",
            LossKind::RolledBack => "an old image of its spool came back",
            LossKind::StorageFailed => "its storage failed and it runs from memory",
            LossKind::Returned => "it had run from memory and went back to its file",
            LossKind::FirstStart => "it says that it never ran before",
            LossKind::Unsaid => "it began anew without saying why",
        }
    }

    /// Whether a fork is found with it always, which is the graver finding.
    pub fn comes_with_a_fork(self) -> bool {
        matches!(self, LossKind::RolledBack | LossKind::FirstStart)
    }
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
    /// A new epoch continues another or an older state than the hub holds.
    #[n(2)]
    RolledBack,
    /// A checkpoint came from this edge that this edge did not sign.
    #[n(3)]
    ForgedCheckpoint,
    /// A checkpoint that this edge signed names another history than the hub holds.
    #[n(4)]
    ContradictingCheckpoint,
    /// A new epoch knows of nothing before it, although the hub holds records of the edge.
    #[n(5)]
    EmptySpool,
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
                "the edge went on from another or an older state than the hub holds: an old image of its disk, or another \
                 spool file, was put in place"
            }
            ForkKind::EmptySpool => {
                "the edge began with an empty spool although the hub holds records of it: its spool file was deleted, lost \
                 or exchanged, or another machine runs with this edge's certificate"
            }
        }
    }
}

/// How far an edge's records are proved: in each lane, what the hub holds before this number, back to the latest hole, is as
/// the edge signed it. What stands before a hole is proved by the checkpoints before the hole, or by none.
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

/// An edge's checkpoints come, each well signed, and prove nothing.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Unproved {
    #[n(0)]
    pub edge: EdgeId,
    #[n(1)]
    pub why: NotCounted,
}

/// Why a certificate's signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum NotCounted {
    /// None of the CAs that the gate trusts has issued it.
    #[n(0)]
    UnknownSignatory,
    #[n(1)]
    Revoked,
    /// It had run out when it signed.
    #[n(2)]
    Expired,
}

impl NotCounted {
    pub fn text(self) -> &'static str {
        match self {
            NotCounted::UnknownSignatory => {
                "they are signed with a certificate of an authority that this hub does not know"
            }
            NotCounted::Revoked => "they are signed with a certificate that was revoked",
            NotCounted::Expired => "they were signed with a certificate that had run out",
        }
    }

    /// What to do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            NotCounted::UnknownSignatory => {
                "give the edge a certificate of the present authority, or add the authority that issued its own to `gate.ca`"
            }
            NotCounted::Revoked | NotCounted::Expired => "issue a new certificate and put it on the edge",
        }
    }
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
