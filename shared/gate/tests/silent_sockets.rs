//! A client that nobody knows yet costs a bounded place and delays nobody.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod site;

use std::time::Duration;

use gate::Limits;
use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use site::authority::Authority;
use site::{Site, until};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Longer than any test waits: whoever is delayed by a hostile socket fails.
const NEVER: Duration = Duration::from_secs(3_600);

fn patient() -> Limits {
    Limits { handshake_timeout: NEVER, connect_timeout: NEVER, ..Limits::default() }
}

/// The first half of a real ClientHello.
fn half_a_hello(authority: &Authority) -> Vec<u8> {
    let name = ServerName::try_from("localhost").unwrap();
    let mut hello = Vec::new();
    ClientConnection::new(authority.client(None), name).unwrap().write_tls(&mut hello).unwrap();
    hello.truncate(hello.len() / 2);
    hello
}

#[tokio::test]
async fn silent_sockets_and_half_handshakes_delay_no_good_client() {
    let mut site = Site::start(patient()).await;
    let half = half_a_hello(&site.authority);
    let stranger = site.authority.edge("stranger");
    let mut hostile = Vec::new();
    let mut mute = Vec::new();
    for _ in 0..200 {
        hostile.push(TcpStream::connect(site.address).await.unwrap());
        let mut socket = TcpStream::connect(site.address).await.unwrap();
        socket.write_all(&half).await.unwrap();
        hostile.push(socket);
    }
    for _ in 0..20 {
        // A whole handshake, and then never a CONNECT.
        mute.push(site.handshake(Some(&stranger)).await.unwrap());
    }
    let mut edge = site.edge("good").await;
    edge.publish(1, "sr/v1/good/urgent", b"x").await;
    site.delivery().await.confirm.durable();
    assert_eq!(edge.puback().await, 1);
    assert_eq!(site.gate.sessions(), 1);
    drop((hostile, mute));
}

#[tokio::test]
async fn silent_clients_are_sent_away_and_give_their_places_back() {
    let limits = Limits {
        connections_max: 4,
        handshake_timeout: Duration::from_millis(200),
        connect_timeout: Duration::from_millis(200),
        ..Limits::default()
    };
    let mut site = Site::start(limits).await;
    let stranger = site.authority.edge("stranger");
    let mut mute = site.handshake(Some(&stranger)).await.unwrap();
    let silent = [site.address; 3].map(TcpStream::connect);
    let [one, two, three] = silent;
    let _silent = (one.await.unwrap(), two.await.unwrap(), three.await.unwrap());
    assert_eq!(mute.hung_up().await, []);
    until("the silent ones are counted", || site.refused("handshake_timeout") == 3).await;
    until("the mute one is counted", || site.refused("connect_timeout") == 1).await;
    let mut edge = site.edge("good").await;
    edge.publish(1, "sr/v1/good/urgent", b"x").await;
    site.delivery().await.confirm.durable();
    assert_eq!(edge.puback().await, 1);
}

#[tokio::test]
async fn places_are_limited_in_total_and_per_address() {
    let mut site = Site::start(Limits { connections_per_address_max: 2, ..patient() }).await;
    let mut edge = site.edge("good").await;
    let _silent = TcpStream::connect(site.address).await.unwrap();
    until("the silent one has the last place", || site.count("gate_connections_total") == 2).await;
    let another = site.authority.edge("another");
    assert!(site.handshake(Some(&another)).await.is_err(), "there is no third place");
    assert_eq!(site.refused("connections_per_address_full"), 1);
    edge.publish(1, "sr/v1/good/urgent", b"x").await;
    site.delivery().await.confirm.durable();
    assert_eq!(edge.puback().await, 1, "those who have a place keep it");
}

#[tokio::test]
async fn an_edge_that_falls_silent_is_told_to_the_consumer() {
    use rumqttc::mqttbytes::v4::{Connect, Packet};
    let mut site = Site::start(Limits::default()).await;
    let credentials = site.authority.edge("a");
    let mut edge = site.handshake(Some(&credentials)).await.unwrap();
    let mut connect = Connect::new("a");
    connect.keep_alive = 1;
    edge.send(&Packet::Connect(connect)).await;
    assert_eq!(edge.hung_up().await.len(), 1, "CONNACK, and then the end");
    assert_eq!(site.end_of("a").await, "silent");
}
