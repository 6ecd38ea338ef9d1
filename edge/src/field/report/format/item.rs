//! Things that a host has: interfaces, radios, media, cameras. They stand in events and in the state alike.

use serde::{Deserialize, Serialize};

use super::Text;

/// How secret something may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Open,
    Internal,
    Confidential,
    Secret,
    TopSecret,
}

impl Level {
    pub const ALL: [Level; 5] =
        [Level::Open, Level::Internal, Level::Confidential, Level::Secret, Level::TopSecret];

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// As in "open, internal".
    pub fn names() -> String {
        Self::ALL.map(Level::name).join(", ")
    }

    pub fn name(self) -> &'static str {
        match self {
            Level::Open => "open",
            Level::Internal => "internal",
            Level::Confidential => "confidential",
            Level::Secret => "secret",
            Level::TopSecret => "top_secret",
        }
    }
}

/// A network interface that is no loopback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    pub name: Text,
    /// As the system calls it: `ethernet`, `wlan`, `tunnel`, `virtual`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub interface_type: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Text>,
    /// Whether it carries traffic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up: Option<bool>,
}

/// A way to everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    pub interface: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Text>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RadioType {
    Wlan,
    Bluetooth,
    Infrared,
    Modem,
    Nfc,
    Uwb,
    Other,
}

impl RadioType {
    pub fn name(self) -> &'static str {
        match self {
            RadioType::Wlan => "wlan",
            RadioType::Bluetooth => "bluetooth",
            RadioType::Infrared => "infrared",
            RadioType::Modem => "modem",
            RadioType::Nfc => "nfc",
            RadioType::Uwb => "uwb",
            RadioType::Other => "other",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Radio {
    pub radio: RadioType,
    pub name: Text,
    /// Whether it may send; a radio that is blocked is still there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<bool>,
}

/// A removable medium.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// `usb`, `sd`, `optical`, …
    pub bus: Text,
    /// The USB vendor id, four hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<Text>,
    /// Whether the agent knows the medium from its register; absent if it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the medium to the host.
    Read,
    /// From the host to the medium.
    Write,
}

impl Direction {
    pub fn name(self) -> &'static str {
        match self {
            Direction::Read => "read",
            Direction::Write => "write",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioVideo {
    /// `camera`, `microphone`, `speaker`, `audio`, …
    pub device: Text,
    pub name: Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HardwareChange {
    Added,
    Removed,
    Changed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardware {
    pub change: HardwareChange,
    /// `disk`, `memory`, `usb`, `case`, …
    pub component: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
}
