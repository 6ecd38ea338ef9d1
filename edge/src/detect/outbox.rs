//! What the detectors found, in the order in which it is to be sent. Pure.

use wire::{Lane, PointNo, Reading};

use crate::bookmark::Bookmark;

/// A reading that travels.
#[derive(Clone, Debug, PartialEq)]
pub struct Detected {
    pub point: PointNo,
    pub lane: Lane,
    pub what: What,
    pub reading: Reading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Something changed.
    Event,
    /// Nothing is known to have changed; this is how the point stands.
    Snapshot,
}

/// What one call found.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "what is found and not kept is lost"]
pub struct Found {
    pub detected: Vec<Detected>,
    /// How far the devices have counted with it: durable together.
    pub bookmarks: Vec<Bookmark>,
}

impl Found {
    pub fn is_empty(&self) -> bool {
        self.detected.is_empty() && self.bookmarks.is_empty()
    }

    /// Takes what was found afterwards behind what is here.
    pub fn join(&mut self, later: Found) {
        self.detected.extend(later.detected);
        self.bookmarks.extend(later.bookmarks);
    }
}

/// Gathers what is found during one call.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    pub(super) found: Found,
    /// Values that came and went between two polls: the device counted them and nobody saw them.
    pub(super) missed: u64,
    /// Reports, or parts of them, that came after their time and said nothing new.
    pub(super) overtaken: u64,
}

impl Outbox {
    /// A snapshot that only repeats is routine, whatever its kind.
    pub(super) fn repeat(&mut self, point: PointNo, reading: Reading) {
        self.tell(point, Lane::Routine, What::Snapshot, reading);
    }

    /// News, in the lane of its kind. That is also the lane of a snapshot that tells how a point was found: what has gone
    /// wrong while nobody looked is as urgent as what goes wrong now.
    pub(super) fn tell(&mut self, point: PointNo, lane: Lane, what: What, reading: Reading) {
        self.found.detected.push(Detected { point, lane, what, reading });
    }
}
