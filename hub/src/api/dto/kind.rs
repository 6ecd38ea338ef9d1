//! The catalogue of point kinds.

use serde::Serialize;
use utoipa::ToSchema;
use wire::ValueType;

use super::event::Lane;

/// What a point can mean.
#[derive(Debug, Serialize, ToSchema)]
pub struct Kind {
    #[schema(example = "door.contact")]
    pub name: &'static str,
    pub value: ValueForm,
    /// The names of the states; a state's number is its place in this list, from 0. Empty unless `value` is `state`.
    pub states: Vec<&'static str>,
    /// The unit of counts and measurements; empty if there is none.
    #[schema(example = "")]
    pub unit: &'static str,
    pub lane: Lane,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueForm {
    /// A boolean.
    Flag,
    /// A number that names a state.
    State,
    /// A whole number, not negative.
    Count,
    /// A number in the kind's unit.
    Measure,
    Text,
}

impl From<wire::Kind> for Kind {
    fn from(kind: wire::Kind) -> Self {
        let (value, states) = match kind.value_type() {
            ValueType::Flag => (ValueForm::Flag, Vec::new()),
            ValueType::State(states) => (ValueForm::State, states.to_vec()),
            ValueType::Count(_) => (ValueForm::Count, Vec::new()),
            ValueType::Measure(_) => (ValueForm::Measure, Vec::new()),
            ValueType::Text => (ValueForm::Text, Vec::new()),
        };
        Self { name: kind.name(), value, states, unit: kind.value_type().unit(), lane: kind.lane().into() }
    }
}
