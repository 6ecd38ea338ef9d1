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
    /// Nothing changed; this is how the point stands.
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

    /// An event in the lane of its kind. The arming of the part follows its panel at once.
    pub(super) fn event(&mut self, point: PointNo, lane: Lane, reading: Reading) {
        self.push(point, lane, What::Event, reading);
    }

    /// A snapshot is routine, whatever its kind.
    pub(super) fn snapshot(&mut self, point: PointNo, reading: Reading) {
        self.push(point, Lane::Routine, What::Snapshot, reading);
    }

    fn push(&mut self, point: PointNo, lane: Lane, what: What, reading: Reading) {
        let arming = self.arming.and_then(|arming| arming.derived(point, &reading));
        self.detected.push(Detected { point, lane, what, reading });
        if let Some((point, reading)) = arming {
            self.detected.push(Detected { point, lane, what, reading });
        }
    }
}
