//! An address that asks for handshakes without end is refused before they cost anything, and delays nobody else.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod site;

use gate::Limits;
use site::{Site, until};
use tokio::net::{TcpSocket, TcpStream};

/// A connection from another address of this machine than everybody else's.
async fn from_elsewhere(site: &Site) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    socket.connect(site.address).await.unwrap()
}

#[tokio::test]
async fn who_floods_with_handshakes_is_refused_alone() {
    let limits =
        Limits { handshakes_per_address_per_s: 1, handshakes_per_address_burst: 3, ..Limits::default() };
    let mut site = Site::start(limits).await;
    let mut flood = Vec::new();
    for _ in 0..50 {
        flood.push(from_elsewhere(&site).await);
    }
    until("the flood is counted", || site.count("gate_connections_total") == 50).await;
    let refused = site.refused("handshakes_too_fast");
    assert!((10..=47).contains(&refused), "{refused} of 50 were refused");

    let mut edge = site.edge("good").await;
    edge.publish(1, "sr/v1/good/urgent", b"x").await;
    site.delivery().await.confirm.durable();
    assert_eq!(edge.puback().await, 1);
    drop(flood);
}
