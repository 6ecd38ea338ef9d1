//! What the consumer has not confirmed is bounded, and so is what a client does not take. The first holds
//! the client back and loses nothing; the second cuts it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod site;

use std::time::Duration;

use gate::{Arrival, Delivery, Limits};
use rumqttc::mqttbytes::v4::{Connect, Packet};
use site::{Site, until};

/// Publishes `count` messages from a task of its own; the sockets are too small to take them all.
fn flood(
    mut edge: site::client::Client,
    id: &'static str,
    count: u16,
    bytes: usize,
) -> tokio::task::JoinHandle<u16> {
    tokio::spawn(async move {
        let (topic, payload) = (format!("sr/v1/{id}/urgent"), vec![0; bytes]);
        let mut pubacks = 0;
        for packet_id in 1..=count {
            edge.publish(packet_id, &topic, &payload).await;
        }
        while pubacks < count {
            pubacks += 1;
            assert_eq!(edge.puback().await, pubacks);
        }
        pubacks
    })
}

async fn held(site: &mut Site, count: usize) -> Vec<Delivery> {
    let mut held = Vec::new();
    while held.len() < count {
        held.push(site.delivery().await);
    }
    held
}

#[tokio::test]
async fn a_session_is_not_read_beyond_its_messages_in_flight() {
    let limits = Limits { in_flight_messages_max: 10, ..Limits::default() };
    let mut site = Site::start(limits).await;
    let edge = site.edge("a").await;
    let flooding = flood(edge, "a", 1_000, 10);
    let mut first = held(&mut site, 10).await;
    until("the session pauses", || site.count("gate_paused_total") >= 1).await;
    // Another session is read while this one waits, and what is in flight stays the same.
    let mut other = site.edge("b").await;
    other.publish(1, "sr/v1/b/urgent", b"x").await;
    let delivery = site.delivery().await;
    assert_eq!(delivery.peer.identity.id, "b");
    delivery.confirm.durable();
    assert_eq!(other.puback().await, 1);
    assert!(site.arrivals.try_recv().is_err());

    first.pop().unwrap().confirm.durable();
    assert!(site.arrivals.try_recv().is_err(), "the last one does not make room for the first");
    first.into_iter().for_each(|delivery| delivery.confirm.durable());
    for _ in 10..1_000 {
        site.delivery().await.confirm.durable();
    }
    assert_eq!(flooding.await.unwrap(), 1_000);
}

#[tokio::test]
async fn bytes_in_flight_are_bounded_per_session_and_in_total() {
    const KIB: usize = 1_024;
    let limits = Limits {
        packet_bytes_max: 8 * KIB,
        in_flight_bytes_max: 32 * KIB,
        in_flight_bytes_total: 56 * KIB,
        ..Limits::default()
    };
    let mut site = Site::start(limits).await;
    let (a, b) = (site.edge("a").await, site.edge("b").await);
    let first = flood(a, "a", 200, 7 * KIB);
    let of_a = held(&mut site, 4).await;
    let second = flood(b, "b", 200, 7 * KIB);
    let of_b = held(&mut site, 3).await;
    // Four of seven KiB fill a's share, three more the total.
    until("both sessions pause", || site.count("gate_paused_total") >= 2).await;
    assert!(site.arrivals.try_recv().is_err());
    assert!(of_b.iter().all(|delivery| delivery.peer.identity.id == "b"));
    until("the gauge says so", || site.count("gate_in_flight_bytes") > 49 * KIB as u64).await;
    assert!(site.count("gate_in_flight_bytes") <= 56 * KIB as u64);
    of_a.into_iter().chain(of_b).for_each(|delivery| delivery.confirm.durable());
    for _ in 7..400 {
        site.delivery().await.confirm.durable();
    }
    assert_eq!(first.await.unwrap() + second.await.unwrap(), 400);
    until("all is given back", || site.count("gate_in_flight_bytes") == 0).await;
}

#[tokio::test]
async fn memory_of_a_lost_session_is_given_back_when_its_confirms_go() {
    let mut site = Site::start(Limits { in_flight_messages_max: 5, ..Limits::default() }).await;
    let mut edge = site.edge("a").await;
    for packet_id in 1..=5 {
        edge.publish(packet_id, "sr/v1/a/urgent", &[0; 100]).await;
    }
    let mut deliveries = held(&mut site, 5).await;
    drop(edge);
    assert_eq!(site.end_of("a").await, "closed");
    until("it is held", || site.count("gate_in_flight_bytes") > 500).await;
    deliveries.pop().unwrap().confirm.durable();
    drop(deliveries);
    until("it is given back", || site.count("gate_in_flight_bytes") == 0).await;
    assert_eq!(site.refused("confirm_dropped"), 0, "there is no session left to blame");
}

#[tokio::test]
async fn a_client_that_we_hold_back_is_not_called_silent() {
    let mut site = Site::start(Limits { in_flight_messages_max: 1, ..Limits::default() }).await;
    let credentials = site.authority.edge("a");
    let mut edge = site.handshake(Some(&credentials)).await.unwrap();
    let mut connect = Connect::new("a");
    connect.keep_alive = 1;
    edge.send(&Packet::Connect(connect)).await;
    assert!(matches!(edge.next().await, Some(Packet::ConnAck(_))));
    for packet_id in 1..=3 {
        edge.publish(packet_id, "sr/v1/a/urgent", b"x").await;
    }
    let first = site.delivery().await;
    // Twice the time after which a silent client is cut, measured by another session that stays silent.
    for id in ["b", "c"] {
        let credentials = site.authority.edge(id);
        let mut silent = site.handshake(Some(&credentials)).await.unwrap();
        let mut connect = Connect::new(id);
        connect.keep_alive = 1;
        silent.send(&Packet::Connect(connect)).await;
        assert_eq!(site.end_of(id).await, "silent");
    }
    first.confirm.durable();
    assert_eq!(edge.puback().await, 1);
    for packet_id in 2..=3 {
        site.delivery().await.confirm.durable();
        assert_eq!(edge.puback().await, packet_id);
    }
}

#[tokio::test]
async fn a_client_that_never_reads_is_cut() {
    let limits = Limits { write_timeout: Duration::from_millis(300), ..Limits::default() };
    let mut site = Site::start(limits).await;
    let mut edge = site.edge("a").await;
    // It asks for answers without end and takes none.
    let asking = tokio::spawn(async move {
        let pings = [0xc0, 0].repeat(32 * 1024);
        while site::client::takes(&mut edge, &pings).await {}
    });
    assert_eq!(site.end_of("a").await, "slow_reader");
    assert_eq!(site.refused("slow_reader"), 1);
    asking.await.unwrap();
}

#[tokio::test]
async fn a_client_that_confirms_no_command_is_cut() {
    let mut site = Site::start(Limits { outbound_queue_max: 5, ..Limits::default() }).await;
    let mut edge = site.edge("a").await;
    edge.subscribe("sr/v1/a/cmd/+").await;
    assert!(matches!(site.arrival().await, Arrival::Subscribed { .. }));
    for _ in 0..6 {
        site.gate.command("sr/v1/a/cmd/resume", b"state".as_slice().into()).unwrap();
    }
    assert_eq!(site.end_of("a").await, "slow_reader");
}
