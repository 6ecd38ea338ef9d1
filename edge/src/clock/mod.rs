//! The edge's sense of time: what stamps, what follows a source, what the hub's clock said, and what jumped.
//!
//! ```text
//! machine ─ system ─ stamp ─► every stage
//!              └ source        │
//! hub ─ resume ─ tie ──────────┴─► health: how far off, and steps
//!            └─ hub_time ─ file ─► by which time a certificate is judged
//! ```
//!
//! Order never comes from wall time. A machine may begin in 1970 and be set right later: what happened keeps both clocks.

mod health;
mod hub_time;
mod source;
mod steps;
mod system;

use std::sync::Arc;

use wire::Stamp;

pub use health::{Health, Judge, OFF_MS};
pub use hub_time::HubTime;
pub use steps::{Step, Steps};
pub use system::system;

/// What every stage reads the time from. Tests bring their own.
pub type Clock = Arc<dyn Fn() -> Stamp + Send + Sync>;

/// 2026-11-01T00:00:00Z: this software did not exist before, so a clock that says so was never set.
const RELEASED_MS: i64 = 1_793_491_200_000;

/// What the hub's clock said at a moment of this edge's monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tie {
    pub mono_ms: u64,
    pub hub_ms: i64,
}

impl Tie {
    /// By how much the edge's wall clock is ahead of the hub's, the hub's being carried on by the monotonic clock.
    pub fn offset_ms(&self, now: &Stamp) -> i64 {
        let mono_ms = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
        let passed_ms = mono_ms(now.mono_ms).saturating_sub(mono_ms(self.mono_ms));
        now.wall_ms.saturating_sub(self.hub_ms.saturating_add(passed_ms))
    }
}
