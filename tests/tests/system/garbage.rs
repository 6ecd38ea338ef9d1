//! What cannot be an event is refused or kept apart with its reason, and the lane goes on.

use strongroom_tests::edge_client::{EdgeClient, LineError};
use strongroom_tests::site::Site;
use strongroom_tests::wait::{soon, until};
use wire::{EdgeId, Lane, Topic};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_envelopes_are_quarantined_and_confirmed() {
    let site = Site::with_edges(&["edge-1"]).await;
    let mut client = site.edge_client("edge-1");
    client.connect_and_deliver().await.unwrap();

    let good =
        client.author.clone().seal(Lane::Urgent, vec![client.author.event("door-1:handle", "yes")]).bytes;
    let mut stranger = site.edge_client("edge-2").author;
    let foreign = stranger.seal(Lane::Urgent, vec![stranger.event("door-1:handle", "yes")]).bytes;
    let routine =
        client.author.clone().seal(Lane::Routine, vec![client.author.event("door-1:supply", "13.5")]).bytes;
    let mut newer = good.clone();
    newer[1] = 9;
    let wrong: [(&[u8], &str); 6] = [
        (b"", "cannot be decoded"),
        (b"\x00\xff\x12 anything", "cannot be decoded"),
        (&good[..good.len() - 1], "cannot be decoded"),
        (&newer, "version 9"),
        (&foreign, "names the edge edge-2"),
        (&routine, "belongs to the routine lane"),
    ];
    let topic = Topic::Envelopes(EdgeId::parse("edge-1").unwrap(), Lane::Urgent).to_string();
    for (payload, reason) in wrong {
        client.line().publish(&topic, payload).await.unwrap_or_else(|error| panic!("{reason}: {error}"));
    }
    let heartbeat = Topic::Heartbeat(EdgeId::parse("edge-1").unwrap()).to_string();
    client.line().publish(&heartbeat, b"no heartbeat").await.unwrap();

    let api = site.api();
    let kept = until("everything that was refused to be visible", async || {
        let kept = api.quarantine("edge-1").await;
        if kept.len() == wrong.len() + 1 { Ok(kept) } else { Err(format!("{kept:?}")) }
    })
    .await;
    let reasons = wrong.iter().map(|(_, reason)| *reason).chain(["the heartbeat cannot be decoded"]);
    for (row, reason) in kept.iter().rev().zip(reasons) {
        assert!(row["reason"].as_str().is_some_and(|text| text.contains(reason)), "{reason}: {row}");
    }
    // Nobody's events were made of it, and the edge's own go on.
    assert!(api.events("edge-1").await.is_empty());
    client.event("door-1:handle", "yes");
    client.deliver().await.unwrap();
    assert_eq!(api.events("edge-1").await.len(), 1);
    assert_eq!(api.incidents().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_packet_ends_the_connection_and_nothing_else() {
    let site = Site::with_edges(&["edge-1", "edge-2"]).await;
    let mut beside = site.edge_client("edge-2");
    beside.connect_and_deliver().await.unwrap();
    let mut client = site.edge_client("edge-1");
    client.connect_and_deliver().await.unwrap();

    let announced = [&[0x32_u8, 0x80, 0x80, 0x80, 0x01][..], &[0; 4096]].concat();
    let too_long = publish(&client, &[7; 4001]);
    let wrong: [(&str, Vec<u8>); 5] = [
        // Packet type 0 does not exist, and neither does 15 with these flags.
        ("packet_malformed", vec![0x00, 0x02, 1, 2]),
        ("packet_malformed", b"\xff\x03abc".to_vec()),
        ("packet_too_large", announced),
        ("payload_too_large", too_long),
        ("packet_unexpected", vec![0x10, 0x0c, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 60, 0, 0]),
    ];
    for (reason, bytes) in wrong {
        client.connect().await.unwrap();
        let before = site.api().refused(reason).await;
        client.line().send_bytes(&bytes).await.unwrap();
        let packets = soon("the end of the connection", client.line().until_closed()).await.unwrap();
        assert_eq!(packets, [], "{reason}: nothing of it is confirmed");
        until(&format!("{reason} to be counted"), async || match site.api().refused(reason).await {
            counted if counted == before + 1.0 => Ok(()),
            counted => Err(counted.to_string()),
        })
        .await;
    }
    random_bytes(&site, &mut client).await;
    beside.event("door-1:handle", "yes");
    beside.deliver().await.expect("the edge beside notices nothing");
    client.event("door-1:handle", "yes");
    client.connect_and_deliver().await.expect("the edge itself can come again");
}

fn publish(client: &EdgeClient, payload: &[u8]) -> Vec<u8> {
    let mut out = bytes::BytesMut::new();
    let topic = Topic::Envelopes(client.author.edge().clone(), Lane::Urgent).to_string();
    strongroom_tests::edge_client::put_publish(&mut out, 1, &topic, payload);
    out.to_vec()
}

/// The same bytes in every run.
async fn random_bytes(site: &Site, client: &mut EdgeClient) {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..20 {
        client.connect().await.unwrap();
        let mut bytes = Vec::new();
        for _ in 0..64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bytes.extend_from_slice(&state.to_be_bytes());
        }
        // The hub may hang up in the middle.
        match client.line().send_bytes(&bytes).await {
            Ok(()) | Err(LineError::Io(_)) => {}
            Err(error) => panic!("{error}"),
        }
        client.hang_up();
    }
    let healthy = site.api().get("/readyz").await;
    assert_eq!(healthy.status, 200, "{}", healthy.text);
    assert_eq!(site.api().metric("gate_session_panics_total").await, 0.0);
}
