//! The status is for this machine alone, and says what a technician asks first.

use std::io::Write;
use std::net::{Ipv4Addr, TcpStream};

use crate::door::Door;
use crate::process::{get, http, status_is, status_table};
use crate::room::{Room, Says};

#[tokio::test]
async fn a_working_edge_shows_all_of_itself() {
    let (room, door) = (Room::new().await, Door::start().await);
    room.says(&Says { doors: vec![("door-1", door.address)], ..Says::default() });
    let edge = room.start();
    let port = room.status_port;
    let status = status_is(port, "online, connected and measured", |status| {
        status["devices"][0]["link"] == "online"
            && status["uplink"]["connected"] == true
            && status["health"]["memory_bytes"].as_u64() > Some(0)
    })
    .await;
    assert_eq!(status["edge"], "doc-1");
    assert_eq!(status["faults"].as_array().unwrap().len(), 0, "{status:#}");
    assert_eq!(status["spool"]["storage"], "durable");
    assert!(status["spool"]["urgent"]["next"].as_u64() > Some(0), "{status:#}");
    assert!(status["devices"][0]["scans_good"].as_u64() > Some(0));
    assert!(
        status["health"]["disk_free_percent"].is_u64()
            && status["health"]["certificate_not_after_s"].is_i64()
    );
    assert_eq!(get(port, "/healthz").await.unwrap(), (200, "ok\n".to_owned()));
    let (code, metrics) = get(port, "/metrics").await.unwrap();
    assert_eq!(code, 200);
    for name in ["spool_records_total{lane=\"urgent\"}", "edge_polls_total{device=\"door-1\"}"] {
        assert!(metrics.contains(name), "{name} is not in\n{metrics}");
    }

    let table = status_table(port).await;
    let text = String::from_utf8(table.stdout).unwrap();
    let well = status["well"] == true;
    assert_eq!(table.status.code(), Some(i32::from(!well)), "{text}");
    assert!(text.contains("door-1") && text.contains("online") && text.contains("connected"), "{text}");
    edge.stop().await;
    assert_eq!(status_table(port).await.status.code(), Some(2), "nobody is there any more");
}

#[tokio::test]
async fn a_listener_shows_who_is_expected_there() {
    let room = Room::new().await;
    let token = "0".repeat(64);
    let more = format!(
        "[[listeners]]\nname = \"field\"\naddress = \"127.0.0.1:0\"\ncertificate = \"doc-1.pem\"\nkey = \"doc-1.key\"\n\
         [[devices]]\nid = \"window-7\"\nprofile = \"mqtt-window-sensor\"\nlistener = \"field\"\ntoken_sha256 = \"{token}\"\n"
    );
    room.says(&Says { more, ..Says::default() });
    let checked = std::process::Command::new(env!("CARGO_BIN_EXE_strongroom-edge"))
        .args(["check", "--config"])
        .arg(room.config())
        .output()
        .unwrap();
    let text = String::from_utf8(checked.stdout).unwrap();
    assert!(text.contains("listener field at 127.0.0.1:0, TLS 1.3, tokens, for 1 devices"), "{text}");
    assert!(text.contains("window-7  mqtt-window-sensor  listener field"), "{text}");
    let edge = room.start();
    let port = room.status_port;
    let status = status_is(port, "a listener", |status| status["listeners"][0]["name"] == "field").await;
    let listener = &status["listeners"][0];
    assert!(!listener["address"].as_str().unwrap().ends_with(":0"), "where it really listens: {status:#}");
    assert_eq!((&listener["sessions"], &listener["messages"]), (&0.into(), &0.into()));
    assert_eq!(listener["senders"][0]["id"], "window-7");
    assert!(listener["senders"][0]["last_message_ms_ago"].is_null(), "{status:#}");
    let table = String::from_utf8(status_table(port).await.stdout).unwrap();
    assert!(table.contains("listener field") && table.contains("0 of 1 devices connected"), "{table}");
    edge.stop().await;
}

#[tokio::test]
async fn the_heartbeat_and_the_records_carry_the_health() {
    let (room, door) = (Room::new().await, Door::start().await);
    room.says(&Says { doors: vec![("door-1", door.address)], ..Says::default() });
    let edge = room.start();
    let is_measured = |health: &wire::heartbeat::Health| {
        health.disk_free_percent.is_some()
            && health.certificate_not_after_s.is_some()
            && health.uptime_s.is_some()
    };
    let told = |memory: &crate::hub::Memory| {
        memory.heartbeats.iter().filter_map(|heartbeat| heartbeat.health.as_ref()).any(is_measured)
    };
    room.hub.wait("a heartbeat with health", told).await;
    edge.stop().await;
}

