//! What a gate tells its consumer, over one bounded channel, so that the order per session holds.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::confirm::Confirm;
use crate::identity::{Peer, SessionId};

/// For one identity, `Disconnected` of an older session always comes before `Connected` of the next.
#[derive(Debug)]
pub enum Arrival {
    Connected {
        session: SessionId,
        peer: Arc<Peer>,
    },
    /// SUBACK is on its way and the filter is live: a command that is published now arrives behind it.
    Subscribed {
        session: SessionId,
        peer: Arc<Peer>,
        filter: String,
    },
    Published(Delivery),
    Disconnected {
        session: SessionId,
        peer: Arc<Peer>,
        /// The metric label of the end, in snake case.
        reason: &'static str,
    },
}

/// Who put a publish on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Sent,
    /// The gate, in the name of a client that went without DISCONNECT. It comes behind everything that its session
    /// handed over, before that session's `Disconnected`, and so before a newer session of the same identity begins.
    Will,
}

/// One publish, already allowed by the policy.
#[derive(Debug)]
pub struct Delivery {
    pub session: SessionId,
    pub peer: Arc<Peer>,
    pub topic: String,
    /// Shares the buffer it was read into. Whoever keeps it beyond the confirm should copy it.
    pub payload: Bytes,
    pub received: Instant,
    pub origin: Origin,
    pub confirm: Confirm,
}
