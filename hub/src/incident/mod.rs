//! An incident: events that people handle as one matter. Two axes, as in ISA-18.2: whether the condition is active,
//! and whether a person has seen it.
//!
//! `lifecycle.rs` holds the one transition function; nothing else changes an incident.

mod evidence;
mod id;
pub mod lifecycle;
mod severity;
mod timeline;

use minicbor::{Decode, Encode};
use wire::PartId;

use crate::journal::Position;

pub use evidence::{Evidence, EvidenceOf, Origin};
pub use id::{IncidentId, IncidentIdError};
pub use severity::{Severity, UnknownSeverity};
pub use timeline::{Cause, Closing, Signature, Step, StepKind};

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
    /// It rests on that something did not come, and a slow connection may still bring it.
    #[n(21)]
    pub provisional: bool,
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
