//! All devices of a site by name, as one pure state: assignments are understood here, and either all of them are carried
//! out or none.

use std::collections::BTreeMap;

use crate::config::SiteFile;
use crate::device::action::{Action, ActionError};
use crate::device::signal::{Element, SignalError, Source};
use crate::device::value::{self, ValueError};
use crate::device::{Device, Moment, drift};

/// What is written instead of a value to give a signal back to the device's program.
const AUTO: &str = "auto";

#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    #[error("no device `{wanted}`; there are: {known}")]
    NoDevice { wanted: String, known: String },
    #[error("`{text}` is no assignment; write DEVICE.SIGNAL=VALUE, such as door-1.contact=open")]
    NoAssignment { text: String },
    #[error("`{text}` names no signal; write DEVICE.SIGNAL, such as door-1.contact")]
    NoTarget { text: String },
    #[error("{device}")]
    Signal { device: String, source: SignalError },
    #[error("{device}.{signal}")]
    Value { device: String, signal: String, source: ValueError },
    #[error("{device}.{signal} is no value of the device's program, there is nothing to give back")]
    NotHeld { device: String, signal: String },
    #[error("{device}")]
    Action { device: String, source: ActionError },
}

/// An assignment that makes sense.
#[derive(Clone, Debug)]
pub struct Setting {
    device: String,
    element: Element,
    to: To,
}

#[derive(Clone, Copy, Debug)]
enum To {
    Raw(i64),
    Auto,
}

/// Something that happened to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    pub device: String,
    pub says: String,
}

pub struct Roster {
    devices: BTreeMap<String, Device>,
}

/// A device of the roster together with its name, for messages.
pub struct Named<'a> {
    name: &'a str,
    pub device: &'a mut Device,
}

impl Roster {
    pub fn new(site: &SiteFile) -> Self {
        let device = |(number, (name, entry)): (u64, (&String, &crate::config::site_file::DeviceEntry))| {
            (name.clone(), Device::new(&entry.settings, drift::scatter(site.seed.wrapping_add(number))))
        };
        Self { devices: (0..).zip(&site.devices).map(device).collect() }
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &Device)> {
        self.devices.iter()
    }

    pub fn get(&self, name: &str) -> Result<&Device, RosterError> {
        self.devices.get(name).ok_or_else(|| self.no_device(name))
    }

    pub fn get_mut<'a>(&'a mut self, name: &'a str) -> Result<Named<'a>, RosterError> {
        if !self.devices.contains_key(name) {
            return Err(self.no_device(name));
        }
        let device = self.devices.get_mut(name).expect("the name was just found");
        Ok(Named { name, device })
    }

    fn no_device(&self, wanted: &str) -> RosterError {
        let known = self.devices.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        RosterError::NoDevice { wanted: wanted.into(), known }
    }

    /// Brings every device up to `now`.
    pub fn advance(&mut self, now: Moment) -> Vec<Happening> {
        let happenings =
            self.devices.iter_mut().flat_map(|(name, device)| Named { name, device }.advance(now));
        happenings.collect()
    }

    /// Understands `DEVICE.SIGNAL=VALUE`.
    pub fn understand(&self, assignment: &str) -> Result<Setting, RosterError> {
        let no_assignment = || RosterError::NoAssignment { text: assignment.into() };
        let (target, value) = assignment.split_once('=').ok_or_else(no_assignment)?;
        self.resolve(target.trim(), value.trim())
    }

    /// Understands a `DEVICE.SIGNAL` and its value.
    pub fn resolve(&self, target: &str, value: &str) -> Result<Setting, RosterError> {
        let no_target = || RosterError::NoTarget { text: target.into() };
        let (name, signal) = target.split_once('.').ok_or_else(no_target)?;
        let (device, signal) = (name.to_owned(), signal.to_owned());
        let element = self
            .get(name)?
            .find(&signal)
            .map_err(|source| RosterError::Signal { device: device.clone(), source })?;
        let to = match value {
            AUTO if element.signal.source == Source::Program => To::Auto,
            AUTO => return Err(RosterError::NotHeld { device, signal }),
            value => match value::parse(&element.signal, value) {
                Ok(raw) => To::Raw(raw),
                Err(source) => return Err(RosterError::Value { device, signal, source }),
            },
        };
        Ok(Setting { device, element, to })
    }

    /// Carries out what was understood; the devices react to all of it at once.
    pub fn set(&mut self, settings: &[Setting], now: Moment) -> Vec<Happening> {
        let mut happenings = self.advance(now);
        for Setting { device: name, element, to } in settings {
            let device = self.devices.get_mut(name).expect("a setting is made from a device of this roster");
            let says = match to {
                To::Raw(raw) => device.set(*element, *raw),
                To::Auto => device.release(*element),
            };
            happenings.push(Happening { device: name.clone(), says });
        }
        happenings.extend(self.advance(now));
        happenings
    }
}

impl Named<'_> {
    pub fn advance(&mut self, now: Moment) -> Vec<Happening> {
        let happening = |says| Happening { device: self.name.to_owned(), says };
        self.device.advance(now).into_iter().map(happening).collect()
    }

    /// Does what the text says, and says what came of it first and what followed from it after.
    pub fn act(&mut self, text: &str, now: Moment) -> Result<Vec<Happening>, RosterError> {
        let before = self.advance(now);
        let failed = |source| RosterError::Action { device: self.name.to_owned(), source };
        let says = self.device.act(&Action::parse(text), now).map_err(failed)?;
        let done = Happening { device: self.name.to_owned(), says };
        let after = self.advance(now);
        Ok(before.into_iter().chain([done]).chain(after).collect())
    }
}
