//! Whatever bytes a client sends behind its CONNECT, the gate does not panic and serves the others.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod site;

use bytes::BytesMut;
use gate::Limits;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v4::{Packet, Subscribe, Unsubscribe};
use site::Site;
use site::client::publish;

const CLIENTS: usize = 300;

/// Pure noise, packets with plausible headers, and real packets with one byte changed.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let noise = vec(any::<u8>(), 1..2_000);
    let framed = (any::<u8>(), vec(any::<u8>(), 0..120))
        .prop_map(|(first, body)| [&[first, body.len() as u8][..], &body].concat());
    let framed = vec(framed, 1..20).prop_map(|packets| packets.concat());
    let twisted = (real(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut bytes, at, byte)| {
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes
    });
    prop_oneof![noise, framed, twisted]
}

fn real() -> impl Strategy<Value = Vec<u8>> {
    let mut subscribe = Subscribe::new("sr/v1/a/cmd/+", QoS::AtLeastOnce);
    let mut unsubscribe = Unsubscribe::new("sr/v1/a/cmd/+");
    (subscribe.pkid, unsubscribe.pkid) = (1, 2);
    let packets = vec![
        publish(1, QoS::AtLeastOnce, "sr/v1/a/urgent", b"payload"),
        publish(0, QoS::AtMostOnce, "sr/v1/a/heartbeat", b""),
        Packet::Subscribe(subscribe),
        Packet::Unsubscribe(unsubscribe),
        Packet::PingReq,
    ];
    prop::sample::select(packets).prop_map(|packet| {
        let mut out = BytesMut::new();
        packet.write(&mut out, 1 << 20).unwrap();
        out.to_vec()
    })
}

#[tokio::test]
async fn no_bytes_panic_the_process_or_stop_the_others() {
    let mut site = Site::start(Limits::default()).await;
    let mut good = site.edge("good").await;
    let credentials = site.authority.edge("a");
    let mut runner = TestRunner::default();
    for _ in 0..CLIENTS {
        let bytes = hostile().new_tree(&mut runner).unwrap().current();
        let mut client = site.connect(&credentials, "a").await;
        client.send_bytes(&bytes).await;
        drop(client);
        site.end_of("a").await;
    }
    assert_eq!(site.count("gate_session_panics_total"), 0);
    good.publish(1, "sr/v1/good/urgent", b"x").await;
    site.delivery().await.confirm.durable();
    assert_eq!(good.puback().await, 1);
}
