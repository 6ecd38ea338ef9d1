//! A phone jammer: bands that radiate, warm up and trip.

use super::Story;

#[test]
fn it_radiates_near_its_nominal_values_and_warms_up() {
    let mut jammer = Story::of("jammer", "bands = [1, 4, 9]");
    jammer.shows(&[("band_count", "3"), ("band[2].band_id", "9"), ("band[0].rf_on", "off")]);
    let (quiet, cool) = (jammer.number("monitor_rx"), jammer.number("band[0].pa_temp"));
    assert_eq!(jammer.act("on"), ["all 3 bands commanded on"]);
    let mut powers = Vec::new();
    for _ in 0..600 {
        jammer.wait(1.0);
        for band in 0..3 {
            let number = |name: &str| jammer.number(&format!("band[{band}].{name}"));
            assert_eq!((number("enabled_cmd"), number("rf_on"), number("fault")), (1, 1, 0));
            assert!((425..=435).contains(&number("fwd_power")));
            assert!((118..=132).contains(&number("vswr")));
            assert!((170..=220).contains(&(number("fwd_power") - number("refl_power"))), "the return loss");
            assert!((310..=326).contains(&number("pa_current")));
        }
        powers.push(jammer.number("band[0].fwd_power"));
    }
    assert!(powers.windows(2).all(|pair| (pair[0] - pair[1]).abs() <= 1), "slow");
    assert!(powers.iter().any(|power| *power != powers[0]), "but not standing still");
    assert!(jammer.number("monitor_rx") > quiet + 400 && jammer.number("band[0].pa_temp") > cool + 250);
    jammer.act("off");
    jammer.shows(&[("band[0].rf_on", "off"), ("band[0].pa_current", "0.00 A")]);
    assert_eq!(jammer.number("on_hours"), 12_345 + 1);
}

#[test]
fn a_missing_antenna_trips_its_band_and_no_other() {
    let mut jammer = Story::of("jammer", "bands = [1, 2]");
    jammer.act("on");
    jammer.wait(1.0);
    jammer.act("antenna 1 off");
    jammer.wait(1.0);
    assert!(jammer.number("band[1].vswr") > 800 && jammer.number("band[1].refl_power") > 400);
    assert_eq!(jammer.wait(5.0), ["band 1 shut itself down: vswr"]);
    jammer.shows(&[
        ("band[1].fault", "on"),
        ("band[1].enabled_cmd", "on"),
        ("band[1].rf_on", "off"),
        ("band[0].rf_on", "on"),
        ("shutdown_reason", "vswr"),
    ]);
    jammer.act("antenna 1 on");
    jammer.act("on");
    jammer.shows(&[("band[1].rf_on", "on"), ("shutdown_reason", "none")]);
}

#[test]
fn key_mains_and_trips_silence_every_band() {
    let mut jammer = Story::of("jammer", "");
    jammer.act("on");
    jammer.set("key_switch=off");
    jammer.shows(&[("band[5].enabled_cmd", "on"), ("band[5].rf_on", "off")]);
    jammer.set("key_switch=on");
    jammer.set("mains_ok=off");
    jammer.shows(&[("band[0].rf_on", "off"), ("supply_v", "0.00 V"), ("fan_rpm", "0 1/min")]);
    jammer.set("mains_ok=on");
    jammer.act("trip thermal");
    jammer.shows(&[("shutdown_reason", "thermal"), ("band[3].fault", "on"), ("band[3].rf_on", "off")]);
    jammer.act("on");
    assert_eq!(
        jammer.set("band[0].pa_temp=86"),
        ["band[0].pa_temp = 86.0 °C", "band 0 shut itself down: thermal"]
    );
}
