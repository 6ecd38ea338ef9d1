//! Commands reach exactly those who subscribed, and clients that come and go leave nothing behind.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod site;

use bytes::Bytes;
use gate::{Arrival, CommandError, Limits};
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v4::{Packet, PubAck, Publish, SubscribeReasonCode, Unsubscribe};
use site::client::Client;
use site::{Site, until};

fn granted(suback: &Packet) -> Vec<SubscribeReasonCode> {
    match suback {
        Packet::SubAck(suback) => suback.return_codes.clone(),
        other => panic!("expected SUBACK, got {other:?}"),
    }
}

async fn command(edge: &mut Client) -> Publish {
    match edge.next().await {
        Some(Packet::Publish(publish)) => publish,
        other => panic!("expected a command, got {other:?}"),
    }
}

async fn subscribed(site: &mut Site, edge: &mut Client, filter: &str) {
    assert_eq!(granted(&edge.subscribe(filter).await), [SubscribeReasonCode::Success(QoS::AtLeastOnce)]);
    loop {
        if matches!(site.arrival().await, Arrival::Subscribed { filter: told, .. } if told == filter) {
            return;
        }
    }
}

#[tokio::test]
async fn a_command_reaches_only_its_edge_and_the_news_of_a_subscription_is_early_enough() {
    let mut site = Site::start(Limits::default()).await;
    let (mut a, mut b) = (site.edge("a").await, site.edge("b").await);
    subscribed(&mut site, &mut a, "sr/v1/a/cmd/+").await;
    subscribed(&mut site, &mut b, "sr/v1/b/cmd/#").await;
    for number in 0..50_u8 {
        site.gate.command("sr/v1/a/cmd/resume", Bytes::copy_from_slice(&[number])).unwrap();
        let publish = command(&mut a).await;
        assert_eq!((publish.topic.as_str(), publish.payload.as_ref()), ("sr/v1/a/cmd/resume", &[number][..]));
        assert_eq!((publish.qos, publish.retain), (QoS::AtLeastOnce, false));
        a.send(&Packet::PubAck(PubAck::new(publish.pkid))).await;
    }
    site.gate.command("sr/v1/b/cmd/x/y", Bytes::from_static(b"deep")).unwrap();
    assert_eq!(command(&mut b).await.payload.as_ref(), b"deep", "and b has seen nothing of a's");
    until("all are counted", || site.count("gate_commands_sent_total") == 51).await;
    assert_eq!(site.count("gate_unexpected_pubacks_total"), 0);
}

#[tokio::test]
async fn foreign_shared_and_too_many_filters_fail_and_the_session_stays() {
    let mut site = Site::start(Limits { subscriptions_max: 2, ..Limits::default() }).await;
    let mut edge = site.edge("a").await;
    let refused = ["sr/v1/b/cmd/+", "#", "$share/g/sr/v1/a/cmd/+", "sr/v1/a/cmd/#/x"];
    for filter in refused {
        assert_eq!(granted(&edge.subscribe(filter).await), [SubscribeReasonCode::Failure], "{filter}");
    }
    for filter in ["sr/v1/a/cmd/1", "sr/v1/a/cmd/2", "sr/v1/a/cmd/2"] {
        assert_ne!(granted(&edge.subscribe(filter).await), [SubscribeReasonCode::Failure], "{filter}");
    }
    assert_eq!(granted(&edge.subscribe("sr/v1/a/cmd/3").await), [SubscribeReasonCode::Failure]);
    assert_eq!((site.refused("filter"), site.refused("filter_invalid")), (2, 2));
    assert_eq!(site.refused("subscriptions_full"), 1);
    assert_eq!(site.gate.sessions(), 1);
}

