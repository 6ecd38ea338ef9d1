//! The latest heartbeat of each edge, for people to look at. It is not journaled and nothing is judged by it: after a start
//! of the hub it is empty for some seconds.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use wire::{EdgeId, Heartbeat};

/// A heartbeat with the hub's time of its arrival.
#[derive(Clone, Debug, PartialEq)]
pub struct Beat {
    pub heartbeat: Heartbeat,
    pub hub_ms: i64,
}

impl Beat {
    /// By how much the edge's wall clock was ahead of the hub's, with what the heartbeat's way took.
    pub fn clock_offset_ms(&self) -> i64 {
        self.heartbeat.wall_ms.saturating_sub(self.hub_ms)
    }
}

/// Cheap to clone. Only edges that the gate admits have a place here, so that it cannot grow beyond them.
#[derive(Clone, Debug, Default)]
pub struct Beats(Arc<RwLock<BTreeMap<EdgeId, Arc<Beat>>>>);

impl Beats {
    pub fn note(&self, heartbeat: Heartbeat, hub_ms: i64) {
        // Nothing can be half-done in a map whose values are exchanged whole.
        let mut beats = self.0.write().unwrap_or_else(PoisonError::into_inner);
        beats.insert(heartbeat.edge.clone(), Arc::new(Beat { heartbeat, hub_ms }));
    }

    pub fn of(&self, edge: &EdgeId) -> Option<Arc<Beat>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(edge).cloned()
    }
}
