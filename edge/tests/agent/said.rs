//! How an agent comes, beats and goes, by certificate and by token.

use std::fs;

use serde_json::json;
use strongroom_edge::agent::buffer::Buffer;

use crate::room::{By, Room, eventually};

#[test]
fn a_token_opens_the_door_and_heartbeats_come_without_events() {
    let mut room = Room::new(By::Token);
    room.broker.start();
    room.start_agent();
    eventually("some heartbeats came", || {
        room.received().iter().filter(|report| report["events"].as_array().unwrap().is_empty()).count() >= 2
    });
    let report = room.received().pop().unwrap();
    assert_eq!(report["agent"]["policy"], "p1");
    assert_eq!(report["state"]["interfaces"][0]["name"], "eth0");
    assert!(room.as_an_edge_sees_it().contains(&"host.agent online".to_owned()));
}

#[test]
fn a_wrong_token_is_refused_and_the_agent_keeps_what_it_sees() {
    let mut room = Room::new(By::Token);
    room.write("token", "wrong\n");
    room.broker.start();
    room.start_agent();
    eventually("heartbeats are kept", || room.is_kept("\"events\":[]"));
    assert!(room.received().is_empty());
    eventually("the log says why", || room.log().contains("does not let this agent in (NotAuthorized)"));
    // The file is read anew with every attempt.
    room.write("token", "9f86d081884c7d659a2feaa0c55ad015\n");
    eventually("all of them came", || room.events().contains(&"agent_start".to_owned()));
}

#[test]
fn an_edge_that_lets_the_agent_in_and_throws_it_out_again_and_again_is_logged_once() {
    let mut room = Room::new(By::Certificate);
    room.broker.takes_only_short_packets();
    room.broker.start();
    room.start_agent();
    let logged = |room: &Room, text: &str| room.log().matches(text).count();
    eventually("it has tried some times", || logged(&room, "connected to the edge") >= 4);
    assert_eq!(logged(&room, "no way to the edge"), 1, "{}", room.log());
    assert_eq!(logged(&room, "the edge takes reports"), 0);
    assert_eq!(room.stop_agent().code(), Some(0));
}

#[test]
fn an_agent_that_is_stopped_says_so_before_it_goes() {
    let mut room = Room::new(By::Certificate);
    room.broker.start();
    room.start_agent();
    eventually("the first report came", || !room.received().is_empty());
    assert_eq!(room.stop_agent().code(), Some(0));
    eventually("the goodbye came", || room.events().contains(&"agent_stop".to_owned()));
    assert!(room.as_an_edge_sees_it().ends_with(&["host.agent lost".to_owned()]));

    room.start_agent();
    eventually("it is back", || room.as_an_edge_sees_it().ends_with(&["host.power yes".to_owned()]));
    room.write("run/nologin", "");
    assert_eq!(room.stop_agent().code(), Some(0));
    eventually("the shutdown was told", || room.events().contains(&"shutdown".to_owned()));
}

#[test]
fn what_an_earlier_boot_left_behind_comes_first_and_the_boot_is_told() {
    const EARLIER: &str = "11111111-2222-3333-4444-555555555555";
    let mut room = Room::new(By::Certificate);
    let left = json!({
        "version": 1, "host": "desk-1", "boot": EARLIER, "seq": 7,
        "at": { "mono_ms": 90_000, "wall_ms": 1_790_000_000_000_u64 },
        "sent": { "boot": EARLIER, "mono_ms": 90_000, "wall_ms": 1_790_000_000_000_u64 },
        "agent": { "name": "strongroom-host-agent", "version": "0" },
        "events": [{ "kind": "shutdown" }],
        "state": { "media": [], "sessions": [{ "user": "u17", "method": "console" }] },
    });
    let mut buffer = Buffer::open(&room.path("buffer"), 1 << 20).unwrap();
    buffer.append(left.to_string().as_bytes(), 1).unwrap();
    drop(buffer);
    room.plug("1-2", "60A4");
    room.broker.start();
    room.start_agent();
    eventually("both boots are told", || room.received().len() >= 2);
    let received = room.received();
    let (earlier, first) = (&received[0], &received[1]);
    assert_eq!(
        (&earlier["boot"], &earlier["at"], &earlier["seq"]),
        (&left["boot"], &left["at"], &left["seq"])
    );
    assert_eq!((&earlier["sent"]["boot"], &first["seq"]), (&first["boot"], &json!(1)));
    assert_eq!(
        room.events()[..4],
        ["shutdown", "boot", "agent_start", "media_insert"],
        "and nobody logged off"
    );
}

#[test]
fn a_full_buffer_says_what_it_dropped() {
    let mut room = Room::new(By::Certificate);
    let config = fs::read_to_string(room.config()).unwrap();
    let small = config.replace("folder = \"buffer\"", "folder = \"buffer\"\nbytes_max = 262144");
    fs::write(room.config(), small.replace("heartbeat = \"1s\"", "heartbeat = \"100ms\"")).unwrap();
    // As after days without an edge.
    let mut buffer = Buffer::open(&room.path("buffer"), 1 << 30).unwrap();
    let kept = json!({
        "version": 1, "host": "desk-1", "boot": "11111111-2222-3333-4444-555555555555", "seq": 1,
        "at": { "mono_ms": 1, "wall_ms": 1 }, "agent": { "name": "a", "version": "0" },
        "sent": { "boot": "11111111-2222-3333-4444-555555555555", "mono_ms": 1, "wall_ms": 1 },
    });
    for seq in 1..1_500 {
        let mut kept = kept.clone();
        kept["seq"] = seq.into();
        buffer.append(kept.to_string().as_bytes(), 0).unwrap();
    }
    drop(buffer);
    room.broker.start();
    room.start_agent();
    eventually("it is said", || room.events().contains(&"buffer_dropped".to_owned()));
    let files =
        fs::read_dir(room.path("buffer")).unwrap().map(|file| file.unwrap().metadata().unwrap().len());
    assert!(files.sum::<u64>() <= 262_144);
}
