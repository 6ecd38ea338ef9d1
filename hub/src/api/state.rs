//! What handlers may reach. Cheap to clone.

use std::sync::Arc;

use runtime::shutdown::Shutdown;
use runtime::telemetry::Metrics;
use tokio::sync::Semaphore;

use super::doorkeeper::Doorkeeper;
use crate::beats::Beats;
use crate::command::Commands;
use crate::history::History;
use crate::status::Status;
use crate::store::Store;

/// Reads of the disk at one time: two cores gain nothing from more, and the blocking threads stay few.
pub const READS_MAX: usize = 16;
/// Live streams at one time: some screens and programs per person of a large site.
pub const STREAMS_MAX: usize = 200;

#[derive(Clone)]
pub struct ApiState {
    pub store: Store,
    pub history: History,
    pub commands: Commands,
    pub status: Status,
    pub beats: Beats,
    pub doorkeeper: Doorkeeper,
    pub metrics: Metrics,
    /// What people call the site; stands in the head of the page.
    pub site: Arc<str>,
    pub version: &'static str,
    /// Ends the live streams, which would otherwise hold the server back.
    pub shutdown: Shutdown,
    pub limits: Limits,
}

/// Places that are taken and given back.
#[derive(Clone, Debug)]
pub struct Limits {
    pub(super) reads: Arc<Semaphore>,
    pub(super) streams: Arc<Semaphore>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { reads: Arc::new(Semaphore::new(READS_MAX)), streams: Arc::new(Semaphore::new(STREAMS_MAX)) }
    }
}
