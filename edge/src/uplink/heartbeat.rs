//! The sign of life. Pure.

use wire::heartbeat::{Health, LaneDepth};
use wire::{EdgeId, Heartbeat, Stamp};

use crate::spool::{LaneStatus, Status};

/// What does not change while the process lives.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub edge: EdgeId,
    /// Name and version of this software.
    pub software: Box<str>,
    /// Says which configuration is in force, with its profiles.
    pub config_hash: u64,
}

pub(super) fn heartbeat(
    identity: &Identity,
    status: &Status,
    health: Option<Health>,
    now: &Stamp,
) -> Heartbeat {
    let depth = |lane: &LaneStatus| LaneDepth {
        next: lane.next,
        unconfirmed: lane.unconfirmed,
        oldest_ms: lane.oldest_ms,
    };
    let of_spool = |health| Health {
        spool_bytes: Some(status.bytes),
        written_bytes: Some(status.written_bytes),
        ..health
    };
    Heartbeat {
        edge: identity.edge.clone(),
        boot: now.boot,
        mono_ms: now.mono_ms,
        wall_ms: now.wall_ms,
        clock: now.clock,
        epoch: status.epoch,
        lanes: status.lanes.each_ref().map(depth),
        storage: status.storage,
        software: identity.software.clone(),
        config_hash: identity.config_hash,
        health: health.map(of_spool),
    }
}
