//! Each rule of the default pack: what makes it fire, and what must not.

use crate::room::Room;

#[test]
fn r01_a_door_that_nobody_was_let_through_is_forced() {
    let mut room = Room::new();
    room.event("door-1:contact", "open");
    assert_eq!(room.open(), [""; 0]);
    room.wait_ms(1_000);
    assert_eq!(room.open(), ["R-01 P2 edge-1:door-1 unacknowledged"]);
    assert_eq!(
        room.incident("R-01").text,
        "door-1 was opened without a granted credential, a request to exit or a fire release."
    );
}

#[test]
fn r01_is_graver_when_the_room_is_set() {
    let mut room = Room::new();
    room.event("edge:arming", "set");
    room.event("door-1:contact", "open");
    room.wait_ms(1_000);
    assert_eq!(room.open(), ["R-01 P1 edge-1:door-1 unacknowledged"]);
}

#[test]
fn r01_excuses() {
    type Step = (i64, &'static str, &'static str);
    let excused: &[&[Step]] = &[
        &[(0, "door-1:access", "granted"), (9_900, "door-1:contact", "open")],
        // The grant comes in the same poll, behind the contact.
        &[(0, "door-1:contact", "open"), (300, "door-1:access", "granted")],
        &[(0, "door-1:rex", "yes"), (500, "door-1:rex", "no"), (3_000, "door-1:contact", "open")],
        &[(0, "door-1:rex", "yes"), (60_000, "door-1:contact", "open")],
        &[(0, "door-1:mode", "unlocked"), (600_000, "door-1:contact", "open")],
        // A contact that bounces.
        &[(0, "door-1:contact", "open"), (400, "door-1:contact", "closed")],
    ];
    for steps in excused {
        let mut room = Room::new();
        play(&mut room, steps);
        room.wait_ms(1_500);
        assert_eq!(room.open(), [""; 0], "{steps:?}");
    }
    let mut escape = Room::new();
    play(&mut escape, &[(0, "door-1:fire", "yes"), (20_000, "door-1:contact", "open")]);
    escape.wait_ms(1_500);
    assert_eq!(escape.open(), ["R-38 P2 edge-1:door-1 unacknowledged"], "an escape, and no forced door");
    let not_excused: &[&[Step]] = &[
        &[(0, "door-1:access", "granted"), (10_100, "door-1:contact", "open")],
        &[(0, "door-1:access", "denied_unknown"), (1_000, "door-1:contact", "open")],
        &[(0, "door-2:access", "granted"), (1_000, "door-1:contact", "open")],
        &[(0, "door-1:fire", "yes"), (5_000, "door-1:fire", "no"), (5_000, "door-1:contact", "open")],
    ];
    for steps in not_excused {
        let mut room = Room::new();
        play(&mut room, steps);
        room.wait_ms(1_500);
        assert_eq!(room.open(), ["R-01 P2 edge-1:door-1 unacknowledged"], "{steps:?}");
    }
}

fn play(room: &mut Room, steps: &[(i64, &str, &str)]) {
    let begun = room.now_ms;
    for (at_ms, point, state) in steps {
        room.now_ms = begun + at_ms;
        room.event(point, state);
    }
}

#[test]
fn r02_a_door_that_stands_open_becomes_graver_and_ends_by_itself() {
    let mut room = Room::new();
    room.event("door-1:access", "granted");
    room.event("door-1:contact", "open");
    room.wait_ms(29_999);
    assert_eq!(room.open(), [""; 0]);
    room.wait_ms(1);
    assert_eq!(room.open(), ["R-02 P3 edge-1:door-1 unacknowledged"]);
    room.wait_ms(90_000);
    assert_eq!(room.open(), ["R-02 P2 edge-1:door-1 unacknowledged"]);
    room.event("door-1:contact", "closed");
    assert_eq!(room.open(), ["R-02 P2 edge-1:door-1 cleared_unacknowledged"]);
}

#[test]
fn r02_counts_each_opening_for_itself() {
    let mut room = Room::new();
    for _ in 0..4 {
        room.event("door-1:access", "granted");
        room.event("door-1:contact", "open");
        room.wait_ms(20_000);
        room.event("door-1:contact", "closed");
        room.wait_ms(5_000);
    }
    assert_eq!(room.open(), [""; 0]);
}

#[test]
fn r07_a_cabinet_is_opened_while_the_room_is_set() {
    let mut room = Room::new();
    room.event("cabinet-1:bolt", "retracted");
    room.event("cabinet-1:bolt", "extended");
    assert_eq!(room.open(), [""; 0], "unset: people work");
    room.event("edge:arming", "set");
    room.event("cabinet-1:bolt", "retracted");
    room.event("cabinet-1:closed", "no");
    assert_eq!(room.open(), ["R-07 P1 edge-1:cabinet-1 unacknowledged"]);
    assert_eq!(room.incident("R-07").evidence.len(), 2, "both signs belong to one incident");
    room.event("cabinet-1:closed", "yes");
    assert_eq!(room.open(), ["R-07 P1 edge-1:cabinet-1 unacknowledged"], "the bolt is still out");
    room.event("cabinet-1:bolt", "extended");
    assert_eq!(room.open(), ["R-07 P1 edge-1:cabinet-1 cleared_unacknowledged"]);
}

