//! A room: what its sensors say when something leaks, burns or fails.

use super::Story;

#[test]
fn what_happens_in_the_room_is_shown() {
    let mut room = Story::of("environment", "");
    room.shows(&[("water", "off"), ("smoke", "off"), ("gas", "off"), ("rack_door", "closed")]);
    assert_eq!(room.act("water on"), ["water in the room"]);
    room.act("smoke on");
    room.act("gas on");
    room.shows(&[("water", "on"), ("smoke", "on"), ("gas", "on")]);
    assert_eq!(room.act("water off"), ["no more water"]);
    assert_eq!(room.act("open"), ["the rack is opened"]);
    assert_eq!(room.act("open"), ["the rack is open already"]);
    room.act("cover on");
    room.shows(&[("water", "off"), ("rack_door", "open"), ("cover_tamper", "on")]);
}

#[test]
fn a_room_without_cooling_warms_up_and_dries() {
    let mut room = Story::of("environment", "");
    let (cool, damp) = (room.number("temp"), room.number("humidity"));
    assert!((210..=230).contains(&cool));
    room.act("cooling off");
    room.wait(600.0);
    let (warm, dry) = (room.number("temp"), room.number("humidity"));
    assert!(warm > cool + 90 && dry < damp - 50, "{cool} to {warm}, {damp} to {dry}");
    room.act("cooling on");
    room.wait(3_000.0);
    assert!(room.number("temp") < cool + 20);
}
