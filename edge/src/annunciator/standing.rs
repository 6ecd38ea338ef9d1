//! How an annunciator stands, as it is shown.

use std::fmt;

use tokio::time::Instant;

use super::decide::Want;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub id: String,
    pub coils: Vec<CoilStanding>,
    /// Whether its coils stand as they should, or have not failed often enough to say that they do not.
    pub well: bool,
    /// Why the last attempt failed, if it did.
    pub failure: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoilStanding {
    pub name: String,
    pub wanted: Light,
    /// What the device said last; `Unknown` since anything failed.
    pub confirmed: Light,
    /// Since when it has been on for the last alarm; `None` once its time is over.
    pub on_since: Option<Instant>,
    /// How many alarms were taken note of.
    pub raised: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    On,
    Off,
    Unknown,
}

impl Light {
    pub fn name(self) -> &'static str {
        match self {
            Light::On => "on",
            Light::Off => "off",
            Light::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Light {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl From<Want> for Light {
    fn from(want: Want) -> Self {
        match want {
            Want::On => Light::On,
            Want::Off => Light::Off,
            Want::LeftAlone => Light::Unknown,
        }
    }
}

/// `None` where there are no annunciators.
pub fn all_well(standings: &[Standing]) -> Option<bool> {
    (!standings.is_empty()).then(|| standings.iter().all(|standing| standing.well))
}
