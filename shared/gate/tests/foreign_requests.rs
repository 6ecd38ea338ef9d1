//! What a certified client may not ask for is refused with a reason, and it ends its own session only.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod site;

use gate::Limits;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v4::{Connect, ConnectReturnCode, Packet, Publish};
use site::client::{Client, publish};
use site::{Site, until};

async fn fresh(site: &Site) -> Client {
    let credentials = site.authority.edge("a");
    site.handshake(Some(&credentials)).await.unwrap()
}

#[tokio::test]
async fn a_foreign_client_id_is_answered_with_connack_5() {
    let site = Site::start(Limits::default()).await;
    let mut client = fresh(&site).await;
    assert_eq!(client.connect("b").await, Some(ConnectReturnCode::NotAuthorized));
    assert_eq!(client.hung_up().await, []);
    assert_eq!(site.refused("client_id"), 1);
    assert_eq!(site.gate.sessions(), 0);
}

#[tokio::test]
async fn a_keep_alive_that_is_missing_or_too_long_is_refused() {
    let site = Site::start(Limits::default()).await;
    for keep_alive in [0, 601] {
        let mut client = fresh(&site).await;
        let mut connect = Connect::new("a");
        connect.keep_alive = keep_alive;
        client.send(&Packet::Connect(connect)).await;
        let Some(Packet::ConnAck(connack)) = client.next().await else { panic!("expected CONNACK") };
        assert_eq!(connack.code, ConnectReturnCode::NotAuthorized);
    }
    assert_eq!(site.refused("keep_alive_out_of_range"), 2);
}

#[tokio::test]
async fn mqtt_5_is_told_apart() {
    let site = Site::start(Limits::default()).await;
    let mut client = fresh(&site).await;
    // CONNECT, "MQTT", level 5, clean start, keep-alive 10 s, no properties, client id "a".
    client.send_bytes(&[0x10, 14, 0, 4, b'M', b'Q', b'T', b'T', 5, 2, 0, 10, 0, 0, 1, b'a']).await;
    let Some(Packet::ConnAck(connack)) = client.next().await else { panic!("expected CONNACK") };
    assert_eq!(connack.code, ConnectReturnCode::RefusedProtocolVersion);
    assert_eq!(site.refused("protocol_version"), 1);
}

#[tokio::test]
async fn whatever_is_not_connect_is_no_beginning() {
    let site = Site::start(Limits::default()).await;
    let mut client = fresh(&site).await;
    client.publish(1, "sr/v1/a/urgent", b"x").await;
    assert_eq!(client.hung_up().await, []);
    assert_eq!(site.refused("connect_missing"), 1);
}

/// Sends one packet on a fresh session and expects its end for that reason.
async fn ends(site: &mut Site, packet: &Packet, reason: &str) {
    let mut client = site.edge("a").await;
    client.send(packet).await;
    assert_eq!(client.hung_up().await, [], "{reason}");
    assert_eq!(site.end_of("a").await, reason);
}

#[tokio::test]
async fn forbidden_packets_close_the_session() {
    let mut site = Site::start(Limits::default()).await;
    let site = &mut site;
    ends(site, &publish(1, QoS::AtLeastOnce, "sr/v1/b/urgent", b"x"), "topic").await;
    ends(site, &publish(0, QoS::AtMostOnce, "sr/v1/b/urgent", b"x"), "topic").await;
    ends(site, &publish(1, QoS::AtLeastOnce, "sr/v1/a/#", b"x"), "topic_invalid").await;
    ends(site, &publish(1, QoS::AtLeastOnce, "", b"x"), "topic_invalid").await;
    ends(site, &publish(1, QoS::ExactlyOnce, "sr/v1/a/urgent", b"x"), "qos_2").await;
    let mut retained = Publish::new("sr/v1/a/urgent", QoS::AtLeastOnce, "x");
    (retained.pkid, retained.retain) = (1, true);
    ends(site, &Packet::Publish(retained), "topic").await;
    ends(site, &Packet::Connect(Connect::new("a")), "packet_unexpected").await;
    ends(site, &Packet::PingResp, "packet_unexpected").await;
    ends(site, &Packet::Disconnect, "disconnected").await;
    assert_eq!(site.refused("topic"), 3);
    assert_eq!(site.refused("disconnected"), 0, "a polite end is no refusal");
}

#[tokio::test]
async fn garbage_closes_the_session() {
    let mut site = Site::start(Limits::default()).await;
    let mut client = site.edge("a").await;
    client.send_bytes(&[0xff; 64]).await;
    assert_eq!(client.hung_up().await, []);
    assert_eq!(site.end_of("a").await, "packet_malformed");
    assert_eq!(site.refused("packet_malformed"), 1);
}

#[tokio::test]
async fn an_oversized_packet_is_refused_before_it_is_sent() {
    let mut site = Site::start(Limits::default()).await;
    let mut client = site.edge("a").await;
    // A PUBLISH of 256 MiB is announced; not one byte of it follows.
    client.send_bytes(&[0x32, 0xff, 0xff, 0xff, 0x7f]).await;
    assert_eq!(client.hung_up().await, []);
    assert_eq!(site.end_of("a").await, "packet_too_large");
    let mut client = site.edge("a").await;
    client.publish(1, "sr/v1/a/urgent", &vec![0; 16 * 1024 - 64]).await;
    assert_eq!(site.delivery().await.payload.len(), 16 * 1024 - 64, "the limit itself is allowed");
}

#[tokio::test]
async fn an_oversized_connect_is_refused() {
    let site = Site::start(Limits::default()).await;
    let mut client = fresh(&site).await;
    client.send_bytes(&[0x10, 0xff, 0xff, 0x7f]).await;
    assert_eq!(client.hung_up().await, []);
    until("it is counted", || site.refused("packet_too_large") == 1).await;
}

#[tokio::test]
async fn one_offender_does_not_touch_another_session() {
    let mut site = Site::start(Limits::default()).await;
    let mut good = site.edge("good").await;
    let mut bad = site.edge("bad").await;
    bad.send_bytes(&[0xff; 64]).await;
    assert_eq!(bad.hung_up().await, []);
    good.publish(1, "sr/v1/good/urgent", b"x").await;
    site.delivery().await.confirm.durable();
    assert_eq!(good.puback().await, 1);
}
