//! How far a value can be believed. Stale or failed is never shown and never judged as normal.

use std::fmt;

use minicbor::{Decode, Encode};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Quality {
    #[n(0)]
    Good,
    /// Read, but something about it is doubtful (out of its range, self-test failed, …).
    #[n(1)]
    Uncertain,
    /// Not renewed for too long.
    #[n(2)]
    Stale,
    /// The device answered and said, or showed, that it cannot measure.
    #[n(3)]
    DeviceFailure,
    /// The device could not be reached, or a foreign reply came back.
    #[n(4)]
    CommFailure,
    /// Injected for a test or a drill.
    #[n(5)]
    Simulated,
}

impl Quality {
    /// Whether the value may be judged as the present state.
    pub fn is_usable(self) -> bool {
        matches!(self, Quality::Good | Quality::Uncertain | Quality::Simulated)
    }

    pub fn name(self) -> &'static str {
        match self {
            Quality::Good => "good",
            Quality::Uncertain => "uncertain",
            Quality::Stale => "stale",
            Quality::DeviceFailure => "device_failure",
            Quality::CommFailure => "comm_failure",
            Quality::Simulated => "simulated",
        }
    }
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
