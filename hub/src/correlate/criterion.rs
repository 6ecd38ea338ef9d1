//! What a rule wants of a reading. A value that cannot be believed satisfies no wish but the one for just that.

use wire::{Marks, Quality, Value};

use crate::situation::PointState;

/// How a point must stand.
#[derive(Clone, Debug, PartialEq)]
pub enum Criterion {
    OneOf(Vec<Value>),
    Above(f64),
    Below(f64),
    /// One of the edge's detectors says at least one of these.
    Marked(Vec<Marks>),
    /// Stale, failed, or its edge is silent: nothing is known of it now.
    Unusable,
}

/// What is told of a point.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    pub value: Option<&'a Value>,
    pub quality: Quality,
    pub marks: Marks,
}

impl<'a> From<&'a PointState> for Told<'a> {
    fn from(state: &'a PointState) -> Self {
        Self { value: state.value.as_ref(), quality: state.quality, marks: state.marks }
    }
}

impl Criterion {
    /// Whether it is so; `None` if this says nothing about it.
    pub fn judge(&self, told: Told<'_>) -> Option<bool> {
        if *self == Criterion::Unusable {
            return Some(!told.quality.is_usable());
        }
        let value = told.value.filter(|_| told.quality.is_usable())?;
        match self {
            Criterion::OneOf(values) => Some(values.contains(value)),
            Criterion::Above(limit) => number(value).map(|number| number > *limit),
            Criterion::Below(limit) => number(value).map(|number| number < *limit),
            Criterion::Marked(marks) => Some(marks.iter().any(|mark| told.marks.contains(*mark))),
            Criterion::Unusable => None,
        }
    }
}

/// A count or a measurement as a number to compare.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(integer) => Some(*integer as f64),
        Value::Number(number) => Some(*number),
        Value::Flag(_) | Value::Text(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(value: &Value, quality: Quality) -> Told<'_> {
        Told { value: Some(value), quality, marks: Marks::HIGH }
    }

    #[test]
    fn what_cannot_be_believed_satisfies_nothing_and_denies_nothing() {
        let value = Value::Integer(5);
        for criterion in [
            Criterion::OneOf(vec![value.clone()]),
            Criterion::Above(4.0),
            Criterion::Below(4.0),
            Criterion::Marked(vec![Marks::HIGH]),
        ] {
            for quality in [Quality::Stale, Quality::CommFailure, Quality::DeviceFailure] {
                assert_eq!(criterion.judge(told(&value, quality)), None, "{criterion:?}");
            }
            assert!(criterion.judge(told(&value, Quality::Good)).is_some());
        }
        assert_eq!(Criterion::Unusable.judge(told(&value, Quality::Stale)), Some(true));
        assert_eq!(Criterion::Unusable.judge(told(&value, Quality::Good)), Some(false));
    }

    #[test]
    fn limits_compare_counts_and_measurements_alike() {
        for value in [Value::Integer(1_799), Value::Number(1_799.5)] {
            assert_eq!(Criterion::Below(1_800.0).judge(told(&value, Quality::Good)), Some(true));
            assert_eq!(Criterion::Above(1_800.0).judge(told(&value, Quality::Good)), Some(false));
        }
        assert_eq!(Criterion::Below(1.0).judge(told(&Value::Flag(false), Quality::Good)), None);
    }
}
