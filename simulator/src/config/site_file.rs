//! The site file: which devices there are, where they listen and how they are set up.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use runtime::config::{FromSection, Parsed, Section};

use crate::device::{Class, ForeignUnit, Settings};

/// More listeners in one process would meet the usual limit of open files before anything else.
const DEVICES_MAX: usize = 256;
const NAME_CHARACTERS_MAX: usize = 32;
/// What a unix socket address holds, less its closing NUL.
const SOCKET_PATH_BYTES_MAX: usize = 107;
/// A field device serves a handful of readers; one edge, its successor after a restart, and a person looking.
const CONNECTIONS_DEFAULT: usize = 8;
const CONNECTIONS_MAX: usize = 1_000;

pub struct SiteFile {
    pub name: String,
    /// Makes the wandering of the analogue values repeatable.
    pub seed: u64,
    pub control: Option<PathBuf>,
    pub scenario: Option<PathBuf>,
    pub devices: BTreeMap<String, DeviceEntry>,
}

pub struct DeviceEntry {
    pub listen: SocketAddr,
    pub connections_max: usize,
    pub settings: Settings,
}

impl FromSection for SiteFile {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let name = section.or("name", "site".to_owned());
        let seed = section.or("seed", 1);
        let control: Option<PathBuf> = section.optional("control");
        let scenario = section.optional("scenario");
        let devices = section.map::<DeviceEntry>("device");
        if control.as_ref().is_some_and(|path| path.as_os_str().len() > SOCKET_PATH_BYTES_MAX) {
            section.fault(
                "control",
                format!("longer than the {SOCKET_PATH_BYTES_MAX} bytes that a socket's path may have"),
            );
        }
        if !section.has("device") {
            section.fault("", "there are no devices; write a section such as [device.door-1]");
        }
        if devices.len() > DEVICES_MAX {
            section.fault(
                "device",
                format!("more than {DEVICES_MAX} devices; split the site into several files"),
            );
        }
        for fault in names_and_addresses(&devices) {
            section.fault(&fault.0, fault.1);
        }
        Some(Self { name, seed, control, scenario, devices: devices.into_iter().collect() })
    }
}

/// Faults that show only when all devices are seen together: (key, message).
fn names_and_addresses(devices: &[(String, DeviceEntry)]) -> Vec<(String, String)> {
    let mut faults = Vec::new();
    let mut taken: BTreeMap<SocketAddr, &str> = BTreeMap::new();
    for (name, device) in devices {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || name.len() > NAME_CHARACTERS_MAX || !name.bytes().all(good) {
            let message = format!("a device's name has 1 to {NAME_CHARACTERS_MAX} of a-z, 0-9 and `-`");
            faults.push((format!("device.{name}"), message));
        }
        if device.listen.port() == 0 {
            continue;
        }
        if let Some(first) = taken.insert(device.listen, name) {
            let message =
                format!("`{first}` listens on {} already; every device has its own port", device.listen);
            faults.push((format!("device.{name}.listen"), message));
        }
    }
    faults
}

impl FromSection for DeviceEntry {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let class = section.required::<Parsed<ClassName>>("class");
        let listen = section.required("listen");
        let unit = section.within("unit", 1, 1..=247);
        let connections_max = section.within("connections_max", CONNECTIONS_DEFAULT, 1..=CONNECTIONS_MAX);
        let foreign_unit = section.optional::<Parsed<ForeignUnit>>("foreign_unit");
        let Some(Parsed(ClassName(class))) = class else {
            // The remaining keys depend on the class.
            section.ignore_unread();
            return None;
        };
        let behaviour = (class.configure)(section);
        let foreign_unit = foreign_unit.map_or(ForeignUnit::Silence, |Parsed(answer)| answer);
        let settings = Settings { class, unit, foreign_unit, behaviour: behaviour? };
        Some(Self { listen: listen?, connections_max, settings })
    }
}

struct ClassName(&'static Class);

impl FromStr for ClassName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let class = Class::named(text);
        class.map(Self).ok_or_else(|| format!("no class `{text}`; there are: {}", Class::names()))
    }
}

impl FromStr for ForeignUnit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "silence" => Ok(Self::Silence),
            "gateway-exception" => Ok(Self::GatewayException),
            _ => Err(format!("`{text}` is neither `silence` nor `gateway-exception`")),
        }
    }
}
