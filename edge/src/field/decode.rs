//! From the numbers of a device to values of points. Pure. A reply that is too short, a number that means nothing and a
//! marker for "no value" are samples without a value, never a panic and never a guess.

use wire::{PointNo, Quality, Value};

use super::plan::{Place, Plan, PointPlaces};
use super::profile::{Encoding, Meaning, PointSpec, Profile, Range, Scale, WordOrder};
use super::reply::Reply;
use super::sample::{Novelty, Sample};

/// Whether the device itself says that it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfTest {
    Passed,
    Failed,
}

/// One sample per point, in the profile's order. The points of the device are numbered from `first`.
pub fn decode(
    profile: &Profile,
    plan: &Plan,
    replies: &[Reply],
    self_test: SelfTest,
    first: PointNo,
) -> Vec<Sample> {
    let sound = match self_test {
        SelfTest::Passed => Quality::Good,
        SelfTest::Failed => Quality::Uncertain,
    };
    let points = profile.points.iter().zip(plan.points());
    let sample = |(index, (spec, places)): (u16, (&PointSpec, &PointPlaces))| {
        let PointPlaces { value, sequence } = *places;
        let (value, quality) = match point_value(spec, replies, value) {
            Some((value, Bounds::Inside)) => (Some(value), sound),
            Some((value, Bounds::Outside)) => (Some(value), Quality::Uncertain),
            None => (None, Quality::DeviceFailure),
        };
        let number = spec.sequence.zip(sequence).and_then(|(source, place)| {
            let number = whole(source.encoding, replies, place)?;
            u64::try_from(number).ok()
        });
        let novelty = number.map_or(Novelty::Level, Novelty::Counted);
        Sample { point: PointNo(first.0.saturating_add(index)), value, quality, novelty }
    };
    (0..).zip(points).map(sample).collect()
}

/// Whether a value lies where a sound device measures.
#[derive(Clone, Copy)]
enum Bounds {
    Inside,
    Outside,
}

fn point_value(spec: &PointSpec, replies: &[Reply], place: Place) -> Option<(Value, Bounds)> {
    let raw = whole(spec.source.encoding, replies, place);
    if raw.is_some_and(|raw| spec.invalid.contains(&raw)) {
        return None;
    }
    match &spec.meaning {
        Meaning::Flag { inverted } => Some((Value::Flag((raw? != 0) != *inverted), Bounds::Inside)),
        Meaning::State(states) => Some((Value::Integer(states.state(raw?)?), Bounds::Inside)),
        Meaning::Count { scale, range } => {
            let count = scaled(spec, replies, place, *scale)?.round();
            // Larger counts than that are not exact as f64; no register holds one.
            let exact = (0.0..=9_007_199_254_740_992.0).contains(&count);
            exact.then(|| (Value::Integer(count as i64), bounds(count, *range)))
        }
        Meaning::Measure { scale, range } => {
            let number = scaled(spec, replies, place, *scale)?;
            Some((Value::number(number)?, bounds(number, *range)))
        }
    }
}

fn bounds(number: f64, range: Option<Range>) -> Bounds {
    match range {
        Some(range) if !(range.min..=range.max).contains(&number) => Bounds::Outside,
        _ => Bounds::Inside,
    }
}

/// A number in the unit of its kind.
fn scaled(spec: &PointSpec, replies: &[Reply], place: Place, scale: Scale) -> Option<f64> {
    let steps = match spec.source.encoding {
        Encoding::F32(order) => f64::from(f32::from_bits(pair(replies, place, order)?)),
        encoding => whole(encoding, replies, place)? as f64,
    };
    Some(scale.apply(steps))
}

/// A whole number as the device holds it; of a bit 0 or 1. A floating-point number is none.
fn whole(encoding: Encoding, replies: &[Reply], place: Place) -> Option<i64> {
    let word = || Some(replies.get(place.request)?.registers(place.offset, 1)?[0]);
    match encoding {
        Encoding::U16 => word().map(i64::from),
        Encoding::I16 => word().map(|word| i64::from(word.cast_signed())),
        Encoding::U32(order) => pair(replies, place, order).map(i64::from),
        Encoding::I32(order) => pair(replies, place, order).map(|pair| i64::from(pair.cast_signed())),
        Encoding::BitOf(bit) => word().map(|word| i64::from(word >> bit & 1)),
        Encoding::Bit => replies.get(place.request)?.bit(place.offset).map(i64::from),
        Encoding::F32(_) => None,
    }
}

fn pair(replies: &[Reply], place: Place, order: WordOrder) -> Option<u32> {
    let &[first, second] = replies.get(place.request)?.registers(place.offset, 2)? else {
        return None;
    };
    let (high, low) = match order {
        WordOrder::HighFirst => (first, second),
        WordOrder::LowFirst => (second, first),
    };
    Some(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests;
