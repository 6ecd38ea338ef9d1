//! SIGHUP on an edge with devices of every class: a sound configuration is taken, a faulty one is refused and named, and no
//! record is lost over it.

use std::collections::BTreeSet;

use strongroom_tests::full_room::FullRoom;
use strongroom_tests::libmodbus::Libmodbus;
use strongroom_tests::wait::until;
use strongroom_tests::watched_room::EDGE;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sound_configuration_is_taken_and_a_faulty_one_is_not() {
    let mut room = FullRoom::start().await;
    let other = Libmodbus::tcp(room.site.folder(), 8).await;
    assert!(room.point("door-8:handle").await.is_null());

    let sound = room.settings.clone().device("door-8", "libmodbus.toml", other.address(), 8);
    room.edge.reload(&sound);
    room.becomes("door-8:handle", "yes").await;
    everything_moves(&room, &AWAY).await;

    let profile =
        "[[devices]]\nid = \"door-9\"\nprofile = \"nowhere.toml\"\naddress = \"192.0.2.1:502\"\nunit = 250\n";
    room.edge.reload(&sound.clone().more(profile));
    until("the refusal", async || {
        let log = room.edge.log();
        let named = ["the new configuration is refused", "nowhere.toml", "unit"];
        if named.iter().all(|part| log.contains(part)) { Ok(()) } else { Err(log) }
    })
    .await;
    assert_eq!(room.edge.status()["config"]["reloads_refused"], 1);
    everything_moves(&room, &BACK).await;
    other.turn_over();
    room.becomes("door-8:handle", "no").await;
    assert!(room.point("door-9:handle").await.is_null());

    // Without the new device, the hub shows it no more.
    let without = room.settings.clone();
    room.edge.reload(&without);
    until("the new table to be without the device", async || {
        let found = room.point("door-8:handle").await;
        if found.is_null() { Ok(()) } else { Err(found.to_string()) }
    })
    .await;
    everything_moves(&room, &AWAY_AGAIN).await;
    room.edge.stop().await;

    let api = room.site.api();
    api.judged().await;
    let records = api.records(EDGE).await;
    let twice: Vec<_> = records.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "counted more than once: {twice:?}");
    let epochs: BTreeSet<_> = records.keys().map(|(epoch, _, _)| epoch).collect();
    assert_eq!(epochs.len(), 1, "the spool goes on");
    for counter in ["ingest_gaps_total", "ingest_forks_total", "ingest_quarantined_total"] {
        assert_eq!(api.metric(counter).await, 0.0, "{counter}");
    }
    let incidents = api.incidents().await;
    let others: Vec<_> = incidents.iter().filter(|incident| incident.rule != "R-28").collect();
    assert!(others.is_empty(), "a reload is no incident, but the sticks are one: {others:?}");
    assert_eq!(incidents.len(), 1);
}

/// Each class says something new, over a new connection if need be: the units on both lines their handles, the window how
/// it stands, the agent of a stick with this serial number.
async fn everything_moves(room: &FullRoom, moves: &Moves) {
    room.field.set(&[moves.door]);
    room.on_the_line.turn_over();
    room.window.stands(moves.window);
    room.agent.plug(&format!("1-{}", moves.stick), moves.stick);
    for (point, value) in moves.shown {
        room.becomes(point, value).await;
    }
    room.event("desk-1:media", &format!("insert usb 0951:- serial={}", moves.stick)).await;
    room.becomes("desk-1:agent", "online").await;
}

struct Moves {
    door: &'static str,
    window: &'static str,
    stick: &'static str,
    shown: [(&'static str, &'static str); 3],
}

const AWAY: Moves = Moves {
    door: "door-1.handle=on",
    window: "tilted",
    stick: "1",
    shown: [("door-1:handle", "yes"), ("door-7:handle", "no"), ("window-1:contact", "open")],
};
const BACK: Moves = Moves {
    door: "door-1.handle=off",
    window: "closed",
    stick: "2",
    shown: [("door-1:handle", "no"), ("door-7:handle", "yes"), ("window-1:contact", "closed")],
};
const AWAY_AGAIN: Moves = Moves { stick: "3", ..AWAY };
