//! Which device is meant: one of a configuration, or one that the command line describes.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use wire::{DeviceId, PointNo};

use super::ProbeError;
use crate::app::Plan as EdgePlan;
use crate::config::{Access, Baud, BusConfig, BusId, Endpoint, LineMode, Parity, StopBits};
use crate::field::modbus::plan::Plan;
use crate::field::profile::{self, BuiltIn, Profile};
use crate::field::{Device, Hearing, Kept};

/// What a device and a bus are called that have no name of their own.
const NAMELESS: &str = "probed";

#[derive(Args, Debug)]
pub struct Arguments {
    /// A device of the configuration, by its id
    #[arg(requires = "config", required_unless_present = "profile")]
    device: Option<String>,
    /// The edge's configuration (TOML)
    #[arg(long, value_name = "FILE", requires = "device")]
    config: Option<PathBuf>,
    /// A built-in profile, or the path of one that ends in .toml
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "config", requires = "unit", requires = "place")]
    profile: Option<String>,
    /// How many of what the profile counts this device has, such as bands=2 (may be repeated)
    #[arg(long, value_name = "NAME=NUMBER", requires = "profile")]
    size: Vec<SizeArgument>,
    /// Where the device listens
    #[arg(long, value_name = "HOST:PORT", group = "place", requires = "profile")]
    address: Option<Endpoint>,
    /// The serial port that its bus is connected to, which must not be in use by a running edge
    #[arg(long, value_name = "PATH", group = "place", requires = "profile")]
    serial: Option<PathBuf>,
    /// The device's Modbus unit identifier
    #[arg(long, value_name = "N", requires = "profile")]
    unit: Option<u8>,
    /// The speed of the serial port
    #[arg(long, default_value = "9600", requires = "serial", conflicts_with = "address")]
    baud: Baud,
    /// The parity of the serial port: none, even or odd
    #[arg(long, default_value = "even", requires = "serial", conflicts_with = "address")]
    parity: Parity,
    /// The stop bits of the serial port: 1 or 2 [default: 2 without parity, else 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=2), requires = "serial", conflicts_with = "address")]
    stop_bits: Option<u8>,
    /// How long to wait for each answer, in milliseconds [default: as the profile says]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(10..=30_000))]
    timeout_ms: Option<u64>,
    /// Then poll for so many seconds without a pause, and say how often a second the device can be polled
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pace: Option<u64>,
}

/// Whom to ask, and over which bus if it is on one.
#[derive(Clone, Debug)]
pub struct Target {
    pub device: Device,
    pub buses: Vec<BusConfig>,
    /// For how long its pace is measured, if that is wanted.
    pub pace: Option<Duration>,
}

#[derive(Clone, Debug)]
struct SizeArgument(String, u16);

#[derive(Clone, Debug, thiserror::Error)]
#[error("`{0}` is no size; write a name and a number, such as bands=2")]
struct SizeArgumentError(String);

impl FromStr for SizeArgument {
    type Err = SizeArgumentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let size =
            text.split_once('=').and_then(|(name, count)| Some(Self(name.into(), count.parse().ok()?)));
        size.ok_or_else(|| SizeArgumentError(text.to_owned()))
    }
}

impl Arguments {
    pub(super) fn target(&self) -> Result<Target, ProbeError> {
        let mut target = match (&self.config, &self.device) {
            (Some(config), Some(device)) => of_config(config, device)?,
            _ => self.described()?,
        };
        let profile = &target.device.profile;
        if !profile.protocol.is_polled() {
            return Err(ProbeError::NotAsked { profile: profile.name.clone() });
        }
        if let Some(timeout_ms) = self.timeout_ms {
            target.device.timeout = Duration::from_millis(timeout_ms);
        }
        target.pace = self.pace.map(Duration::from_secs);
        Ok(target)
    }

    fn described(&self) -> Result<Target, ProbeError> {
        let given = "the command line was refused without it";
        let profile = profile_of(self.profile.as_deref().expect(given))?;
        let sizes: Vec<_> = self.size.iter().map(|size| (size.0.clone(), size.1)).collect();
        let profile = Arc::new(profile.fitted(&sizes).map_err(ProbeError::Size)?);
        let unit = self.unit.expect(given);
        let (access, buses) = match &self.address {
            Some(address) => (Access::ModbusTcp { address: address.clone(), unit }, Vec::new()),
            None => {
                let bus = self.bus(self.serial.as_deref().expect(given));
                (Access::ModbusRtu { bus: bus.id.clone(), unit }, vec![bus])
            }
        };
        let device = Device {
            id: DeviceId::parse(NAMELESS).expect("our own name is an id"),
            plan: Arc::new(Plan::build(&profile)),
            access,
            sender: None,
            hearing: Hearing::Asked,
            poll_interval: profile.poll_interval,
            timeout: profile.timeout,
            profile,
            retries: 0,
            identify: true,
            kept: Kept::default(),
            first: PointNo(0),
            link: PointNo(0),
        };
        Ok(Target { device, buses, pace: None })
    }

    fn bus(&self, path: &Path) -> BusConfig {
        let stop_bits = match self.stop_bits {
            None => self.parity.stop_bits(),
            Some(1) => StopBits::One,
            Some(_) => StopBits::Two,
        };
        BusConfig {
            id: BusId::from_str(NAMELESS).expect("our own name is the name of a bus"),
            path: path.to_owned(),
            mode: LineMode { baud: self.baud.0, parity: self.parity, stop_bits },
            gap: Duration::ZERO,
        }
    }
}

fn of_config(config: &Path, wanted: &str) -> Result<Target, ProbeError> {
    let EdgePlan { site, .. } = EdgePlan::load(config).map_err(ProbeError::Plan)?;
    match site.devices.iter().find(|device| device.id.as_str() == wanted) {
        Some(device) => Ok(Target { device: device.clone(), buses: site.buses.clone(), pace: None }),
        None => {
            let known: Vec<&str> = site.devices.iter().map(|device| device.id.as_str()).collect();
            Err(ProbeError::NoDevice { wanted: wanted.to_owned(), known: known.join(", ") })
        }
    }
}

fn profile_of(name: &str) -> Result<Profile, ProbeError> {
    if name.ends_with(".toml") {
        return profile::load(Path::new(name)).map_err(ProbeError::Profile);
    }
    let known = || ProbeError::NoProfile { name: name.to_owned(), known: BuiltIn::names() };
    BuiltIn::named(name).ok_or_else(known)?.profile().map_err(ProbeError::Profile)
}
