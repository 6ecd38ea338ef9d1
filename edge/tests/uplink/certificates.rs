//! Who the hub is, and who we are, is a matter of certificates.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use strongroom_edge::config::Config;
use strongroom_edge::surroundings::flaws;
use strongroom_edge::uplink::{Finding, examine};
use wire::{EdgeId, Lane};

use crate::authority::Authority;
use crate::hub::Hub;
use crate::room::{Room, edge};

#[tokio::test]
async fn certificates_are_read_anew_at_every_connect() {
    let authority = Authority::new();
    let hub = Hub::new(&edge());
    let listening = hub.listen(authority.hub("localhost"), 0).await;
    let mut room = Room::open(&authority.folder().join("spool.redb"));
    room.append(Lane::Urgent, 0..3).await;
    // First there is no certificate at all, then one of somebody else, then the right one.
    room.connect(listening.port, authority.edge_files("doc-1"), "localhost");
    let (own, foreign) = (authority.edge_files("doc-1"), authority.edge("doc-2"));
    fs::copy(&foreign.key, &own.key).unwrap();
    fs::copy(&foreign.certificate, &own.certificate).unwrap();
    assert_eq!(examine(&own, &EdgeId::parse("doc-2").unwrap(), 0).unwrap(), Finding::Ours);
    assert_eq!(examine(&own, &EdgeId::parse("doc-2").unwrap(), i64::MAX).unwrap(), Finding::Expired);
    let names = vec!["spiffe://site/edge/doc-2".to_owned()];
    assert_eq!(examine(&own, &edge(), 0).unwrap(), Finding::Foreign { names });
    authority.edge("doc-1");
    let memory = hub.holds(room.tails()).await;
    assert_eq!(memory.connects, 1, "only the right certificate was let in");
    room.close().await;
    listening.close().await;
}

#[tokio::test]
async fn the_servers_name_is_checked_and_may_differ_from_its_address() {
    let authority = Authority::new();
    let hub = Hub::new(&edge());
    let listening = hub.listen(authority.hub("hub.site"), 0).await;
    let files = authority.edge("doc-1");
    let mut wrong = Room::open(&authority.folder().join("wrong.redb"));
    wrong.connect(listening.port, files.clone(), "localhost");

    let mut room = Room::open(&authority.folder().join("spool.redb"));
    room.append(Lane::Urgent, 0..3).await;
    room.connect(listening.port, files, "hub.site");
    let memory = hub.holds(room.tails()).await;
    assert_eq!(memory.connects, 1, "whoever expects another name does not connect");
    wrong.close().await;
    room.close().await;
    listening.close().await;
}

#[test]
fn a_check_finds_what_the_hub_or_the_edge_would_refuse() {
    let authority = Authority::new();
    let files = authority.edge("doc-1");
    let found = |edge: &str, now_s: i64| {
        let text = format!(
            "[edge]\nid = {edge:?}\n[uplink]\nhubs = [\"hub:1\"]\nca = \"ca.pem\"\ncertificate = \"doc-1.pem\"\n\
             key = \"doc-1.key\"\n[spool]\npath = \"spool.redb\"\n"
        );
        let path = authority.folder().join("edge.toml");
        let config: Config = runtime::config::parse(&path, &text).unwrap();
        flaws(&config, now_s).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(found("doc-1", 0), "");
    assert!(found("doc-2", 0).contains("spiffe://site/edge/doc-1, not this edge"));
    assert!(found("doc-1", i64::MAX).contains("expired"));
    let ca = fs::read(&files.ca).unwrap();
    authority.hub("localhost");
    fs::copy(authority.folder().join("hub.pem"), &files.ca).unwrap();
    assert!(found("doc-1", 0).contains("holds a certificate that is no CA's"));
    fs::copy(Authority::new().folder().join("ca.pem"), &files.ca).unwrap();
    assert!(found("doc-1", 0).contains("none of the CAs"));
    fs::write(&files.ca, ca).unwrap();
    fs::set_permissions(&files.key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(found("doc-1", 0).contains("chmod 600"));
    assert_eq!(found("doc-1", 0).lines().count(), 1);
    fs::copy(authority.edge("doc-3").key, &files.key).unwrap();
    assert!(found("doc-1", 0).contains("cannot be used together"));
}
