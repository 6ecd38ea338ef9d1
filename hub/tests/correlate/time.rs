//! Late events are judged in their own time, and an old snapshot overwrites nothing.

use strongroom_hub::incident::ArrivalMark;

use crate::room::Room;

#[test]
fn a_backlog_is_judged_by_its_own_clock() {
    let mut room = Room::new();
    let then_ms = room.now_ms;
    room.now_ms += 600_000;
    // Granted, opened, closed after twenty seconds: all of it ten minutes ago.
    room.event_at(then_ms, "door-1:access", "granted");
    room.event_at(then_ms + 1_000, "door-1:contact", "open");
    room.event_at(then_ms + 21_000, "door-1:contact", "closed");
    room.wait_ms(200_000);
    assert_eq!(room.open(), [""; 0]);
}

#[test]
fn what_was_too_long_ten_minutes_ago_is_found_late() {
    let mut room = Room::new();
    let then_ms = room.now_ms;
    room.now_ms += 600_000;
    room.event_at(then_ms, "door-1:access", "granted");
    room.event_at(then_ms + 1_000, "door-1:contact", "open");
    room.event_at(then_ms + 46_000, "door-1:contact", "closed");
    let incident = room.incident("R-02");
    assert_eq!(incident.arrival, ArrivalMark::Late);
    assert_eq!(incident.began_ms, then_ms + 1_000);
    assert_eq!(room.open(), ["R-02 P3 edge-1:door-1 cleared_unacknowledged"]);
}

#[test]
fn a_forced_door_in_a_backlog_is_found() {
    let mut room = Room::new();
    let then_ms = room.now_ms;
    room.now_ms += 600_000;
    room.event_at(then_ms, "door-1:contact", "open");
    room.event_at(then_ms + 5_000, "door-1:contact", "closed");
    assert_eq!(room.open(), ["R-01 P2 edge-1:door-1 cleared_unacknowledged"]);
}

#[test]
fn an_old_snapshot_says_nothing_new() {
    let mut room = Room::new();
    let then_ms = room.now_ms;
    room.now_ms += 1_000;
    room.event("jammer-1:cover", "yes");
    room.snapshot_at(then_ms, "jammer-1:cover", "no");
    assert_eq!(room.open(), ["R-12 P2 edge-1:jammer-1 unacknowledged"]);
    assert_eq!(room.incident("R-12").evidence.len(), 1);
}

#[test]
fn a_snapshot_finds_what_no_event_told() {
    let mut room = Room::new();
    room.now_ms += 1_000;
    room.snapshot_at(room.now_ms, "jammer-1:cover", "yes");
    assert_eq!(room.open(), ["R-12 P2 edge-1:jammer-1 unacknowledged"]);
}

#[test]
fn that_nothing_came_counts_only_while_the_connection_stands() {
    let mut room = Room::new();
    room.event("door-1:contact", "open");
    room.detached();
    room.wait_ms(1_500);
    room.live();
    room.wait_ms(1_900);
    assert_eq!(room.open(), [""; 0], "what had waited may still be under way");
    // It was a bounce, and here is its end.
    room.event_at(room.now_ms - 3_000, "door-1:contact", "closed");
    room.wait_ms(10_000);
    assert_eq!(room.open(), [""; 0]);
}

#[test]
fn an_edge_that_stays_away_does_not_hold_an_alarm_back() {
    let mut room = Room::new();
    room.event("door-1:contact", "open");
    room.detached();
    room.wait_ms(14_000);
    assert_eq!(room.open(), [""; 0]);
    room.silent();
    room.wait_ms(250);
    assert!(room.open().contains(&"R-01 P1 edge-1:door-1 unacknowledged".to_owned()), "{:?}", room.open());
}

#[test]
fn after_a_restart_of_the_hub_the_edges_have_their_say_first() {
    let mut room = Room::new();
    room.event("door-1:contact", "open");
    // The hub was away for a minute; its first entry comes late.
    room.now_ms += 60_000;
    room.entry(strongroom_hub::journal::Body::HubStarted);
    room.wait_ms(3_000);
    assert_eq!(room.open(), [""; 0]);
    room.live();
    room.wait_ms(2_000);
    room.wait_ms(250);
    assert_eq!(room.open(), ["R-01 P2 edge-1:door-1 unacknowledged", "R-02 P3 edge-1:door-1 unacknowledged"]);
}

#[test]
fn a_snapshot_of_a_boot_that_no_heartbeat_ties_clears_nothing() {
    let mut room = Room::new();
    room.event("jammer-1:cover", "yes");
    room.wait_ms(1_000);
    room.reboot_unseen();
    room.snapshot_at(room.now_ms, "jammer-1:cover", "no");
    assert_eq!(room.open(), ["R-12 P2 edge-1:jammer-1 unacknowledged"]);
}

#[test]
fn times_at_the_end_of_their_space_do_no_harm() {
    let mut room = Room::new();
    room.reboot_unseen();
    for at_ms in [i64::MIN, i64::MIN + 1_000_000, -1, 0, i64::MAX] {
        room.event_at(at_ms, "door-1:contact", "open");
        room.event_at(at_ms, "door-1:contact", "closed");
        room.wait_ms(40_000);
    }
    assert_eq!(room.replayed(), room.incidents);
}
