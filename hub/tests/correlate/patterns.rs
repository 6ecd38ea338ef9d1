//! Each pattern that a rule can be made of: what makes it fire, and what must not.

use std::path::Path;

use strongroom_hub::correlate::Pack;
use strongroom_hub::incident::{Condition, StepKind};
use wire::{Marks, Quality, Value};

use crate::room::Room;

/// Every pattern at once.
pub fn all_patterns() -> String {
    let rules = [GUESSING, TWO_BADGES, OUTREACH_WITHOUT_JAMMER, JAMMER_IN_MEETING, POWER, UNTIL_RESET];
    let head = "[pack]\nname = \"all patterns\"\nversion = \"1\"\n".to_owned();
    rules.iter().enumerate().fold(head, |pack, (place, rule)| {
        pack + &format!(
            "[[rules]]\nid = \"T-{place}\"\ntitle = \"t\"\ntext = \"{{device}} {{value}}\"\nclauses = [\"S22\"]\npattern = \"points\"\n{rule}\n"
        )
    })
}

/// A room in which only this rule holds.
fn room_with(rule: &str) -> Room {
    let mut room = Room::new();
    let pack = format!(
        "[pack]\nname = \"one rule\"\nversion = \"1\"\n[[rules]]\nid = \"T-1\"\ntitle = \"t\"\ntext = \"{{device}} {{value}}\"\n\
         clauses = [\"S22\"]\npattern = \"points\"\n{rule}\n"
    );
    Pack::parse(Path::new("one rule"), &pack).unwrap();
    room.activate(&pack, "room");
    room
}

fn texts(room: &Room) -> Vec<String> {
    room.incidents.values().map(|incident| incident.text.clone()).collect()
}

const NONE: [&str; 0] = [];

const GUESSING: &str = r#"
key = "device"
trigger = [{ kind = "cabinet.wrong_codes", rises = true }]
count = { at_least = 3, within = "60s" }
severity = "P3"
latch = false"#;

#[test]
fn enough_within_the_window_fires_and_too_few_or_too_slow_does_not() {
    let mut room = room_with(GUESSING);
    room.number("cabinet-1:wrong", 0);
    for (wait_ms, count) in [(1_000, 1), (29_000, 2), (32_000, 3)] {
        room.wait_ms(wait_ms);
        room.number("cabinet-1:wrong", count);
        assert_eq!(room.open(), NONE, "three within 60 s are not there yet");
    }
    room.number("cabinet-1:wrong", 3);
    assert_eq!(room.open(), NONE, "the counter stands still");
    room.wait_ms(1_000);
    room.number("cabinet-1:wrong", 4);
    assert_eq!(room.open(), ["T-1 P3 edge-1:cabinet-1 cleared_unacknowledged"]);
    assert_eq!(texts(&room), ["cabinet-1 4"]);
}

const TWO_BADGES: &str = r#"
key = "device"
trigger = [{ kind = "cabinet.bolt", becomes = ["retracted"], from = ["extended"] }]
unless = [{ event = "door.credential", any = true, within = "60s", at_least = 2, distinct = "value", of = "part" }]
wait = "2s"
severity = "P2"
latch = true"#;

#[test]
fn one_badge_shown_twice_is_not_two_persons() {
    let mut one = room_with(TWO_BADGES);
    one.number("door-1:badge", 7);
    one.number("door-1:badge", 7);
    one.event("cabinet-1:bolt", "retracted");
    one.wait_ms(2_500);
    assert_eq!(one.open(), ["T-1 P2 edge-1:cabinet-1 unacknowledged"]);

    let mut two = room_with(TWO_BADGES);
    two.number("door-1:badge", 7);
    two.wait_ms(50_000);
    two.event("cabinet-1:bolt", "retracted");
    two.number("door-1:badge", 8);
    two.wait_ms(2_500);
    assert_eq!(two.open(), NONE, "the second showed the badge within the rule's patience");
}

