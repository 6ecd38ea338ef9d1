//! A reload takes a sound configuration and nothing else, and loses no record.

use rustix::process::Signal;
use wire::{Lane, Seq};

use crate::door::{CLOSED, Door, OPEN};
use crate::hub::Hub;
use crate::process::{status_is, until};
use crate::room::{Room, Says};

/// Opens and closes the door until the hub has so many urgent records.
async fn bustle(door: &Door, hub: &Hub, urgent: u64) {
    let mut contact = CLOSED;
    let has = || hub.memory().held[0].0 >= Seq(urgent);
    until("the hub holds the records", async || {
        contact = if contact == OPEN { CLOSED } else { OPEN };
        door.stands(contact);
        let polls = door.polls();
        until("the door is polled", async || door.polls() > polls + 1).await;
        has()
    })
    .await;
}

/// Numbers without a gap in each lane, and one epoch.
fn is_whole(hub: &Hub) {
    let memory = hub.memory();
    for lane in Lane::ALL {
        let mut next = Seq::FIRST;
        for envelope in memory.journal(lane) {
            assert_eq!(envelope.header.first, next, "{lane}");
            next = envelope.next();
        }
        assert_eq!(next, memory.held[lane.index()].0, "everything that is held is of the one epoch");
    }
}

#[tokio::test]
async fn a_sound_configuration_is_taken_without_losing_a_record() {
    let (room, one, other) = (Room::new().await, Door::start().await, Door::start().await);
    let says = Says { doors: vec![("door-1", one.address)], ..Says::default() };
    room.says(&says);
    let edge = room.start();
    let pid = edge.pid();
    bustle(&one, &room.hub, 10).await;
    let epoch = room.hub.memory().epoch;

    room.says(&Says { doors: vec![("door-1", one.address), ("door-2", other.address)], ..says.clone() });
    edge.signal(Signal::HUP);
    let status = status_is(room.status_port, "the new device is online", |status| {
        status["devices"][1]["link"] == "online"
    })
    .await;
    assert_eq!(status["config"]["reloads_taken"], 1);
    assert!(status["config"]["last_reload"]["text"].as_str().unwrap().contains("added door-2"), "{status:#}");
    bustle(&one, &room.hub, 30).await;

    room.says(&Says { doors: vec![("door-2", other.address)], ..says });
    edge.signal(Signal::HUP);
    let is_done = |status: &serde_json::Value| status["config"]["reloads_taken"] == 2;
    status_is(room.status_port, "the other reload", is_done).await;
    bustle(&other, &room.hub, 50).await;
    assert_eq!((room.hub.memory().epoch, edge.pid()), (epoch, pid));
    assert!(room.hub.memory().connects >= 3, "the connection came back after each reload");
    let hashes: Vec<u64> =
        room.hub.memory().heartbeats.iter().map(|heartbeat| heartbeat.config_hash).collect();
    assert!(
        hashes.windows(2).filter(|pair| pair[0] != pair[1]).count() >= 1,
        "the hub sees the new configuration"
    );
    edge.stop().await;
    is_whole(&room.hub);
}

#[tokio::test]
async fn with_any_fault_the_older_configuration_goes_on() {
    let (room, door) = (Room::new().await, Door::start().await);
    let says = Says { doors: vec![("door-1", door.address)], ..Says::default() };
    let sound = room.says(&says);
    let edge = room.start();
    bustle(&door, &room.hub, 5).await;
    let connects = room.hub.memory().connects;

    let two_faults = sound.replace("door.toml", "nowhere.toml").replace("unit = 7", "unit = 250");
    let cases = [
        (two_faults, "devices[0].unit"),
        (sound.replace("doc-1.pem", "nowhere.pem"), "uplink.certificate"),
        (sound.replace("id = \"doc-1\"", "id = \"doc-2\""), "edge.id"),
        (sound.replace("spool.redb", "other.redb"), "spool.path"),
    ];
    for (number, (text, key)) in cases.into_iter().enumerate() {
        std::fs::write(room.config(), text).unwrap();
        edge.signal(Signal::HUP);
        let refused = |status: &serde_json::Value| status["config"]["reloads_refused"] == number as u64 + 1;
        let status = status_is(room.status_port, "the refusal", refused).await;
        let said = status["config"]["last_reload"]["text"].as_str().unwrap();
        assert!(said.contains(key), "{key} is not in: {said}");
        assert!(number > 0 || said.contains("nowhere.toml"), "every fault is told: {said}");
        assert_eq!(status["well"], false);
    }
    let next = room.hub.memory().held[0].0.0;
    bustle(&door, &room.hub, next + 5).await;
    assert_eq!(room.hub.memory().connects, connects, "the connection was never given up");
    edge.stop().await;
    is_whole(&room.hub);
}

