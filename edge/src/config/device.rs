//! One `[[devices]]` entry: which device, by which profile, where and how often.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use runtime::config::{FromSection, FromValue, Item, Parsed, Section};
use wire::DeviceId;

use super::access::Access;
use super::bus::BusId;
use super::endpoint::Endpoint;
use super::sender::{SenderConfig, SenderDraft};
use crate::field::profile::{self, BuiltIn, Profile};

#[derive(Clone, Debug)]
pub struct DeviceConfig {
    pub id: DeviceId,
    /// Fitted to the device's sizes.
    pub profile: Arc<Profile>,
    pub access: Access,
    /// How a device that speaks by itself is let in.
    pub sender: Option<SenderConfig>,
    pub poll_interval: Duration,
    pub timeout: Duration,
    /// How often a poll is begun anew before it counts as failed.
    pub retries: u8,
    /// Whether it is asked for vendor, product and revision once it answers.
    pub identify: bool,
}

/// Each costs a device that answers badly a time-out before anybody hears of it.
const RETRIES_MAX: u8 = 5;
/// One broken frame in a thousand is the normal noise of a bus, and no reason to doubt a unit.
pub const RTU_RETRIES: u8 = 1;
/// TCP has already repeated what was lost. Whoever is silent behind it is silent.
pub const TCP_RETRIES: u8 = 0;

/// The sizes that an entry sets.
pub(super) type Sizes = Vec<(String, u16)>;

/// What an entry says, before it is seen beside the others. Always read, so that the places of entries stay true.
pub(super) struct Draft {
    pub(super) id: Option<DeviceId>,
    pub(super) profile: Option<ProfileRef>,
    pub(super) address: Option<Endpoint>,
    pub(super) bus: Option<BusId>,
    pub(super) unit: Option<u8>,
    pub(super) sender: Option<SenderDraft>,
    pub(super) poll_interval: Option<Duration>,
    pub(super) timeout: Option<Duration>,
    pub(super) retries: Option<u8>,
    pub(super) identify: bool,
    /// In the order of the file.
    pub(super) sizes: Sizes,
}

/// Which profile is meant. Entries that mean the same one share it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ProfileRef {
    BuiltIn(&'static BuiltIn),
    File(PathBuf),
}

impl Draft {
    /// `None` if it has faults.
    pub(super) fn access(&self) -> Option<Access> {
        if let Some(sender) = &self.sender {
            return Some(Access::Listener { name: sender.listener.clone()? });
        }
        let unit = self.unit?;
        match (&self.address, &self.bus) {
            (Some(address), None) => Some(Access::ModbusTcp { address: address.clone(), unit }),
            (None, Some(bus)) => Some(Access::ModbusRtu { bus: bus.clone(), unit }),
            _ => None,
        }
    }

    /// The entry of a device that is not asked.
    fn speaking(section: &mut Section<'_>, id: Option<DeviceId>, profile: Option<ProfileRef>) -> Self {
        Self {
            id,
            profile,
            address: None,
            bus: None,
            unit: None,
            sender: Some(SenderDraft::read(section)),
            poll_interval: None,
            timeout: None,
            retries: None,
            identify: false,
            sizes: section.values_map("sizes"),
        }
    }
}

impl FromSection for Draft {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let id = section.required("id").map(|Parsed(id)| id);
        let profile = section.required("profile");
        if section.has("listener") {
            return Some(Self::speaking(section, id, profile));
        }
        let address = section.optional("address").map(|Parsed(address)| address);
        let bus = section.optional("bus").map(|Parsed(bus)| bus);
        match (section.has("address"), section.has("bus")) {
            (true, false) | (false, true) => {}
            (true, true) => section.fault("bus", "a device has an address or a bus; remove one of them"),
            (false, false) => section.fault(
                "address",
                "this key is missing; write host and port, such as \"127.0.0.1:502\", or the `bus` of the device",
            ),
        }
        Some(Self {
            id,
            profile,
            address,
            bus,
            unit: section.required("unit"),
            sender: None,
            poll_interval: section.optional_within("poll_interval", profile::POLL_INTERVALS),
            timeout: section.optional_within("timeout", profile::TIMEOUTS),
            retries: section.optional_within("retries", 0..=RETRIES_MAX),
            identify: section.or("identify", false),
            sizes: section.values_map("sizes"),
        })
    }
}

impl FromValue for ProfileRef {
    fn wanted() -> String {
        format!("{}, or a path that ends in .toml", BuiltIn::names())
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        let Some(name) = item.text() else {
            return item.wrong_type(&Self::wanted());
        };
        if name.ends_with(".toml") {
            return Some(Self::File(item.resolve(name)));
        }
        match BuiltIn::named(name) {
            Some(built_in) => Some(Self::BuiltIn(built_in)),
            None => item.fault(format!("there is no built-in profile `{name}`; write {}", Self::wanted())),
        }
    }
}
