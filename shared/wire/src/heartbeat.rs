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
    /// Says which configuration is in force, with all that it draws on: the first bytes of a SHA-256.
    #[n(9)]
    pub config_hash: u64,
    /// `None` from an edge of an older version, or before it has looked.
    #[n(10)]
    pub health: Option<Health>,
}

/// How the machine under an edge is. What it cannot tell is absent; absent is never *well*.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Health {
    /// What the edge may still use of the file system of its spool.
    #[n(0)]
    pub disk_free_percent: Option<u8>,
    #[n(1)]
    pub disk_free_bytes: Option<u64>,
    /// The hottest zone of the machine, in tenths of a degree Celsius.
    #[n(2)]
    pub temperature_tenths: Option<i16>,
    /// Seconds of the epoch.
    #[n(3)]
    pub certificate_not_after_s: Option<i64>,
    /// What the spool's envelopes take.
    #[n(4)]
    pub spool_bytes: Option<u64>,
    /// What the spool wrote to its disk since it was opened.
    #[n(5)]
    pub written_bytes: Option<u64>,
    /// Since the process started; a reload of the configuration does not begin it anew.
    #[n(6)]
    pub uptime_s: Option<u64>,
    /// The place of the hub's address in use, in the configured order of preference, from 0.
    #[n(7)]
    pub hub: Option<u8>,
    /// How long the hub takes to confirm something small.
    #[n(8)]
    pub rtt_ms: Option<u32>,
    /// What the process occupies of the memory.
    #[n(9)]
    pub memory_bytes: Option<u64>,
    #[n(10)]
    pub open_files: Option<u32>,
    /// Whether the coils of all local annunciators stand as they should; `None` where there are none.
    #[n(11)]
    pub annunciators_well: Option<bool>,
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
