//! A point and its value.

use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};
use wire::{Kind, Value};

use super::Time;
use crate::api::shown::{self, Belief};

/// The raw value: a flag is a boolean, a state its number, a count or measurement a number, a text a string.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Raw {
    Flag(bool),
    Integer(i64),
    Number(f64),
    Text(String),
}

impl PartialSchema for Raw {
    /// Any of these and not one of them: an integer is a number, too.
    fn schema() -> RefOr<Schema> {
        let any = [Type::Boolean, Type::Integer, Type::Number, Type::String];
        let schema = any.into_iter().fold(AnyOfBuilder::new(), |schema, of| {
            schema.item(ObjectBuilder::new().schema_type(SchemaType::Type(of)))
        });
        let description =
            "A flag is a boolean, a state its number, a count or measurement a number, a text a string.";
        schema.description(Some(description)).into()
    }
}

impl ToSchema for Raw {}

impl From<&Value> for Raw {
    fn from(value: &Value) -> Self {
        match value {
            Value::Flag(flag) => Raw::Flag(*flag),
            Value::Integer(integer) => Raw::Integer(*integer),
            Value::Number(number) => Raw::Number(*number),
            Value::Text(text) => Raw::Text(text.to_string()),
        }
    }
}

/// How far a value can be believed. Everything but `good`, `uncertain` and `simulated` must not be taken for the present state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    Good,
    /// Read, but something about it is doubtful.
    Uncertain,
    /// Not renewed for too long, or its edge is not live.
    Stale,
    /// The device said or showed that it cannot measure.
    DeviceFailure,
    /// The device could not be reached.
    CommFailure,
    /// Injected for a test or a drill.
    Simulated,
    /// Never reported.
    Unknown,
}

impl From<wire::Quality> for Quality {
    fn from(quality: wire::Quality) -> Self {
        match quality {
            wire::Quality::Good => Quality::Good,
            wire::Quality::Uncertain => Quality::Uncertain,
            wire::Quality::Stale => Quality::Stale,
            wire::Quality::DeviceFailure => Quality::DeviceFailure,
            wire::Quality::CommFailure => Quality::CommFailure,
            wire::Quality::Simulated => Quality::Simulated,
        }
    }
}

impl From<Belief> for Quality {
    fn from(belief: Belief) -> Self {
        match belief {
            Belief::Reported(quality) => quality.into(),
            Belief::EdgeNotLive => Quality::Stale,
            Belief::NeverHeard => Quality::Unknown,
        }
    }
}

/// What the edge's detectors say about a value beside its quality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// At or beyond the outer lower limit of its profile.
    LowLow,
    /// At or beyond the lower limit.
    Low,
    /// At or beyond the upper limit.
    High,
    /// At or beyond the outer upper limit.
    HighHigh,
    /// It moves faster than anything real does.
    Fast,
    /// It has not moved for longer than a sound sensor keeps still; its quality is `uncertain`.
    Stuck,
    /// A counter that only rises went back with this reading.
    RolledBack,
    /// Events before this one happened and were never seen: their counter says so.
    Missed,
    /// It came after its time.
    Late,
}

impl Mark {
    /// Those that this version knows.
    pub fn of(marks: wire::Marks) -> Vec<Mark> {
        const ALL: [(wire::Marks, Mark); wire::Marks::NAMED.len()] = [
            (wire::Marks::LOW_LOW, Mark::LowLow),
            (wire::Marks::LOW, Mark::Low),
            (wire::Marks::HIGH, Mark::High),
            (wire::Marks::HIGH_HIGH, Mark::HighHigh),
            (wire::Marks::FAST, Mark::Fast),
            (wire::Marks::STUCK, Mark::Stuck),
            (wire::Marks::ROLLED_BACK, Mark::RolledBack),
            (wire::Marks::MISSED, Mark::Missed),
            (wire::Marks::LATE, Mark::Late),
        ];
        ALL.into_iter().filter(|(mark, _)| marks.contains(*mark)).map(|(_, mark)| mark).collect()
    }
}

/// A point and what is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Point {
    /// `edge:device:point`.
    #[schema(example = "edge-doc:door-1:contact")]
    pub id: String,
    #[schema(example = "contact")]
    pub name: String,
    /// What it means; see `/api/v1/kinds`.
    #[schema(example = "door.contact")]
    pub kind: String,
    /// The latest value; kept when the quality turns bad. `null`: never reported.
    #[schema(required = true)]
    pub value: Option<Raw>,
    /// The value in words (`open`, `yes`, `21.5`).
    #[schema(required = true, example = "open")]
    pub text: Option<String>,
    /// The unit of the value (`V`, `°C`, `%`, `dBm` …); empty for flags, states and plain counts.
    #[schema(example = "")]
    pub unit: &'static str,
    pub quality: Quality,
    /// Empty for most values. Kept with a value whose quality turned bad, as far as they are still true of it.
    #[schema(example = json!(["high"]))]
    pub marks: Vec<Mark>,
    /// Milliseconds since `time`, by the hub's clock; never negative.
    #[schema(required = true, example = 1_200)]
    pub age_ms: Option<i64>,
    /// When it was read or turned bad, as the hub reckons it.
    #[schema(required = true)]
    pub time: Option<Time>,
}

impl Point {
    pub fn of(point: &shown::Point<'_>, now_ms: i64) -> Self {
        let kind = point.row.kind();
        Self {
            id: point.id.to_string(),
            name: point.row.point.to_string(),
            kind: point.row.kind.clone(),
            value: point.value.map(Raw::from),
            text: point.value.map(|value| shown::in_words(kind, value)),
            unit: unit(kind),
            quality: point.belief.into(),
            marks: Mark::of(point.marks),
            age_ms: point.event_ms.map(|event_ms| now_ms.saturating_sub(event_ms).max(0)),
            time: point.event_ms.map(Time),
        }
    }
}

/// The unit of a kind; none for a kind that this hub does not know.
pub fn unit(kind: Option<Kind>) -> &'static str {
    kind.map_or("", |kind| kind.value_type().unit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_shown_by_its_name() {
        for (mark, name) in wire::Marks::NAMED {
            let shown = serde_json::to_value(Mark::of(mark)).unwrap();
            assert_eq!(shown, serde_json::json!([name]));
        }
        let all = wire::Marks::NAMED.into_iter().fold(wire::Marks::NONE, |all, (mark, _)| all.with(mark));
        assert_eq!(Mark::of(all).len(), wire::Marks::NAMED.len());
    }
}
