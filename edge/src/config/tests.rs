//! A configuration is taken whole, or refused with every fault at its line.

use std::fs;
use std::path::Path;

use runtime::config::{ConfigError, parse};

use super::*;

const SOUND: &str = r#"[edge]
id = "edge-doc"
[uplink]
hub = "hub.example:8883"
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
    assert_eq!(
        (config.uplink.hub.as_str(), config.uplink.server_name.as_str()),
        ("hub.example:8883", "hub.example")
    );
    assert_eq!(
        (config.uplink.endpoint().host.as_str(), config.uplink.endpoint().port),
        ("hub.example", 8883)
    );
    assert_eq!(config.uplink.files.ca, Path::new("/etc/strongroom/pki/ca.pem"));
    assert_eq!(config.uplink.heartbeat_interval, Duration::from_secs(5));
    assert_eq!(config.spool.path, Path::new("/etc/strongroom/spool.redb"));
    assert_eq!(config.spool.bytes_max, 256 * 1024 * 1024);
    assert_eq!(config.spool.routine_interval, Duration::from_secs(2));
    assert_eq!(config.snapshot_interval, Duration::from_secs(60));
    assert_eq!(config.log, LogFormat::Text);
    let [panel, door] = &config.devices[..] else { panic!("two devices") };
    assert_eq!((panel.poll_interval, panel.timeout), (panel.profile.poll_interval, panel.profile.timeout));
    assert_eq!((door.poll_interval, door.unit), (Duration::from_millis(100), 255));
    assert_eq!(door.address.to_string(), "door.local:502");
}

#[test]
fn faults_stand_at_their_lines() {
    assert_eq!(faults("id = \"edge-doc\"", "id = \"edge doc\""), ["2 edge.id"]);
    assert_eq!(faults("hub.example:8883", "hub.example"), ["4 uplink.hub"]);
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
        assert_eq!(config.devices[1].unit, unit);
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
    assert!(faults[0].message.contains("alarm-panel, cabinet-lock, door-controller, phone-jammer"));
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

#[test]
fn the_examples_are_sound_and_the_simulated_devices_are_where_the_edge_looks_for_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let config = |path: &str| Config::load(&root.join(path)).unwrap();
    config("deploy/examples/edge.toml");
    let devices = config("simulator/examples/edge.toml").devices;
    let site = fs::read_to_string(root.join("simulator/examples/site.toml")).unwrap();
    let sections: Vec<&str> = site.split("\n[device.").skip(1).collect();
    assert_eq!(devices.len(), sections.len());
    for (device, section) in devices.iter().zip(sections) {
        let DeviceConfig { id, address, unit, .. } = device;
        for line in [format!("{id}]\n"), format!("listen = \"{address}\"\n"), format!("unit = {unit}\n")] {
            assert!(section.contains(&line), "{line} is not in\n{section}");
        }
    }
}
