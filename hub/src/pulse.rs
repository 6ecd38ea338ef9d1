//! Signs of life of the hub's two threads, for the service manager's watchdog.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the rounds of a thread's loop. Cheap to clone; it steers nothing.
#[derive(Clone, Debug, Default)]
pub struct Pulse(Arc<AtomicU64>);

impl Pulse {
    pub fn beat(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
