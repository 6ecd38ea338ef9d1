//! How far the hub holds each edge: kept with the journal, in the same transaction as what it speaks of.

use minicbor::{Decode, Encode};
use wire::resume::Held;
use wire::{Digest, Epoch, Lane, Resume, Seq, Stamp};

/// How far the hub holds one edge.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct EdgeLanes {
    #[n(0)]
    pub epoch: Epoch,
    /// Urgent, then routine.
    #[n(1)]
    pub heads: [Option<Head>; 2],
    /// Epochs that the edge has left, latest last, and how far each was held. What a new epoch says of its origin is compared
    /// with them, and an edge may return to one if it goes on exactly where it was.
    #[n(2)]
    pub left: Vec<LeftEpoch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Head {
    /// The next record that is expected.
    #[n(0)]
    pub next: Seq,
    /// Hash of the last envelope.
    #[n(1)]
    pub digest: Digest,
    /// When it was sealed, by the edge's clocks. Hubs before this field did not note it.
    #[n(2)]
    pub stamp: Option<Stamp>,
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
        Self { epoch, heads: [None, None], left: Vec::new() }
    }

    /// What the hub tells this edge when it connects.
    pub fn resume(lanes: Option<&EdgeLanes>, hub_ms: i64) -> Resume {
        let held = |lane: Lane| {
            let head = lanes.and_then(|lanes| lanes.heads[lane.index()]);
            Held { next: head.map_or(Seq::FIRST, |head| head.next), head: head.map(|head| head.digest) }
        };
        Resume { epoch: lanes.map(|lanes| lanes.epoch), lanes: Lane::ALL.map(held), hub_ms }
    }

    /// What is held of an epoch that the edge has left.
    pub fn left_heads(&self, epoch: Epoch) -> Option<[Option<Head>; 2]> {
        self.left.iter().rev().find(|left| left.epoch == epoch).map(|left| left.heads)
    }

    /// The edge goes on in another epoch, new or returned to, which is held so far.
    pub fn enter(&mut self, epoch: Epoch, heads: [Option<Head>; 2]) {
        self.left.retain(|left| left.epoch != epoch);
        if self.left.len() == LEFT_EPOCHS_MAX {
            self.left.remove(0);
        }
        self.left.push(LeftEpoch { epoch: self.epoch, heads: self.heads });
        self.epoch = epoch;
        self.heads = heads;
    }
}
