//! What the edge's detectors say about a value beside its quality: that it crossed a limit, moves too fast, or stands
//! still. A mark is a fact about the value; what follows from it is for the rules of the hub.

use std::fmt;

use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decode, Encode};

/// A small set. Bits that a reader does not know are kept, so that a newer edge never blocks an older hub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks(u16);

impl Marks {
    pub const NONE: Marks = Marks(0);
    /// At or beyond the outer lower limit.
    pub const LOW_LOW: Marks = Marks(1);
    /// At or beyond the lower limit.
    pub const LOW: Marks = Marks(1 << 1);
    pub const HIGH: Marks = Marks(1 << 2);
    pub const HIGH_HIGH: Marks = Marks(1 << 3);
    /// It moves faster than anything real does.
    pub const FAST: Marks = Marks(1 << 4);
    /// It has not moved at all for longer than a sound sensor keeps still.
    pub const STUCK: Marks = Marks(1 << 5);
    /// A counter that only rises went back.
    pub const ROLLED_BACK: Marks = Marks(1 << 6);
    /// Events before this one happened and were never seen: their counter says so.
    pub const MISSED: Marks = Marks(1 << 7);
    /// It was kept by its sender and came after its time.
    pub const LATE: Marks = Marks(1 << 8);

    /// Every mark with its name, in the order of the bits.
    pub const NAMED: [(Marks, &'static str); 9] = [
        (Marks::LOW_LOW, "low_low"),
        (Marks::LOW, "low"),
        (Marks::HIGH, "high"),
        (Marks::HIGH_HIGH, "high_high"),
        (Marks::FAST, "fast"),
        (Marks::STUCK, "stuck"),
        (Marks::ROLLED_BACK, "rolled_back"),
        (Marks::MISSED, "missed"),
        (Marks::LATE, "late"),
    ];

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub const fn with(self, more: Marks) -> Marks {
        Marks(self.0 | more.0)
    }

    pub fn without(self, fewer: Marks) -> Marks {
        Marks(self.0 & !fewer.0)
    }

    /// Whether all of `marks` are among these.
    pub fn contains(self, marks: Marks) -> bool {
        self.0 & marks.0 == marks.0
    }

    /// The names of the marks that this version knows.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMED.into_iter().filter(move |(mark, _)| self.contains(*mark)).map(|(_, name)| name)
    }
}

impl fmt::Display for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.names().enumerate() {
            write!(f, "{}{name}", if place == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// Without a mark nothing is written: most readings have none.
impl<C> Encode<C> for Marks {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.u16(self.0)?.ok()
    }

    fn is_nil(&self) -> bool {
        self.is_empty()
    }
}

impl<'b, C> Decode<'b, C> for Marks {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        d.u16().map(Marks)
    }

    fn nil() -> Option<Self> {
        Some(Marks::NONE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_a_set_with_names() {
        let marks = Marks::HIGH.with(Marks::FAST);
        assert!(marks.contains(Marks::HIGH) && !marks.contains(Marks::LOW));
        assert_eq!(marks.to_string(), "high, fast");
        assert_eq!(marks.without(Marks::HIGH), Marks::FAST);
        assert!(Marks::NONE.names().next().is_none());
    }

    #[test]
    fn bits_of_a_newer_version_are_kept() {
        let newer: Marks = minicbor::decode(&minicbor::to_vec(0x8004_u16).unwrap()).unwrap();
        assert!(newer.contains(Marks::HIGH));
        assert_eq!(minicbor::to_vec(newer).unwrap(), minicbor::to_vec(0x8004_u16).unwrap());
    }
}
