//! A will is delivered if, and only if, its client goes without a word: behind what its session sent, and before the
//! next session of the same client begins.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod site;

use gate::{Arrival, Delivery, Limits, Origin};
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v4::{Connect, ConnectReturnCode, LastWill, Packet};
use runtime::tls::TlsVersions;
use site::client::Client;
use site::{Site, until};

fn with_will(id: &str, topic: &str, qos: QoS) -> Packet {
    let mut connect = Connect::new(id);
    connect.last_will = Some(LastWill::new(topic, "gone", qos, false));
    Packet::Connect(connect)
}

async fn open_site() -> Site {
    Site::start_open(Limits::default(), TlsVersions::Only13).await
}

/// A client whose will is on `sr/v1/a/will`; the consumer has seen it.
async fn mortal(site: &mut Site) -> Client {
    let mut client = fresh(site).await;
    client.send(&with_will("a", "sr/v1/a/will", QoS::AtLeastOnce)).await;
    assert!(
        matches!(client.next().await, Some(Packet::ConnAck(ack)) if ack.code == ConnectReturnCode::Success)
    );
    client
}

async fn fresh(site: &Site) -> Client {
    let credentials = site.authority.edge("a");
    site.handshake(Some(&credentials)).await.unwrap()
}

/// The next arrival that is no beginning of a session.
async fn next(site: &mut Site) -> Arrival {
    loop {
        match site.arrival().await {
            Arrival::Connected { .. } => {}
            other => return other,
        }
    }
}

fn published(arrival: Arrival) -> Delivery {
    match arrival {
        Arrival::Published(delivery) => delivery,
        other => panic!("expected a publish, got {other:?}"),
    }
}

#[tokio::test]
async fn a_client_that_vanishes_leaves_its_will_behind_what_it_sent() {
    let mut site = open_site().await;
    let mut client = mortal(&mut site).await;
    client.publish(1, "sr/v1/a/state", b"last words").await;
    drop(client);
    let words = published(next(&mut site).await);
    assert_eq!((words.payload.as_ref(), words.origin), (b"last words".as_slice(), Origin::Sent));
    let will = published(next(&mut site).await);
    assert_eq!((will.topic.as_str(), will.payload.as_ref()), ("sr/v1/a/will", b"gone".as_slice()));
    assert_eq!((will.origin, will.session), (Origin::Will, words.session));
    assert!(
        matches!(next(&mut site).await, Arrival::Disconnected { session, .. } if session == will.session)
    );
    words.confirm.durable();
    will.confirm.durable();
    until("the memory is given back", || site.count("gate_in_flight_bytes") == 0).await;
    assert_eq!(site.count("gate_wills_total"), 1);
}

#[tokio::test]
async fn a_client_that_says_goodbye_takes_its_will_along() {
    let mut site = open_site().await;
    let mut client = mortal(&mut site).await;
    client.send(&Packet::Disconnect).await;
    assert!(matches!(next(&mut site).await, Arrival::Disconnected { reason: "disconnected", .. }));
    assert_eq!(site.count("gate_wills_total"), 0);
}

#[tokio::test]
async fn a_client_that_is_cut_leaves_its_will() {
    let mut site = open_site().await;
    let mut client = mortal(&mut site).await;
    client.publish(1, "sr/v1/somebody/else", b"x").await;
    assert_eq!(published(next(&mut site).await).origin, Origin::Will);
    assert!(matches!(next(&mut site).await, Arrival::Disconnected { reason: "topic", .. }));
}

#[tokio::test]
async fn the_will_of_an_older_session_comes_before_the_newer_one_begins() {
    let mut site = open_site().await;
    let older = mortal(&mut site).await;
    let mut newer = mortal(&mut site).await;
    newer.publish(1, "sr/v1/a/state", b"reborn").await;
    assert!(matches!(site.arrival().await, Arrival::Connected { .. }));
    let will = published(site.arrival().await);
    assert_eq!(will.origin, Origin::Will);
    assert!(matches!(site.arrival().await, Arrival::Disconnected { session, .. } if session == will.session));
    assert!(matches!(site.arrival().await, Arrival::Connected { session, .. } if session != will.session));
    let reborn = published(site.arrival().await);
    assert_eq!((reborn.payload.as_ref(), reborn.origin), (b"reborn".as_slice(), Origin::Sent));
    drop(older);
}

#[tokio::test]
async fn the_end_of_the_gate_is_not_the_end_of_its_clients() {
    let mut site = open_site().await;
    let client = mortal(&mut site).await;
    site.shutdown.begin();
    assert!(matches!(next(&mut site).await, Arrival::Disconnected { reason: "shutdown", .. }));
    drop(client);
    site.running.await.unwrap().unwrap();
    assert!(site.arrivals.recv().await.is_none());
}

#[tokio::test]
async fn a_will_that_may_not_be_published_refuses_the_connection() {
    let site = open_site().await;
    for (topic, qos, reason) in [
        ("sr/v1/b/will", QoS::AtLeastOnce, "topic"),
        ("sr/v1/a/#", QoS::AtLeastOnce, "will_topic_invalid"),
        ("sr/v1/a/will", QoS::ExactlyOnce, "will_qos_2"),
    ] {
        let mut client = fresh(&site).await;
        client.send(&with_will("a", topic, qos)).await;
        let Some(Packet::ConnAck(ack)) = client.next().await else { panic!("expected CONNACK") };
        assert_eq!(ack.code, ConnectReturnCode::NotAuthorized, "{reason}");
        assert_eq!(site.refused(reason), 1);
    }
}
