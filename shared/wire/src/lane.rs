//! The two lanes. Urgent never waits behind routine: not in the spool, not on the wire, not in the hub.

use std::fmt;

use minicbor::{Decode, Encode};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Lane {
    /// Everything that can raise, excuse or grade a P1 or P2 incident.
    #[n(0)]
    Urgent,
    /// Measurements and housekeeping.
    #[n(1)]
    Routine,
}

impl Lane {
    /// Both, the one that goes first in front.
    pub const ALL: [Lane; 2] = [Lane::Urgent, Lane::Routine];

    pub fn other(self) -> Lane {
        match self {
            Lane::Urgent => Lane::Routine,
            Lane::Routine => Lane::Urgent,
        }
    }

    /// The lane's place in a pair such as `Resume::lanes`.
    pub fn index(self) -> usize {
        self as usize
    }

    pub fn name(self) -> &'static str {
        match self {
            Lane::Urgent => "urgent",
            Lane::Routine => "routine",
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
