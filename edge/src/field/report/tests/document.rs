//! The document, the schema and what the edge reads are the same format.

use super::format::{Event, State};
use super::schema::{faults, schema};
use super::*;
use serde::Deserialize;

const DOCUMENT: &str = include_str!("../../../../../docs/host-report.md");
const PROFILE: &str = include_str!("../../../../profiles/host-agent.toml");

/// One event of every kind, each with all that it can carry.
pub(super) const EVENTS: &str = r#"[
    { "kind": "outreach_blocked", "interface": "eth0", "peer": "203.0.113.7:443", "protocol": "tcp" },
    { "kind": "outreach", "interface": "eth0", "peer": "203.0.113.7:443", "protocol": "tcp" },
    { "kind": "interface_new", "name": "eth1", "type": "ethernet", "address": "02:00:00:00:00:01", "up": false },
    { "kind": "interface_up", "name": "eth1", "up": true },
    { "kind": "interface_down", "name": "eth1", "up": false },
    { "kind": "interface_gone", "name": "eth1" },
    { "kind": "route_new", "interface": "eth1", "gateway": "192.0.2.1" },
    { "kind": "route_gone", "interface": "eth1", "gateway": "192.0.2.1" },
    { "kind": "radio_found", "radio": "wlan", "name": "wlan0", "on": true },
    { "kind": "radio_on", "radio": "bluetooth", "name": "hci0", "on": true },
    { "kind": "radio_off", "radio": "bluetooth", "name": "hci0", "on": false },
    { "kind": "radio_gone", "radio": "wlan", "name": "wlan0" },
    { "kind": "media_insert", "bus": "usb", "vendor": "0951", "product": "1666", "serial": "60A4", "registered": true, "level": "secret" },
    { "kind": "media_blocked", "bus": "usb", "vendor": "0951", "product": "1666", "serial": "60A4", "registered": false },
    { "kind": "media_remove", "bus": "usb", "vendor": "0951", "product": "1666", "serial": "60A4" },
    { "kind": "media_copy", "direction": "write", "media": { "bus": "usb", "serial": "60A4" }, "bytes": 4096, "files": 2, "hashes": ["aa"] },
    { "kind": "import", "session": "s-1", "bytes": 4096, "files": 2, "confirmed": true },
    { "kind": "reverse_flow", "session": "s-1", "bytes": 12 },
    { "kind": "print", "job": "j-1", "copies": 2, "pages": 10, "bytes": 7, "level": "confidential", "user": "u17" },
    { "kind": "burn", "job": "j-2", "copies": 1, "pages": 0, "bytes": 7, "level": "secret", "user": "u17" },
    { "kind": "audio_video_found", "device": "camera", "name": "video0" },
    { "kind": "audio_video_gone", "device": "camera", "name": "video0" },
    { "kind": "logon", "user": "u17", "method": "console", "place": "tty1" },
    { "kind": "logon_failed", "user": "u17", "method": "console", "place": "tty1" },
    { "kind": "logoff", "user": "u17", "method": "console", "place": "tty1" },
    { "kind": "hardware_change", "change": "added", "component": "disk", "id": "S3X" },
    { "kind": "agent_start" }, { "kind": "agent_stop" }, { "kind": "agent_uninstall" },
    { "kind": "policy_tamper", "what": "media" },
    { "kind": "clock_change", "seconds": -3600 },
    { "kind": "boot" }, { "kind": "shutdown" }, { "kind": "screen_locked" }, { "kind": "screen_unlocked" },
    { "kind": "buffer_dropped", "reports": 3, "events": 0 }
]"#;

pub(super) const STATE: &str = r#"{
    "screen_locked": true, "patch_age_days": 12, "antivirus": "active",
    "interfaces": [{ "name": "eth0", "type": "ethernet", "address": "02:00:00:00:00:02", "up": true }],
    "routes": [{ "interface": "eth0", "gateway": "192.0.2.1" }],
    "radios": [{ "radio": "modem", "name": "wwan0", "on": false }],
    "media": [{ "bus": "usb", "serial": "60A4" }],
    "audio_video": [{ "device": "audio", "name": "card0" }],
    "sessions": [{ "user": "u17", "method": "console", "place": "tty1" }],
    "unlisted": { "interfaces": 1, "routes": 2, "radios": 3, "media": 4, "audio_video": 5, "sessions": 6 }
}"#;

/// The JSON blocks of the document.
fn examples() -> Vec<Json> {
    let blocks = DOCUMENT.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks
        .map(|block| serde_json::from_str(block).unwrap_or_else(|error| panic!("{error}\n{block}")))
        .collect()
}

#[test]
fn the_examples_of_the_document_conform_and_are_taken_whole() {
    let examples = examples();
    assert!(examples.len() >= 3);
    for example in examples {
        assert_eq!(faults(&example), [""; 0], "{example}");
        let lines = take(&mut reports(), &example, at(1_000_000));
        assert!(lines.iter().all(|line| !line.contains("missed")), "{lines:?}");
    }
}

#[test]
fn every_event_of_the_schema_is_read_and_written_as_the_schema_says() {
    let events: Vec<Json> = serde_json::from_str(EVENTS).unwrap();
    let mut written = report(1, 0, events.clone().into());
    written["state"] = serde_json::from_str(STATE).unwrap();
    assert_eq!(faults(&written), [""; 0]);
    let state = State::deserialize(&written["state"]).unwrap();
    assert_eq!(serde_json::to_value(state).unwrap(), written["state"]);
    let choices = schema()["$defs"]["event"]["oneOf"].as_array().unwrap().clone();
    let mut kinds: Vec<Json> = choices
        .iter()
        .flat_map(|choice| choice["properties"]["kind"]["enum"].as_array().unwrap().clone())
        .collect();
    for event in &events {
        let read = Event::deserialize(event).unwrap_or_else(|error| panic!("{error}: {event}"));
        assert_eq!(serde_json::to_value(read).unwrap(), *event);
        kinds.retain(|kind| *kind != event["kind"]);
        assert!(
            DOCUMENT.contains(&format!("`{}`", event["kind"].as_str().unwrap())),
            "the document misses {event}"
        );
    }
    assert_eq!(kinds, [""; 0], "every kind has an example here");
}

#[test]
fn the_profile_has_every_kind_of_a_host_in_the_order_of_causes() {
    let named = PROFILE.lines().filter_map(|line| line.strip_prefix("kind = \"")?.strip_suffix('"'));
    let kinds: Vec<&str> = named.collect();
    assert_eq!(kinds, KINDS.map(Kind::name));
    let hosts: Vec<&Kind> = Kind::ALL.iter().filter(|kind| kind.name().starts_with("host.")).collect();
    assert!(hosts.iter().all(|kind| KINDS.contains(kind)), "{hosts:?}");
}
