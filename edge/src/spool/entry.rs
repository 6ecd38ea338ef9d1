//! What comes into the spool: readings on their way into a lane, and how far their sources have been read.

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

/// How far a source has been read, so that a restart neither misses what it still holds nor takes it twice. Kept by name;
/// a newer one replaces the older one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookmark {
    pub name: Box<str>,
    pub bytes: Box<[u8]>,
}
