//! A configuration is taken whole, or refused with every fault at its line.

mod sirens;

use std::fs;
use std::path::{Path, PathBuf};

use runtime::config::{ConfigError, parse};

use super::*;
use crate::agent::config::Credentials;

const SOUND: &str = r#"[edge]
id = "edge-doc"
[uplink]
hubs = ["hub.example:8883"]
ca = "pki/ca.pem"
certificate = "pki/edge-doc.pem"
key = "pki/edge-doc.key"
[spool]
path = "spool.redb"
[arming]
device = "panel-1"
[[devices]]
id = "panel-1"
profile = "alarm-panel"
address = "127.0.0.1:1502"
unit = 1
[[devices]]
id = "door-1"
profile = "door-controller"
address = "door.local:502"
unit = 255
poll_interval = "100ms"
"#;

fn read(text: &str) -> Result<Config, ConfigError> {
    parse(Path::new("/etc/strongroom/edge.toml"), text)
}

/// The faults of the sound text with one thing replaced, as `line key`.
fn faults(from: &str, to: &str) -> Vec<String> {
    assert!(SOUND.contains(from), "`{from}` is not in the text");
    match read(&SOUND.replacen(from, to, 1)) {
        Err(ConfigError::Faulty { faults, .. }) => {
            faults.iter().map(|fault| format!("{} {}", fault.line, fault.key)).collect()
        }
        other => panic!("faults were expected: {other:?}"),
    }
}

#[test]
fn a_sound_configuration_is_taken_with_its_defaults() {
    let config = read(SOUND).unwrap();
    assert_eq!(config.edge.as_str(), "edge-doc");
    let [hub] = &config.uplink.hubs[..] else { panic!("one way to the hub") };
    assert_eq!(
        (hub.address.to_string().as_str(), hub.server_name.as_str()),
        ("hub.example:8883", "hub.example")
    );
    assert_eq!(config.uplink.files.ca, Path::new("/etc/strongroom/pki/ca.pem"));
    assert_eq!(config.uplink.heartbeat_interval, Duration::from_secs(5));
    assert_eq!(config.spool.path, Path::new("/etc/strongroom/spool.redb"));
    assert_eq!(config.spool.bytes_max, 256 * 1024 * 1024);
    assert_eq!(config.spool.routine_interval, Duration::from_secs(5));
    let (urgent, routine) = (config.spool.urgent_age_max, config.spool.routine_age_max);
    assert_eq!((urgent.as_secs() / 86_400, routine.as_secs() / 86_400), (90, 14));
    assert_eq!(config.snapshot_interval, Duration::from_secs(60));
    assert_eq!(config.log, LogFormat::Text);
    let [panel, door] = &config.devices[..] else { panic!("two devices") };
    assert_eq!((panel.poll_interval, panel.timeout), (panel.profile.poll_interval, panel.profile.timeout));
    assert_eq!((door.poll_interval, door.access.unit()), (Duration::from_millis(100), Some(255)));
    assert_eq!(door.access.to_string(), "door.local:502");
}

