//! What one entry of the configuration says about another: ids that occur twice, profiles, the arming device.

use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::Arc;

use runtime::config::{ConfigError, Section};
use wire::{DeviceId, Kind, PointTable};

use super::device::{DeviceConfig, Draft, ProfileRef, Sizes};
use super::endpoint::Endpoint;
use crate::field::profile::{self, Profile};
use crate::field::site;

/// What a device on a bus can be. Beside these, 255 and the older 0 mean *whoever has this address* by the convention of
/// Modbus TCP, for a device with no bus behind it. 248 to 254 are reserved by the standard.
const UNITS: std::ops::RangeInclusive<u8> = 1..=247;
const WHOEVER_ANSWERS: [u8; 2] = [0, 255];

/// The drafts in their order; `None` stands for one whose fault is recorded.
pub(super) fn devices(section: &mut Section<'_>, drafts: Vec<Draft>) -> Vec<Option<DeviceConfig>> {
    if drafts.len() >= PointTable::DEVICES_MAX {
        let message = format!(
            "{} devices are too many; one edge serves up to {}",
            drafts.len(),
            PointTable::DEVICES_MAX - 1
        );
        section.fault("devices", message);
    }
    let (mut ids, mut places) = (BTreeMap::new(), BTreeMap::new());
    let mut profiles = Profiles::default();
    let mut devices = Vec::new();
    for (place, draft) in drafts.into_iter().enumerate() {
        if let Some(id) = &draft.id {
            check_id(section, place, id, &mut ids);
        }
        check_place(section, place, &draft, &mut places);
        let profile = profiles.fitted(section, place, &draft);
        devices.push(complete(draft, profile));
    }
    check_points(section, &devices);
    devices
}

fn complete(draft: Draft, profile: Option<Arc<Profile>>) -> Option<DeviceConfig> {
    let profile = profile?;
    Some(DeviceConfig {
        id: draft.id?,
        address: draft.address?,
        unit: draft.unit?,
        poll_interval: draft.poll_interval.unwrap_or(profile.poll_interval),
        timeout: draft.timeout.unwrap_or(profile.timeout),
        profile,
    })
}

fn check_id(section: &mut Section<'_>, place: usize, id: &DeviceId, firsts: &mut BTreeMap<DeviceId, usize>) {
    let key = format!("devices[{place}].id");
    if id.as_str() == site::OWN_DEVICE {
        section.fault(&key, format!("`{id}` is what the edge calls itself; choose another id"));
    }
    match firsts.entry(id.clone()) {
        Entry::Vacant(free) => drop(free.insert(place)),
        Entry::Occupied(taken) => {
            let message = format!("`{id}` is already the id of devices[{}]; ids are unique", taken.get());
            section.fault(&key, message);
        }
    }
}

/// Where a device is: its address and its unit. Two entries for one place would be one device under two names.
fn check_place(
    section: &mut Section<'_>,
    place: usize,
    draft: &Draft,
    firsts: &mut BTreeMap<(Endpoint, u8), usize>,
) {
    let Some(unit) = draft.unit else {
        return;
    };
    if !UNITS.contains(&unit) && !WHOEVER_ANSWERS.contains(&unit) {
        let message = format!("{unit} is the unit of no device; write 1 to 247");
        section.fault(&format!("devices[{place}].unit"), message);
    }
    let Some(address) = draft.address.clone() else {
        return;
    };
    match firsts.entry((address, unit)) {
        Entry::Vacant(free) => drop(free.insert(place)),
        Entry::Occupied(taken) => {
            let (address, _) = taken.key();
            let message = format!(
                "devices[{}] already is unit {unit} at {address}; no device has two names",
                taken.get()
            );
            section.fault(&format!("devices[{place}].address"), message);
        }
    }
}

fn check_points(section: &mut Section<'_>, devices: &[Option<DeviceConfig>]) {
    let points = devices.iter().flatten().map(|device| device.profile.points.len() + site::LINK_POINTS);
    let points = points.sum::<usize>() + site::OWN_POINTS;
    if points > PointTable::POINTS_MAX {
        let message =
            format!("{points} points are too many; one edge serves up to {}", PointTable::POINTS_MAX);
        section.fault("devices", message);
    }
}

/// The profiles that were read so far, as they are and fitted to devices. A faulty one is reported once, at the first
/// device that names it.
#[derive(Default)]
struct Profiles {
    read: BTreeMap<ProfileRef, Option<Profile>>,
    fitted: BTreeMap<(ProfileRef, Sizes), Arc<Profile>>,
}

impl Profiles {
    fn fitted(&mut self, section: &mut Section<'_>, place: usize, draft: &Draft) -> Option<Arc<Profile>> {
        let wanted = draft.profile.clone()?;
        let read = |wanted: &ProfileRef| {
            let profile = match wanted {
                ProfileRef::BuiltIn(built_in) => built_in.profile(),
                ProfileRef::File(path) => profile::load(path),
            };
            let fault =
                |error: ConfigError| section.fault(&format!("devices[{place}].profile"), in_full(&error));
            profile.map_err(fault).ok()
        };
        let profile = self.read.entry(wanted.clone()).or_insert_with_key(read).as_ref()?;
        match self.fitted.entry((wanted, draft.sizes.clone())) {
            Entry::Occupied(fitted) => Some(Arc::clone(fitted.get())),
            Entry::Vacant(free) => match profile.fitted(&draft.sizes) {
                Ok(fitted) => Some(Arc::clone(free.insert(Arc::new(fitted)))),
                Err(error) => {
                    section.fault(&format!("devices[{place}].sizes.{}", error.name()), error.to_string());
                    None
                }
            },
        }
    }
}

/// The faults of another file, with their own places.
fn in_full(error: &ConfigError) -> String {
    match error {
        ConfigError::Read { source, .. } => format!("{error}: {source}"),
        ConfigError::Faulty { .. } => format!("this profile is faulty:\n{error}"),
    }
}

pub(super) fn arming(section: &mut Section<'_>, arming: &DeviceId, devices: &[Option<DeviceConfig>]) {
    // A device with faults of its own may be the one that is meant.
    if devices.iter().any(Option::is_none) {
        return;
    }
    let named = devices.iter().flatten().find(|device| device.id == *arming);
    let fault = match named {
        None => Some(format!("there is no device `{arming}`; write the id of an alarm panel")),
        Some(device) if device.profile.point_of_kind(Kind::PanelArmState).is_none() => Some(format!(
            "`{arming}` has no point of kind {}: its profile is {}; write the id of an alarm panel",
            Kind::PanelArmState,
            device.profile.name
        )),
        Some(_) => None,
    };
    if let Some(message) = fault {
        section.fault("arming.device", message);
    }
}
