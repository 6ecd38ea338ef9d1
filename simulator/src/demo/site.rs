//! The site of the demo: three key parts, the edge of each and the devices behind it.

/// A key part with one edge, one process of simulated devices, and one scenario.
#[derive(Debug)]
pub struct Room {
    /// The part's id, which also names the room's simulated devices.
    pub part: &'static str,
    /// As the page shows it.
    pub name: &'static str,
    /// As the timeline shows it.
    pub short: &'static str,
    pub edge: &'static str,
    pub devices: &'static [Device],
    /// In the simulator's scenario format; times count from the moment at which everything is up.
    pub scenario: &'static str,
}

#[derive(Debug)]
pub struct Device {
    pub id: &'static str,
    /// The simulator's word for it.
    pub class: &'static str,
    /// The edge's word for it.
    pub profile: &'static str,
}

/// The device that says whether a room is set.
pub const PANEL: &str = "panel-1";

const PANEL_1: Device = Device { id: PANEL, class: "panel", profile: "alarm-panel" };
const DOOR_1: Device = Device { id: "door-1", class: "door", profile: "door-controller" };
const DOOR_2: Device = Device { id: "door-2", class: "door", profile: "door-controller" };
const CABINET_1: Device = Device { id: "cabinet-1", class: "cabinet", profile: "cabinet-lock" };
const JAMMER_1: Device = Device { id: "jammer-1", class: "jammer", profile: "phone-jammer" };

pub static ROOMS: [Room; 3] = [
    Room {
        part: "document-room",
        name: "Secret document room",
        short: "document room",
        edge: "edge-doc",
        devices: &[PANEL_1, DOOR_1, DOOR_2, CABINET_1, JAMMER_1],
        scenario: include_str!("story/document-room.toml"),
    },
    Room {
        part: "printing-room",
        name: "Printing room",
        short: "printing room",
        edge: "edge-print",
        devices: &[PANEL_1, DOOR_1, DOOR_2, CABINET_1],
        scenario: include_str!("story/printing-room.toml"),
    },
    Room {
        part: "machine-room",
        name: "Machine room",
        short: "machine room",
        edge: "edge-machine",
        devices: &[PANEL_1, DOOR_1, JAMMER_1],
        scenario: include_str!("story/machine-room.toml"),
    },
];

/// What the hub is called among the processes.
pub const HUB: &str = "hub";

pub fn room_of_edge(edge: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| room.edge == edge)
}

pub fn room_of_part(part: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| room.part == part)
}

pub fn devices_in_all() -> usize {
    ROOMS.iter().map(|room| room.devices.len()).sum()
}
