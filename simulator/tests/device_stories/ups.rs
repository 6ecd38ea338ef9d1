//! An uninterruptible supply: it carries, empties, and charges.

use super::Story;

#[test]
fn the_battery_carries_the_load_until_it_is_empty() {
    let mut ups = Story::of("ups", "runtime = \"100s\"");
    ups.act("load 100");
    ups.shows(&[("supply", "mains"), ("battery_percent", "100.0 %"), ("runtime_s", "100 s")]);
    assert_eq!(ups.act("mains off"), ["mains lost", "runs on its battery"]);
    ups.wait(50.0);
    assert!((490..=510).contains(&ups.number("battery_percent")), "{}", ups.number("battery_percent"));
    assert!((48..=52).contains(&ups.number("runtime_s")));
    ups.shows(&[("battery_low", "off"), ("input_v", "0.0 V")]);
    ups.wait(35.0);
    ups.shows(&[("battery_low", "on"), ("supply", "battery")]);
    assert_eq!(ups.wait(20.0), ["the battery is empty: everything behind it is off"]);
    ups.shows(&[("supply", "off"), ("output_v", "0.0 V"), ("battery_percent", "0.0 %")]);
    assert_eq!(ups.act("mains on"), ["mains are back", "runs on the mains"]);
    ups.wait(400.0);
    assert!((450..=550).contains(&ups.number("battery_percent")), "it charges more slowly than it empties");
}

#[test]
fn half_the_load_lasts_twice_as_long() {
    let mut ups = Story::of("ups", "runtime = \"100s\"");
    ups.act("load 50");
    ups.shows(&[("runtime_s", "200 s")]);
    ups.act("load 120");
    ups.shows(&[("overload", "on")]);
}

#[test]
fn a_bypass_has_no_battery_behind_it() {
    let mut ups = Story::of("ups", "");
    assert_eq!(ups.act("bypass on"), ["led around the device", "is bypassed"]);
    ups.act("mains off");
    ups.shows(&[("supply", "off"), ("battery_percent", "100.0 %")]);
}
