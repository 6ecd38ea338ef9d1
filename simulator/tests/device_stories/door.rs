//! A door: who may open it, and what it is when somebody does it anyway.

use super::Story;

#[test]
fn a_granted_credential_opens_for_a_while_and_counts() {
    let mut door = Story::of("door", "unlock_time = \"3s\"");
    door.shows(&[
        ("lock_state", "locked"),
        ("lock_cmd", "on"),
        ("door_state", "closed"),
        ("reader[0].online", "on"),
    ]);
    assert_eq!(door.act("grant 4711"), ["credential 4711 outside: granted, unlocked for 3 s"]);
    door.shows(&[
        ("lock_state", "unlocked"),
        ("lock_cmd", "off"),
        ("reader[0].last_result", "granted"),
        ("reader[0].last_credential_hash", "4711"),
        ("reader[0].read_count", "1"),
    ]);
    assert_eq!(door.act("open"), ["opened"]);
    door.shows(&[("contact", "open"), ("door_state", "open"), ("occupancy", "1")]);
    assert_eq!(door.wait(3.0), ["locked again"]);
    door.shows(&[("lock_state", "locked"), ("door_state", "open"), ("open_time_s", "3 s")]);
    assert_eq!(door.act("close"), ["closed"]);
    door.shows(&[("contact", "closed"), ("door_state", "closed"), ("open_time_s", "0 s")]);
    door.act("leave");
    door.act("open");
    door.shows(&[("reader[1].read_count", "1"), ("occupancy", "0")]);
}

#[test]
fn without_permission_it_opens_only_by_force() {
    let mut door = Story::of("door", "");
    assert_eq!(door.act("open"), ["stays shut: it is locked"]);
    door.shows(&[("contact", "closed")]);
    assert_eq!(door.act("force"), ["forced open"]);
    door.shows(&[("contact", "open"), ("door_state", "forced"), ("lock_state", "locked")]);
    assert!(door.wait(60.0).is_empty(), "a forced door does not become a held one");
    door.shows(&[("door_state", "forced"), ("open_time_s", "60 s")]);
}

#[test]
fn a_contact_set_by_hand_is_judged_like_any_other() {
    let mut door = Story::of("door", "");
    assert_eq!(door.set("contact=open"), ["contact = open", "forced open"]);
    assert_eq!(door.set("contact=closed"), ["contact = closed", "closed"]);
    assert_eq!(door.set("contact=cut"), ["contact = cut"], "a cut line says nothing about the door");
    door.shows(&[("door_state", "closed")]);
}

#[test]
fn a_door_open_for_too_long_is_held() {
    let mut door = Story::of("door", "held_limit = \"10s\"");
    door.act("rex");
    door.shows(&[("rex", "on"), ("rex_count", "1"), ("lock_state", "unlocked")]);
    door.act("open");
    assert_eq!(door.wait(9.9), ["locked again"]);
    door.shows(&[("rex", "off"), ("door_state", "open")]);
    assert_eq!(door.wait(0.1), ["held open for more than 10 s"]);
    door.shows(&[("door_state", "held"), ("open_time_s", "10 s")]);
}

#[test]
fn denials_count_and_open_nothing() {
    let mut door = Story::of("door", "");
    for (why, result) in [
        ("unknown", "denied_unknown"),
        ("time", "denied_time"),
        ("second-person", "denied_second_person"),
        ("anti-passback", "anti_passback"),
    ] {
        door.act(&format!("deny {why}"));
        door.shows(&[("reader[0].last_result", result), ("lock_state", "locked")]);
    }
    assert_eq!(door.number("reader[0].read_count"), 4);
    door.act("duress 9");
    door.shows(&[("reader[0].last_result", "duress"), ("lock_state", "unlocked")]);
}

#[test]
fn modes_and_the_fire_release_rule_the_lock() {
    let mut door = Story::of("door", "");
    door.set("fire_release=on");
    door.shows(&[("lock_state", "unlocked")]);
    assert_eq!(door.act("force"), ["opened"], "there is nothing to force");
    door.act("close");
    door.set("fire_release=off");
    door.set("mode=blocked");
    assert_eq!(door.act("grant 1"), ["credential 1 outside: denied_time"]);
    door.shows(&[("lock_state", "locked")]);
    door.set("mode=emergency");
    door.shows(&[("lock_state", "unlocked")]);
}
