//! What the detectors found, in the order in which it is to be sent. Pure.

use wire::{Lane, PointNo, Reading};

use super::arming::Arming;

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

/// Gathers what is found during one call.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    pub(super) detected: Vec<Detected>,
    /// Values that came and went between two polls: the device counted them and nobody saw them.
    pub(super) missed: u64,
    arming: Option<Arming>,
}

impl Outbox {
    pub(super) fn new(arming: Option<Arming>) -> Self {
        Self { arming, ..Self::default() }
    }

    /// A snapshot that only repeats is routine, whatever its kind.
    pub(super) fn repeat(&mut self, point: PointNo, reading: Reading) {
        self.tell(point, Lane::Routine, What::Snapshot, reading);
    }

    /// News, in the lane of its kind. That is also the lane of a snapshot that tells how a point was found: what has gone
    /// wrong while nobody looked is as urgent as what goes wrong now. The arming of the part follows its panel at once.
    pub(super) fn tell(&mut self, point: PointNo, lane: Lane, what: What, reading: Reading) {
        let arming = self.arming.and_then(|arming| arming.derived(point, &reading));
        self.detected.push(Detected { point, lane, what, reading });
        if let Some((point, reading)) = arming {
            self.detected.push(Detected { point, lane, what, reading });
        }
    }
}
