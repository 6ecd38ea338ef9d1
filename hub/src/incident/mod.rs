//! An incident: events that people handle as one matter. Two axes, as in ISA-18.2: whether the condition is active,
//! and whether a person has seen it.
//!
//! `lifecycle.rs` holds the one transition function; nothing else changes an incident.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use wire::{EdgeId, Epoch, Lane, PartId, PersonId, PointId, Seq, Value};

use crate::journal::Position;

pub mod lifecycle;

/// How grave. P1: attack confirmed or leak in progress. P2: one strong sign of attack, or a measure missing while it is
/// needed. P3: a fault or breach that weakens protection. P4: housekeeping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Severity {
    #[n(1)]
    P1,
    #[n(2)]
    P2,
    #[n(3)]
    P3,
    #[n(4)]
    P4,
}

impl Severity {
    pub const ALL: [Severity; 4] = [Severity::P1, Severity::P2, Severity::P3, Severity::P4];

    pub fn name(self) -> &'static str {
        match self {
            Severity::P1 => "P1",
            Severity::P2 => "P2",
            Severity::P3 => "P3",
            Severity::P4 => "P4",
        }
    }

    /// Whether `self` is graver than `other`.
    pub fn graver_than(self, other: Severity) -> bool {
        (self as u8) < (other as u8)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a severity: use P1, P2, P3 or P4")]
pub struct UnknownSeverity(String);

impl FromStr for Severity {
    type Err = UnknownSeverity;
    fn from_str(text: &str) -> Result<Self, UnknownSeverity> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.name() == text)
            .ok_or_else(|| UnknownSeverity(text.to_owned()))
    }
}

/// Hash of (rule, key, first record): the same journal gives the same id, on every replay.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct IncidentId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IncidentId({self})")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an incident id has 32 hexadecimal digits")]
pub struct IncidentIdError;

impl FromStr for IncidentId {
    type Err = IncidentIdError;
    fn from_str(text: &str) -> Result<Self, IncidentIdError> {
        if text.len() != 32 || !text.is_ascii() {
            return Err(IncidentIdError);
        }
        let mut id = [0; 16];
        for (byte, digits) in id.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| IncidentIdError)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| IncidentIdError)?;
        }
        Ok(Self(id))
    }
}

/// Where an incident's evidence lies: the record of an edge, or an entry that the hub itself made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Origin {
    #[n(0)]
    Record {
        #[n(0)]
        edge: EdgeId,
        #[n(1)]
        epoch: Epoch,
        #[n(2)]
        lane: Lane,
        #[n(3)]
        seq: Seq,
    },
    #[n(1)]
    Hub {
        #[n(0)]
        position: Position,
    },
}

/// One event that belongs to an incident, kept with the incident so that it outlives the journal's retention.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Evidence {
    #[n(0)]
    pub origin: Origin,
    #[n(1)]
    pub position: Position,
    /// When it happened, as the hub reckons it.
    #[n(2)]
    pub event_ms: i64,
    /// When the hub journaled it.
    #[n(3)]
    pub hub_ms: i64,
    #[n(4)]
    pub what: EvidenceOf,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum EvidenceOf {
    #[n(0)]
    Point {
        #[n(0)]
        #[cbor(with = "point_id")]
        point: PointId,
        #[n(1)]
        value: Option<Value>,
    },
    /// Silence, a gap, a fork: in words.
    #[n(1)]
    Finding {
        #[n(0)]
        text: String,
    },
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Incident {
    #[n(0)]
    pub id: IncidentId,
    /// `R-01` …
    #[n(1)]
    pub rule: String,
    /// The rule's name, as it was when the incident opened.
    #[n(2)]
    pub title: String,
    /// One sentence for people.
    #[n(3)]
    pub text: String,
    #[n(4)]
    pub part: PartId,
    /// What it is about within the part: a device, an edge, an edge's lane.
    #[n(5)]
    pub subject: String,
    #[n(6)]
    pub severity: Severity,
    #[n(7)]
    pub condition: Condition,
    #[n(8)]
    pub acknowledged: Option<Signature>,
    #[n(9)]
    pub latched: bool,
    #[n(10)]
    pub closed: Option<Closing>,
    /// When the first event happened, as the hub reckons it.
    #[n(11)]
    pub began_ms: i64,
    /// When the hub opened the incident.
    #[n(12)]
    pub opened_ms: i64,
    #[n(13)]
    pub opened_at: Position,
    /// How many times the condition became active.
    #[n(14)]
    pub occurrences: u64,
    /// The first and the latest events.
    #[n(15)]
    pub evidence: Vec<Evidence>,
    /// Events that belong here and are not listed, because the list has a limit.
    #[n(16)]
    pub evidence_omitted: u64,
    #[n(17)]
    pub timeline: Vec<Step>,
    /// Steps that left the list because it has a limit.
    #[n(18)]
    pub timeline_omitted: u64,
    /// How the events reached the hub.
    #[n(19)]
    pub arrival: ArrivalMark,
    /// Clauses of the seed and standards, from the rule.
    #[n(20)]
    pub clauses: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Condition {
    #[n(0)]
    Active,
    #[n(1)]
    Cleared,
}

/// Whether the events came as they happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum ArrivalMark {
    #[n(0)]
    Live,
    /// They had waited in the edge's spool.
    #[n(1)]
    Late,
}

/// A person's mark under something.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Signature {
    #[n(0)]
    pub person: PersonId,
    #[n(1)]
    pub at_ms: i64,
    #[n(2)]
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Closing {
    #[n(0)]
    pub at_ms: i64,
    /// `None` if the incident ended by itself: the condition had gone and a person had seen it.
    #[n(1)]
    pub by: Option<PersonId>,
    #[n(2)]
    pub cause: Option<Cause>,
    #[n(3)]
    pub note: Option<String>,
}

/// What a person found behind an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Cause {
    #[n(0)]
    Attack,
    #[n(1)]
    UserError,
    #[n(2)]
    Equipment,
    #[n(3)]
    Environment,
    #[n(4)]
    Test,
    #[n(5)]
    Unknown,
}

