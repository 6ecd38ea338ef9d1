//! How an incident changes: one pure transition function. What is not allowed is a value too, with the reason in words that
//! tell the person what to do.

use wire::PersonId;

use super::{
    ArrivalMark, Cause, Closing, Condition, Evidence, Incident, Severity, Signature, State, Step, StepKind,
};
use crate::journal::Position;

/// When and where in the journal the change comes from.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub position: Position,
    pub hub_ms: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The condition is active (again); `severity` is what the rule now demands.
    Occurred {
        evidence: Evidence,
        severity: Severity,
        arrival: ArrivalMark,
    },
    /// The rule demands a graver severity.
    Raise(Severity),
    ConditionCleared,
    /// A provisional finding stays: what would have excused it cannot come any more.
    Settle,
    /// What excuses it came after all.
    Withdraw,
    Acknowledge {
        person: PersonId,
        note: Option<String>,
    },
    Close {
        person: PersonId,
        cause: Cause,
        note: Option<String>,
    },
}

/// What a change did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Changed,
    /// Nothing: it was so already.
    Unchanged,
    Refused(Refused),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("the incident is closed; a closed incident does not change any more")]
    Closed,
    #[error(
        "the condition is still active: remove its cause on site first, or take the device or edge out of the configuration if it is gone for good, then close"
    )]
    StillActive,
    #[error("nobody has acknowledged the incident yet: acknowledge it first, then close")]
    NotAcknowledged,
    #[error("the incident was already acknowledged by {by}")]
    AlreadyAcknowledged { by: PersonId },
}

impl Incident {
    /// Applies one change. The caller decides nothing: whether a change is legal is decided here alone.
    pub fn apply(&mut self, change: Change, moment: Moment) -> Outcome {
        if self.closed.is_some() {
            return Outcome::Refused(Refused::Closed);
        }
        match change {
            Change::Occurred { evidence, severity, arrival } => {
                self.occur(evidence, severity, arrival, moment)
            }
            Change::Raise(severity) => self.raise(severity, moment),
            Change::ConditionCleared => self.clear(moment),
            Change::Settle => self.settle(moment),
            Change::Withdraw => self.withdraw(moment),
            Change::Acknowledge { person, note } => self.acknowledge(person, note, moment),
            Change::Close { person, cause, note } => self.close(person, cause, note, moment),
        }
    }

    fn occur(
        &mut self,
        evidence: Evidence,
        severity: Severity,
        arrival: ArrivalMark,
        moment: Moment,
    ) -> Outcome {
        self.add_evidence(evidence);
        if arrival == ArrivalMark::Live {
            self.arrival = ArrivalMark::Live;
        }
        if self.condition == Condition::Cleared {
            // It happened again after it had gone: what a person has seen is not this.
            self.condition = Condition::Active;
            self.acknowledged = None;
            self.occurrences += 1;
            self.step(StepKind::Reactivated, moment);
        }
        self.raise(severity, moment);
        Outcome::Changed
    }

    fn raise(&mut self, severity: Severity, moment: Moment) -> Outcome {
        if !severity.graver_than(self.severity) {
            return Outcome::Unchanged;
        }
        self.severity = severity;
        self.step(StepKind::SeverityRaised(severity), moment);
        Outcome::Changed
    }

    fn clear(&mut self, moment: Moment) -> Outcome {
        if self.condition == Condition::Cleared {
            return Outcome::Unchanged;
        }
        self.condition = Condition::Cleared;
        self.step(StepKind::ConditionCleared, moment);
        self.end_by_itself(moment);
        Outcome::Changed
    }

    fn settle(&mut self, moment: Moment) -> Outcome {
        if !self.provisional {
            return Outcome::Unchanged;
        }
        self.provisional = false;
        self.step(StepKind::Settled, moment);
        Outcome::Changed
    }

    /// An incident that other events have joined stands without the one that was excused.
    fn withdraw(&mut self, moment: Moment) -> Outcome {
        if !self.provisional || self.evidence.len() > 1 {
            return self.settle(moment);
        }
        self.provisional = false;
        self.latched = false;
        self.step(StepKind::Withdrawn, moment);
        self.clear(moment);
        self.end_by_itself(moment);
        Outcome::Changed
    }

    fn acknowledge(&mut self, person: PersonId, note: Option<String>, moment: Moment) -> Outcome {
        if let Some(seen) = &self.acknowledged {
            return Outcome::Refused(Refused::AlreadyAcknowledged { by: seen.person.clone() });
        }
        self.acknowledged = Some(Signature { person: person.clone(), at_ms: moment.hub_ms, note });
        self.step(StepKind::Acknowledged(person), moment);
        self.end_by_itself(moment);
        Outcome::Changed
    }

    /// ISA-18.2: what is not latched returns to normal when the condition has gone and a person has seen it.
    fn end_by_itself(&mut self, moment: Moment) {
        if !self.latched && self.state() == State::Latched {
            self.closed = Some(Closing { at_ms: moment.hub_ms, by: None, cause: None, note: None });
            self.step(StepKind::Closed(None), moment);
        }
    }

    fn close(&mut self, person: PersonId, cause: Cause, note: Option<String>, moment: Moment) -> Outcome {
        if self.condition == Condition::Active {
            return Outcome::Refused(Refused::StillActive);
        }
        if self.acknowledged.is_none() {
            return Outcome::Refused(Refused::NotAcknowledged);
        }
        self.closed =
            Some(Closing { at_ms: moment.hub_ms, by: Some(person.clone()), cause: Some(cause), note });
        self.step(StepKind::Closed(Some(person)), moment);
        Outcome::Changed
    }

    fn add_evidence(&mut self, evidence: Evidence) {
        if self.evidence.len() == Self::EVIDENCE_FIRST + Self::EVIDENCE_LATEST {
            self.evidence.remove(Self::EVIDENCE_FIRST);
            self.evidence_omitted += 1;
        }
        self.evidence.push(evidence);
    }

    fn step(&mut self, what: StepKind, moment: Moment) {
        if self.timeline.len() == Self::TIMELINE_MAX {
            // How it began stays; the oldest of the rest leaves.
            self.timeline.remove(1);
            self.timeline_omitted += 1;
        }
        self.timeline.push(Step { at_ms: moment.hub_ms, position: moment.position, what });
    }
}