#[test]
fn what_fired_because_nothing_came_is_provisional_and_settles() {
    let mut room = room_with(TWO_BADGES);
    room.event("cabinet-1:bolt", "retracted");
    room.wait_ms(2_000);
    assert!(room.incident("T-1").provisional);
    room.wait_ms(59_000);
    assert!(room.incident("T-1").provisional);
    room.wait_ms(2_000);
    assert!(!room.incident("T-1").provisional);
    assert!(room.incident("T-1").timeline.iter().any(|step| step.what == StepKind::Settled));
    assert_eq!(room.open(), ["T-1 P2 edge-1:cabinet-1 unacknowledged"]);
}

#[test]
fn an_excuse_that_was_under_way_withdraws_what_was_provisional() {
    let mut room = room_with(TWO_BADGES);
    let opened_ms = room.now_ms;
    room.event("cabinet-1:bolt", "retracted");
    room.wait_ms(3_000);
    assert!(room.incident("T-1").provisional);
    // Both badges had been shown in time and took a slow way.
    for badge in [7, 8] {
        let now_ms = std::mem::replace(&mut room.now_ms, opened_ms);
        room.number("door-1:badge", badge);
        room.now_ms = now_ms;
    }
    let incident = room.incident("T-1");
    assert_eq!((incident.condition, incident.provisional), (Condition::Cleared, false));
    assert!(incident.timeline.iter().any(|step| step.what == StepKind::Withdrawn));
    room.wait_ms(100_000);
    assert_eq!(
        room.open(),
        ["T-1 P2 edge-1:cabinet-1 cleared_unacknowledged"],
        "a person still sees that it was raised"
    );
}

#[test]
fn records_that_happened_later_show_that_nothing_came() {
    let mut room = room_with(TWO_BADGES);
    room.event("cabinet-1:bolt", "retracted");
    room.now_ms += 2_500;
    room.event("door-2:contact", "open");
    assert!(!room.incident("T-1").provisional, "the same lane would have brought it before");
}

const OUTREACH_WITHOUT_JAMMER: &str = r#"
key = "part"
trigger = [{ kind = "host.outreach", happens = true }]
with = [{ event = "jammer.band.rf_on", is = ["no"], within = "5m", order = "either", of = "part" }]
severity = "P1"
latch = true"#;

#[test]
fn two_signs_belong_together_in_either_order() {
    for jammer_first in [true, false] {
        let mut room = room_with(OUTREACH_WITHOUT_JAMMER);
        let reach = |room: &mut Room| {
            room.reading("host-1:outreach", Value::text("8.8.8.8"), Quality::Good, Marks::NONE)
        };
        if jammer_first {
            room.event("jammer-1:rf", "no");
        } else {
            reach(&mut room);
        }
        room.wait_ms(200_000);
        assert_eq!(room.open(), NONE);
        if jammer_first {
            reach(&mut room);
        } else {
            room.event("jammer-1:rf", "no");
        }
        assert_eq!(room.open(), ["T-1 P1 room cleared_unacknowledged"], "jammer first: {jammer_first}");
        assert_eq!(texts(&room), ["host-1 8.8.8.8"]);
    }
    let mut late = room_with(OUTREACH_WITHOUT_JAMMER);
    late.reading("host-1:outreach", Value::text("8.8.8.8"), Quality::Good, Marks::NONE);
    late.wait_ms(301_000);
    late.event("jammer-1:rf", "no");
    late.wait_ms(301_000);
    assert_eq!(late.open(), NONE, "five minutes are over");
}

const JAMMER_IN_MEETING: &str = r#"
key = "device"
trigger = [
    { kind = "jammer.band.rf_on", becomes = ["no"] },
    { kind = "jammer.band.rf_on", unusable = true },
    { kind = "jammer.band.vswr", marked = ["high_high"] },
]
while = [{ meeting = true }]
sustained = [{ after = "10s", severity = "P2" }]
severity = "P2"
latch = false"#;

