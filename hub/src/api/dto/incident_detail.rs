//! The events and the timeline of an incident, as its own page needs them.

use serde::Serialize;
use utoipa::ToSchema;

use super::Time;
use super::event::Lane;
use super::incident::{Incident, Severity};
use super::point::{Raw, unit};
use crate::api::shown;
use crate::incident::{Evidence, EvidenceOf, Incident as Stored, Origin, Step, StepKind};
use crate::situation::PointRow;
use crate::store::PartRow;

/// An incident with its events and timeline.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentDetail {
    #[serde(flatten)]
    pub incident: Incident,
    /// The first and the latest events that belong to it.
    pub events: Vec<IncidentEvent>,
    /// Events between them that are counted and not listed.
    pub events_omitted: u64,
    pub timeline: Vec<TimelineStep>,
    /// Steps that left the timeline because it has a limit.
    pub timeline_omitted: u64,
}

/// An event that belongs to an incident. It is either about a point (`point`, `value`, …) or a finding (`finding`).
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentEvent {
    /// Where the journal holds it. Opaque.
    pub position: String,
    /// When it happened, as the hub reckons it.
    pub time: Time,
    /// When the hub journaled it.
    pub received: Time,
    /// The edge's record; `null` if the hub found it by itself.
    #[schema(required = true)]
    pub record: Option<RecordOrigin>,
    /// `edge:device:point`.
    #[schema(required = true, example = "edge-doc:door-1:contact")]
    pub point: Option<String>,
    /// The point's kind, if the hub still knows the point.
    #[schema(required = true, example = "door.contact")]
    pub kind: Option<String>,
    #[schema(required = true)]
    pub value: Option<Raw>,
    /// The value in words.
    #[schema(required = true, example = "open")]
    pub text: Option<String>,
    /// The unit of the value; empty if it has none.
    pub unit: &'static str,
    /// Silence, a gap, a fork: in words.
    #[schema(required = true)]
    pub finding: Option<String>,
}

/// Where in an edge's spool a record stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordOrigin {
    pub edge: String,
    pub lane: Lane,
    pub epoch: String,
    pub seq: u64,
}

/// One line of the timeline.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineStep {
    pub time: Time,
    pub position: String,
    pub what: StepName,
    /// The severity from here on, where the step sets it.
    #[schema(required = true)]
    pub severity: Option<Severity>,
    /// Who did it, where a person did.
    #[schema(required = true)]
    pub person: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    Opened,
    /// The condition became active again.
    Reactivated,
    SeverityRaised,
    ConditionCleared,
    Acknowledged,
    Closed,
    /// What would have excused it cannot come any more: it is no longer provisional.
    Settled,
    /// What excuses it came late: nothing was wrong.
    Withdrawn,
}

impl IncidentDetail {
    /// The part, if it is still known, tells what kinds the points are of.
    pub fn of(incident: &Stored, part: Option<&PartRow>) -> Self {
        Self {
            incident: Incident::of(incident),
            events: incident.evidence.iter().map(|evidence| IncidentEvent::of(evidence, part)).collect(),
            events_omitted: incident.evidence_omitted,
            timeline: incident.timeline.iter().map(TimelineStep::of).collect(),
            timeline_omitted: incident.timeline_omitted,
        }
    }
}

impl IncidentEvent {
    fn of(evidence: &Evidence, part: Option<&PartRow>) -> Self {
        let (point, value, finding) = match &evidence.what {
            EvidenceOf::Point { point, value } => (Some(point), value.as_ref(), None),
            EvidenceOf::Finding { text } => (None, None, Some(text.clone())),
        };
        let row = part.zip(point).and_then(|(part, point)| shown::point_row(part, point));
        let kind = row.and_then(PointRow::kind);
        let record = match &evidence.origin {
            Origin::Record { edge, epoch, lane, seq } => Some(RecordOrigin {
                edge: edge.to_string(),
                lane: (*lane).into(),
                epoch: epoch.to_string(),
                seq: seq.0,
            }),
            Origin::Hub { .. } => None,
        };
        Self {
            position: evidence.position.to_string(),
            time: Time(evidence.event_ms),
            received: Time(evidence.hub_ms),
            record,
            point: point.map(ToString::to_string),
            kind: row.map(|row| row.kind.clone()),
            value: value.map(Raw::from),
            text: value.map(|value| shown::in_words(kind, value)),
            unit: unit(kind),
            finding,
        }
    }
}

impl TimelineStep {
    fn of(step: &Step) -> Self {
        let (what, severity, person) = match &step.what {
            StepKind::Opened(severity) => (StepName::Opened, Some(*severity), None),
            StepKind::Reactivated => (StepName::Reactivated, None, None),
            StepKind::SeverityRaised(severity) => (StepName::SeverityRaised, Some(*severity), None),
            StepKind::ConditionCleared => (StepName::ConditionCleared, None, None),
            StepKind::Acknowledged(person) => (StepName::Acknowledged, None, Some(person)),
            StepKind::Closed(person) => (StepName::Closed, None, person.as_ref()),
            StepKind::Settled => (StepName::Settled, None, None),
            StepKind::Withdrawn => (StepName::Withdrawn, None, None),
        };
        Self {
            time: Time(step.at_ms),
            position: step.position.to_string(),
            what,
            severity: severity.map(Severity::from),
            person: person.map(ToString::to_string),
        }
    }
}
