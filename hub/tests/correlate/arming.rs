//! The arming state that rules see: what is not known, or not believed, counts as set.

use wire::Quality;

use crate::room::Room;

#[test]
fn never_known_counts_as_set() {
    let mut room = Room::unknown();
    room.live();
    room.event("cabinet-1:bolt", "retracted");
    assert_eq!(room.open(), ["R-07 P1 edge-1:cabinet-1 unacknowledged"]);
}

#[test]
fn stale_counts_as_set() {
    let mut room = Room::new();
    room.event_with("edge:arming", "unset", Quality::Stale);
    room.event("cabinet-1:bolt", "retracted");
    assert_eq!(room.open(), ["R-07 P1 edge-1:cabinet-1 unacknowledged"]);
}

#[test]
fn a_value_that_cannot_be_believed_neither_fires_nor_clears() {
    let mut room = Room::new();
    room.event_with("jammer-1:cover", "yes", Quality::CommFailure);
    assert_eq!(room.open(), [""; 0]);
    room.event("jammer-1:cover", "yes");
    room.event_with("jammer-1:cover", "no", Quality::CommFailure);
    assert_eq!(room.open(), ["R-12 P2 edge-1:jammer-1 unacknowledged"]);
}
