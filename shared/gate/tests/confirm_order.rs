//! A PUBACK leaves only after the consumer said durable, and in the order of receipt.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod site;

use std::time::Duration;

use gate::{Arrival, Limits, durable_all};
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v4::Packet;
use site::client::publish;
use site::{Site, until};
use tokio::time::timeout;

#[tokio::test]
async fn no_puback_before_durable_and_none_out_of_order() {
    let mut site = Site::start(Limits::default()).await;
    let mut edge = site.edge("a").await;
    for packet_id in [7, 3, 9, 1] {
        edge.publish(packet_id, "sr/v1/a/urgent", &[packet_id as u8]).await;
    }
    let mut confirms = Vec::new();
    for _ in 0..4 {
        confirms.push(site.delivery().await.confirm);
    }
    // Reversed, and the first one is kept back: nothing may leave. A ping shows that the writer is alive.
    let first = confirms.remove(0);
    confirms.into_iter().rev().for_each(gate::Confirm::durable);
    edge.send(&Packet::PingReq).await;
    assert_eq!(edge.next().await, Some(Packet::PingResp));
    first.durable();
    for expected in [7, 3, 9, 1] {
        assert_eq!(edge.puback().await, expected);
    }
}

#[tokio::test]
async fn a_whole_commit_is_confirmed_over_several_sessions() {
    let mut site = Site::start(Limits::default()).await;
    let (mut one, mut other) = (site.edge("one").await, site.edge("other").await);
    for packet_id in 1..=50 {
        one.publish(packet_id, "sr/v1/one/urgent", b"x").await;
        other.publish(packet_id, "sr/v1/other/urgent", b"x").await;
    }
    let mut confirms = Vec::new();
    while confirms.len() < 100 {
        confirms.push(site.delivery().await.confirm);
    }
    durable_all(confirms.into_iter().rev());
    for packet_id in 1..=50 {
        assert_eq!(one.puback().await, packet_id);
        assert_eq!(other.puback().await, packet_id);
    }
    until("all is counted", || site.count("gate_confirmed_total") == 100).await;
}

#[tokio::test]
async fn a_dropped_confirm_closes_its_session_and_nothing_behind_it_is_confirmed() {
    let mut site = Site::start(Limits::default()).await;
    let mut edge = site.edge("a").await;
    edge.publish(1, "sr/v1/a/urgent", b"x").await;
    edge.publish(2, "sr/v1/a/urgent", b"x").await;
    let (first, second) = (site.delivery().await, site.delivery().await);
    second.confirm.durable();
    drop(first);
    assert_eq!(edge.hung_up().await, []);
    assert_eq!(site.end_of("a").await, "confirm_dropped");
    assert_eq!(site.refused("confirm_dropped"), 1);
}

#[tokio::test]
async fn qos_0_waits_for_nobody_and_its_confirm_may_be_dropped() {
    let mut site = Site::start(Limits::default()).await;
    let mut edge = site.edge("a").await;
    edge.send(&publish(0, QoS::AtMostOnce, "sr/v1/a/heartbeat", b"beat")).await;
    edge.publish(5, "sr/v1/a/urgent", b"x").await;
    let (beat, event) = (site.delivery().await, site.delivery().await);
    assert_eq!(beat.payload.as_ref(), b"beat");
    event.confirm.durable();
    drop(beat);
    assert_eq!(edge.puback().await, 5);
}

#[tokio::test]
async fn what_was_received_before_a_fault_is_handed_over() {
    let mut site = Site::start(Limits::default()).await;
    let mut edge = site.edge("a").await;
    let mut bytes = bytes::BytesMut::new();
    publish(1, QoS::AtLeastOnce, "sr/v1/a/urgent", b"good").write(&mut bytes, 1 << 20).unwrap();
    publish(2, QoS::AtLeastOnce, "sr/v1/b/urgent", b"foreign").write(&mut bytes, 1 << 20).unwrap();
    edge.send_bytes(&bytes).await;
    assert_eq!(site.delivery().await.payload.as_ref(), b"good");
    assert_eq!(site.end_of("a").await, "topic");
}

#[tokio::test]
async fn a_shutdown_lets_pubacks_leave_that_are_confirmed_in_time() {
    let mut site = Site::start(Limits::default()).await;
    let mut edge = site.edge("a").await;
    for packet_id in 1..=20 {
        edge.publish(packet_id, "sr/v1/a/urgent", b"x").await;
    }
    let mut confirms = Vec::new();
    while confirms.len() < 20 {
        confirms.push(site.delivery().await.confirm);
    }
    site.shutdown.begin();
    until("the listener is closed", || std::net::TcpStream::connect(site.address).is_err()).await;
    confirms.into_iter().for_each(gate::Confirm::durable);
    for packet_id in 1..=20 {
        assert_eq!(edge.puback().await, packet_id);
    }
    assert_eq!(edge.hung_up().await, []);
    assert_eq!(site.end_of("a").await, "shutdown");
    site.running.await.unwrap().unwrap();
    assert!(site.arrivals.recv().await.is_none(), "the channel ends with the gate");
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let mut site =
        Site::start(Limits { drain_timeout: Duration::from_millis(100), ..Limits::default() }).await;
    let mut edge = site.edge("a").await;
    edge.publish(1, "sr/v1/a/urgent", b"x").await;
    let held = site.delivery().await;
    site.shutdown.begin();
    timeout(Duration::from_secs(10), site.running).await.unwrap().unwrap().unwrap();
    assert!(matches!(site.arrivals.recv().await, Some(Arrival::Disconnected { reason: "shutdown", .. })));
    held.confirm.durable();
    assert_eq!(edge.hung_up().await, []);
}

#[tokio::test]
async fn a_gate_without_a_consumer_ends() {
    let mut site = Site::start(Limits::default()).await;
    let mut edge = site.edge("a").await;
    drop(site.arrivals);
    assert!(matches!(site.running.await.unwrap(), Err(gate::GateError::ConsumerGone)));
    assert_eq!(edge.hung_up().await, []);
}

/// Confirms come from another thread, back to front, while eight sessions read and write on several.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_order_holds_when_everything_runs_at_once() {
    const PUBLISHES: u16 = 3_000;
    let mut site = Site::start(Limits::default()).await;
    let mut edges = Vec::new();
    for id in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        edges.push((id, site.edge(id).await));
    }
    let mut arrivals = std::mem::replace(&mut site.arrivals, tokio::sync::mpsc::channel(1).1);
    let consumer = std::thread::spawn(move || {
        let mut batch = Vec::new();
        while arrivals.blocking_recv_many(&mut batch, 200) > 0 {
            durable_all(batch.drain(..).rev().filter_map(|arrival| match arrival {
                Arrival::Published(delivery) => Some(delivery.confirm),
                _ => None,
            }));
        }
    });
    let mut clients = tokio::task::JoinSet::new();
    for (id, mut edge) in edges {
        clients.spawn(async move {
            let topic = format!("sr/v1/{id}/urgent");
            for first in (1..=PUBLISHES).step_by(50) {
                let window = first..first + 50;
                for packet_id in window.clone() {
                    edge.publish(packet_id, &topic, b"x").await;
                }
                for packet_id in window {
                    assert_eq!(edge.puback().await, packet_id);
                }
            }
        });
    }
    clients.join_all().await;
    site.shutdown.begin();
    site.running.await.unwrap().unwrap();
    consumer.join().unwrap();
}