#[test]
fn what_must_hold_all_the_time_begins_and_ends_it() {
    let mut room = room_with(JAMMER_IN_MEETING);
    room.event("jammer-1:rf", "no");
    room.wait_ms(60_000);
    assert_eq!(room.open(), NONE, "nobody confers");
    room.event("jammer-1:meeting", "yes");
    room.wait_ms(9_000);
    assert_eq!(room.open(), NONE, "the ten seconds begin with the meeting");
    room.wait_ms(1_500);
    assert_eq!(room.open(), ["T-1 P2 edge-1:jammer-1 unacknowledged"]);
    room.event("jammer-1:meeting", "no");
    assert_eq!(room.open(), ["T-1 P2 edge-1:jammer-1 cleared_unacknowledged"]);
    room.event("jammer-1:meeting", "yes");
    room.wait_ms(11_000);
    assert_eq!(room.open(), ["T-1 P2 edge-1:jammer-1 unacknowledged"], "and again with the next one");
}

#[test]
fn what_is_not_known_is_not_normal() {
    let mut room = room_with(JAMMER_IN_MEETING);
    room.event("jammer-1:meeting", "yes");
    room.event("jammer-1:rf", "yes");
    room.wait_ms(60_000);
    assert_eq!(room.open(), NONE);
    room.event_with("jammer-1:rf", "yes", Quality::Stale);
    room.wait_ms(11_000);
    assert_eq!(room.open(), ["T-1 P2 edge-1:jammer-1 unacknowledged"]);
    room.event("jammer-1:rf", "yes");
    assert_eq!(room.open(), ["T-1 P2 edge-1:jammer-1 cleared_unacknowledged"]);
}

#[test]
fn a_silent_edge_knows_nothing_of_its_points() {
    let mut room = room_with(JAMMER_IN_MEETING);
    room.event("jammer-1:meeting", "yes");
    room.event("jammer-1:rf", "yes");
    room.silent();
    room.wait_ms(11_000);
    assert_eq!(room.open(), ["T-1 P2 edge-1:jammer-1 unacknowledged"]);
    room.live();
    assert_eq!(room.open(), ["T-1 P2 edge-1:jammer-1 cleared_unacknowledged"]);
}

#[test]
fn a_mark_of_the_edge_counts_as_long_as_it_stands() {
    let mut room = room_with(JAMMER_IN_MEETING);
    room.event("jammer-1:meeting", "yes");
    room.event("jammer-1:rf", "yes");
    room.reading("jammer-1:vswr", Value::Number(3.4), Quality::Good, Marks::HIGH.with(Marks::HIGH_HIGH));
    room.wait_ms(11_000);
    assert_eq!(room.open(), ["T-1 P2 edge-1:jammer-1 unacknowledged"]);
    room.reading("jammer-1:vswr", Value::Number(2.4), Quality::Good, Marks::HIGH);
    assert_eq!(room.open(), ["T-1 P2 edge-1:jammer-1 cleared_unacknowledged"]);
}

const POWER: &str = r#"
key = "device"
trigger = [{ kind = "power.runtime", below = 1800 }]
severity = "P2"
severity_when = [{ when = [{ arming = ["set"] }, { occupied = false }], severity = "P1" }]
latch = false"#;

#[test]
fn a_number_beyond_its_limit_and_circumstances_that_make_it_graver() {
    let mut room = room_with(POWER);
    room.number("ups:runtime", 1_800);
    assert_eq!(room.open(), NONE);
    room.number("ups:runtime", 1_799);
    room.event("edge:arming", "set");
    assert_eq!(room.open(), ["T-1 P2 edge-1:ups unacknowledged"], "whether somebody is inside is not known");
    room.number("door-1:occupancy", 1);
    assert_eq!(room.open(), ["T-1 P2 edge-1:ups unacknowledged"]);
    room.number("door-1:occupancy", 0);
    assert_eq!(room.open(), ["T-1 P1 edge-1:ups unacknowledged"]);
    room.number("ups:runtime", 3_600);
    assert_eq!(room.open(), ["T-1 P1 edge-1:ups cleared_unacknowledged"]);
}

