//! The field: watches the devices of the site and hands on what they say as scans.
//!
//! ```text
//! profile ─┐
//!    site ─┴─ modbus ═ devices that are asked
//!               └─ scan of samples, or failure
//! ```

pub mod profile;

pub mod site;

pub mod modbus;

pub mod listener;
pub mod message;
pub mod report;

pub mod sample;

#[cfg(test)]
mod arbitrary;

use std::sync::Arc;
use std::time::Duration;

use runtime::shutdown::Shutdown;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use wire::Stamp;

pub use modbus::failure::{ScanFailure, Verdict};
pub use sample::{Novelty, Receipt, Sample, Scan};
pub use site::{ArmingSource, Device, Hearing, Kept, OwnPoints, PanelPoints, Site, SiteError};

use crate::config::Access;
use modbus::bus::{Bus, Member};
use modbus::poller::{Poller, ScansClosed};
use modbus::wish::BusWishes;

#[derive(Debug, thiserror::Error)]
pub enum FieldError {
    #[error("nobody takes the scans any more")]
    ScansClosed,
    #[error("the task of a device or a bus broke down")]
    Task(#[source] JoinError),
}

/// Watches all devices, each in a task of its own or that of its bus, until the shutdown begins. `stamp` tells the present
/// moment. Logs of devices are read once it is known how far an earlier run has read them. Buses grant what annunciators
/// wish of them.
pub async fn run<S>(
    site: &Site,
    kept: Kept,
    stamp: S,
    scans: mpsc::Sender<Scan>,
    mut wishes: BusWishes,
    shutdown: Shutdown,
) -> Result<(), FieldError>
where
    S: Fn() -> Stamp + Clone + Send + Sync + 'static,
{
    let mut tasks = JoinSet::new();
    let mut members: Vec<Vec<Member>> = site.buses.iter().map(|_| Vec::new()).collect();
    for (place, device) in site.devices.iter().enumerate() {
        if device.hearing == Hearing::Speaks {
            continue;
        }
        let mut device = device.clone();
        device.kept = Arc::clone(&kept);
        match device.access.clone() {
            Access::ModbusTcp { address, unit } => {
                let phase = phase(device.poll_interval, place, site.devices.len());
                let poller = Poller::new(device, (address, unit), place, stamp.clone(), scans.clone());
                tasks.spawn(poller.run(phase));
            }
            Access::Listener { .. } => {}
            Access::ModbusRtu { bus, unit } => {
                let bus = site.buses.iter().position(|known| known.id == bus);
                members[bus.expect("a device names a bus of its site")].push(Member { device, unit, place });
            }
        }
    }
    for (config, members) in site.buses.iter().zip(members) {
        let wishes = wishes.take(&config.id);
        tasks.spawn(Bus::new(config.clone(), members, stamp.clone(), scans.clone(), wishes).run());
    }
    // Held until the end: an edge without devices has itself to watch.
    let _scans = scans;
    tokio::select! {
        () = shutdown.wait() => Ok(()),
        Some(ended) = tasks.join_next() => match ended {
            // A stage behind this one may go first when all stop.
            Ok(ScansClosed) if shutdown.begun() => Ok(()),
            Ok(ScansClosed) => Err(FieldError::ScansClosed),
            Err(error) => Err(FieldError::Task(error)),
        },
    }
}

/// Spreads the devices over their interval.
fn phase(interval: Duration, place: usize, devices: usize) -> Duration {
    interval.mul_f64(place as f64 / devices.max(1) as f64)
}
