//! The configuration files of the demo's processes, as text. Pure. Paths in them are relative to the file.

use std::fmt::Write;

use super::folder::CONTROL;
use crate::demo::site::{PANEL, ROOMS, Room};

pub const HUB_FILE: &str = "hub.toml";
pub const EDGE_FILE: &str = "edge.toml";
pub const SITE_FILE: &str = "site.toml";
pub const SO_FAR_FILE: &str = "so-far.toml";

/// Every device has a unit of its own, as on a bus.
const FIRST_UNIT: u8 = 1;

#[derive(Clone, Copy, Debug)]
pub struct HubPorts {
    pub gate: u16,
    pub https: u16,
    pub loopback: u16,
}

pub fn hub(ports: HubPorts) -> String {
    let HubPorts { gate, https, loopback } = ports;
    let mut text = format!(
        r#"[hub]
site = "demo"
name = "Demo site"
data = "data"

[gate]
listen = "127.0.0.1:{gate}"
ca = "../pki/ca.pem"
crl = "../pki/crl.pem"
certificate = "../pki/issued/server-hub.pem"
key = "../pki/issued/server-hub.key"

[api]
listen = "127.0.0.1:{https}"
certificate = "../pki/issued/server-hub.pem"
key = "../pki/issued/server-hub.key"
tokens = "tokens.json"
# Plain HTTP for a browser on this machine.
loopback = "127.0.0.1:{loopback}"
"#
    );
    for Room { part, name, edge, .. } in &ROOMS {
        write!(text, "\n[[parts]]\nid = \"{part}\"\nname = \"{name}\"\nedges = [\"{edge}\"]\n")
            .expect("writing to a string cannot fail");
    }
    text
}

/// `ports` are those of the room's devices, in their order.
pub fn edge(room: &Room, gate: u16, ports: &[u16]) -> String {
    let edge = room.edge;
    let mut text = format!(
        r#"[edge]
id = "{edge}"

[uplink]
hubs = ["127.0.0.1:{gate}"]
server_name = "localhost"
ca = "../pki/ca.pem"
certificate = "../pki/issued/edge-{edge}.pem"
key = "../pki/issued/edge-{edge}.key"

[spool]
path = "spool.redb"

[arming]
device = "{PANEL}"
"#
    );
    for ((device, port), unit) in room.devices.iter().zip(ports).zip(FIRST_UNIT..) {
        let (id, profile) = (device.id, device.profile);
        write!(
            text,
            "\n[[devices]]\nid = \"{id}\"\nprofile = \"{profile}\"\naddress = \"127.0.0.1:{port}\"\nunit = {unit}\n"
        )
        .expect("writing to a string cannot fail");
    }
    text
}

/// The simulated devices of a room.
pub fn site(room: &Room, ports: &[u16]) -> String {
    let short = room.short;
    let mut text = format!("name = \"{short}\"\ncontrol = \"{CONTROL}\"\nscenario = \"{SO_FAR_FILE}\"\n");
    for ((device, port), unit) in room.devices.iter().zip(ports).zip(FIRST_UNIT..) {
        let (id, class) = (device.id, device.class);
        write!(text, "\n[device.{id}]\nclass = \"{class}\"\nlisten = \"127.0.0.1:{port}\"\nunit = {unit}\n")
            .expect("writing to a string cannot fail");
        if class == "panel" {
            // Nobody wants to wait for people who leave.
            text.push_str("exit_delay = \"0s\"\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use runtime::config::parse;

    use super::*;
    use crate::config::SiteFile;

    #[test]
    fn each_device_has_the_same_port_and_unit_for_its_edge_and_for_the_simulator() {
        for room in &ROOMS {
            let ports: Vec<u16> = (20_000..).take(room.devices.len()).collect();
            let site: SiteFile = parse(Path::new("site.toml"), &site(room, &ports)).unwrap();
            let edge = edge(room, 19_000, &ports);
            assert_eq!(site.devices.len(), room.devices.len());
            for (id, device) in &site.devices {
                let (listen, unit) = (device.listen, device.settings.unit);
                let entry =
                    edge.split("\n[[devices]]\n").find(|entry| entry.contains(&format!("id = \"{id}\"")));
                let entry = entry.unwrap();
                assert!(entry.contains(&format!("address = \"{listen}\"\nunit = {unit}\n")), "{entry}");
            }
        }
    }

    #[test]
    fn the_hub_knows_every_room() {
        let text = hub(HubPorts { gate: 1, https: 2, loopback: 3 });
        for room in &ROOMS {
            assert!(text.contains(&format!("id = \"{}\"", room.part)));
            assert!(text.contains(&format!("edges = [\"{}\"]", room.edge)));
        }
    }
}