#[test]
fn several_ways_to_the_hub_keep_their_order_and_each_its_name() {
    let several = SOUND.replace("[\"hub.example:8883\"]", "[\"b:1\", \"a:2\"]");
    let uplink = read(&several).unwrap().uplink;
    assert_eq!(uplink.addresses(), "b:1, a:2");
    assert_eq!(uplink.hubs.iter().map(|hub| hub.server_name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    let named = several.replace("ca = ", "server_name = \"hub\"\nca = ");
    assert!(read(&named).unwrap().uplink.hubs.iter().all(|hub| hub.server_name == "hub"));
}

#[test]
fn faults_stand_at_their_lines() {
    assert_eq!(faults("id = \"edge-doc\"", "id = \"edge doc\""), ["2 edge.id"]);
    assert_eq!(faults("hub.example:8883", "hub.example"), ["4 uplink.hubs[0]"]);
    assert_eq!(faults("[\"hub.example:8883\"]", "[]"), ["4 uplink.hubs"]);
    assert_eq!(faults("[\"hub.example:8883\"]", "[\"a:1\", \"b:1\", \"a:1\"]"), ["4 uplink.hubs[2]"]);
    assert_eq!(faults("path = \"spool.redb\"", "bytes_max = 5"), ["8 spool.path", "9 spool.bytes_max"]);
    assert_eq!(faults("unit = 255", "unit = 250"), ["21 devices[1].unit"]);
    assert_eq!(faults("unit = 255", "unit = 248"), ["21 devices[1].unit"]);
    assert_eq!(faults("\"100ms\"", "\"10ms\""), ["22 devices[1].poll_interval"]);
    assert_eq!(faults("poll_interval", "poll_intervall"), ["22 devices[1].poll_intervall"]);
    assert_eq!(faults("door.local:502", "door.local"), ["20 devices[1].address"]);
    assert_eq!(faults("[spool]", "[log]\nformat = \"xml\"\n[spool]"), ["9 log.format"]);
}

#[test]
fn a_device_with_no_bus_behind_it_may_be_asked_as_unit_0_or_255() {
    for unit in [0, 1, 247, 255] {
        let config = read(&SOUND.replace("unit = 255", &format!("unit = {unit}"))).unwrap();
        assert_eq!(config.devices[1].access.unit(), Some(unit));
    }
}

#[test]
fn entries_are_seen_beside_each_other() {
    assert_eq!(faults("\"door-1\"", "\"panel-1\""), ["18 devices[1].id"]);
    assert_eq!(faults("\"door-1\"", "\"edge\""), ["18 devices[1].id"]);
    assert_eq!(
        faults("\"door.local:502\"\nunit = 255", "\"127.0.0.1:1502\"\nunit = 1"),
        ["20 devices[1].address"]
    );
    assert_eq!(faults("device = \"panel-1\"", "device = \"panel-2\""), ["11 arming.device"]);
    assert_eq!(faults("device = \"panel-1\"", "device = \"door-1\""), ["11 arming.device"]);
    assert_eq!(
        faults("id = \"panel-1\"", "id = \"door-1\"\nunits = 3"),
        ["11 arming.device", "14 devices[0].units", "19 devices[1].id"]
    );
}

#[test]
fn a_panel_that_shows_only_its_sectors_arms_the_part_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edge.toml");
    let sectors = "name = \"mine\"\n[[points]]\nname = \"s\"\nkind = \"sector.armed\"\ntable = \"coil\"\nregister = 1\n";
    fs::write(folder.path().join("mine.toml"), sectors).unwrap();
    let text = SOUND.replace("\"alarm-panel\"", "\"mine.toml\"");
    assert!(parse::<Config>(&path, &text).unwrap().arming.is_some());
}

#[test]
fn a_device_sets_the_sizes_of_its_profile() {
    let jammer = SOUND.replace("door-controller", "phone-jammer") + "sizes = { bands = 2 }\n";
    let devices = read(&jammer).unwrap().devices;
    assert!(devices[1].profile.points.iter().any(|point| point.name.as_str() == "band-1.vswr"));
    assert!(!devices[1].profile.points.iter().any(|point| point.name.as_str() == "band-2.vswr"));
    assert_eq!(faults("unit = 255", "unit = 2\nsizes = { bands = 2 }"), ["22 devices[1].sizes.bands"]);
}

#[test]
fn an_unknown_profile_is_answered_with_those_there_are() {
    let Err(ConfigError::Faulty { faults, .. }) = read(&SOUND.replace("door-controller", "door-controler"))
    else {
        panic!("a fault was expected");
    };
    assert_eq!((faults[0].line, faults[0].key.as_str()), (19, "devices[1].profile"));
    assert!(faults[0].message.contains("alarm-panel, cabinet-lock, door-controller, emanation-protection"));
}

#[test]
fn a_profile_of_ones_own_is_read_and_its_faults_are_shown_with_their_own_places() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edge.toml");
    fs::create_dir(folder.path().join("profiles")).unwrap();
    let text = SOUND.replace("\"door-controller\"", "\"profiles/mine.toml\"");
    assert!(parse::<Config>(&path, &text).unwrap_err().to_string().contains("cannot read"));

    let profile = "name = \"mine\"\n[[points]]\nname = \"contact\"\nkind = \"door.contakt\"\nregister = 1\n";
    fs::write(folder.path().join("profiles/mine.toml"), profile).unwrap();
    let error = parse::<Config>(&path, &text).unwrap_err().to_string();
    assert!(error.contains("mine.toml:4:8: points[0].kind: `door.contakt`"), "{error}");

    fs::write(folder.path().join("profiles/mine.toml"), profile.replace("contakt", "contact")).unwrap();
    let config: Config = parse(&path, &text).unwrap();
    assert_eq!(&*config.devices[1].profile.name, "mine");
}

