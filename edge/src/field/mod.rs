//! The field: reads the devices of the site and hands on one scan per poll.
//!
//! ```text
//! profile ─ plan ─┐
//!                 ├─ poller ─ modbus_tcp ═ device
//!          site ──┘    │          │
//!                      │        reply ─ header ─ heartbeat
//!                      │          └──── decode ─ samples ─┐
//!                      └──────────────────────── failure ─┴─ scan
//! ```

pub mod profile;

pub mod plan;
pub mod site;

mod poller;
pub mod schedule;

mod modbus_tcp;
pub mod reply;

pub mod header;
pub mod heartbeat;

pub mod decode;
pub mod failure;
pub mod sample;

#[cfg(test)]
mod arbitrary;

use std::time::Duration;

use runtime::shutdown::Shutdown;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use wire::{DeviceId, Stamp};

pub use failure::{ScanFailure, Verdict};
pub use sample::{Novelty, Receipt, Sample, Scan};
pub use site::{Device, OwnPoints, Site, SiteError};

use poller::{Poller, ScansClosed};

#[derive(Debug, thiserror::Error)]
pub enum FieldError {
    #[error("nobody takes the scans of {device} any more")]
    ScansClosed { device: DeviceId },
    #[error("the task of a device broke down")]
    Poller(#[source] JoinError),
}

/// Polls all devices, each in a task of its own, until the shutdown begins. `stamp` tells the present moment.
pub async fn run<S>(
    site: &Site,
    stamp: S,
    scans: mpsc::Sender<Scan>,
    shutdown: Shutdown,
) -> Result<(), FieldError>
where
    S: Fn() -> Stamp + Clone + Send + Sync + 'static,
{
    let mut pollers = JoinSet::new();
    for (place, device) in site.devices.iter().enumerate() {
        let id = device.id.clone();
        let phase = phase(device.poll_interval, place, site.devices.len());
        let poller = Poller::new(device.clone(), place, stamp.clone(), scans.clone());
        pollers.spawn(async move { (id, poller.run(phase).await) });
    }
    drop(scans);
    tokio::select! {
        () = shutdown.wait() => Ok(()),
        Some(ended) = pollers.join_next() => match ended {
            // A stage behind this one may go first when all stop.
            Ok(_) if shutdown.begun() => Ok(()),
            Ok((device, ScansClosed)) => Err(FieldError::ScansClosed { device }),
            Err(error) => Err(FieldError::Poller(error)),
        },
    }
}

/// Spreads the devices over their interval.
fn phase(interval: Duration, place: usize, devices: usize) -> Duration {
    interval.mul_f64(place as f64 / devices.max(1) as f64)
}
