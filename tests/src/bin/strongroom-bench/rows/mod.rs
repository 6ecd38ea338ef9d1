//! The rows of the table. Each starts what it needs, measures it, and ends it.

pub(crate) mod append_file;
pub(crate) mod gateway;
pub(crate) mod idle;
pub(crate) mod ingest;
pub(crate) mod latency;
pub(crate) mod mosquitto;
pub(crate) mod polling;
pub(crate) mod ratios;
pub(crate) mod register;
pub(crate) mod serial_bus;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::place::folder::Folder;
use crate::place::pki::Pki;

/// What all rows share.
pub(crate) struct Bench {
    pub(crate) hub: PathBuf,
    pub(crate) folder: Folder,
    pub(crate) pki: Pki,
    pub(crate) span: Duration,
    pub(crate) edges: usize,
    pub(crate) quiet_edges: usize,
    pub(crate) window: usize,
    pub(crate) samples: usize,
}

/// Before measuring begins: caches fill, windows settle.
pub(crate) const WARM_UP: Duration = Duration::from_secs(3);

impl Bench {
    pub(crate) fn hub(&self) -> &Path {
        &self.hub
    }
}
