//! What comes into the spool: a reading on its way into a lane.

use wire::{Lane, PointNo, Reading};

/// Whether something changed, or is told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Event,
    Snapshot,
}

/// One reading that has to reach the hub.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub lane: Lane,
    pub what: What,
    pub point: PointNo,
    pub reading: Reading,
}
