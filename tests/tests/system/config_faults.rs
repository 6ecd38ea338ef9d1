//! `check` names every fault of a file at once, with its line and key, and ends with 2.

use std::fs;

use strongroom_tests::program::run;

/// A faulty file and, for each fault, its line and what it must say.
struct Case {
    program: &'static str,
    text: &'static str,
    faults: &'static [(usize, &'static str)],
}

const HUB: Case = Case {
    program: "strongroom-hub",
    text: r#"[hub]
site = "a site"
data = "hub-data"
colour = "red"
[gate]
listen = "127.0.0.1"
ca = "ca.pem"
crl = "crl.pem"
certificate = "server.pem"
key = "server.key"
[api]
listen = "127.0.0.1:0"
certificate = "server.pem"
key = "server.key"
tokens = "tokens.json"
loopback = "192.0.2.1:80"
[liveness]
silent_after = "1s"
[[parts]]
id = "room"
name = "Room"
edges = ["edge-1"]
[[parts]]
id = "room"
name = ""
edges = ["edge-1"]
"#,
    faults: &[
        (2, "hub.site"),
        (4, "hub.colour"),
        (6, "gate.listen"),
        (16, "api.loopback"),
        (18, "liveness.silent_after"),
        (24, "parts[1].id"),
        (25, "parts[1].name"),
        (26, "parts[1].edges[0]"),
    ],
};

const EDGE: Case = Case {
    program: "strongroom-edge",
    text: r#"[edge]
id = "edge 1"
[uplink]
hubs = ["localhost"]
ca = "ca.pem"
certificate = "edge.pem"
key = "edge.key"
heartbeat_interval = "5"
[spool]
path = "spool.redb"
bytes_max = 10
[[devices]]
id = "door-1"
profile = "barn-door"
address = "127.0.0.1:1502"
unit = 1
[[devices]]
id = "door-1"
profile = "door-controller"
address = "127.0.0.1:1503"
unit = 300
"#,
    faults: &[
        (2, "edge.id"),
        (4, "uplink.hubs[0]"),
        (8, "uplink.heartbeat_interval"),
        (11, "spool.bytes_max"),
        (14, "devices[0].profile"),
        (18, "devices[1].id"),
        (21, "devices[1].unit"),
    ],
};

const SIMULATOR: Case = Case {
    program: "strongroom-sim",
    text: r#"name = "room"
[device.door-1]
class = "door"
listen = "127.0.0.1:1502"
unit = 0
[device.panel-1]
class = "panels"
listen = "127.0.0.1:1503"
[device.cabinet-1]
class = "cabinet"
listen = "nowhere"
"#,
    faults: &[(5, "device.door-1.unit"), (7, "device.panel-1.class"), (11, "device.cabinet-1.listen")],
};

#[test]
fn the_hub_names_every_fault_at_once() {
    every_fault_is_named(&HUB);
}

#[test]
fn the_edge_names_every_fault_at_once() {
    every_fault_is_named(&EDGE);
}

#[test]
fn the_simulator_names_every_fault_at_once() {
    every_fault_is_named(&SIMULATOR);
}

#[test]
fn a_faulty_rule_pack_is_named_with_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let good = "[hub]\nsite = \"s\"\ndata = \"d\"\n[gate]\nlisten = \"127.0.0.1:0\"\nca = \"a\"\ncrl = \"a\"\n\
        certificate = \"a\"\nkey = \"a\"\n[api]\nlisten = \"127.0.0.1:0\"\ncertificate = \"a\"\nkey = \"a\"\n\
        tokens = \"a\"\n[rules]\npack = \"rules.toml\"\n";
    let pack = "[pack]\nname = \"p\"\nversion = \"1\"\n[[rules]]\nid = \"R-01\"\ntitle = \"t\"\ntext = \"t\"\n\
        pattern = \"points\"\nkey = \"device\"\ntrigger = [{ kind = \"door.contakt\", becomes = [\"open\"] }]\n\
        severity = \"P9\"\nlatch = true\n";
    fs::write(folder.path().join("rules.toml"), pack).unwrap();
    let config = folder.path().join("hub.toml");
    fs::write(&config, good).unwrap();
    let said = run("strongroom-hub", &["check", "--config", config.to_str().unwrap()]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    for (line, what) in [(10, "door.contakt"), (11, "severity")] {
        let named =
            said.err.lines().any(|text| text.contains(&format!("rules.toml:{line}:")) && text.contains(what));
        assert!(named, "line {line}, {what}: {}", said.err);
    }
    // `run` says the same before it does anything.
    assert_eq!(run("strongroom-hub", &["run", "--config", config.to_str().unwrap()]).code, Some(2));
}

fn every_fault_is_named(case: &Case) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    fs::write(&config, case.text).unwrap();
    let said = run(case.program, &["check", "--config", config.to_str().unwrap()]);
    assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
    let all = format!("{}{}", said.out, said.err);
    for (line, key) in case.faults {
        let named =
            all.lines().any(|text| text.contains(&format!("config.toml:{line}:")) && text.contains(key));
        assert!(named, "line {line}, key {key} is not named in:\n{all}");
    }
    let counted = all.lines().filter(|text| text.contains("config.toml:")).count();
    assert_eq!(counted, case.faults.len(), "each fault once, and nothing else:\n{all}");
}
