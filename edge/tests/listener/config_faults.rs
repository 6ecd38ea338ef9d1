//! What is wrong about listeners and the devices that speak there is said at its line, with its key.

use runtime::config::{ConfigError, parse};
use strongroom_edge::config::{Config, Credential};
use strongroom_edge::field::message::OwnTopics;

use crate::rig::{config_text, write_profiles};

const HASH: &str = "1111111111111111111111111111111111111111111111111111111111111111";

fn read(entries: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    write_profiles(folder.path());
    parse(&folder.path().join("edge.toml"), &config_text(entries))
}

fn device(id: &str, profile: &str, rest: &str) -> String {
    format!("[[devices]]\nid = \"{id}\"\nprofile = \"{profile}.toml\"\n{rest}\n")
}

fn plain(rest: &str) -> String {
    device("w", "plain", rest)
}

/// The keys of the faults.
fn faults(entries: &str) -> Vec<String> {
    match read(entries) {
        Err(ConfigError::Faulty { faults, .. }) => faults.into_iter().map(|fault| fault.key).collect(),
        other => panic!("faults were expected: {other:?}"),
    }
}

#[test]
fn a_sound_entry_is_taken_with_its_defaults() {
    let config = read(&plain(&format!("listener = \"field\"\ntoken_sha256 = \"{HASH}\""))).unwrap();
    let sender = config.devices[0].sender.as_ref().unwrap();
    assert_eq!((sender.messages_per_second, sender.burst), (50, 200));
    assert_eq!(sender.topics, OwnTopics::of_device("w"));
    assert!(matches!(sender.credential, Credential::Token(_)));
    assert_eq!(sender.report_interval.as_secs(), 60, "as the profile has it");
    assert_eq!(config.devices[0].poll_interval, sender.report_interval, "its values age by it");
}

#[test]
fn every_fault_of_an_entry_has_its_key() {
    let listener = "listener = \"field\"\n";
    let token = format!("token_sha256 = \"{HASH}\"\n");
    for (rest, keys) in [
        (listener.to_owned(), vec!["devices[0].listener"]),
        (format!("listener = \"feld\"\n{token}"), vec!["devices[0].listener"]),
        (format!("{listener}token_sha256 = \"abc\""), vec!["devices[0].token_sha256"]),
        (format!("{listener}certificate_id = \"w\""), vec!["devices[0].certificate_id"]),
        (
            format!("{listener}{token}certificate_id = \"spiffe://site/device/w\""),
            vec!["devices[0].token_sha256"],
        ),
        (
            "listener = \"old\"\ncertificate_id = \"spiffe://site/device/w\"".to_owned(),
            vec!["devices[0].certificate_id"],
        ),
        (
            format!("{listener}{token}topics = [\"a/+\", \"ok\", \"sr/x\"]"),
            vec!["devices[0].topics[0]", "devices[0].topics[2]"],
        ),
        (format!("{listener}{token}topics = []"), vec!["devices[0].topics"]),
        (format!("{listener}{token}report_interval = \"1ms\""), vec!["devices[0].report_interval"]),
        (format!("{listener}{token}retain = \"keep\""), vec!["devices[0].retain"]),
        (format!("{listener}{token}messages_per_second = 0"), vec!["devices[0].messages_per_second"]),
        (
            format!("{listener}{token}sparkplug = {{ group = \"g\", node = \"n\" }}"),
            vec!["devices[0].sparkplug"],
        ),
        (format!("{listener}{token}address = \"h:1\""), vec!["devices[0].address"]),
        ("address = \"h:1\"\nunit = 1".to_owned(), vec!["devices[0].address"]),
    ] {
        assert_eq!(faults(&plain(&rest)), keys, "{rest}");
    }
    let sparkplug = |rest: &str| device("s", "sparkplug", &format!("{listener}{token}{rest}"));
    assert_eq!(faults(&sparkplug("")), ["devices[0].profile"]);
    assert_eq!(
        faults(&sparkplug("sparkplug = { group = \"g/h\", node = \"n\" }")),
        ["devices[0].sparkplug.group"]
    );
    assert_eq!(
        faults(&sparkplug("sparkplug = { group = \"g\", node = \"n\" }\ntopics = [\"a\"]")),
        ["devices[0].topics"]
    );
}

#[test]
fn a_device_that_is_asked_has_no_listener() {
    let entry = format!("listener = \"field\"\ntoken_sha256 = \"{HASH}\"");
    let text = device("w", "plain", &entry).replace("plain.toml", "door-controller");
    assert_eq!(faults(&text), ["devices[0].listener"]);
}

#[test]
fn two_devices_share_nothing() {
    let entry = |id: &str, hash: &str, topic: &str| {
        device(
            id,
            "plain",
            &format!("listener = \"field\"\ntoken_sha256 = \"{hash}\"\ntopics = [\"{topic}\"]"),
        )
    };
    let other = HASH.replace('1', "2");
    let both = entry("a", HASH, "x/state") + &entry("b", HASH, "x/state");
    assert_eq!(faults(&both), ["devices[1].token_sha256", "devices[1].topics[0]"]);
    assert!(read(&(entry("a", HASH, "x/state") + &entry("b", &other, "y/state"))).is_ok());
    let node = |id: &str, hash: &str| {
        let rest = "sparkplug = { group = \"g\", node = \"n\" }";
        device(id, "sparkplug", &format!("listener = \"field\"\ntoken_sha256 = \"{hash}\"\n{rest}"))
    };
    assert_eq!(faults(&(node("a", HASH) + &node("b", &other))), ["devices[1].sparkplug"]);
}

#[test]
fn every_fault_of_a_listener_has_its_key() {
    let listener = |rest: &str| format!("[[listeners]]\ncertificate = \"c\"\nkey = \"k\"\n{rest}\n");
    assert_eq!(faults(&listener("name = \"field\"\naddress = \"127.0.0.1:1\"")), ["listeners[2].name"]);
    assert_eq!(faults(&listener("name = \"x\"\naddress = \"localhost\"")), ["listeners[2].address"]);
    assert_eq!(faults(&listener("name = \"x\"\naddress = \"[::]:1\"\ntls = \"1.1\"")), ["listeners[2].tls"]);
    assert_eq!(faults(&listener("name = \"x\"\naddress = \"[::]:1\"\ncrl = \"r\"")), ["listeners[2].crl"]);
    assert_eq!(faults(&listener("name = \"\"\naddress = \"[::]:1\"")), ["listeners[2].name"]);
    let twice =
        listener("name = \"x\"\naddress = \"[::]:1\"") + &listener("name = \"y\"\naddress = \"[::]:1\"");
    assert_eq!(faults(&twice), ["listeners[3].address"]);
    assert!(
        read(&listener("name = \"x\"\naddress = \"[::]:1\"\ntls = \"1.2\"\nca = \"a\"\ncrl = \"r\"")).is_ok()
    );
}
