//! What a changed configuration does: devices that are gone, edges that move, rules that are removed.

use strongroom_hub::correlate::pack;
use strongroom_hub::journal::{Activated, Body};

use crate::room::Room;

#[test]
fn a_device_that_is_gone_holds_no_condition() {
    let mut room = Room::new();
    room.event("jammer-1:cover", "yes");
    room.event("jammer-1:link", "lost");
    room.without("jammer-1");
    assert_eq!(
        room.open(),
        [
            "R-12 P2 edge-1:jammer-1 cleared_unacknowledged",
            "R-14 P1 edge-1:jammer-1 cleared_unacknowledged",
            "R-16 P3 edge-1:jammer-1 cleared_unacknowledged"
        ]
    );
}

#[test]
fn an_edge_that_moves_to_another_part_takes_its_points_along() {
    let mut room = Room::new();
    room.silent();
    assert_eq!(room.open(), ["R-18 P2 edge-1 unacknowledged"]);
    room.activate(pack::DEFAULT, "other-room");
    assert_eq!(room.open(), ["R-18 P2 edge-1 cleared_unacknowledged"]);
    room.live();
    room.event("edge:arming", "unset");
    room.event("jammer-1:cover", "yes");
    assert_eq!(room.incident("R-12").part.as_str(), "other-room");
    assert_eq!(room.world.records_without_table, 0);
}

#[test]
fn an_arming_point_that_was_replaced_counts_no_more() {
    let mut room = Room::new();
    room.event("edge:arming", "set");
    room.without("edge");
    room.event("cabinet-1:bolt", "retracted");
    assert_eq!(room.open(), ["R-07 P1 edge-1:cabinet-1 unacknowledged"], "nothing says unset any more");
}

#[test]
fn a_rule_that_is_removed_lets_its_incidents_end() {
    let mut room = Room::new();
    room.event("jammer-1:cover", "yes");
    let without = pack::DEFAULT.replace("\"R-12\"", "\"R-99\"");
    room.activate(&without, "room");
    assert!(
        room.open().contains(&"R-12 P2 edge-1:jammer-1 cleared_unacknowledged".to_owned()),
        "{:?}",
        room.open()
    );
}

#[test]
fn the_same_pack_again_changes_nothing() {
    let mut room = Room::new();
    room.event("door-1:contact", "open");
    room.event("jammer-1:cover", "yes");
    let before = room.incidents.clone();
    room.activate(pack::DEFAULT, "room");
    assert_eq!(room.incidents, before);
    room.wait_ms(1_000);
    assert_eq!(room.open().len(), 2, "{:?}", room.open());
}

#[test]
fn an_alarm_ahead_of_its_table_is_judged_when_the_table_comes() {
    let mut room = Room::new();
    room.with_table_to_come("panel-1");
    room.event("jammer-1:cover", "yes");
    assert_eq!(room.open(), [""; 0]);
    room.send_table();
    assert_eq!(room.open(), ["R-12 P2 edge-1:jammer-1 unacknowledged"]);
    assert_eq!(room.world.records_without_table, 0);
}

#[test]
fn a_condition_that_lasts_fires_when_the_room_is_set_later() {
    let mut room = Room::new();
    let lasting = pack::DEFAULT.replace(
        "given = [{ arming = [\"part\", \"set\", \"entry\", \"alarm\"] }]",
        "given = [{ arming = [\"set\"] }]\nsustained = [{ after = \"5s\", severity = \"P1\" }]",
    );
    room.activate(&lasting, "room");
    room.event("cabinet-1:bolt", "retracted");
    room.wait_ms(60_000);
    assert_eq!(room.open(), [""; 0]);
    room.event("edge:arming", "set");
    assert_eq!(room.open(), ["R-07 P1 edge-1:cabinet-1 unacknowledged"]);
}

#[test]
fn an_edge_that_is_only_registered_keeps_its_table() {
    let mut room = Room::new();
    // As if nobody had named it: then it is its own part, and now that part is named.
    let nobody = Activated { pack: pack::DEFAULT.to_owned(), parts: Vec::new() };
    room.entry(Body::Activated(nobody));
    room.activate(pack::DEFAULT, "edge-1");
    room.activate(pack::DEFAULT, "other-room");
    room.event("jammer-1:cover", "yes");
    assert_eq!(room.incident("R-12").part.as_str(), "other-room");
    assert_eq!(room.world.records_without_table, 0);
}

#[test]
fn an_edge_that_is_silent_is_still_missed_when_it_is_registered() {
    let mut room = Room::new();
    let nobody = Activated { pack: pack::DEFAULT.to_owned(), parts: Vec::new() };
    room.entry(Body::Activated(nobody));
    room.silent();
    assert_eq!(room.open(), ["R-18 P2 edge-1 unacknowledged"]);
    room.activate(pack::DEFAULT, "edge-1");
    assert_eq!(room.open(), ["R-18 P2 edge-1 unacknowledged"]);
}
