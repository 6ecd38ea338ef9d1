//! Time as an edge knows it. Order never comes from wall time: inside a boot it comes from `mono_ms`, between records of
//! a lane from the sequence number.

use minicbor::{Decode, Encode};

use crate::id::BootId;

/// How far an edge trusts its wall clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum ClockState {
    /// The clock stands before the build time of the software: it was never set.
    #[n(0)]
    Unset,
    /// The clock is plausible and nothing says that it follows a time source.
    #[n(1)]
    Free,
    /// A time source disciplines the clock.
    #[n(2)]
    Synchronised,
}

/// The moment of something on an edge: both clocks, and how far the wall clock is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Stamp {
    #[n(0)]
    pub boot: BootId,
    /// Milliseconds since that boot, suspended time included.
    #[n(1)]
    pub mono_ms: u64,
    /// Milliseconds since 1970-01-01T00:00:00Z by the edge's own clock.
    #[n(2)]
    pub wall_ms: i64,
    #[n(3)]
    pub clock: ClockState,
}
