//! What a driver hands on: one scan per poll of a device, good or failed.

use gate::Confirm;
use wire::{Marks, PointNo, Quality, Stamp, Value};

use super::modbus::failure::ScanFailure;
use crate::bookmark::Bookmark;

/// The outcome of one poll.
#[derive(Debug)]
pub struct Scan {
    /// The device's place in `Site::devices`.
    pub device: usize,
    /// When the first reply of the poll was there, so that no value seems newer than it is, or when the poll failed.
    pub stamp: Stamp,
    /// Of a device that is asked: a sample for every point of its profile, or none at all. Of one that sends by itself:
    /// a sample for every point that it spoke of, in its order, and for those that are kept by it.
    pub outcome: Result<Vec<Sample>, ScanFailure>,
    /// For a device that waits to hear that it was heard, or whose log was read on.
    pub receipt: Option<Receipt>,
}

impl Scan {
    /// Whether it is a message that came again, of which nothing follows. It is no sign of life either: who says for ever
    /// what he said before is as frozen as who says nothing.
    pub fn is_repetition(&self) -> bool {
        let is_empty = self.outcome.as_ref().is_ok_and(Vec::is_empty);
        is_empty && self.receipt.as_ref().is_some_and(|receipt| receipt.bookmark.is_none())
    }
}

/// What has to become durable together with what follows from a scan, and who waits until it is.
#[derive(Debug)]
pub struct Receipt {
    /// How far its source has been read.
    pub bookmark: Option<Bookmark>,
    /// Of a device that sends by itself. One that is asked waits for nothing.
    pub confirm: Option<Confirm>,
}

/// The value of one point as its device gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub point: PointNo,
    /// `None`: the device answered, and has no value; or it is kept.
    pub value: Option<Value>,
    pub quality: Quality,
    pub novelty: Novelty,
    /// What its driver knows of how it came: late, or behind others that nobody saw.
    pub marks: Marks,
}

/// What a sample says about when its value came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// It stands so; it is news only if it differs from what stood before.
    Level,
    /// The device counts its values: each new number is an event, even if the value is equal.
    Counted(u64),
    /// Its sender says that it happened, once: an event, even if the value is equal.
    Happened,
    /// Nothing was said of it, and its profile takes that for a sign that it stands as before.
    Kept,
}
