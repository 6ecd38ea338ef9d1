//! How far the hub holds each edge: kept with the journal, in the same transaction as what it speaks of.

use minicbor::{Decode, Encode};
use wire::resume::Held;
use wire::{Digest, Epoch, Lane, Resume, Seq};

/// How far the hub holds one edge.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct EdgeLanes {
    #[n(0)]
    pub epoch: Epoch,
    /// Urgent, then routine.
    #[n(1)]
    pub heads: [Option<Head>; 2],
    /// The epoch before, and how far it was held: what a new epoch says of its origin is compared with it.
    #[n(2)]
    pub left: Option<LeftEpoch>,
    /// Epochs that the edge has left, latest last. None of them may come back.
    #[n(3)]
    pub left_earlier: Vec<Epoch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Head {
    /// The next record that is expected.
    #[n(0)]
    pub next: Seq,
    /// Hash of the last envelope.
    #[n(1)]
    pub digest: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LeftEpoch {
    #[n(0)]
    pub epoch: Epoch,
    #[n(1)]
    pub heads: [Option<Head>; 2],
}

/// Epochs end when a disk fails or an image is restored: an edge that leaves more than this in its life is itself a finding,
/// and what it loses is only that the oldest of them are no longer recognised.
const LEFT_EPOCHS_MAX: usize = 64;

impl EdgeLanes {
    pub fn new(epoch: Epoch) -> Self {
        Self { epoch, heads: [None, None], left: None, left_earlier: Vec::new() }
    }

    /// What the hub tells this edge when it connects.
    pub fn resume(lanes: Option<&EdgeLanes>, hub_ms: i64) -> Resume {
        let held = |lane: Lane| {
            let head = lanes.and_then(|lanes| lanes.heads[lane.index()]);
            Held { next: head.map_or(Seq::FIRST, |head| head.next), head: head.map(|head| head.digest) }
        };
        Resume { epoch: lanes.map(|lanes| lanes.epoch), lanes: Lane::ALL.map(held), hub_ms }
    }

    /// The edge has begun a new epoch.
    pub fn enter(&mut self, epoch: Epoch) {
        if let Some(left) = self.left.take() {
            self.left_earlier.push(left.epoch);
            if self.left_earlier.len() > LEFT_EPOCHS_MAX {
                self.left_earlier.remove(0);
            }
        }
        self.left = Some(LeftEpoch { epoch: self.epoch, heads: self.heads });
        self.epoch = epoch;
        self.heads = [None, None];
    }

    /// The edge goes on in the epoch before: it had run from memory and has its disk again.
    pub fn return_to_left(&mut self) {
        if let Some(left) = &mut self.left {
            std::mem::swap(&mut self.epoch, &mut left.epoch);
            std::mem::swap(&mut self.heads, &mut left.heads);
        }
    }

    pub fn has_left(&self, epoch: Epoch) -> bool {
        self.left.as_ref().is_some_and(|left| left.epoch == epoch) || self.left_earlier.contains(&epoch)
    }
}
