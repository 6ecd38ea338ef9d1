//! What the value of a metric is, by the type that its birth gave it.

use super::payload::Held;
use crate::field::profile::Raw;

/// `None`: the metric is null, or nothing that a point can have.
pub(in crate::field::message) fn raw(held: Option<Held<'_>>, datatype: Option<u32>) -> Option<Raw<'_>> {
    Some(match held? {
        Held::Boolean(flag) => Raw::Flag(flag),
        Held::Text(text) => Raw::Text(text),
        // A device that has no number to show shows NaN, of which a profile makes no value.
        Held::Float(number) => Raw::Number(f64::from(number)),
        Held::Double(number) => Raw::Number(number),
        Held::Int(bits) => Raw::Whole(match datatype {
            // Signed numbers stand there as their two's complement.
            Some(1) => i64::from(bits as u8 as i8),
            Some(2) => i64::from(bits as u16 as i16),
            Some(3) => i64::from(bits.cast_signed()),
            _ => i64::from(bits),
        }),
        Held::Long(bits) => match datatype {
            Some(4) => Raw::Whole(bits.cast_signed()),
            _ => i64::try_from(bits).map_or(Raw::Number(bits as f64), Raw::Whole),
        },
        Held::Other => return None,
    })
}
