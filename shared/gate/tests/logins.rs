//! An open gate takes certificates and logins; a client that is too fast is slowed down alone; TLS 1.2 is spoken only
//! where it is allowed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod site;

use std::sync::Arc;

use gate::{Arrival, Limits};
use rumqttc::mqttbytes::v4::{Connect, ConnectReturnCode, Packet};
use runtime::tls::TlsVersions;
use rustls::version::{TLS12, TLS13};
use site::client::Client;
use site::{OwnTopicsByLogin, PACE, PASSWORD, Site};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

async fn open_site() -> Site {
    Site::start_open(Limits::default(), TlsVersions::Only13).await
}

async fn log_in(client: &mut Client, user: &str, password: &str) -> ConnectReturnCode {
    let mut connect = Connect::new("any");
    connect.set_login(user, password);
    client.send(&Packet::Connect(connect)).await;
    match client.next().await {
        Some(Packet::ConnAck(ack)) => ack.code,
        other => panic!("expected CONNACK, got {other:?}"),
    }
}

/// A client of that name without a certificate.
async fn named(site: &Site, user: &str) -> Client {
    let mut client = site.handshake(None).await.unwrap();
    assert_eq!(log_in(&mut client, user, PASSWORD).await, ConnectReturnCode::Success);
    client
}

#[tokio::test]
async fn a_login_makes_a_peer_without_a_certificate_that_has_its_own_topics_only() {
    let mut site = open_site().await;
    let mut client = named(&site, "window").await;
    let Arrival::Connected { peer, .. } = site.arrival().await else { panic!("expected Connected") };
    assert_eq!((peer.identity.id.as_str(), &peer.certificate), ("window", &None));
    client.publish(1, "sr/v1/window/state", b"open").await;
    site.delivery().await.confirm.durable();
    assert_eq!(client.puback().await, 1);
    client.publish(2, "sr/v1/door/state", b"open").await;
    assert_eq!(client.hung_up().await, []);
    assert_eq!(site.end_of("window").await, "topic");
}

#[tokio::test]
async fn a_certificate_is_taken_as_well_and_nothing_is_not() {
    let mut site = open_site().await;
    let credentials = site.authority.edge("a");
    let _client = site.connect(&credentials, "a").await;
    for (user, password) in [("window", "wrong"), ("", "")] {
        let mut client = site.handshake(None).await.unwrap();
        assert_eq!(log_in(&mut client, user, password).await, ConnectReturnCode::NotAuthorized);
    }
    let mut client = site.handshake(None).await.unwrap();
    assert_eq!(client.connect("a").await, Some(ConnectReturnCode::NotAuthorized));
    assert_eq!(site.refused("login"), 3);
}

#[tokio::test]
async fn a_revoked_certificate_is_no_better_than_at_a_gate_of_certificates() {
    let site = open_site().await;
    let credentials = site.authority.edge("a");
    site.gate.replace_tls(site.authority.open_server(TlsVersions::Only13, &[&credentials]));
    let client = site.handshake(Some(&credentials)).await;
    if let Ok(mut client) = client {
        assert_eq!(client.hung_up().await, []);
    }
    site::until("it is counted", || site.refused("certificate_revoked") == 1).await;
}

#[tokio::test]
async fn an_older_tls_is_spoken_only_where_it_is_allowed() {
    for (versions, taken) in [(TlsVersions::Only13, false), (TlsVersions::From12, true)] {
        let site = Site::start_open(Limits::default(), versions).await;
        let old = Client::handshake(site.address, site.authority.client_of(None, &TLS12)).await;
        assert_eq!(old.is_ok(), taken, "{versions:?}");
        if let Ok(mut client) = old {
            assert_eq!(log_in(&mut client, "window", PASSWORD).await, ConnectReturnCode::Success);
        }
        let new = Client::handshake(site.address, site.authority.client_of(None, &TLS13)).await;
        assert!(new.is_ok());
    }
}

#[tokio::test]
async fn an_older_tls_shows_its_certificate_too() {
    let mut site = Site::start_open(Limits::default(), TlsVersions::From12).await;
    let credentials = site.authority.edge("a");
    let config = site.authority.client_of(Some(&credentials), &TLS12);
    let mut client = Client::handshake(site.address, config).await.unwrap();
    assert_eq!(client.connect("a").await, Some(ConnectReturnCode::Success));
    let Arrival::Connected { peer, .. } = site.arrival().await else { panic!("expected Connected") };
    assert!(peer.certificate.is_some());
}

/// The flood of one client arrives at its pace, also over several sessions; another one is served in between.
#[tokio::test]
async fn a_flood_is_slowed_down_alone() {
    let mut site = open_site().await;
    let began = std::time::Instant::now();
    let (mut flood, mut other) = (named(&site, "flood").await, named(&site, "other").await);
    let messages = PACE.1 + PACE.0;
    for packet_id in 1..=messages as u16 {
        flood.publish(packet_id, "sr/v1/flood/state", b"x").await;
    }
    let mut answered = false;
    let mut taken = 0;
    while taken < messages {
        let delivery = site.delivery().await;
        let from = delivery.peer.identity.id.clone();
        delivery.confirm.durable();
        if from == "flood" {
            taken += 1;
        }
        if taken == PACE.1 {
            other.publish(1, "sr/v1/other/state", b"x").await;
        }
        if from == "other" {
            assert_eq!(other.puback().await, 1);
            answered = true;
            assert!(taken < messages, "the other one did not wait for the flood to end");
        }
    }
    assert!(answered);
    assert!(began.elapsed().as_secs_f64() > 0.9 * f64::from(messages - PACE.1) / f64::from(PACE.0));
    assert!(site.count("gate_throttled_total") > 0);
}

/// A gate for field devices is built anew with every configuration: what it started must end with it.
#[tokio::test]
async fn gates_that_come_and_go_leave_no_thread_behind() {
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let site = Site::start_open(Limits::default(), TlsVersions::Only13).await;
    let before = threads();
    for _ in 0..20 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tls = site.authority.open_server(TlsVersions::Only13, &[]);
        let (sender, _arrivals) = mpsc::channel(1);
        let policy = Arc::new(OwnTopicsByLogin::default());
        let (gate, handle) = gate::open_gate(listener, tls, policy, Limits::default(), sender).unwrap();
        assert_eq!(handle.command("sr/v1/a/cmd/x", "x".into()), Err(gate::CommandError::NotCarried));
        drop((gate, handle));
    }
    assert!(threads() < before + 20, "{before} threads became {}", threads());
}
