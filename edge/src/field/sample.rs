//! What a driver hands on: one scan per poll of a device, good or failed.

use wire::{PointNo, Quality, Stamp, Value};

use super::failure::ScanFailure;

/// The outcome of one poll.
#[derive(Debug)]
pub struct Scan {
    /// The device's place in `Site::devices`.
    pub device: usize,
    /// When the last reply of the poll was there, or when the poll failed.
    pub stamp: Stamp,
    /// A sample for every point of the device's profile, or none at all.
    pub outcome: Result<Vec<Sample>, ScanFailure>,
}

/// The value of one point as its device gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub point: PointNo,
    /// `None`: the device answered, and has no value.
    pub value: Option<Value>,
    pub quality: Quality,
    /// The counter beside the value, for points that have one.
    pub sequence: Option<u64>,
}
