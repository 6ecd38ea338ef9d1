//! What buses say about each other, and about the devices and the sirens on them: names and ports that occur twice, buses that nobody
//! described, and more polls than a line has time for.

use std::time::Duration;

use runtime::config::Section;

use super::access::Access;
use super::annunciator::{AnnunciatorConfig, CoilsPlace};
use super::bus::{BusConfig, BusDraft, BusId};
use super::device::DeviceConfig;
use crate::annunciator;
use crate::field::modbus::frame::FRAME_BYTES_MAX;
use crate::field::modbus::plan::{Plan, Request};
use crate::field::modbus::timing;
use crate::field::profile;

/// More serial ports no gateway of a room has.
const BUSES_MAX: usize = 16;
/// An alarm sounds within a second. What is left of it is for the write, and for the one that was before it.
const SIREN_WAIT_MAX: Duration = Duration::from_millis(700);

/// The drafts in their order; `None` stands for one whose fault is recorded.
pub(super) fn buses(section: &mut Section<'_>, drafts: Vec<BusDraft>) -> Vec<Option<BusConfig>> {
    if drafts.len() > BUSES_MAX {
        let message = format!("{} buses are too many; one edge serves up to {BUSES_MAX}", drafts.len());
        section.fault("buses", message);
    }
    for (place, draft) in drafts.iter().enumerate() {
        let before = &drafts[..place];
        if let Some(id) = &draft.id
            && let Some(first) = before.iter().position(|other| other.id.as_ref() == Some(id))
        {
            let message = format!("`{id}` is already the id of buses[{first}]; ids are unique");
            section.fault(&format!("buses[{place}].id"), message);
        }
        if let Some(path) = &draft.path
            && let Some(first) = before.iter().position(|other| other.path.as_ref() == Some(path))
        {
            let message = format!(
                "{} is already the port of buses[{first}]; put the devices of one port on one bus",
                path.display()
            );
            section.fault(&format!("buses[{place}].path"), message);
        }
    }
    drafts.into_iter().map(BusDraft::complete).collect()
}

pub(super) fn check(
    section: &mut Section<'_>,
    buses: &[Option<BusConfig>],
    devices: &[Option<DeviceConfig>],
    annunciators: &[AnnunciatorConfig],
) {
    let named = |(place, device): (usize, &Option<DeviceConfig>)| match &device.as_ref()?.access {
        Access::ModbusRtu { bus, .. } => Some((format!("devices[{place}].bus"), bus.clone())),
        Access::ModbusTcp { .. } | Access::Listener { .. } => None,
    };
    let sirens = |(place, annunciator): (usize, &AnnunciatorConfig)| match &annunciator.place {
        CoilsPlace::Bus(bus) => Some((format!("annunciators[{place}].bus"), bus.clone())),
        CoilsPlace::Address(_) => None,
    };
    let named = devices.iter().enumerate().filter_map(named);
    let named: Vec<_> = named.chain(annunciators.iter().enumerate().filter_map(sirens)).collect();
    // A bus with faults of its own may be the one that is meant.
    let all_known = buses.iter().all(Option::is_some);
    for (key, bus) in named {
        if all_known && !buses.iter().flatten().any(|known| known.id == bus) {
            section.fault(&key, format!("there is no bus `{bus}`; {}", known(buses)));
        }
    }
    for (place, bus) in buses.iter().enumerate() {
        let Some(bus) = bus else { continue };
        let on_bus = |annunciator: &&AnnunciatorConfig| annunciator.place == CoilsPlace::Bus(bus.id.clone());
        let sirens: Vec<&AnnunciatorConfig> = annunciators.iter().filter(on_bus).collect();
        check_load(section, place, bus, devices, &sirens);
        if let Some(siren) = sirens.first() {
            check_waits(section, bus, devices, siren);
        }
    }
}

/// A line that is asked for more than it can carry would show every value stale in turn, and be blamed for it.
fn check_load(
    section: &mut Section<'_>,
    place: usize,
    bus: &BusConfig,
    devices: &[Option<DeviceConfig>],
    sirens: &[&AnnunciatorConfig],
) {
    let load = |device: &DeviceConfig| {
        let plan = Plan::build(&device.profile);
        let needed: Duration =
            plan.requests().iter().map(|request| timing::exchange(bus.mode, bus.gap, *request)).sum();
        needed.as_secs_f64() / device.poll_interval.as_secs_f64()
    };
    let load: f64 = devices.iter().flatten().filter(|device| is_on(device, &bus.id)).map(load).sum();
    let coils: usize = sirens.iter().map(|siren| siren.coils.len()).sum();
    let refresh = timing::switching(bus.mode, bus.gap).as_secs_f64() * coils as f64;
    let load = load + refresh / annunciator::REFRESH.as_secs_f64();
    if load > 1.0 {
        let message = format!(
            "what is on it needs {:.0} % of the time of this bus; write a longer `poll_interval` for its devices or a higher `baud`",
            load * 100.0
        );
        section.fault(&format!("buses[{place}].baud"), message);
    }
}

/// A question that is under way is not broken off, so a siren may have to wait for the whole of one that nobody answers.
fn check_waits(
    section: &mut Section<'_>,
    bus: &BusConfig,
    devices: &[Option<DeviceConfig>],
    siren: &AnnunciatorConfig,
) {
    for (place, device) in devices.iter().enumerate() {
        let Some(device) = device.as_ref().filter(|device| is_on(device, &bus.id)) else { continue };
        let longest = longest_exchange(bus, device);
        let most = SIREN_WAIT_MAX.saturating_sub(longest);
        if device.timeout > most {
            let advice = if most < *profile::TIMEOUTS.start() {
                "write a higher `baud` for the bus".to_owned()
            } else {
                format!("write up to \"{}ms\"", most.as_millis())
            };
            let message = format!(
                "the siren `{}` on this bus would wait for it up to {} ms when it does not answer; {advice}",
                siren.id,
                (device.timeout + longest).as_millis()
            );
            section.fault(&format!("devices[{place}].timeout"), message);
        }
    }
}

/// Of all that a device may be asked.
fn longest_exchange(bus: &BusConfig, device: &DeviceConfig) -> Duration {
    let exchange = |request: Request| timing::exchange(bus.mode, bus.gap, request);
    let plan = Plan::build(&device.profile);
    let ring = device.profile.ring.as_ref();
    let slots = ring.map(|ring| Request { table: ring.table, start: 0, count: ring.table.request_max() });
    let reads = plan.requests().iter().copied().chain(slots).map(exchange);
    let identify = device.identify.then(|| timing::transfer(bus.mode, FRAME_BYTES_MAX));
    reads.chain(identify).max().unwrap_or_default()
}

fn is_on(device: &DeviceConfig, wanted: &BusId) -> bool {
    matches!(&device.access, Access::ModbusRtu { bus, .. } if bus == wanted)
}

fn known(buses: &[Option<BusConfig>]) -> String {
    if buses.is_empty() {
        return "describe it in a section [[buses]]".to_owned();
    }
    let names: Vec<String> = buses.iter().flatten().map(|bus| format!("`{}`", bus.id)).collect();
    format!("write {}", names.join(" or "))
}
