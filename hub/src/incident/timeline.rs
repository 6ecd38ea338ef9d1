//! What happened to an incident, and who did it.

use minicbor::{Decode, Encode};
use wire::PersonId;

use super::Severity;
use crate::journal::Position;

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
    /// What would have excused it cannot come any more.
    #[n(6)]
    Settled,
    /// What excuses it came late: nothing was wrong.
    #[n(7)]
    Withdrawn,
}
