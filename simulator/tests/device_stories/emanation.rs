//! Emanation protection: masking, earth, and a shielded room.

use super::Story;

#[test]
fn masking_needs_power_and_a_clock() {
    let mut device = Story::of("emanation", "");
    device.shows(&[("power_ok", "on"), ("masking_on", "off"), ("level_v", "0.0 V"), ("self_testing", "off")]);
    assert_eq!(device.act("on"), ["masking commanded on", "masking is on"]);
    device.shows(&[("masking_on", "on"), ("mode", "correlated"), ("sync_ok", "on")]);
    assert!((50..=54).contains(&device.number("level_v")));
    device.act("cable off");
    device.shows(&[("masking_on", "on"), ("sync_ok", "off")]);
    device.set("mode=noise");
    device.shows(&[("sync_ok", "on")]);
    assert_eq!(device.set("power_ok=off"), ["power_ok = off", "masking is off"]);
    device.shows(&[("masking_on", "off"), ("line_v", "0.0 V"), ("load_i", "0.00 A")]);
}

#[test]
fn a_lost_earth_is_measured_and_judged() {
    let mut device = Story::of("emanation", "");
    device.shows(&[("earth_ok", "on")]);
    assert!(device.number("ground_ohm") < 100);
    device.act("earth off");
    device.shows(&[("earth_ok", "off")]);
    assert!(device.number("ground_ohm") > 50_000);
}

#[test]
fn the_seal_loses_its_air_while_the_door_is_open_or_it_is_torn() {
    let mut device = Story::of("emanation", "");
    let sealed = device.number("shield_pressure");
    assert!(sealed > 1_300);
    device.act("open");
    device.wait(30.0);
    assert!(device.number("shield_pressure") < 100);
    device.act("close");
    device.wait(60.0);
    assert!(device.number("shield_pressure") > 1_300);
    device.act("seal off");
    device.wait(30.0);
    device.shows(&[("shield_door", "closed")]);
    assert!(device.number("shield_pressure") < 100);
}

#[test]
fn a_test_leaves_its_outcome_and_its_time() {
    let mut device = Story::of("emanation", "");
    device.shows(&[("attenuation_db", "102.0 dB"), ("attenuation_ts", "0 s since 1970")]);
    device.wait(5.0);
    assert_eq!(device.act("test 984"), ["tested: 98.4 dB"]);
    device.shows(&[("attenuation_db", "98.4 dB"), ("attenuation_ts", "1000005 s since 1970")]);
}
