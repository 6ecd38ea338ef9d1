//! Readings, and what of them travels.

use minicbor::{Decode, Encode};

use crate::marks::Marks;
use crate::quality::Quality;
use crate::table::PointNo;
use crate::time::Stamp;
use crate::value::Value;

/// The value of a point, how far it can be believed, and when it was read. `None` means that there never was a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub value: Option<Value>,
    pub quality: Quality,
    /// When the value was read, or when the quality became what it is. A bad quality keeps the time of its own beginning.
    pub stamp: Stamp,
    /// What the edge's detectors say about the value.
    pub marks: Marks,
}

/// A reading inside an envelope: the point by its number in the table that the envelope names, the time as a
/// distance from the envelope's base. Costs 9 to 20 bytes.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Observation {
    #[n(0)]
    pub point: PointNo,
    #[n(1)]
    pub value: Option<Value>,
    #[n(2)]
    pub quality: Quality,
    /// Milliseconds from the envelope's base to the reading, by the monotonic clock. May be negative.
    #[n(3)]
    pub offset_ms: i32,
    /// What the edge's detectors say about the value.
    #[n(4)]
    pub marks: Marks,
}