#[tokio::test]
async fn stages_that_cannot_start_give_way_to_the_older_ones() {
    let (room, door) = (Room::new().await, Door::start().await);
    let says = Says { doors: vec![("door-1", door.address)], ..Says::default() };
    room.says(&says);
    let edge = room.start();
    bustle(&door, &room.hub, 5).await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    room.says(&Says { status_port: Some(port), ..says.clone() });
    edge.signal(Signal::HUP);
    let refused = |status: &serde_json::Value| status["config"]["reloads_refused"] == 1;
    let status = status_is(room.status_port, "the older stages are back", refused).await;
    assert!(
        status["config"]["last_reload"]["text"].as_str().unwrap().contains("cannot listen"),
        "{status:#}"
    );
    // By then the new stages have the file of the spool open, which the older ones need again.
    for refusals in 2..=4 {
        let more = format!(
            "[[listeners]]\nname = \"field\"\naddress = \"127.0.0.1:{port}\"\ncertificate = \"doc-1.pem\"\nkey = \"doc-1.key\"\n"
        );
        room.says(&Says { more, ..says.clone() });
        edge.signal(Signal::HUP);
        let refused = |status: &serde_json::Value| status["config"]["reloads_refused"] == refusals;
        let status = status_is(room.status_port, "the older stages are back again", refused).await;
        let said = status["config"]["last_reload"]["text"].as_str().unwrap();
        assert!(said.contains("the listener `field` cannot listen"), "{said}");
    }
    let next = room.hub.memory().held[0].0.0;
    bustle(&door, &room.hub, next + 5).await;
    edge.stop().await;
    is_whole(&room.hub);
}

#[tokio::test]
async fn what_is_the_same_is_not_built_anew() {
    let (room, door) = (Room::new().await, Door::start().await);
    let text = room.says(&Says { doors: vec![("door-1", door.address)], ..Says::default() });
    let edge = room.start();
    bustle(&door, &room.hub, 5).await;
    let connects = room.hub.memory().connects;
    edge.signal(Signal::HUP);
    let taken = |times: u64| move |status: &serde_json::Value| status["config"]["reloads_taken"] == times;
    let status = status_is(room.status_port, "the reload", taken(1)).await;
    assert_eq!(status["config"]["last_reload"]["text"], "nothing changed");
    let next = room.hub.memory().held[0].0.0;
    bustle(&door, &room.hub, next + 5).await;
    assert_eq!(room.hub.memory().connects, connects, "the connection stands as it stood");

    // A profile is of the configuration: limits stand there.
    let hash = status["config"]["hash"].clone();
    let profile = std::fs::read_to_string(room.path("door.toml")).unwrap();
    std::fs::write(room.path("door.toml"), profile + "debounce = \"1s\"\n").unwrap();
    edge.signal(Signal::HUP);
    let status = status_is(room.status_port, "the reload of a profile", taken(2)).await;
    assert_eq!(status["config"]["last_reload"]["text"], "changed door-1");
    assert_ne!(status["config"]["hash"], hash);
    let seen = u64::from_str_radix(status["config"]["hash"].as_str().unwrap(), 16).unwrap();
    room.hub
        .wait("the hub sees it", |memory| {
            memory.heartbeats.last().is_some_and(|heart| heart.config_hash == seen)
        })
        .await;

    // So is a certificate that was exchanged under its name.
    std::fs::write(room.path("ca.pem"), std::fs::read_to_string(room.path("ca.pem")).unwrap() + "\n")
        .unwrap();
    edge.signal(Signal::HUP);
    let status = status_is(room.status_port, "the reload of a certificate", taken(3)).await;
    assert_eq!(status["config"]["last_reload"]["text"], "certificates changed");
    assert_eq!(std::fs::read_to_string(room.config()).unwrap(), text);
    edge.stop().await;
}

#[tokio::test]
async fn an_edge_that_works_from_memory_goes_back_to_the_disk_once_there_is_one() {
    let (room, door) = (Room::new().await, Door::start().await);
    let says = Says {
        doors: vec![("door-1", door.address)],
        spool: Some("later/spool.redb".to_owned()),
        ..Says::default()
    };
    let text = room.says(&says).replace("routine_interval", "return_after = \"1s\"\nroutine_interval");
    std::fs::write(room.config(), text).unwrap();
    let edge = room.start();
    let pid = edge.pid();
    bustle(&door, &room.hub, 10).await;
    let is_stored = |how: &'static str| move |status: &serde_json::Value| status["spool"]["storage"] == how;
    let status = status_is(room.status_port, "memory", is_stored("memory")).await;
    assert!(status["faults"][0].as_str().unwrap().contains("spool.path could not be opened"), "{status:#}");
    let epoch = room.hub.memory().epoch;

    std::fs::create_dir(room.path("later")).unwrap();
    status_is(room.status_port, "the disk is used", is_stored("durable")).await;
    let opened =
        room.hub.wait("another epoch", |memory| memory.epoch != epoch && memory.held[0].0 > Seq(5)).await;
    let next = opened.held[0].0.0;
    bustle(&door, &room.hub, next + 10).await;
    assert_eq!(edge.pid(), pid);
    edge.stop().await;
    assert!(room.path("later/spool.redb").exists());
}
