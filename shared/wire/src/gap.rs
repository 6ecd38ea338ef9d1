//! A gap says exactly which records an edge had to give up, so that a hub can tell an honest loss from a theft.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::digest::Digest;
use crate::id::{Epoch, Seq};
use crate::lane::Lane;
use crate::time::Stamp;

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Gap {
    #[n(0)]
    pub epoch: Epoch,
    #[n(1)]
    pub lane: Lane,
    /// The first record that is missing.
    #[n(2)]
    pub first: Seq,
    /// The first record that is there again.
    #[n(3)]
    pub next: Seq,
    /// The chain before the gap: hash of the last envelope that was kept, or the chain's origin.
    #[n(4)]
    pub before: Digest,
    /// The chain after the gap: hash of the last envelope that was given up.
    #[n(5)]
    pub after: Digest,
    #[n(6)]
    pub reason: GapReason,
    /// When the oldest and the newest of them were read; `None` if the edge does not know any more.
    #[n(7)]
    pub oldest: Option<Stamp>,
    #[n(8)]
    pub newest: Option<Stamp>,
}

impl Gap {
    /// How many records are missing.
    pub fn records(&self) -> u64 {
        self.next.0.saturating_sub(self.first.0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum GapReason {
    /// The spool reached its size limit.
    #[n(0)]
    SpoolFull,
    /// The spool file was damaged and set aside.
    #[n(1)]
    SpoolDamaged,
    /// The spool could not be written and records were kept in memory until that was full.
    #[n(2)]
    StorageFailed,
    /// The records were older than the edge keeps what no hub has taken.
    #[n(3)]
    TooOld,
    /// A hub confirmed them once, and they were not kept for another one.
    #[n(4)]
    NotKept,
}

impl fmt::Display for GapReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            GapReason::SpoolFull => "the spool was full",
            GapReason::SpoolDamaged => "the spool was damaged",
            GapReason::StorageFailed => "the storage failed",
            GapReason::TooOld => "the records were too old",
            GapReason::NotKept => "the records are no longer kept",
        })
    }
}