#[tokio::test]
async fn whoever_lost_its_hub_is_not_well_and_says_so() {
    let (room, door) = (Room::new().await, Door::start().await);
    room.says(&Says { doors: vec![("door-1", door.address)], ..Says::default() });
    let edge = room.start();
    let port = room.status_port;
    status_is(port, "connected", |status| status["uplink"]["connected"] == true).await;
    room.listening.close().await;
    let status = status_is(port, "not connected", |status| status["uplink"]["connected"] == false).await;
    assert_eq!((&status["well"], &status["faults"]), (&false.into(), &serde_json::json!([])), "{status:#}");
    let table = status_table(port).await;
    let text = String::from_utf8(table.stdout).unwrap();
    assert_eq!(table.status.code(), Some(1));
    assert!(text.starts_with("doc-1: NOT WELL\n") && text.contains("no connection to the hub"), "{text}");
    assert_eq!(get(port, "/healthz").await.unwrap().0, 200, "an edge without its hub does its work");
    let tried = |status: &serde_json::Value| status["uplink"]["reconnects"].as_u64() > Some(3);
    status_is(port, "tried in vain again and again", tried).await;
    let refusals = edge.log().lines().filter(|line| line.contains("Connection refused")).count();
    assert_eq!(refusals, 1, "the log tells it once, and is not filled");
    edge.stop().await;
}

#[tokio::test]
async fn only_this_machine_and_only_get() {
    let room = Room::new().await;
    room.says(&Says::default());
    let edge = room.start();
    let port = room.status_port;
    status_is(port, "any", |status| status["edge"] == "doc-1").await;
    let ask = async |request: &str| http(port, request.replace('\n', "\r\n")).await.map(|(code, _)| code);
    assert_eq!(ask("GET /status HTTP/1.1\nHost: rebound.example\n\n").await, Some(421));
    assert_eq!(ask("GET /status HTTP/1.1\nHost: rebound.example:9640\n\n").await, Some(421));
    assert_eq!(ask("GET /status HTTP/1.0\n\n").await, Some(421));
    assert_eq!(ask("POST /status HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n").await, Some(405));
    assert_eq!(ask("GET /other HTTP/1.1\nHost: localhost\n\n").await, Some(404));
    let long = format!("GET /status HTTP/1.1\nHost: localhost\nX: {}\n\n", "x".repeat(20_000));
    assert_ne!(ask(&long).await, Some(200), "a head beyond the limit is not taken");
    assert_eq!(ask("GET /healthz HTTP/1.1\nHost: [::1]:1\n\n").await, Some(200));
    edge.stop().await;
}

#[tokio::test]
async fn a_hub_that_refuses_is_shown_with_what_to_do() {
    let room = Room::new().await;
    room.says(&Says::default());
    // The gate's policy lets nobody in whose certificate names another edge.
    room.edge_certificate_of("doc-2");
    let edge = room.start();
    let refused = |status: &serde_json::Value| !status["uplink"]["failures"].as_object().unwrap().is_empty();
    let status =
        status_is(room.status_port, "a refusal", |status| status.is_object() && refused(status)).await;
    let why = &status["uplink"]["failures"][format!("127.0.0.1:{}", room.listening.port)];
    let why = why.as_str().unwrap();
    assert!(why.contains("the hub refused this edge") && why.contains("is edge.id the one"), "{why}");
    assert!(status["uplink"]["down_ms"].is_u64(), "{status:#}");
    let text = String::from_utf8(status_table(room.status_port).await.stdout).unwrap();
    let warning = text.lines().find(|line| line.contains("no connection to the hub")).unwrap();
    assert!(warning.contains(why), "{text}");

    // With the right certificate nothing of it is left.
    room.edge_certificate_of("doc-1");
    let status =
        status_is(room.status_port, "connected", |status| status["uplink"]["connected"] == true).await;
    assert!(!refused(&status) && status["uplink"]["down_ms"].is_null(), "{status:#}");
    edge.stop().await;
}

#[tokio::test]
async fn whoever_dawdles_keeps_nobody_out() {
    let room = Room::new().await;
    room.says(&Says::default());
    let edge = room.start();
    let port = room.status_port;
    status_is(port, "any", |status| status["edge"] == "doc-1").await;
    // Three times as many as there are places: silent, half a question, and an answer that nobody reads.
    let mut idle = Vec::new();
    for begun in ["", "GET /healthz HT", "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"] {
        for _ in 0..8 {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
            stream.write_all(begun.as_bytes()).unwrap();
            idle.push(stream);
            assert_eq!(get(port, "/healthz").await.unwrap().0, 200, "{} are idle", idle.len());
        }
    }
    drop(idle);
    edge.stop().await;
}
