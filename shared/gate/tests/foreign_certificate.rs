//! Only a valid certificate of our own authority, with exactly one name, opens a session; and only as long as
//! nobody has revoked it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod site;

use std::sync::Arc;

use gate::Limits;
use rumqttc::mqttbytes::v4::ConnectReturnCode;
use rustls::ClientConfig;
use site::authority::{Authority, Credentials, Validity};
use site::client::Client;
use site::{Site, until};

/// In TLS 1.3 the client learns of its refusal after its own handshake is done: it gets no CONNACK.
async fn is_refused(site: &Site, config: Arc<ClientConfig>, reason: &str) {
    let before = site.refused(reason);
    if let Ok(mut client) = Client::handshake(site.address, config).await {
        assert_eq!(client.connect("a").await, None, "{reason}");
    }
    until(reason, || site.refused(reason) == before + 1).await;
    assert_eq!(site.gate.sessions(), 0);
}

#[tokio::test]
async fn whoever_is_not_certified_is_refused_and_counted_by_reason() {
    let site = Site::start(Limits::default()).await;
    let ours = &site.authority;
    let foreign = Authority::named("another authority").edge("a");
    is_refused(&site, ours.client(Some(&foreign)), "certificate_unknown_issuer").await;
    let forged = Authority::new().edge("a");
    is_refused(&site, ours.client(Some(&forged)), "certificate_invalid").await;
    is_refused(&site, ours.client(None), "certificate_missing").await;
    let expired = ours.issue(&["spiffe://site/edge/a"], Validity::Over);
    is_refused(&site, ours.client(Some(&expired)), "certificate_expired").await;
    let revoked = ours.edge("a");
    site.gate.replace_tls(ours.server(&[&revoked]));
    is_refused(&site, ours.client(Some(&revoked)), "certificate_revoked").await;
    for names in [
        &["spiffe://site/edge/a", "spiffe://site/edge/b"][..],
        &["https://site/edge/a"],
        &["spiffe://site/a"],
    ] {
        let odd = ours.issue(names, Validity::Now);
        is_refused(&site, ours.client(Some(&odd)), "certificate_name").await;
    }
}

#[tokio::test]
async fn a_new_revocation_list_cuts_the_revoked_session_and_leaves_the_other() {
    let mut site = Site::start(Limits::default()).await;
    let (lost, kept) = (site.authority.edge("lost"), site.authority.edge("kept"));
    let mut lost_client = site.connect(&lost, "lost").await;
    let mut kept_client = site.connect(&kept, "kept").await;
    let tls = site.authority.server(&[&lost]);
    site.gate.replace_tls(tls);
    assert_eq!(lost_client.hung_up().await, []);
    assert_eq!(site.end_of("lost").await, "certificate_revoked");
    kept_client.publish(1, "sr/v1/kept/urgent", b"x").await;
    site.delivery().await.confirm.durable();
    assert_eq!(kept_client.puback().await, 1);
    let mut again = site.handshake(Some(&lost)).await.unwrap();
    assert_eq!(again.connect("lost").await, None);
    until("only the other is left", || site.gate.sessions() == 1).await;
}

#[tokio::test]
async fn the_gates_own_certificate_is_exchanged_while_it_runs() {
    let mut site = Site::start(Limits::default()).await;
    let (old, new) = (site.authority.edge("old"), site.authority.edge("new"));
    let mut before = site.connect(&old, "old").await;
    let tls = site.authority.server(&[]);
    site.gate.replace_tls(tls);
    let mut after = site.connect(&new, "new").await;
    let shown = |client: &Client| client.stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    assert_ne!(shown(&before), shown(&after));
    for (client, id) in [(&mut before, "old"), (&mut after, "new")] {
        client.publish(1, &format!("sr/v1/{id}/urgent"), b"x").await;
        site.delivery().await.confirm.durable();
        assert_eq!(client.puback().await, 1);
    }
}

#[tokio::test]
async fn the_peer_is_what_the_certificate_says() {
    let mut site = Site::start(Limits::default()).await;
    let credentials: Credentials = site.authority.edge("a");
    let mut client = site.handshake(Some(&credentials)).await.unwrap();
    assert_eq!(client.connect("a").await, Some(ConnectReturnCode::Success));
    let gate::Arrival::Connected { peer, .. } = site.arrival().await else { panic!("expected Connected") };
    assert_eq!(peer.identity.to_string(), "spiffe://site/edge/a");
    let certificate = peer.certificate.as_ref().unwrap();
    assert!(credentials.serial.to_bytes().ends_with(&certificate.serial) && !certificate.serial.is_empty());
    assert_eq!(peer.address, client.stream.get_ref().0.local_addr().unwrap());
    assert!(!certificate.crl_expired && certificate.not_after_s > 0);
}
