//! One `[[devices]]` entry: which device, by which profile, where and how often.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use runtime::config::{FromSection, FromValue, Item, Parsed, Section};
use wire::DeviceId;

use super::endpoint::Endpoint;
use crate::field::profile::{self, BuiltIn, Profile};

#[derive(Clone, Debug)]
pub struct DeviceConfig {
    pub id: DeviceId,
    /// Fitted to the device's sizes.
    pub profile: Arc<Profile>,
    pub address: Endpoint,
    /// The Modbus unit identifier.
    pub unit: u8,
    pub poll_interval: Duration,
    pub timeout: Duration,
}

/// The sizes that an entry sets.
pub(super) type Sizes = Vec<(String, u16)>;

/// What an entry says, before it is seen beside the others. Always read, so that the places of entries stay true.
pub(super) struct Draft {
    pub(super) id: Option<DeviceId>,
    pub(super) profile: Option<ProfileRef>,
    pub(super) address: Option<Endpoint>,
    pub(super) unit: Option<u8>,
    pub(super) poll_interval: Option<Duration>,
    pub(super) timeout: Option<Duration>,
    /// In the order of the file.
    pub(super) sizes: Sizes,
}

/// Which profile is meant. Entries that mean the same one share it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ProfileRef {
    BuiltIn(&'static BuiltIn),
    File(PathBuf),
}

impl FromSection for Draft {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        Some(Self {
            id: section.required("id").map(|Parsed(id)| id),
            profile: section.required("profile"),
            address: section.required("address").map(|Parsed(address)| address),
            unit: section.required("unit"),
            poll_interval: section.optional_within("poll_interval", profile::POLL_INTERVALS),
            timeout: section.optional_within("timeout", profile::TIMEOUTS),
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
