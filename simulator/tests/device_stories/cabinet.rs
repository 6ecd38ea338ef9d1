//! A cabinet: combinations, delays, lockouts, and ways in without them.

use super::Story;

#[test]
fn opening_moves_bolt_and_door_and_counts() {
    let mut cabinet = Story::of("cabinet", "mode = \"dual\"");
    cabinet.shows(&[
        ("bolt_state", "extended"),
        ("door_closed", "on"),
        ("mode", "dual"),
        ("audit_count", "0"),
    ]);
    cabinet.wait(2.0);
    assert_eq!(cabinet.act("open 3 4"), ["opened by users 3 and 4"]);
    cabinet.shows(&[
        ("bolt_state", "retracted"),
        ("door_closed", "off"),
        ("combos_entered", "2"),
        ("user_a", "3"),
        ("user_b", "4"),
        ("audit_count", "1"),
        ("last_open_ts", "1000002 s since 1970"),
    ]);
    cabinet.wait(7.0);
    cabinet.shows(&[("open_duration_s", "7 s")]);
    assert_eq!(cabinet.act("close"), ["closed, bolt thrown"]);
    cabinet.shows(&[
        ("bolt_state", "extended"),
        ("door_closed", "on"),
        ("open_duration_s", "0 s"),
        ("audit_count", "1"),
    ]);
}

#[test]
fn too_many_wrong_combinations_lock_out() {
    let mut cabinet = Story::of("cabinet", "wrong_max = 2\nlockout = \"10s\"");
    assert_eq!(cabinet.act("wrong"), ["wrong combination, 1 in a row"]);
    assert_eq!(cabinet.act("wrong"), ["wrong combination, 2 in a row: locked out for 10 s"]);
    cabinet.wait(3.0);
    cabinet.shows(&[("wrong_count", "2"), ("lockout_s", "7 s")]);
    assert_eq!(cabinet.act("open"), ["stays shut: locked out for 7 s"]);
    cabinet.wait(7.0);
    assert_eq!(cabinet.act("open 5"), ["opened by user 5"]);
    cabinet.shows(&[("wrong_count", "0"), ("lockout_s", "0 s"), ("user_a", "5"), ("user_b", "0")]);
}

#[test]
fn the_opening_delay_leads_to_a_window() {
    let mut cabinet = Story::of("cabinet", "time_delay = \"60s\"\nopen_window = \"30s\"");
    assert_eq!(cabinet.act("open"), ["user 1: opening delay runs, 60 s"]);
    cabinet.wait(20.0);
    cabinet.shows(&[("time_delay_left_s", "40 s"), ("open_window_left_s", "0 s"), ("door_closed", "on")]);
    assert_eq!(cabinet.wait(40.0), ["opening delay over, may be opened now"]);
    cabinet.shows(&[("time_delay_left_s", "0 s"), ("open_window_left_s", "30 s")]);
    assert_eq!(cabinet.act("open"), ["opened by user 1"]);
    cabinet.act("close");
    cabinet.act("open");
    assert_eq!(cabinet.wait(90.0), ["opening delay over, may be opened now", "opening window over"]);
    cabinet.shows(&[("open_window_left_s", "0 s"), ("combos_entered", "0")]);
}

#[test]
fn duress_key_force_and_detectors_leave_their_marks() {
    let mut cabinet = Story::of("cabinet", "");
    cabinet.act("duress 8");
    cabinet.shows(&[("duress", "on"), ("door_closed", "off")]);
    cabinet.act("close");
    cabinet.act("override");
    cabinet.shows(&[("override_key_used", "on"), ("bolt_state", "retracted"), ("audit_count", "2")]);
    cabinet.act("close");
    cabinet.act("force");
    cabinet.shows(&[("bolt_state", "extended"), ("door_closed", "off"), ("audit_count", "2")]);
    cabinet.act("knock 850");
    cabinet.shows(&[("vibration_mg", "850 mg")]);
    cabinet.wait(3.0);
    assert!(cabinet.number("vibration_mg") < 20);
    for action in ["drill on", "heat on", "cover on"] {
        cabinet.act(action);
    }
    cabinet.shows(&[("drill_alarm", "on"), ("heat_alarm", "on"), ("cover_tamper", "on")]);
    cabinet.act("close");
    cabinet.act("jam on");
    assert_eq!(cabinet.act("open"), ["stays shut: the bolt is stuck"]);
}