#[test]
fn r07_a_cabinet_that_stands_open_when_the_room_is_set() {
    let mut room = Room::new();
    room.event("cabinet-1:bolt", "retracted");
    room.event("edge:arming", "exit");
    assert_eq!(room.open(), [""; 0]);
    room.event("edge:arming", "set");
    assert_eq!(room.open(), ["R-07 P1 edge-1:cabinet-1 unacknowledged"]);
}

#[test]
fn r12_tamper_fires_in_any_state_of_the_room() {
    let mut room = Room::new();
    room.event("jammer-1:cover", "yes");
    room.event("panel-1:zone-1", "tamper_open");
    assert_eq!(
        room.open(),
        ["R-12 P2 edge-1:jammer-1 unacknowledged", "R-12 P2 edge-1:panel-1 unacknowledged"]
    );
    room.event("edge:arming", "set");
    assert_eq!(
        room.open(),
        ["R-12 P1 edge-1:jammer-1 unacknowledged", "R-12 P1 edge-1:panel-1 unacknowledged"],
        "what goes on becomes graver with the room's state"
    );
    room.event("panel-1:zone-1", "normal");
    room.event("jammer-1:cover", "no");
    assert_eq!(room.open().len(), 2, "tampering never ends by itself");
}

#[test]
fn r12_a_cut_contact_is_tampering_and_no_opening() {
    let mut room = Room::new();
    room.event("door-1:contact", "cut");
    room.wait_ms(60_000);
    assert_eq!(room.open(), ["R-12 P2 edge-1:door-1 unacknowledged"]);
}

#[test]
fn r16_a_device_is_lost_and_comes_back() {
    let mut room = Room::new();
    room.event("jammer-1:link", "lost");
    assert_eq!(room.open(), ["R-16 P3 edge-1:jammer-1 unacknowledged"]);
    room.event("jammer-1:link", "online");
    assert_eq!(room.open(), ["R-16 P3 edge-1:jammer-1 cleared_unacknowledged"]);
}

#[test]
fn r18_a_silent_edge_makes_the_room_count_as_set() {
    let mut room = Room::new();
    room.wait_ms(15_000);
    room.silent();
    assert_eq!(room.open(), ["R-18 P2 edge-1 unacknowledged"]);
    room.live();
    assert_eq!(room.open(), ["R-18 P2 edge-1 cleared_unacknowledged"]);
}

#[test]
fn r19_what_is_missing_and_stays_unexplained() {
    let mut room = Room::new();
    room.missing(10, 20);
    room.wait_ms(119_999);
    assert_eq!(room.open(), [""; 0]);
    room.wait_ms(1);
    assert_eq!(room.open(), ["R-19 P2 edge-1 cleared_unacknowledged"]);
}

#[test]
fn r19_is_silent_where_the_edge_says_what_it_lost() {
    let mut before = Room::new();
    before.gap(10, 15);
    before.gap(15, 20);
    before.missing(10, 20);
    before.wait_ms(200_000);
    assert_eq!(before.open(), [""; 0]);

    let mut after = Room::new();
    after.missing(10, 20);
    after.gap(8, 20);
    after.wait_ms(200_000);
    assert_eq!(after.open(), [""; 0]);

    let mut partly = Room::new();
    partly.missing(10, 20);
    partly.gap(10, 19);
    partly.wait_ms(200_000);
    assert_eq!(partly.open().len(), 1);
}

#[test]
fn r20_a_fork_fires_at_once() {
    let mut room = Room::new();
    room.fork();
    assert_eq!(room.open(), ["R-20 P1 edge-1 cleared_unacknowledged"]);
}

#[test]
fn r17_a_device_that_only_seems_to_answer_is_no_lost_one() {
    for link in ["frozen", "foreign"] {
        let mut room = Room::new();
        room.event("door-1:link", link);
        assert_eq!(room.open(), ["R-17 P2 edge-1:door-1 unacknowledged"], "{link}");
        room.event("door-1:link", "online");
        assert_eq!(
            room.open(),
            ["R-17 P2 edge-1:door-1 cleared_unacknowledged"],
            "somebody looks at it first"
        );
    }
    let mut room = Room::new();
    room.event("door-1:link", "misconfigured");
    assert_eq!(room.open(), [""; 0]);
}

#[test]
fn r21_a_clock_that_jumped_or_is_far_off_stays_until_a_person_has_seen_it() {
    for health in ["far_off", "stepped"] {
        let mut room = Room::new();
        room.event("edge:clock_health", health);
        assert_eq!(room.open(), ["R-21 P2 edge-1:edge unacknowledged"], "{health}");
        assert!(room.incident("R-21").text.contains("edge edge-1"));
        room.event("edge:clock_health", "ok");
        assert_eq!(room.open(), ["R-21 P2 edge-1:edge cleared_unacknowledged"]);
    }
}

#[test]
fn r21_a_clock_that_is_off_for_a_minute_is_told_and_ends_by_itself() {
    let mut room = Room::new();
    room.event("edge:clock_health", "off");
    room.wait_ms(59_000);
    assert_eq!(room.open(), [""; 0]);
    room.wait_ms(2_000);
    assert_eq!(room.open(), ["R-21-drift P4 edge-1:edge unacknowledged"]);
    room.event("edge:clock_health", "ok");
    assert_eq!(room.incident("R-21-drift").condition, strongroom_hub::incident::Condition::Cleared);

    let mut brief = Room::new();
    brief.event("edge:clock_health", "off");
    brief.wait_ms(50_000);
    brief.event("edge:clock_health", "ok");
    brief.wait_ms(50_000);
    assert_eq!(brief.open(), [""; 0]);
}
