//! From the numbers of a device to values of points. Pure. A reply that is too short, a number that means nothing and a
//! marker for "no value" are samples without a value, never a panic and never a guess.

use wire::{Marks, PointNo, Quality};

use super::plan::{Place, Plan, PointPlaces};
use super::reply::Reply;
use crate::field::profile::{Bounds, Encoding, PointSpec, Profile, Raw, Register};
use crate::field::sample::{Novelty, Sample};

/// Whether the device itself says that it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfTest {
    Passed,
    Failed,
}

impl SelfTest {
    /// That of a value for which nothing else speaks.
    pub(super) fn quality(self) -> Quality {
        match self {
            SelfTest::Passed => Quality::Good,
            SelfTest::Failed => Quality::Uncertain,
        }
    }
}

/// One sample per point, in the profile's order. The points of the device are numbered from `first`.
pub fn decode(
    profile: &Profile,
    plan: &Plan,
    replies: &[Reply],
    self_test: SelfTest,
    first: PointNo,
) -> Vec<Sample> {
    let sound = self_test.quality();
    let points = profile.points.iter().zip(plan.points());
    let sample = |(index, (spec, places)): (u16, (&PointSpec, &PointPlaces))| {
        let PointPlaces { value, sequence } = *places;
        let value = spec.source.register().and_then(|register| raw(register, replies, value));
        let value = value.and_then(|raw| spec.value(raw));
        let (value, quality) = match value {
            Some((value, Bounds::Inside)) => (Some(value), sound),
            Some((value, Bounds::Outside)) => (Some(value), Quality::Uncertain),
            None => (None, Quality::DeviceFailure),
        };
        let number = spec
            .sequence
            .zip(sequence)
            .and_then(|(source, place)| u64::try_from(raw(source, replies, place)?.whole()?).ok());
        let novelty = number.map_or(Novelty::Level, Novelty::Counted);
        Sample { point: PointNo(first.0.saturating_add(index)), value, quality, novelty, marks: Marks::NONE }
    };
    (0..).zip(points).map(sample).collect()
}

/// The number of the newest event of the device's ring.
pub fn newest(profile: &Profile, plan: &Plan, replies: &[Reply]) -> Option<u64> {
    let (ring, place) = profile.ring.as_ref().zip(plan.ring())?;
    u64::try_from(raw(ring.newest, replies, place)?.whole()?).ok()
}

/// The bare registers or the bit of a point, for people; `None` if the reply does not hold them.
pub fn bare(spec: &PointSpec, replies: &[Reply], place: Place) -> Option<String> {
    let encoding = spec.source.register()?.encoding;
    let reply = replies.get(place.request)?;
    if encoding == Encoding::Bit {
        return reply.bit(place.offset).map(|bit| u8::from(bit).to_string());
    }
    let words = reply.registers(place.offset, usize::from(encoding.width()))?;
    let hex: Vec<String> = words.iter().map(|word| format!("{word:04x}")).collect();
    Some(format!("0x{}", hex.join("_")))
}

/// What stands at a place in the replies; `None` if they do not reach that far.
fn raw(register: Register, replies: &[Reply], place: Place) -> Option<Raw<'static>> {
    let reply = replies.get(place.request)?;
    match register.encoding {
        Encoding::Bit => reply.bit(place.offset).map(Raw::Flag),
        encoding => register.raw(reply.registers(place.offset, usize::from(encoding.width()))?),
    }
}

#[cfg(test)]
mod tests;
