//! The sign of life that an edge sends every few seconds. It is not journaled; only changes of liveness are.

use minicbor::{Decode, Encode};

use crate::bounded;
use crate::id::{BootId, EdgeId, Epoch, Seq};
use crate::time::{ClockState, Stamp};

/// The longest software version that a heartbeat may name.
pub const SOFTWARE_BYTES_MAX: usize = 64;

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Heartbeat {
    #[n(0)]
    pub edge: EdgeId,
    #[n(1)]
    pub boot: BootId,
    #[n(2)]
    pub mono_ms: u64,
    #[n(3)]
    pub wall_ms: i64,
    #[n(4)]
    pub clock: ClockState,
    #[n(5)]
    pub epoch: Epoch,
    /// Urgent, then routine.
    #[n(6)]
    pub lanes: [LaneDepth; 2],
    #[n(7)]
    pub storage: Storage,
    /// Name and version of the software; texts over [`SOFTWARE_BYTES_MAX`] are refused.
    #[n(8)]
    #[cbor(decode_with = "decode_software")]
    pub software: Box<str>,
    /// The first bytes of the SHA-256 of the configuration in force.
    #[n(9)]
    pub config_hash: u64,
}

/// How much a lane still holds that the hub has not confirmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct LaneDepth {
    #[n(0)]
    pub next: Seq,
    #[n(1)]
    pub unconfirmed: u64,
    /// Age of the oldest unconfirmed record.
    #[n(2)]
    pub oldest_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Storage {
    #[n(0)]
    Durable,
    /// The spool cannot be written: records live in memory until the hub confirms them.
    #[n(1)]
    Memory,
}

impl Heartbeat {
    /// A heartbeat is small; a larger one is not ours.
    pub const BYTES_MAX: usize = 512;

    pub fn stamp(&self) -> Stamp {
        Stamp { boot: self.boot, mono_ms: self.mono_ms, wall_ms: self.wall_ms, clock: self.clock }
    }

    pub fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to memory cannot fail")
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, minicbor::decode::Error> {
        bounded::whole(bytes, Self::BYTES_MAX)
    }
}

fn decode_software<C>(d: &mut minicbor::Decoder<'_>, _: &mut C) -> Result<Box<str>, minicbor::decode::Error> {
    bounded::text(d, SOFTWARE_BYTES_MAX).map(Into::into)
}
