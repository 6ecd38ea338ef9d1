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
            age_ms: point.event_ms.map(|event_ms| now_ms.saturating_sub(event_ms).max(0)),
            time: point.event_ms.map(Time),
        }
    }
}

/// The unit of a kind; none for a kind that this hub does not know.
pub fn unit(kind: Option<Kind>) -> &'static str {
    kind.map_or("", |kind| kind.value_type().unit())
}
