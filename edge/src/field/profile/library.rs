//! The profiles that are part of the program.

use std::path::Path;

use runtime::config::ConfigError;

use super::{Profile, parse};

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuiltIn {
    pub name: &'static str,
    text: &'static str,
}

macro_rules! built_in {
    ($($name:literal)*) => {
        &[ $( BuiltIn { name: $name, text: include_str!(concat!("../../../profiles/", $name, ".toml")) }, )* ]
    };
}

/// Adding a built-in profile is adding its file and a line here.
pub const BUILT_IN: &[BuiltIn] = built_in! {
    "alarm-panel"
    "cabinet-lock"
    "door-controller"
    "emanation-protection"
    "environment"
    "host-agent"
    "mqtt-contact"
    "mqtt-window-sensor"
    "phone-jammer"
    "sparkplug-environment"
    "ups"
    "window"
};

impl BuiltIn {
    pub fn named(name: &str) -> Option<&'static BuiltIn> {
        BUILT_IN.iter().find(|built_in| built_in.name == name)
    }

    /// As in "alarm-panel, cabinet-lock".
    pub fn names() -> String {
        BUILT_IN.iter().map(|built_in| built_in.name).collect::<Vec<_>>().join(", ")
    }

    pub fn text(&self) -> &'static str {
        self.text
    }

    pub fn profile(&self) -> Result<Profile, ConfigError> {
        parse(Path::new(&format!("{}.toml", self.name)), self.text)
    }
}