#[test]
fn devices_that_mean_the_same_profile_share_it() {
    let config = read(
        &SOUND.replace("alarm-panel", "door-controller").replace("[arming]\ndevice = \"panel-1\"\n", ""),
    );
    let devices = config.unwrap().devices;
    assert!(std::sync::Arc::ptr_eq(&devices[0].profile, &devices[1].profile));
}

#[test]
fn an_edge_serves_a_limited_number_of_points() {
    let device = |n: usize| {
        format!("[[devices]]\nid = \"p{n}\"\nprofile = \"alarm-panel\"\naddress = \"h:{n}\"\nunit = 2\n")
    };
    let with = |devices: usize| SOUND.to_owned() + &(1..=devices).map(device).collect::<String>();
    assert!(read(&with(100)).is_ok());
    let Err(ConfigError::Faulty { faults, .. }) = read(&with(200)) else {
        panic!("a fault was expected");
    };
    assert!(faults[0].message.contains("points are too many"), "{faults:?}");
}

const HORN: &str = r#"[[annunciators]]
id = "horn"
address = "127.0.0.1:1600"
[[annunciators.coils]]
name = "siren"
coil = 12
on = [{ kind = "door.contact", states = ["open"] }, { kind = "door.tamper" }]
"#;

#[test]
fn annunciators_are_taken_with_their_defaults() {
    let config = read(&(SOUND.to_owned() + HORN)).unwrap();
    let [horn] = &config.annunciators[..] else { panic!("one annunciator") };
    assert_eq!((horn.id.as_str(), horn.unit, horn.coils[0].coil), ("horn", 1, 12));
    let siren = &horn.coils[0];
    assert_eq!((siren.min_on, siren.max_on), (Duration::from_secs(5), Duration::from_secs(600)));
    assert_eq!(siren.values(wire::Kind::DoorContact), [wire::Value::Integer(1)]);
    assert_eq!(siren.values(wire::Kind::DoorTamper), [wire::Value::Flag(true)]);
    assert!(siren.values(wire::Kind::DoorLock).is_empty());
}

