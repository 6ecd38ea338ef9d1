//! What the command line of a probe means.

use clap::Parser;

use super::*;
use crate::config::{Access, Parity, StopBits};

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

fn target(line: &str) -> Result<Target, String> {
    let line = Line::try_parse_from(line.split_whitespace()).map_err(|error| error.to_string())?;
    line.arguments.target().map_err(|error| error.to_string())
}

#[test]
fn a_device_is_described_by_profile_place_and_unit() {
    let target = target("probe --profile door-controller --address [::1]:502 --unit 255").unwrap();
    assert!(matches!(&target.device.access, Access::ModbusTcp { unit: 255, .. }));
    assert_eq!(&*target.device.profile.name, "door-controller");
    assert_eq!(target.device.timeout, target.device.profile.timeout);
}

#[test]
fn a_serial_port_has_the_settings_of_the_standard_unless_others_are_given() {
    let line = "probe --profile phone-jammer --size bands=2 --serial /dev/ttyS0 --unit 3 --timeout-ms 900";
    let plain = target(line).unwrap();
    let mode = plain.buses[0].mode;
    assert_eq!((mode.baud, mode.parity, mode.stop_bits), (9_600, Parity::Even, StopBits::One));
    assert_eq!(plain.device.timeout.as_millis(), 900);
    let points = &plain.device.profile.points;
    assert!(
        !points.iter().any(|point| point.name.as_str().starts_with("band-2")),
        "bands are counted from 0"
    );
    let mode = target(&format!("{line} --parity none --baud 19200")).unwrap().buses[0].mode;
    assert_eq!((mode.baud, mode.parity, mode.stop_bits), (19_200, Parity::None, StopBits::Two));
}

#[test]
fn a_line_that_names_no_device_is_refused_with_what_is_missing() {
    let refused = |line: &str| target(line).unwrap_err();
    assert!(refused("probe").contains("<DEVICE>"));
    assert!(refused("probe door-1").contains("--config"));
    assert!(refused("probe --profile door-controller --unit 1").contains("--address"));
    assert!(refused("probe --profile door-controller --address h:1").contains("--unit"));
    let device = "probe --address h:1 --unit 1 --profile";
    assert!(refused(&format!("{device} door")).contains("door-controller"), "the profiles that there are");
    assert!(refused(&format!("{device} door-controller --size bands=1")).contains("does not fit"));
    assert!(refused(&format!("{device} phone-jammer --size bands")).contains("bands=2"));
    assert!(refused(&format!("{device} door-controller --baud 9600")).contains("--baud"));
}

#[test]
fn a_device_of_a_configuration_is_named_by_its_id() {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../simulator/examples/edge.toml");
    assert_eq!(target(&format!("probe --config {config} door-1")).unwrap().device.id.as_str(), "door-1");
    let refusal = target(&format!("probe --config {config} door-9")).unwrap_err();
    assert!(refusal.contains("door-1, door-2"), "{refusal}");
}

#[test]
fn a_device_that_speaks_by_itself_is_not_probed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("speaks.toml");
    let profile = "name = \"speaks\"\nprotocol = \"json\"\n\
                   [[points]]\nname = \"tamper\"\nkind = \"door.tamper\"\npointer = \"/tamper\"\n";
    std::fs::write(&file, profile).unwrap();
    let refusal = target(&format!("probe --profile {} --address h:1 --unit 1", file.display())).unwrap_err();
    assert!(refusal.contains("speak by themselves"), "{refusal}");
}
