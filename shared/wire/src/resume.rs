//! What the hub holds of an edge. It is sent on every connect, and it is the only truth about where to go on.

use minicbor::{Decode, Encode};

use crate::bounded;
use crate::digest::Digest;
use crate::id::{Epoch, Seq};

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Resume {
    /// The epoch the hub last accepted from this edge; `None` if it has never seen this edge.
    #[n(0)]
    pub epoch: Option<Epoch>,
    /// Urgent, then routine.
    #[n(1)]
    pub lanes: [Held; 2],
    /// The hub's clock, for edges that have none.
    #[n(2)]
    pub hub_ms: i64,
}

/// How far the hub holds a lane of that epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Held {
    /// The next record that the hub expects.
    #[n(0)]
    pub next: Seq,
    /// Hash of the last envelope that it holds; `None` if it holds none of this epoch. An edge whose own envelope before
    /// `next` has another hash lives in another history and opens a new epoch.
    #[n(1)]
    pub head: Option<Digest>,
}

impl Resume {
    /// A resume is small; a larger one is not ours.
    pub const BYTES_MAX: usize = 256;

    pub fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to memory cannot fail")
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, minicbor::decode::Error> {
        bounded::whole(bytes, Self::BYTES_MAX)
    }
}