#[test]
fn faults_of_annunciators_stand_at_their_lines() {
    let sound = SOUND.to_owned() + HORN;
    let faults = |from: &str, to: &str| -> Vec<String> {
        assert!(HORN.contains(from), "`{from}` is not in the text");
        match read(&sound.replacen(from, to, 1)) {
            Err(ConfigError::Faulty { faults, .. }) => {
                faults.iter().map(|fault| format!("{} {}", fault.line, fault.key)).collect()
            }
            other => panic!("faults were expected: {other:?}"),
        }
    };
    assert_eq!(faults("door.tamper", "cabinet.duress"), ["29 annunciators[0].coils[0].on[1].kind"]);
    assert_eq!(faults("door.tamper", "cabinet.tamper"), ["29 annunciators[0].coils[0].on"]);
    assert_eq!(faults("door.tamper", "jammer.fan"), ["29 annunciators[0].coils[0].on[1].kind"]);
    assert_eq!(faults("[\"open\"]", "[]"), ["29 annunciators[0].coils[0].on[0].states"]);
    assert_eq!(faults("[\"open\"]", "[\"ajar\"]"), ["29 annunciators[0].coils[0].on[0].states"]);
    assert_eq!(faults(", states = [\"open\"]", ""), ["29 annunciators[0].coils[0].on[0].states"]);
    assert_eq!(faults("coil = 12", "coil = 12\nmin_on = \"11m\""), ["29 annunciators[0].coils[0].min_on"]);
    assert_eq!(faults("coil = 12", "coil = 65536"), ["28 annunciators[0].coils[0].coil"]);
    assert_eq!(faults("id = \"horn\"", "id = \"horn\"\nunit = 250"), ["25 annunciators[0].unit"]);
    assert_eq!(faults("id = \"horn\"", "id = \"horn\"\nunit = 0"), ["25 annunciators[0].unit"]);
    let again = &HORN[HORN.find("[[annunciators.coils]]").unwrap()..];
    let twice = [HORN, again, HORN].concat();
    let Err(ConfigError::Faulty { faults, .. }) = read(&(SOUND.to_owned() + &twice)) else {
        panic!("faults were expected");
    };
    let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
    let expected = [
        "annunciators[0].coils[1].name",
        "annunciators[0].coils[1].coil",
        "annunciators[1].id",
        "annunciators[1].coils[0].coil",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn the_status_is_for_loopback_and_the_hub_is_not_behind_a_radio() {
    assert_eq!(read(SOUND).unwrap().status.address, None, "several edges on one machine must not clash");
    let status = |address: &str| format!("[status]\naddress = \"{address}\"\n[spool]");
    let config = read(&SOUND.replace("[spool]", &status("127.0.0.1:9640"))).unwrap();
    assert_eq!(config.status.address.unwrap().to_string(), "127.0.0.1:9640");
    assert_eq!(faults("[spool]", &status("0.0.0.0:9640")), ["9 status.address"]);
    assert_eq!(faults("[spool]", "interface = \"wlan0\"\n[spool]"), ["8 uplink.interface"]);
    let config = read(&SOUND.replace("[spool]", "interface = \"eth0\"\n[spool]")).unwrap();
    assert_eq!(config.uplink.interface.as_deref(), Some("eth0"));
}

#[test]
fn the_examples_are_sound_and_the_simulated_devices_are_where_the_edge_looks_for_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let config = |path: &str| Config::load(&root.join(path)).unwrap();
    let given = config("deploy/examples/edge.toml");
    let text = fs::read_to_string(root.join("deploy/examples/edge.toml")).unwrap();
    let whole: Config =
        runtime::config::parse(&root.join("deploy/examples/edge.toml"), &offered(&text)).unwrap();
    assert_eq!(whole.devices.len(), given.devices.len() + 3, "what is offered is taken when it is wanted");
    assert_eq!((whole.buses.len(), whole.listeners.len()), (1, 1));
    let devices = config("simulator/examples/edge.toml").devices;
    let site = fs::read_to_string(root.join("simulator/examples/site.toml")).unwrap();
    let sections: Vec<&str> = site.split("\n[device.").skip(1).collect();
    assert_eq!(devices.len(), sections.len());
    for (device, section) in devices.iter().zip(sections) {
        let DeviceConfig { id, access: Access::ModbusTcp { address, unit }, .. } = device else {
            panic!("{} is not asked over TCP", device.id);
        };
        for line in [format!("{id}]\n"), format!("listen = \"{address}\"\n"), format!("unit = {unit}\n")] {
            assert!(section.contains(&line), "{line} is not in\n{section}");
        }
    }
}

#[test]
fn the_shipped_edge_agent_and_unit_fit_each_other() {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
    let agent = crate::agent::config::Config::load(&deploy.join("examples/host-agent.toml")).unwrap();
    let path = deploy.join("examples/edge.toml");
    let edge: Config = runtime::config::parse(&path, &offered(&fs::read_to_string(&path).unwrap())).unwrap();
    let device = edge.devices.iter().find(|device| device.id == agent.device).unwrap();
    assert_eq!(device.profile.name, "host-agent".into());
    let Credential::Certificate(identity) = &device.sender.as_ref().unwrap().credential else {
        panic!("the agent has a certificate");
    };
    let holder = format!("host-agent/{}", agent.device);
    assert_eq!(identity.to_string(), format!("spiffe://my-site/{holder}"));
    // As `strongroom-hub pki` names the files.
    let file = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let Credentials::Certificate { certificate, key } = &agent.edge.credentials else { panic!("one each") };
    let stem = holder.replace('/', "-");
    assert_eq!([certificate, key].map(file), [format!("{stem}.pem"), format!("{stem}.key")]);
    assert_eq!(edge.listeners[0].address.to_string(), agent.edge.address.to_string());

    let unit = fs::read_to_string(deploy.join("systemd/strongroom-host-agent.service")).unwrap();
    assert!(
        unit.contains("\nExecStart=/usr/bin/strongroom-host-agent run --config /etc/strongroom-host-agent/")
    );
    assert!(unit.contains(&format!("\nStateDirectory={}\n", file(&agent.buffer.folder))));
}

/// An example with what it offers: behind a bare `#` stands an entry, behind `# ` a sentence.
fn offered(example: &str) -> String {
    let line = |line: &str| match line.strip_prefix('#') {
        Some(entry) if !entry.starts_with(' ') => format!("{entry}\n"),
        _ => format!("{line}\n"),
    };
    example.lines().map(line).collect()
}

const BUS: &str = "[[buses]]\nid = \"field\"\npath = \"/dev/ttyUSB0\"\n";

/// The sound text with its door on a bus, which is described by the last lines.
fn on_bus(unit: u8, buses: &str) -> String {
    let door = "address = \"door.local:502\"\nunit = 255\npoll_interval = \"100ms\"\n";
    assert!(SOUND.contains(door));
    SOUND.replace(door, &format!("bus = \"field\"\nunit = {unit}\n")) + buses
}

fn faults_of(text: &str) -> Vec<String> {
    match read(text) {
        Err(ConfigError::Faulty { faults, .. }) => {
            faults.iter().map(|fault| format!("{} {}", fault.line, fault.key)).collect()
        }
        other => panic!("faults were expected: {other:?}"),
    }
}

#[test]
fn a_bus_has_the_settings_that_the_standard_asks_for() {
    let config = read(&on_bus(9, BUS)).unwrap();
    let [bus] = &config.buses[..] else { panic!("one bus") };
    assert_eq!(bus.path, Path::new("/dev/ttyUSB0"));
    assert_eq!((bus.mode, bus.gap), (LineMode::default(), Duration::ZERO));
    let door = &config.devices[1];
    assert_eq!(door.access, Access::ModbusRtu { bus: bus.id.clone(), unit: 9 });
    assert_eq!((door.retries, config.devices[0].retries), (RTU_RETRIES, TCP_RETRIES));
    assert!(!door.identify);

    let all = "baud = 115200\nparity = \"none\"\ngap = \"5ms\"\n";
    let bus = read(&on_bus(9, &format!("{BUS}{all}"))).unwrap().buses.remove(0);
    assert_eq!((bus.mode.baud, bus.gap), (115_200, Duration::from_millis(5)));
    assert_eq!((bus.mode.parity, bus.mode.stop_bits), (Parity::None, StopBits::Two));
    let bus = read(&on_bus(9, &format!("{BUS}parity = \"odd\"\nstop_bits = 2\n"))).unwrap().buses.remove(0);
    assert_eq!((bus.mode.parity, bus.mode.stop_bits), (Parity::Odd, StopBits::Two));
}

#[test]
fn faults_of_a_bus_stand_at_their_lines() {
    let with = |line: &str| faults_of(&on_bus(9, &format!("{BUS}{line}\n")));
    assert_eq!(with("baud = 9601"), ["25 buses[0].baud"]);
    assert_eq!(with("baud = \"fast\""), ["25 buses[0].baud"]);
    assert_eq!(with("parity = \"mark\""), ["25 buses[0].parity"]);
    assert_eq!(with("stop_bits = 3"), ["25 buses[0].stop_bits"]);
    assert_eq!(with("gap = \"2s\""), ["25 buses[0].gap"]);
    assert_eq!(with("speed = 1"), ["25 buses[0].speed"]);
    let id = |id: &str| faults_of(&on_bus(9, &BUS.replace("\"field\"", id)));
    assert_eq!(id("\"\""), ["23 buses[0].id"]);
    assert_eq!(id("\"other\""), ["20 devices[1].bus"]);
    assert_eq!(faults_of(&on_bus(9, "")), ["20 devices[1].bus"]);
    assert_eq!(faults_of(&on_bus(9, &BUS.replace("path", "port"))), ["22 buses[0].path", "24 buses[0].port"]);
}

#[test]
fn no_two_buses_have_one_name_or_one_port_and_no_two_devices_one_unit() {
    let other = BUS.replace("ttyUSB0", "ttyUSB1");
    assert_eq!(faults_of(&on_bus(9, &format!("{BUS}{other}"))), ["26 buses[1].id"]);
    let other = BUS.replace("\"field\"", "\"other\"");
    assert_eq!(faults_of(&on_bus(9, &format!("{BUS}{other}"))), ["27 buses[1].path"]);
    let third = "[[devices]]\nid = \"door-2\"\nprofile = \"door-controller\"\nbus = \"field\"\nunit = 9\n";
    assert_eq!(faults_of(&on_bus(9, &format!("{third}{BUS}"))), ["25 devices[2].bus"]);
    assert!(read(&on_bus(8, &format!("{third}{BUS}"))).is_ok());
}

#[test]
fn a_device_is_at_an_address_or_on_a_bus() {
    for unit in [0, 248, 255] {
        assert_eq!(faults_of(&on_bus(unit, BUS)), ["21 devices[1].unit"], "nobody on a bus is unit {unit}");
    }
    let both = on_bus(9, BUS).replace("bus = \"field\"", "bus = \"field\"\naddress = \"door.local:502\"");
    assert_eq!(faults_of(&both), ["20 devices[1].bus"]);
    assert_eq!(faults("address = \"door.local:502\"\n", ""), ["17 devices[1].address"]);
    assert_eq!(faults("unit = 255", "unit = 255\nretries = 6"), ["22 devices[1].retries"]);
}

#[test]
fn a_bus_is_not_asked_for_more_than_it_can_carry() {
    let slow = format!("{BUS}baud = 1200\n");
    let Err(ConfigError::Faulty { faults, .. }) = read(&on_bus(9, &slow)) else {
        panic!("a fault was expected");
    };
    assert_eq!((faults[0].line, faults[0].key.as_str()), (25, "buses[0].baud"));
    assert!(faults[0].message.contains("% of the time of this bus"), "{}", faults[0].message);
}

#[test]
fn a_listener_leaves_the_status_its_port() {
    let listens = |address: &str| {
        let more = format!(
            "[status]\naddress = \"127.0.0.1:9640\"\n[[listeners]]\nname = \"field\"\naddress = \"{address}\"\n\
             certificate = \"a\"\nkey = \"b\"\n"
        );
        read(&(SOUND.to_owned() + &more)).map(drop)
    };
    for taken in ["127.0.0.1:9640", "0.0.0.0:9640"] {
        let error = listens(taken).unwrap_err().to_string();
        assert!(
            error.contains("listeners[0].address: status.address already takes 127.0.0.1:9640"),
            "{error}"
        );
    }
    assert!(listens("192.0.2.1:9640").is_ok() && listens("0.0.0.0:9641").is_ok());
}

#[test]
fn a_hub_without_a_port_and_a_singular_say_what_was_meant() {
    let said = |from: &str, to: &str| read(&SOUND.replacen(from, to, 1)).unwrap_err().to_string();
    let error = said("hub.example:8883", "hub.example");
    assert!(error.contains("such as \"hub.example:8883\" for a hub"), "{error}");
    let error = said("[[devices]]", "[[device]]");
    assert!(error.contains("device: there is no such key; did you mean `devices`?"), "{error}");
}
