//! From what a device says to the value of a point. Pure: what means nothing is no value, never a guess.

use wire::Value;

use super::meaning::{Meaning, Range};
use super::point::PointSpec;
use super::raw::Raw;
use super::scale::Scale;

/// Larger counts than that are not exact as `f64`.
const COUNT_MAX: f64 = 9_007_199_254_740_992.0;

/// Whether a value lies where a sound device measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounds {
    Inside,
    Outside,
}

impl PointSpec {
    /// `None`: the device says that it has no value, or says what the profile has no meaning for.
    pub fn value(&self, raw: Raw<'_>) -> Option<(Value, Bounds)> {
        if self.invalid.iter().any(|marker| marker.marks(raw)) {
            return None;
        }
        let certain = |value| Some((value, Bounds::Inside));
        match &self.meaning {
            Meaning::Flag { inverted, states: None } => certain(Value::Flag(raw.flag()? != *inverted)),
            Meaning::Flag { inverted, states: Some(states) } => {
                certain(Value::Flag((states.state(raw)? != 0) != *inverted))
            }
            Meaning::State(states) => certain(Value::Integer(states.state(raw)?)),
            Meaning::Count { scale, range } => {
                let count = scaled(raw, *scale)?.round();
                let exact = (0.0..=COUNT_MAX).contains(&count);
                exact.then(|| (Value::Integer(count as i64), bounds(count, *range)))
            }
            Meaning::Measure { scale, range } => {
                let number = scaled(raw, *scale)?;
                Some((Value::number(number)?, bounds(number, *range)))
            }
            Meaning::Text => certain(Value::text(&raw.word())),
        }
    }
}

fn scaled(raw: Raw<'_>, scale: Scale) -> Option<f64> {
    Some(scale.apply(raw.number()?))
}

fn bounds(number: f64, range: Option<Range>) -> Bounds {
    match range {
        Some(range) if !(range.min..=range.max).contains(&number) => Bounds::Outside,
        _ => Bounds::Inside,
    }
}
