//! What a driver hands on: one scan per poll of a device, good or failed.

use gate::Confirm;
use wire::{PointNo, Quality, Stamp, Value};

use super::failure::ScanFailure;
use crate::spool::Bookmark;

/// The outcome of one poll.
#[derive(Debug)]
pub struct Scan {
    /// The device's place in `Site::devices`.
    pub device: usize,
    /// When the last reply of the poll was there, or when the poll failed.
    pub stamp: Stamp,
    /// Of a device that is asked: a sample for every point of its profile, or none at all. Of one that sends by itself:
    /// a sample for every point that it spoke of, in its order.
    pub outcome: Result<Vec<Sample>, ScanFailure>,
    /// For a device that sends by itself and waits to hear that it was heard.
    pub receipt: Option<Receipt>,
}

/// Who waits until what follows from a scan is durable.
#[derive(Debug)]
pub struct Receipt {
    /// How far the sender has come; durable together with what follows from the scan.
    pub bookmark: Option<Bookmark>,
    pub confirm: Confirm,
}

/// The value of one point as its device gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub point: PointNo,
    /// `None`: the device answered, and has no value.
    pub value: Option<Value>,
    pub quality: Quality,
    pub novelty: Novelty,
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
}