impl Cause {
    pub const ALL: [Cause; 6] =
        [Cause::Attack, Cause::UserError, Cause::Equipment, Cause::Environment, Cause::Test, Cause::Unknown];

    pub fn name(self) -> &'static str {
        match self {
            Cause::Attack => "attack",
            Cause::UserError => "user_error",
            Cause::Equipment => "equipment",
            Cause::Environment => "environment",
            Cause::Test => "test",
            Cause::Unknown => "unknown",
        }
    }
}

/// One line of an incident's timeline.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Step {
    #[n(0)]
    pub at_ms: i64,
    #[n(1)]
    pub position: Position,
    #[n(2)]
    pub what: StepKind,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum StepKind {
    #[n(0)]
    Opened(#[n(0)] Severity),
    /// The condition became active again.
    #[n(1)]
    Reactivated,
    #[n(2)]
    SeverityRaised(#[n(0)] Severity),
    #[n(3)]
    ConditionCleared,
    #[n(4)]
    Acknowledged(#[n(0)] PersonId),
    #[n(5)]
    Closed(#[n(0)] Option<PersonId>),
}

/// The state of an incident in one word, for lists and filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Active, and nobody has seen it.
    Unacknowledged,
    /// Active, and somebody has seen it.
    Acknowledged,
    /// The condition has gone, and nobody has seen it.
    ClearedUnacknowledged,
    /// The condition has gone and somebody has seen it; a person must close it.
    Latched,
    Closed,
}

impl State {
    pub const ALL: [State; 5] = [
        State::Unacknowledged,
        State::Acknowledged,
        State::ClearedUnacknowledged,
        State::Latched,
        State::Closed,
    ];

    pub fn name(self) -> &'static str {
        match self {
            State::Unacknowledged => "unacknowledged",
            State::Acknowledged => "acknowledged",
            State::ClearedUnacknowledged => "cleared_unacknowledged",
            State::Latched => "latched",
            State::Closed => "closed",
        }
    }
}

impl Incident {
    /// The first events tell how it began, the latest how it stands; between them only the number is kept.
    pub const EVIDENCE_FIRST: usize = 16;
    pub const EVIDENCE_LATEST: usize = 16;
    pub const TIMELINE_MAX: usize = 128;
    pub const NOTE_BYTES_MAX: usize = 2_000;

    pub fn state(&self) -> State {
        match (&self.closed, self.condition, &self.acknowledged) {
            (Some(_), _, _) => State::Closed,
            (None, Condition::Active, None) => State::Unacknowledged,
            (None, Condition::Active, Some(_)) => State::Acknowledged,
            (None, Condition::Cleared, None) => State::ClearedUnacknowledged,
            (None, Condition::Cleared, Some(_)) => State::Latched,
        }
    }

    pub fn is_open(&self) -> bool {
        self.closed.is_none()
    }
}

/// How correlation judged a command.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Done(Box<Incident>),
    Refused(lifecycle::Refused),
    /// No open incident has this id.
    NotOpen,
}

mod point_id {
    //! A point id is stored as its text.

    use minicbor::decode::{Decoder, Error as DecodeError};
    use minicbor::encode::{Encoder, Error as EncodeError, Write};
    use wire::PointId;

    pub(super) fn encode<C, W: Write>(
        id: &PointId,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.str(&id.to_string())?.ok()
    }

    pub(super) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<PointId, DecodeError> {
        d.str()?.parse().map_err(DecodeError::custom)
    }
}
