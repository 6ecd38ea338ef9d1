//! The site behind one edge: its devices with their profiles and plans, and the number of every point.
//!
//! The points of a device are numbered in the order of its profile, followed by its `link`. The edge itself is the last
//! device of the table.

use std::sync::Arc;
use std::time::Duration;

use wire::table::TableError;
use wire::{DeviceEntry, DeviceId, EdgeId, Kind, PointEntry, PointName, PointNo, PointTable};

use super::plan::Plan;
use super::profile::Profile;
use crate::config::{Config, DeviceConfig, Endpoint};

/// What the edge calls itself among the devices, and the profile of that device.
pub const OWN_DEVICE: &str = "edge";
/// The point by which every device shows how its edge sees it.
pub const LINK_POINT: &str = "link";
/// How many points a device has beyond those of its profile, and how many the edge itself has.
pub const LINK_POINTS: usize = 1;
pub const OWN_POINTS: usize = 3;

#[derive(Debug)]
pub struct Site {
    pub edge: EdgeId,
    pub devices: Vec<Device>,
    pub table: PointTable,
    pub own: OwnPoints,
    /// The point whose readings are the arming of the part.
    pub arming: Option<PointNo>,
    pub snapshot_interval: Duration,
}

#[derive(Clone, Debug)]
pub struct Device {
    pub id: DeviceId,
    pub profile: Arc<Profile>,
    pub plan: Arc<Plan>,
    pub address: Endpoint,
    pub unit: u8,
    pub poll_interval: Duration,
    pub timeout: Duration,
    /// The number of the profile's first point.
    pub first: PointNo,
    pub link: PointNo,
}

/// The points of the edge itself.
#[derive(Clone, Copy, Debug)]
pub struct OwnPoints {
    pub arming: PointNo,
    pub clock: PointNo,
    pub storage: PointNo,
}

#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    #[error("the devices and their points do not make a table")]
    Table(#[source] TableError),
}

impl Site {
    pub fn build(config: &Config) -> Result<Site, SiteError> {
        let mut tables = Tables::default();
        let devices: Vec<Device> = config.devices.iter().map(|device| tables.add(device)).collect();
        let own = tables.add_own();
        // The numbers hold only once the table has accepted how many there are.
        let table = PointTable::new(tables.devices, tables.points).map_err(SiteError::Table)?;
        let arming = devices.iter().find(|device| Some(&device.id) == config.arming.as_ref());
        let arming = arming.and_then(|panel| {
            let place = panel.profile.point_of_kind(Kind::PanelArmState)?;
            Some(PointNo(panel.first.0 + place as u16))
        });
        let (edge, snapshot_interval) = (config.edge.clone(), config.snapshot_interval);
        Ok(Site { edge, devices, table, own, arming, snapshot_interval })
    }
}

/// The two lists of the point table while they grow. Numbers past the limits are wrong, and refused with the table.
#[derive(Default)]
struct Tables {
    devices: Vec<DeviceEntry>,
    points: Vec<PointEntry>,
}

impl Tables {
    fn add(&mut self, config: &DeviceConfig) -> Device {
        let profile = Arc::clone(&config.profile);
        let number = self.device(config.id.clone(), &profile.name);
        let first = PointNo(self.points.len() as u16);
        for point in &profile.points {
            self.point(number, point.name.clone(), point.kind);
        }
        let link = self.point(number, own_name(LINK_POINT), Kind::DeviceLink);
        Device {
            id: config.id.clone(),
            plan: Arc::new(Plan::build(&profile)),
            profile,
            address: config.address.clone(),
            unit: config.unit,
            poll_interval: config.poll_interval,
            timeout: config.timeout,
            first,
            link,
        }
    }

    fn add_own(&mut self) -> OwnPoints {
        let id = DeviceId::parse(OWN_DEVICE).expect("our own name is an id");
        let number = self.device(id, OWN_DEVICE);
        OwnPoints {
            arming: self.point(number, own_name("arming"), Kind::PartArming),
            clock: self.point(number, own_name("clock"), Kind::EdgeClock),
            storage: self.point(number, own_name("storage"), Kind::EdgeStorage),
        }
    }

    fn device(&mut self, device: DeviceId, profile: &str) -> u16 {
        self.devices.push(DeviceEntry { device, profile: profile.into() });
        (self.devices.len() - 1) as u16
    }

    fn point(&mut self, device: u16, point: PointName, kind: Kind) -> PointNo {
        self.points.push(PointEntry { device, point, kind: kind.name().into() });
        PointNo((self.points.len() - 1) as u16)
    }
}

fn own_name(name: &str) -> PointName {
    PointName::parse(name).expect("our own names are point names")
}
