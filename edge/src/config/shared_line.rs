//! What buses say about each other, and about the devices on them: names and ports that occur twice, buses that nobody
//! described, and more polls than a line has time for.

use std::time::Duration;

use runtime::config::Section;

use super::access::Access;
use super::bus::{BusConfig, BusDraft, BusId};
use super::device::DeviceConfig;
use crate::field::modbus::{plan::Plan, timing};

/// More serial ports no gateway of a room has.
const BUSES_MAX: usize = 16;

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

pub(super) fn devices(
    section: &mut Section<'_>,
    buses: &[Option<BusConfig>],
    devices: &[Option<DeviceConfig>],
) {
    // A bus with faults of its own may be the one that is meant.
    let all_known = buses.iter().all(Option::is_some);
    for (place, device) in devices.iter().enumerate() {
        let Some(Access::ModbusRtu { bus, .. }) = device.as_ref().map(|device| &device.access) else {
            continue;
        };
        if all_known && !buses.iter().flatten().any(|known| known.id == *bus) {
            let message = format!("there is no bus `{bus}`; {}", known(buses));
            section.fault(&format!("devices[{place}].bus"), message);
        }
    }
    for (place, bus) in buses.iter().enumerate() {
        if let Some(bus) = bus {
            check_load(section, place, bus, devices);
        }
    }
}

/// A line that is asked for more than it can carry would show every value stale in turn, and be blamed for it.
fn check_load(section: &mut Section<'_>, place: usize, bus: &BusConfig, devices: &[Option<DeviceConfig>]) {
    let load = |device: &DeviceConfig| {
        let plan = Plan::build(&device.profile);
        let needed: Duration =
            plan.requests().iter().map(|request| timing::exchange(bus.mode, bus.gap, *request)).sum();
        needed.as_secs_f64() / device.poll_interval.as_secs_f64()
    };
    let load: f64 = devices.iter().flatten().filter(|device| is_on(device, &bus.id)).map(load).sum();
    if load > 1.0 {
        let message = format!(
            "its devices need {:.0} % of the time of this bus; write a longer `poll_interval` for them or a higher `baud`",
            load * 100.0
        );
        section.fault(&format!("buses[{place}].baud"), message);
    }
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
