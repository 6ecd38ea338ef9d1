//! The client that edges use, rumqttc, gets along with the gate: its publishes are confirmed in the order it
//! insists on, commands reach it, and it survives a take-over by itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod site;

use std::time::Duration;

use gate::{Arrival, Limits};
use rumqttc::{AsyncClient, Event, Incoming, MqttOptions, QoS, TlsConfiguration, Transport};
use site::{Site, until};
use tokio::sync::mpsc;

const PUBLISHES: usize = 300;

#[derive(Debug, PartialEq)]
enum Seen {
    Connected,
    Confirmed,
    Command(Vec<u8>),
    Lost,
}

fn start(site: &Site, seen: mpsc::UnboundedSender<Seen>) -> AsyncClient {
    let credentials = site.authority.edge("a");
    let mut options = MqttOptions::new("a", "localhost", site.address.port());
    options.set_keep_alive(Duration::from_secs(5)).set_inflight(100);
    let tls = TlsConfiguration::Rustls(site.authority.client(Some(&credentials)));
    options.set_transport(Transport::tls_with_config(tls));
    let (client, mut events) = AsyncClient::new(options, 10);
    tokio::spawn(async move {
        loop {
            let news = match events.poll().await {
                Ok(Event::Incoming(Incoming::ConnAck(_))) => Seen::Connected,
                Ok(Event::Incoming(Incoming::PubAck(_))) => Seen::Confirmed,
                Ok(Event::Incoming(Incoming::Publish(publish))) => Seen::Command(publish.payload.to_vec()),
                Ok(_) => continue,
                Err(_) => Seen::Lost,
            };
            if seen.send(news).is_err() {
                return;
            }
        }
    });
    client
}

#[tokio::test]
async fn publishes_commands_and_reconnects_work_together() {
    let mut site = Site::start(Limits::default()).await;
    let (sender, mut seen) = mpsc::unbounded_channel();
    let client = start(&site, sender);
    assert_eq!(seen.recv().await, Some(Seen::Connected));
    client.subscribe("sr/v1/a/cmd/+", QoS::AtLeastOnce).await.unwrap();
    while !matches!(site.arrival().await, Arrival::Subscribed { .. }) {}
    site.gate.command("sr/v1/a/cmd/resume", "state".into()).unwrap();
    assert_eq!(seen.recv().await, Some(Seen::Command(b"state".to_vec())));

    let publisher = client.clone();
    tokio::spawn(async move {
        for number in 0..PUBLISHES {
            publisher.publish("sr/v1/a/urgent", QoS::AtLeastOnce, false, number.to_be_bytes()).await.unwrap();
        }
    });
    let mut held = Vec::new();
    for number in 0..PUBLISHES {
        let delivery = site.delivery().await;
        assert_eq!(delivery.payload.as_ref(), number.to_be_bytes());
        held.push(delivery.confirm);
        if held.len() == 100 {
            held.drain(..).rev().for_each(gate::Confirm::durable);
        }
    }
    for _ in 0..PUBLISHES {
        assert_eq!(seen.recv().await, Some(Seen::Confirmed));
    }

    client.publish("sr/v1/b/urgent", QoS::AtLeastOnce, false, "foreign").await.unwrap();
    assert_eq!(site.end_of("a").await, "topic");
    let Arrival::Connected { session, .. } = site.arrival().await else {
        panic!("it connects again by itself")
    };
    assert_eq!(seen.recv().await, Some(Seen::Lost));
    assert_eq!(seen.recv().await, Some(Seen::Connected));
    site.gate.cut(session, "test");
    until("it comes back", || site.count("gate_connections_total") >= 3).await;
}
