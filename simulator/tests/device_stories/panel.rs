//! An alarm panel: set, unset, alarmed, on its battery.

use super::Story;

#[test]
fn it_is_set_after_the_exit_delay_and_alarms() {
    let mut panel = Story::of("panel", "exit_delay = \"5s\"");
    panel.shows(&[("arm_state", "unset"), ("path1_ok", "on"), ("sector_armed[0]", "off")]);
    assert_eq!(panel.act("set 12"), ["user 12 sets it, exit delay 5 s"]);
    panel.shows(&[("arm_state", "exit"), ("last_user", "12"), ("last_action", "set")]);
    assert_eq!(panel.wait(5.0), ["set"]);
    panel.shows(&[("arm_state", "set"), ("sector_armed[0]", "on"), ("sector_armed[7]", "on")]);
    let events = panel.number("event_count");

    assert_eq!(
        panel.set("zone_state[3]=alarm"),
        ["zone_state[3] = alarm", "zone 3 alarm", "ALARM in sector 1"]
    );
    panel.shows(&[
        ("arm_state", "alarm"),
        ("siren_on", "on"),
        ("sector_alarm[1]", "on"),
        ("sector_alarm[0]", "off"),
    ]);
    assert!(panel.number("event_count") > events);
    assert!((190..=210).contains(&panel.number("zone_loop_ohm[3]")), "the loop shows the alarm too");

    panel.set("zone_state[3]=normal");
    panel.shows(&[("arm_state", "alarm")]);
    panel.wait(180.0);
    panel.shows(&[("siren_on", "off"), ("arm_state", "alarm")]);
    assert_eq!(panel.act("unset 7"), ["unset by user 7, the alarm is over"]);
    panel.shows(&[("arm_state", "unset"), ("sector_alarm[1]", "off"), ("last_user", "7")]);
}

#[test]
fn zero_exit_delay_sets_at_once() {
    let mut panel = Story::of("panel", "exit_delay = \"0s\"");
    assert_eq!(panel.act("set"), ["set by user 1"]);
    panel.shows(&[("arm_state", "set")]);
}

#[test]
fn one_enters_through_the_entry_zone_in_time_or_not() {
    let mut panel = Story::of("panel", "exit_delay = \"0s\"\nentry_delay = \"10s\"\nentry_zones = [2]");
    panel.act("set");
    assert!(panel.set("zone_state[2]=alarm").contains(&"entry delay runs, 10 s".to_owned()));
    panel.shows(&[("arm_state", "entry")]);
    panel.act("unset");
    panel.set("zone_state[2]=normal");
    panel.act("set");
    panel.set("zone_state[2]=alarm");
    assert_eq!(panel.wait(10.0), ["ALARM in sector 1"]);
    panel.shows(&[("arm_state", "alarm")]);
}

#[test]
fn an_open_zone_hinders_setting_unless_it_is_bypassed() {
    let mut panel = Story::of("panel", "exit_delay = \"0s\"");
    panel.set("zone_state[9]=alarm");
    assert_eq!(panel.act("set"), ["not set: zone 9 is alarm"]);
    assert_eq!(panel.act("part 3"), ["set by user 3"], "zone 9 is not among the outer sectors");
    panel.shows(&[("arm_state", "part"), ("sector_armed[3]", "on"), ("sector_armed[4]", "off")]);
    panel.act("unset");
    panel.act("bypass 9");
    panel.shows(&[("zone_state[9]", "bypassed"), ("last_action", "bypass")]);
    panel.act("set");
    panel.shows(&[("arm_state", "set")]);
    panel.act("unset");
    panel.shows(&[("zone_state[9]", "normal")]);
}

#[test]
fn tamper_alarms_while_set_and_is_only_shown_while_unset() {
    let mut panel = Story::of("panel", "exit_delay = \"0s\"");
    panel.set("zone_state[0]=tamper_short");
    panel.shows(&[("arm_state", "unset"), ("zone_state[0]", "tamper_short")]);
    panel.set("zone_state[0]=normal");
    panel.act("set");
    panel.set("zone_state[0]=tamper_open");
    panel.shows(&[("arm_state", "alarm")]);
    panel.act("cover on");
    panel.shows(&[("panel_tamper", "on")]);
}

#[test]
fn without_mains_the_battery_sinks() {
    let mut panel = Story::of("panel", "");
    let full = panel.number("battery_v");
    assert!(panel.set("mains_v=0").contains(&"mains lost, runs on its battery".to_owned()));
    assert!(panel.number("battery_i") < 0);
    panel.wait(600.0);
    assert!(panel.number("battery_v") < full - 40);
    assert!(panel.set("mains_v=auto").contains(&"mains are back".to_owned()));
    assert!(panel.number("mains_v") > 2_250 && panel.number("battery_i") > 0);
}

#[test]
fn wrong_codes_and_maintenance_show() {
    let mut panel = Story::of("panel", "");
    panel.act("wrong-code");
    panel.act("wrong-code");
    panel.shows(&[("wrong_code_count", "2"), ("event_count", "2")]);
    panel.act("maintenance on");
    assert_eq!(panel.act("set"), ["not set: an engineer is at work"]);
    panel.shows(&[("arm_state", "maintenance")]);
}

/// What a slot of the log says: number, code, partition, zone or user, qualifier.
fn logged(panel: &Story, slot: usize) -> [i64; 5] {
    ["seq", "code", "partition", "number", "qualifier"]
        .map(|part| panel.number(&format!("event[{slot}].{part}")))
}

#[test]
fn what_happens_is_logged_in_a_ring_by_number() {
    let mut panel = Story::of("panel", "exit_delay = \"0s\"");
    panel.shows(&[("event_newest", "0")]);
    panel.wait(2.0);
    panel.act("set 12");
    panel.set("zone_state[3]=tamper_open");
    panel.set("zone_state[3]=normal");
    panel.act("unset 12");
    panel.act("wrong-code");
    panel.set("mains_v=0");
    panel.shows(&[("event_newest", "6"), ("event[1].ts", "1000002 s since 1970")]);
    assert_eq!(logged(&panel, 1), [1, 401, 0, 12, 3]);
    assert_eq!(logged(&panel, 2), [2, 144, 2, 3, 1]);
    assert_eq!(logged(&panel, 3), [3, 144, 2, 3, 3]);
    assert_eq!(logged(&panel, 4), [4, 401, 0, 12, 1]);
    assert_eq!(logged(&panel, 5), [5, 461, 0, 0, 1]);
    assert_eq!(logged(&panel, 6), [6, 301, 0, 0, 1]);
    for _ in 0..30 {
        panel.act("wrong-code");
    }
    panel.shows(&[("event_newest", "36")]);
    assert_eq!(logged(&panel, 4)[0], 36, "the oldest are overwritten");
    assert_eq!(logged(&panel, 5)[0], 5);
}