#[tokio::test]
async fn overlapping_filters_mean_one_copy_and_unsubscribing_ends_it() {
    let mut site = Site::start(Limits::default()).await;
    let mut edge = site.edge("a").await;
    subscribed(&mut site, &mut edge, "sr/v1/a/cmd/+").await;
    subscribed(&mut site, &mut edge, "sr/v1/a/cmd/#").await;
    for payload in ["one", "two"] {
        site.gate.command("sr/v1/a/cmd/x", payload.into()).unwrap();
        assert_eq!(command(&mut edge).await.payload.as_ref(), payload.as_bytes());
    }
    for filter in ["sr/v1/a/cmd/+", "sr/v1/a/cmd/#"] {
        let mut unsubscribe = Unsubscribe::new(filter);
        unsubscribe.pkid = 9;
        edge.send(&Packet::Unsubscribe(unsubscribe)).await;
        assert!(matches!(edge.next().await, Some(Packet::UnsubAck(_))));
    }
    site.gate.command("sr/v1/a/cmd/x", "three".into()).unwrap();
    until("nobody listens", || site.count("gate_commands_unheard_total") == 1).await;
}

#[tokio::test]
async fn commands_that_cannot_be_carried_are_refused_at_once() {
    let site = Site::start(Limits::default()).await;
    for topic in ["", "a/+", "#", "$SYS/x", "é/x", "中", "a b"] {
        assert!(matches!(site.gate.command(topic, "x".into()), Err(CommandError::Topic { .. })), "{topic}");
    }
    let large = Bytes::from(vec![0; 16 * 1024 + 1]);
    assert!(matches!(site.gate.command("a", large), Err(CommandError::TooLarge { .. })));
    site.shutdown.begin();
    site.running.await.unwrap().unwrap();
    assert_eq!(site.gate.command("a", "x".into()), Err(CommandError::Ended));
}

#[tokio::test]
async fn a_burst_of_commands_is_carried_whole_or_refused_but_never_lost_in_silence() {
    let mut site = Site::start(Limits {
        outbound_queue_max: 60_000,
        outbound_queue_bytes_max: 64 << 20,
        ..Limits::default()
    })
    .await;
    let mut edge = site.edge("a").await;
    subscribed(&mut site, &mut edge, "sr/v1/a/cmd/+").await;
    let receiving = tokio::spawn(async move {
        let mut last = 0;
        let mut received = 0_u64;
        while last != u64::MAX {
            let number = u64::from_be_bytes(command(&mut edge).await.payload[..8].try_into().unwrap());
            assert!(number > last, "in order, and none twice");
            last = number;
            received += 1;
        }
        received
    });
    let mut sent = 0;
    let mut number = 0_u64;
    while sent < 2_000 {
        number += 1;
        let payload = [number.to_be_bytes().as_slice(), &[0; 1_000]].concat();
        match site.gate.command("sr/v1/a/cmd/x", payload.into()) {
            Ok(()) => sent += 1,
            Err(CommandError::Busy) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    }
    until("the last one is taken", || {
        site.gate.command("sr/v1/a/cmd/x", Bytes::copy_from_slice(&u64::MAX.to_be_bytes())).is_ok()
    })
    .await;
    assert_eq!(receiving.await.unwrap(), sent + 1);
}

#[tokio::test]
async fn clients_that_come_and_go_leave_nothing_behind() {
    let mut site = Site::start(Limits::default()).await;
    let credentials = site.authority.edge("a");
    let mut stay = site.edge("stay").await;
    subscribed(&mut site, &mut stay, "sr/v1/stay/cmd/+").await;
    let mut after_warm_up = 0;
    for round in 0..500 {
        let mut edge = site.connect(&credentials, "a").await;
        subscribed(&mut site, &mut edge, "sr/v1/a/cmd/+").await;
        site.gate.command("sr/v1/a/cmd/resume", "state".into()).unwrap();
        assert_eq!(command(&mut edge).await.payload.as_ref(), b"state");
        drop(edge);
        assert_eq!(site.end_of("a").await, "closed");
        if round == 100 {
            after_warm_up = resident_kib();
        }
    }
    until("only the other is left", || site.gate.sessions() == 1).await;
    let grown_kib = resident_kib().saturating_sub(after_warm_up);
    // 400 reconnects; a link of the router would cost 100 KiB and more each.
    assert!(grown_kib < 8 * 1_024, "the process grew by {grown_kib} KiB");
    site.gate.command("sr/v1/stay/cmd/x", "still here".into()).unwrap();
    assert_eq!(command(&mut stay).await.payload.as_ref(), b"still here");
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
