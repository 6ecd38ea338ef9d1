//! The site behind one edge: its devices with their profiles and plans, and the number of every point.
//!
//! The points of a device are numbered in the order of its profile, followed by its `link`. The edge itself is the last
//! device of the table.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use wire::table::TableError;
use wire::{DeviceEntry, DeviceId, EdgeId, Kind, PointEntry, PointName, PointNo, PointTable};

use super::modbus::plan::Plan;
use super::profile::Profile;
use crate::bookmark::Bookmark;
use crate::config::{Access, BusConfig, Config, DeviceConfig, SenderConfig};

/// The point by which every device shows how its edge sees it.
pub const LINK_POINT: &str = "link";
/// How many points a device has beyond those of its profile, and how many the edge itself has
/// at most.
pub const LINK_POINTS: usize = 1;
pub const OWN_POINTS: usize = 10;

#[derive(Debug)]
pub struct Site {
    pub edge: EdgeId,
    pub buses: Vec<BusConfig>,
    pub devices: Vec<Device>,
    pub table: PointTable,
    pub own: OwnPoints,
    /// What the arming of the part follows from; `None` for a part without a panel.
    pub arming: Option<ArmingSource>,
    pub snapshot_interval: Duration,
}

/// How far an earlier run has read its sources: known once the spool is open, while the devices are watched already.
pub type Kept = Arc<OnceLock<Vec<Bookmark>>>;

#[derive(Clone, Debug)]
pub struct Device {
    pub id: DeviceId,
    pub profile: Arc<Profile>,
    pub plan: Arc<Plan>,
    pub access: Access,
    /// How a device that speaks by itself is let in.
    pub sender: Option<SenderConfig>,
    pub hearing: Hearing,
    /// How often it is asked; of a device that speaks by itself, how often it does so at least.
    pub poll_interval: Duration,
    pub timeout: Duration,
    pub retries: u8,
    pub identify: bool,
    pub kept: Kept,
    /// The number of the profile's first point.
    pub first: PointNo,
    pub link: PointNo,
}

/// How a device is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hearing {
    /// The edge asks it, and each scan is an answer or the lack of one.
    Asked,
    /// It sends by itself: that it keeps silent is told by nobody.
    Speaks,
}

/// What the arming of the part follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArmingSource {
    /// A `panel.arm_state`.
    State(PointNo),
    /// A panel without one: what its sectors and delays say.
    Points(PanelPoints),
}

/// The points of a panel by what they mean for the arming.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PanelPoints {
    pub armed: Vec<PointNo>,
    pub alarm: Vec<PointNo>,
    pub exit: Vec<PointNo>,
    pub entry: Vec<PointNo>,
    pub maintenance: Vec<PointNo>,
}

impl ArmingSource {
    /// `None` if the device is no panel: it says nothing of an arming.
    pub fn of(profile: &Profile, first: PointNo) -> Option<Self> {
        let of = |kind: Kind| -> Vec<PointNo> {
            let places = profile.points.iter().enumerate().filter(|(_, point)| point.kind == kind);
            places.map(|(place, _)| PointNo(first.0.saturating_add(place as u16))).collect()
        };
        if let Some(state) = of(Kind::PanelArmState).first() {
            return Some(Self::State(*state));
        }
        let armed = of(Kind::SectorArmed);
        (!armed.is_empty()).then(|| {
            Self::Points(PanelPoints {
                armed,
                alarm: of(Kind::SectorAlarm),
                exit: of(Kind::PanelExit),
                entry: of(Kind::PanelEntry),
                maintenance: of(Kind::PanelMaintenance),
            })
        })
    }
}

/// The points of the edge itself.
#[derive(Clone, Copy, Debug)]
pub struct OwnPoints {
    pub arming: PointNo,
    pub clock: PointNo,
    pub clock_offset: PointNo,
    pub clock_health: PointNo,
    pub clock_step: PointNo,
    pub storage: PointNo,
    pub temperature: PointNo,
    pub disk: PointNo,
    pub certificate: PointNo,
    /// Only where there are annunciators.
    pub annunciator: Option<PointNo>,
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
        let own = tables.add_own(!config.annunciators.is_empty());
        // The numbers hold only once the table has accepted how many there are.
        let table = PointTable::new(tables.devices, tables.points).map_err(SiteError::Table)?;
        let arming = devices.iter().find(|device| Some(&device.id) == config.arming.as_ref());
        let arming = arming.and_then(|panel| ArmingSource::of(&panel.profile, panel.first));
        let (edge, snapshot_interval) = (config.edge.clone(), config.snapshot_interval);
        let buses = config.buses.clone();
        Ok(Site { edge, buses, devices, table, own, arming, snapshot_interval })
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
        let (hearing, poll_interval) = match &config.sender {
            Some(sender) => (Hearing::Speaks, sender.report_interval),
            None => (Hearing::Asked, config.poll_interval),
        };
        Device {
            id: config.id.clone(),
            plan: Arc::new(Plan::build(&profile)),
            profile,
            access: config.access.clone(),
            sender: config.sender.clone(),
            hearing,
            poll_interval,
            timeout: config.timeout,
            retries: config.retries,
            identify: config.identify,
            kept: Kept::default(),
            first,
            link,
        }
    }

    fn add_own(&mut self, annunciates: bool) -> OwnPoints {
        let id = DeviceId::parse(DeviceId::EDGE_ITSELF).expect("our own name is an id");
        let number = self.device(id, DeviceId::EDGE_ITSELF);
        OwnPoints {
            arming: self.point(number, own_name("arming"), Kind::PartArming),
            clock: self.point(number, own_name("clock"), Kind::EdgeClock),
            clock_offset: self.point(number, own_name("clock_offset"), Kind::EdgeClockOffset),
            clock_health: self.point(number, own_name("clock_health"), Kind::EdgeClockHealth),
            clock_step: self.point(number, own_name("clock_step"), Kind::EdgeClockStep),
            storage: self.point(number, own_name("storage"), Kind::EdgeStorage),
            temperature: self.point(number, own_name("temperature"), Kind::EdgeTemperature),
            disk: self.point(number, own_name("disk"), Kind::EdgeDisk),
            certificate: self.point(number, own_name("certificate"), Kind::EdgeCertificate),
            annunciator: annunciates
                .then(|| self.point(number, own_name("annunciator"), Kind::EdgeAnnunciator)),
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
