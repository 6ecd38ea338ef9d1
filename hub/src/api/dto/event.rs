//! An event as the journal holds it, resolved to names.

use serde::Serialize;
use utoipa::ToSchema;

use super::Time;
use super::point::{Mark, Quality, Raw, unit};
use crate::api::shown;
use crate::history::EventRow;

/// A detected change, or one value of a periodic snapshot.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    /// Where the journal holds it. Opaque.
    #[schema(example = "0-1234")]
    pub position: String,
    /// Its place within the envelope at that position.
    pub index: u32,
    /// When it happened, as the hub reckons it.
    pub time: Time,
    /// When the hub journaled it.
    pub received: Time,
    #[schema(example = "doc-room")]
    pub part: String,
    #[schema(example = "edge-doc")]
    pub edge: String,
    #[schema(example = "door-1")]
    pub device: String,
    pub lane: Lane,
    /// The edge's spool file (32 hexadecimal digits), inside which `seq` means something.
    pub epoch: String,
    pub seq: u64,
    /// Whether it repeats a known value so that the hub cannot drift.
    pub snapshot: bool,
    /// `edge:device:point`.
    #[schema(example = "edge-doc:door-1:contact")]
    pub point: String,
    #[schema(example = "door.contact")]
    pub kind: String,
    #[schema(required = true)]
    pub value: Option<Raw>,
    /// The value in words.
    #[schema(required = true, example = "open")]
    pub text: Option<String>,
    #[schema(example = "")]
    pub unit: &'static str,
    pub quality: Quality,
    /// Empty for most events. `rolled_back`, `missed` and `late` belong to this one event alone.
    #[schema(example = json!(["high"]))]
    pub marks: Vec<Mark>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    Urgent,
    Routine,
}

impl From<wire::Lane> for Lane {
    fn from(lane: wire::Lane) -> Self {
        match lane {
            wire::Lane::Urgent => Lane::Urgent,
            wire::Lane::Routine => Lane::Routine,
        }
    }
}

impl From<EventRow> for Event {
    fn from(row: EventRow) -> Self {
        let kind = wire::Kind::from_name(&row.kind);
        Self {
            position: row.position.to_string(),
            index: row.index,
            time: Time(row.event_ms),
            received: Time(row.hub_ms),
            part: row.part.to_string(),
            edge: row.edge.to_string(),
            device: row.point.device.to_string(),
            lane: row.lane.into(),
            epoch: row.epoch.to_string(),
            seq: row.seq.0,
            snapshot: row.snapshot,
            point: row.point.to_string(),
            kind: row.kind,
            text: row.value.as_ref().map(|value| shown::in_words(kind, value)),
            value: row.value.as_ref().map(Raw::from),
            unit: unit(kind),
            quality: row.quality.into(),
            marks: Mark::of(row.marks),
        }
    }
}
