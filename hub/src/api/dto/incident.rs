//! An incident, in short and with its events and timeline.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Time;
use crate::incident::{self as stored, ArrivalMark, Incident as Stored, State as Stands};

/// Events that people handle as one matter.
#[derive(Debug, Serialize, ToSchema)]
pub struct Incident {
    /// 32 hexadecimal digits.
    #[schema(example = "0123456789abcdef0123456789abcdef")]
    pub id: String,
    #[schema(example = "R-01")]
    pub rule: String,
    /// The rule's name when the incident opened.
    #[schema(example = "Door forced")]
    pub title: String,
    /// One sentence for people.
    pub text: String,
    #[schema(example = "doc-room")]
    pub part: String,
    /// What it is about within the part: a device, an edge, an edge's lane.
    pub subject: String,
    pub severity: Severity,
    pub state: State,
    /// Whether the condition is there now. `state` joins it with whether a person has seen it.
    pub condition: Condition,
    /// Whether it stays until a person closes it.
    pub latched: bool,
    /// When the first event happened, as the hub reckons it.
    pub began: Time,
    /// When the hub opened it.
    pub opened: Time,
    /// How many times the condition became active.
    pub occurrences: u64,
    #[schema(required = true)]
    pub acknowledged: Option<Acknowledged>,
    #[schema(required = true)]
    pub closed: Option<Closed>,
    pub arrival: Arrival,
    /// It rests on that something did not come (a granted badge, say), and a slow connection may still bring it. Settled
    /// within a minute or so: then this is `false`, or the incident is withdrawn.
    pub provisional: bool,
    /// Clauses of regulations and standards that the rule rests on.
    pub clauses: Vec<String>,
    /// What a supervisor can do now.
    pub allowed: Vec<Action>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub enum Severity {
    /// Attack confirmed, or a leak in progress.
    P1,
    /// One strong sign of attack, or a measure missing while it is needed.
    P2,
    /// A fault or breach that weakens protection.
    P3,
    /// Housekeeping.
    P4,
}

impl From<stored::Severity> for Severity {
    fn from(severity: stored::Severity) -> Self {
        match severity {
            stored::Severity::P1 => Severity::P1,
            stored::Severity::P2 => Severity::P2,
            stored::Severity::P3 => Severity::P3,
            stored::Severity::P4 => Severity::P4,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
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

impl From<Stands> for State {
    fn from(state: Stands) -> Self {
        match state {
            Stands::Unacknowledged => State::Unacknowledged,
            Stands::Acknowledged => State::Acknowledged,
            Stands::ClearedUnacknowledged => State::ClearedUnacknowledged,
            Stands::Latched => State::Latched,
            Stands::Closed => State::Closed,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    Active,
    Cleared,
}

/// How the events reached the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Arrival {
    /// As they happened.
    Live,
    /// They had waited in the edge's spool.
    Late,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Acknowledge,
    Close,
}

/// What a supervisor can do in a state.
pub fn allowed(state: Stands) -> &'static [Action] {
    match state {
        Stands::Unacknowledged | Stands::ClearedUnacknowledged => &[Action::Acknowledge],
        Stands::Latched => &[Action::Close],
        Stands::Acknowledged | Stands::Closed => &[],
    }
}

/// A person has seen the incident.
#[derive(Debug, Serialize, ToSchema)]
pub struct Acknowledged {
    /// An opaque id, never a name.
    pub person: String,
    pub time: Time,
    #[schema(required = true)]
    pub note: Option<String>,
}

/// The incident is over.
#[derive(Debug, Serialize, ToSchema)]
pub struct Closed {
    pub time: Time,
    /// `null` if it ended by itself: the condition had gone and a person had seen it.
    #[schema(required = true)]
    pub person: Option<String>,
    #[schema(required = true)]
    pub cause: Option<Cause>,
    #[schema(required = true)]
    pub note: Option<String>,
}

/// What a person found behind an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    Attack,
    UserError,
    Equipment,
    Environment,
    Test,
    Unknown,
}

impl From<stored::Cause> for Cause {
    fn from(cause: stored::Cause) -> Self {
        match cause {
            stored::Cause::Attack => Cause::Attack,
            stored::Cause::UserError => Cause::UserError,
            stored::Cause::Equipment => Cause::Equipment,
            stored::Cause::Environment => Cause::Environment,
            stored::Cause::Test => Cause::Test,
            stored::Cause::Unknown => Cause::Unknown,
        }
    }
}

impl Incident {
    pub fn of(incident: &Stored) -> Self {
        let state = incident.state();
        Self {
            id: incident.id.to_string(),
            rule: incident.rule.clone(),
            title: incident.title.clone(),
            text: incident.text.clone(),
            part: incident.part.to_string(),
            subject: incident.subject.clone(),
            severity: incident.severity.into(),
            state: state.into(),
            condition: match incident.condition {
                stored::Condition::Active => Condition::Active,
                stored::Condition::Cleared => Condition::Cleared,
            },
            latched: incident.latched,
            began: Time(incident.began_ms),
            opened: Time(incident.opened_ms),
            occurrences: incident.occurrences,
            acknowledged: incident.acknowledged.as_ref().map(Acknowledged::of),
            closed: incident.closed.as_ref().map(Closed::of),
            arrival: match incident.arrival {
                ArrivalMark::Live => Arrival::Live,
                ArrivalMark::Late => Arrival::Late,
            },
            provisional: incident.provisional,
            clauses: incident.clauses.clone(),
            allowed: allowed(state).to_vec(),
        }
    }
}

impl Acknowledged {
    fn of(signature: &stored::Signature) -> Self {
        Self {
            person: signature.person.to_string(),
            time: Time(signature.at_ms),
            note: signature.note.clone(),
        }
    }
}

impl Closed {
    fn of(closing: &stored::Closing) -> Self {
        Self {
            time: Time(closing.at_ms),
            person: closing.by.as_ref().map(ToString::to_string),
            cause: closing.cause.map(Cause::from),
            note: closing.note.clone(),
        }
    }
}

impl From<Cause> for stored::Cause {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Attack => stored::Cause::Attack,
            Cause::UserError => stored::Cause::UserError,
            Cause::Equipment => stored::Cause::Equipment,
            Cause::Environment => stored::Cause::Environment,
            Cause::Test => stored::Cause::Test,
            Cause::Unknown => stored::Cause::Unknown,
        }
    }
}