const UNTIL_RESET: &str = r#"
key = "device"
trigger = [{ kind = "door.access", happens = ["duress"] }]
clear = [{ event = "door.access", is = ["granted"] }]
severity = "P1"
latch = true"#;

#[test]
fn what_merely_happened_lasts_until_its_sign_of_clearing() {
    let mut room = room_with(UNTIL_RESET);
    room.event("door-1:access", "duress");
    room.wait_ms(3_600_000);
    assert_eq!(room.open(), ["T-1 P1 edge-1:door-1 unacknowledged"]);
    room.event("door-2:access", "granted");
    assert_eq!(room.open(), ["T-1 P1 edge-1:door-1 unacknowledged"], "that was another door");
    room.event("door-1:access", "granted");
    assert_eq!(room.open(), ["T-1 P1 edge-1:door-1 cleared_unacknowledged"]);
}

#[test]
fn each_occurrence_counts_for_itself_and_joins_the_open_incident() {
    let mut room = room_with(
        "key = \"device\"\ntrigger = [{ kind = \"door.access\", happens = [\"denied_unknown\"] }]\nseverity = \"P3\"\nlatch = true",
    );
    for _ in 0..3 {
        room.event("door-1:access", "denied_unknown");
        room.wait_ms(1_000);
    }
    let incident = room.incident("T-1");
    assert_eq!((incident.occurrences, incident.evidence.len()), (3, 3));
}

#[test]
fn more_waiting_occurrences_than_there_is_room_for_lose_none() {
    let mut room = room_with(
        "key = \"device\"\ntrigger = [{ kind = \"door.access\", happens = [\"denied_unknown\"] }]\n\
         unless = [{ event = \"door.rex\", is = [\"yes\"], within = \"1s\" }]\nwait = \"5m\"\nseverity = \"P3\"\nlatch = true",
    );
    for _ in 0..100 {
        room.event("door-1:access", "denied_unknown");
        room.now_ms += 10;
    }
    room.wait_ms(400_000);
    let incident = room.incident("T-1");
    assert_eq!(incident.evidence.len() as u64 + incident.evidence_omitted, 100);
}

#[test]
fn a_rule_that_is_new_finds_what_stands_already() {
    let mut room = Room::new();
    room.number("ups:runtime", 60);
    room.event("jammer-1:rf", "no");
    let pack = format!(
        "[pack]\nname = \"p\"\nversion = \"2\"\n[[rules]]\nid = \"T-1\"\ntitle = \"t\"\ntext = \"t\"\nclauses = [\"S22\"]\npattern = \"points\"{POWER}\n"
    );
    room.activate(&pack, "room");
    assert_eq!(room.open(), ["T-1 P2 edge-1:ups unacknowledged"]);
    // Its limit is lowered: what it found is not so any more.
    room.activate(&pack.replace("1800", "30"), "room");
    assert_eq!(room.open(), ["T-1 P2 edge-1:ups cleared_unacknowledged"]);
    assert_eq!(room.replayed(), room.incidents);
}

#[test]
fn points_are_kept_apart_where_the_rule_says_so() {
    let mut room = room_with(
        "key = \"point\"\ntrigger = [{ kind = \"device.link\", becomes = [\"lost\"] }]\nseverity = \"P3\"\nlatch = false",
    );
    room.event("door-1:link", "lost");
    room.event("jammer-1:link", "lost");
    assert_eq!(
        room.open(),
        ["T-1 P3 edge-1:door-1:link unacknowledged", "T-1 P3 edge-1:jammer-1:link unacknowledged"]
    );
}
