//! What one entry of the configuration says about another: ids that occur twice, profiles, the arming device.

use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::Arc;

use runtime::config::{ConfigError, Section};
use wire::{DeviceId, Digest, Kind, PointNo, PointTable};

use super::access::Access;
use super::annunciator::{ANNUNCIATORS_MAX, AnnunciatorConfig};
use super::device::{self, DeviceConfig, Draft, ProfileRef, Sizes};
use super::listener::ListenerConfig;
use super::sender;
use crate::field::profile::{self, Profile};
use crate::field::site::{self, ArmingSource};

/// What a device on a bus can be. Beside these, 255 and the older 0 mean *whoever has this address* by the convention of
/// Modbus TCP, for a device with no bus behind it. 248 to 254 are reserved by the standard.
const UNITS: std::ops::RangeInclusive<u8> = 1..=247;
const WHOEVER_ANSWERS: [u8; 2] = [0, 255];

/// The drafts in their order; `None` stands for one whose fault is recorded. Behind them the profiles that were read.
pub(super) fn devices(
    section: &mut Section<'_>,
    drafts: Vec<Draft>,
    listeners: &[ListenerConfig],
) -> (Vec<Option<DeviceConfig>>, Vec<Digest>) {
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
    let mut fitted = Vec::new();
    for (place, draft) in drafts.iter().enumerate() {
        if let Some(id) = &draft.id {
            check_id(section, place, id, &mut ids);
        }
        check_place(section, place, draft, &mut places);
        fitted.push(profiles.fitted(section, place, draft));
    }
    sender::check(section, &drafts, &fitted, listeners);
    let devices: Vec<_> =
        drafts.into_iter().zip(fitted).map(|(draft, profile)| complete(draft, profile)).collect();
    check_points(section, &devices);
    (devices, profiles.texts)
}

fn complete(draft: Draft, profile: Option<Arc<Profile>>) -> Option<DeviceConfig> {
    let (profile, id, access) = (profile?, draft.id.clone()?, draft.access()?);
    let sender = match &draft.sender {
        Some(sender) => Some(sender.complete(&id, &profile)?),
        None => None,
    };
    // The values of a device that is not asked age by how often it speaks.
    let spoken = sender.as_ref().map(|sender| sender.report_interval);
    Some(DeviceConfig {
        id,
        retries: draft.retries.unwrap_or(match access {
            Access::ModbusTcp { .. } => device::TCP_RETRIES,
            Access::ModbusRtu { .. } => device::RTU_RETRIES,
            Access::Listener { .. } => 0,
        }),
        identify: draft.identify,
        access,
        sender,
        poll_interval: spoken.or(draft.poll_interval).unwrap_or(profile.poll_interval),
        timeout: draft.timeout.unwrap_or(profile.timeout),
        profile,
    })
}

