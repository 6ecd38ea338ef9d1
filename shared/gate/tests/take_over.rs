//! One session per identity: the newer takes over, and nobody but the same identity can.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod site;

use gate::{Arrival, Limits};
use rumqttc::mqttbytes::v4::ConnectReturnCode;
use site::{Site, until};

#[tokio::test]
async fn the_newer_session_takes_over_and_the_consumer_hears_of_the_older_first() {
    let mut site = Site::start(Limits::default()).await;
    let credentials = site.authority.edge("a");
    let mut older = site.connect(&credentials, "a").await;
    older.publish(1, "sr/v1/a/urgent", b"old").await;
    let held = site.delivery().await;
    let mut newer = site.handshake(Some(&credentials)).await.unwrap();
    assert_eq!(newer.connect("a").await, Some(ConnectReturnCode::Success));
    assert_eq!(older.hung_up().await, []);
    let Arrival::Disconnected { session, reason: "taken_over", .. } = site.arrival().await else {
        panic!("expected the end of the older session");
    };
    assert_eq!(session, held.session);
    assert!(matches!(site.arrival().await, Arrival::Connected { session, .. } if session != held.session));
    held.confirm.durable();
    newer.publish(1, "sr/v1/a/urgent", b"new").await;
    let delivery = site.delivery().await;
    assert_eq!(delivery.payload.as_ref(), b"new");
    delivery.confirm.durable();
    assert_eq!(newer.puback().await, 1);
    assert_eq!((site.gate.sessions(), site.refused("taken_over")), (1, 1));
}

#[tokio::test]
async fn another_identity_cannot_take_over_with_a_foreign_client_id() {
    let mut site = Site::start(Limits::default()).await;
    let mut victim = site.edge("a").await;
    let thief = site.authority.edge("b");
    let mut client = site.handshake(Some(&thief)).await.unwrap();
    assert_eq!(client.connect("a").await, Some(ConnectReturnCode::NotAuthorized));
    victim.publish(1, "sr/v1/a/urgent", b"x").await;
    site.delivery().await.confirm.durable();
    assert_eq!(victim.puback().await, 1);
}

#[tokio::test]
async fn a_crowd_of_the_same_identity_leaves_one_session_and_orderly_news() {
    let mut site = Site::start(Limits::default()).await;
    let credentials = site.authority.edge("a");
    let mut crowd = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (address, config) = (site.address, site.authority.client(Some(&credentials)));
        crowd.spawn(async move {
            let mut client = site::client::Client::handshake(address, config).await.unwrap();
            client.connect("a").await.map(|_| client)
        });
    }
    let clients = crowd.join_all().await;
    until("one is left", || site.gate.sessions() == 1).await;
    let mut live = None;
    let mut told = 0;
    while let Ok(arrival) = site.arrivals.try_recv() {
        told += 1;
        match arrival {
            Arrival::Connected { session, .. } => assert_eq!(live.replace(session), None),
            Arrival::Disconnected { session, .. } => assert_eq!(live.take(), Some(session)),
            other => panic!("unexpected {other:?}"),
        }
    }
    assert!(told % 2 == 1 && live.is_some());
    drop(clients);
}

#[tokio::test]
async fn the_owner_can_cut_a_session() {
    let mut site = Site::start(Limits::default()).await;
    let mut edge = site.edge("a").await;
    edge.publish(1, "sr/v1/a/urgent", b"x").await;
    let delivery = site.delivery().await;
    site.gate.cut(delivery.session, "part_removed");
    assert_eq!(edge.hung_up().await, []);
    assert_eq!(site.end_of("a").await, "part_removed");
    assert_eq!(site.refused("part_removed"), 1);
}
