//! Marks stand with the value that they belong to, and what is late moves nothing.

use wire::{Lane, Marks, Value};

use crate::room::Room;

#[test]
fn a_mark_stands_until_a_reading_without_it_comes() {
    let mut room = Room::new();
    room.battery(Lane::Urgent, room.now_ms, 2.0, Marks::LOW);
    let state = room.battery_state();
    assert_eq!((state.value, state.marks), (Some(Value::Number(2.0)), Marks::LOW));
    room.battery(Lane::Urgent, room.now_ms + 1, 3.0, Marks::NONE);
    assert_eq!(room.battery_state().marks, Marks::NONE);
}

#[test]
fn an_older_routine_reading_does_not_take_back_a_mark_that_overtook_it() {
    let mut room = Room::new();
    let then_ms = room.now_ms;
    room.now_ms += 60_000;
    room.battery(Lane::Routine, then_ms, 3.2, Marks::NONE);
    room.battery(Lane::Urgent, then_ms + 30_000, 2.0, Marks::LOW);
    // The routine lane is slow, and still brings what was before the mark.
    room.battery(Lane::Routine, then_ms + 20_000, 3.0, Marks::NONE);
    let state = room.battery_state();
    assert_eq!((state.value, state.marks), (Some(Value::Number(2.0)), Marks::LOW));
    // What comes after it counts as ever.
    room.battery(Lane::Routine, then_ms + 40_000, 1.9, Marks::LOW);
    assert_eq!(room.battery_state().value, Some(Value::Number(1.9)));
    room.battery(Lane::Routine, then_ms + 35_000, 1.8, Marks::LOW);
    assert_eq!(room.battery_state().value, Some(Value::Number(1.8)), "one lane keeps its order by itself");
}

#[test]
fn a_lane_of_an_earlier_boot_is_older_whatever_its_monotonic_clock_says() {
    let mut room = Room::new();
    let then_ms = room.now_ms;
    room.now_ms += 60_000;
    room.reboot_unseen();
    room.battery(Lane::Urgent, then_ms + 30_000, 2.0, Marks::LOW);
    room.boot_again();
    room.battery(Lane::Routine, then_ms + 20_000, 3.0, Marks::NONE);
    assert_eq!(room.battery_state().marks, Marks::LOW);
}

#[test]
fn a_late_press_excuses_the_door_that_was_opened_with_it() {
    let mut room = Room::new();
    room.late_event_at(room.now_ms, "door-1:rex", "yes");
    room.late_event_at(room.now_ms, "door-1:rex", "no");
    room.wait_ms(500);
    room.event("door-1:contact", "open");
    room.wait_ms(1_500);
    assert_eq!(room.open(), [""; 0]);
}

#[test]
fn what_is_late_raises_an_incident_and_ends_none() {
    let mut room = Room::new();
    room.event("jammer-1:cover", "yes");
    let then_ms = room.now_ms - 5_000;
    room.late_event_at(then_ms, "jammer-1:cover", "no");
    assert_eq!(room.open(), ["R-12 P2 edge-1:jammer-1 unacknowledged"], "the cover is open now");
    let mut room = Room::new();
    room.late_event_at(room.now_ms - 5_000, "jammer-1:cover", "yes");
    assert_eq!(room.open(), ["R-12 P2 edge-1:jammer-1 unacknowledged"], "it was open, and nobody knew");
}

#[test]
fn a_late_arming_does_not_arm_the_room() {
    let mut room = Room::new();
    room.late_event_at(room.now_ms - 5_000, "edge:arming", "set");
    room.event("door-1:contact", "open");
    room.wait_ms(1_500);
    assert_eq!(room.open(), ["R-01 P2 edge-1:door-1 unacknowledged"], "it would be P1 in a room that is set");
}