fn check_id(section: &mut Section<'_>, place: usize, id: &DeviceId, firsts: &mut BTreeMap<DeviceId, usize>) {
    let key = format!("devices[{place}].id");
    if id.as_str() == DeviceId::EDGE_ITSELF {
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

/// Where a device is: its address or its bus, and its unit. Two entries for one place would be one device under two
/// names.
fn check_place(section: &mut Section<'_>, place: usize, draft: &Draft, firsts: &mut BTreeMap<Access, usize>) {
    let Some(unit) = draft.unit else {
        return;
    };
    let may_be_asked = UNITS.contains(&unit) || draft.bus.is_none() && WHOEVER_ANSWERS.contains(&unit);
    if !may_be_asked {
        let message = format!("{unit} is the unit of no device; write 1 to 247");
        section.fault(&format!("devices[{place}].unit"), message);
    }
    let Some(access) = draft.access() else {
        return;
    };
    match firsts.entry(access) {
        Entry::Vacant(free) => drop(free.insert(place)),
        Entry::Occupied(taken) => {
            let (key, at) = match taken.key() {
                Access::ModbusTcp { .. } => ("address", "at"),
                Access::ModbusRtu { .. } => ("bus", "on"),
                Access::Listener { .. } => ("listener", "at"),
            };
            let message = format!(
                "devices[{}] already is unit {unit} {at} {}; no device has two names",
                taken.get(),
                taken.key()
            );
            section.fault(&format!("devices[{place}].{key}"), message);
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
    /// Of the texts that were judged, in the order in which the devices name them first.
    texts: Vec<Digest>,
    fitted: BTreeMap<(ProfileRef, Sizes), Arc<Profile>>,
}

impl Profiles {
    fn fitted(&mut self, section: &mut Section<'_>, place: usize, draft: &Draft) -> Option<Arc<Profile>> {
        let wanted = draft.profile.clone()?;
        let read = |wanted: &ProfileRef| {
            let profile = match wanted {
                ProfileRef::BuiltIn(built_in) => {
                    self.texts.push(Digest::of(built_in.text().as_bytes()));
                    built_in.profile()
                }
                ProfileRef::File(path) => runtime::config::read(path).and_then(|text| {
                    self.texts.push(Digest::of(text.as_bytes()));
                    profile::parse(path, &text)
                }),
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

/// Kinds that a site has whatever its devices are.
const ALWAYS_THERE: [&str; 3] = ["edge.", "part.", "device.link"];

pub(super) fn annunciators(
    section: &mut Section<'_>,
    annunciators: &[AnnunciatorConfig],
    devices: &[Option<DeviceConfig>],
) {
    if annunciators.len() > ANNUNCIATORS_MAX {
        let message =
            format!("{} annunciators are too many; write up to {ANNUNCIATORS_MAX}", annunciators.len());
        section.fault("annunciators", message);
    }
    for (place, annunciator) in annunciators.iter().enumerate() {
        if annunciators[..place].iter().any(|other| other.id == annunciator.id) {
            let message = format!("`{}` is the id of another annunciator; ids are unique", annunciator.id);
            section.fault(&format!("annunciators[{place}].id"), message);
        }
        for (coil, other) in shared_coils(annunciator, &annunciators[..place]) {
            let message = format!(
                "`{other}` switches the same coil of the same unit: one would silence the other; name it once"
            );
            section.fault(&format!("annunciators[{place}].coils[{coil}].coil"), message);
        }
        // A device with faults of its own may be the one that has the kind.
        if devices.iter().any(Option::is_none) {
            continue;
        }
        for (coil, kind) in unknown_kinds(annunciator, devices) {
            let message = format!("no device has a point of kind {kind}: it could never switch the coil on");
            section.fault(&format!("annunciators[{place}].coils[{coil}].on"), message);
        }
    }
}

/// The coils that an annunciator before this one switches too, and its id.
fn shared_coils<'a>(own: &AnnunciatorConfig, others: &'a [AnnunciatorConfig]) -> Vec<(usize, &'a str)> {
    let same_unit = |other: &&AnnunciatorConfig| other.place == own.place && other.unit == own.unit;
    let others: Vec<&AnnunciatorConfig> = others.iter().filter(same_unit).collect();
    let coils = own.coils.iter().enumerate();
    let shared = coils.filter_map(|(place, coil)| {
        let other = others.iter().find(|other| other.coils.iter().any(|theirs| theirs.coil == coil.coil))?;
        Some((place, other.id.as_str()))
    });
    shared.collect()
}

fn unknown_kinds(annunciator: &AnnunciatorConfig, devices: &[Option<DeviceConfig>]) -> Vec<(usize, Kind)> {
    let is_there = |kind: Kind| {
        ALWAYS_THERE.iter().any(|begin| kind.name().starts_with(begin))
            || devices.iter().flatten().any(|device| device.profile.point_of_kind(kind).is_some())
    };
    let coils = annunciator.coils.iter().enumerate();
    let kinds = coils.flat_map(|(place, coil)| coil.on.iter().map(move |trigger| (place, trigger.kind)));
    kinds.filter(|(_, kind)| !is_there(*kind)).collect()
}

pub(super) fn arming(section: &mut Section<'_>, arming: &DeviceId, devices: &[Option<DeviceConfig>]) {
    // A device with faults of its own may be the one that is meant.
    if devices.iter().any(Option::is_none) {
        return;
    }
    let named = devices.iter().flatten().find(|device| device.id == *arming);
    let fault = match named {
        None => Some(format!("there is no device `{arming}`; write the id of an alarm panel")),
        Some(device) if ArmingSource::of(&device.profile, PointNo(0)).is_none() => Some(format!(
            "`{arming}` has no point of kind {} or {}: its profile is {}; write the id of an alarm panel",
            Kind::PanelArmState,
            Kind::SectorArmed,
            device.profile.name
        )),
        Some(_) => None,
    };
    if let Some(message) = fault {
        section.fault("arming.device", message);
    }
}
