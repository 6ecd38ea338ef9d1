//! Sirens on a serial bus, as the configuration describes them.

use super::{BUS, HORN, faults_of, on_bus, read};
use crate::config::CoilsPlace;
use runtime::config::ConfigError;

fn horn(place: &str) -> String {
    on_bus(9, BUS) + &HORN.replace("address = \"127.0.0.1:1600\"\n", place)
}

#[test]
fn a_siren_may_be_on_a_bus() {
    let config = read(&horn("bus = \"field\"\nunit = 30\n")).unwrap();
    let [siren] = &config.annunciators[..] else { panic!("one siren") };
    assert_eq!((&siren.place, siren.unit), (&CoilsPlace::Bus(config.buses[0].id.clone()), 30));
    // Relays and inputs of one module.
    assert!(read(&horn("bus = \"field\"\nunit = 9\n")).is_ok());
}

#[test]
fn faults_of_a_siren_on_a_bus_stand_at_their_lines() {
    assert_eq!(faults_of(&horn("bus = \"cellar\"\nunit = 30\n")), ["27 annunciators[0].bus"]);
    assert_eq!(
        faults_of(&horn("bus = \"field\"\n")),
        ["25 annunciators[0].unit"],
        "nobody is unit 1 by chance"
    );
    for unit in [0, 248, 255] {
        let unit = format!("bus = \"field\"\nunit = {unit}\n");
        assert_eq!(faults_of(&horn(&unit)), ["28 annunciators[0].unit"]);
    }
    let both = "address = \"127.0.0.1:1600\"\nbus = \"field\"\nunit = 30\n";
    assert_eq!(faults_of(&horn(both)), ["28 annunciators[0].bus"]);
    assert_eq!(faults_of(&horn("")), ["25 annunciators[0].address"]);
    let two = horn("bus = \"field\"\nunit = 30\n")
        + &HORN
            .replace("address = \"127.0.0.1:1600\"\n", "bus = \"field\"\nunit = 30\n")
            .replace("\"horn\"", "\"horn-2\"");
    assert_eq!(faults_of(&two), ["39 annunciators[1].coils[0].coil"]);
}

#[test]
fn no_device_may_keep_a_siren_waiting() {
    let horn = horn("bus = \"field\"\nunit = 30\n").replace("unit = 9\n", "unit = 9\ntimeout = \"2s\"\n");
    let Err(ConfigError::Faulty { faults, .. }) = read(&horn) else { panic!("a fault was expected") };
    let [fault] = &faults[..] else { panic!("{faults:?}") };
    assert_eq!(fault.key, "devices[1].timeout");
    assert!(
        fault.message.contains("siren `horn`") && fault.message.contains("write up to"),
        "{}",
        fault.message
    );
    let without = horn[..horn.find("[[annunciators]]").unwrap()].to_owned();
    assert!(read(&without).is_ok(), "without a siren it may take its time");
}
