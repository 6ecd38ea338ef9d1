//! Who the hub is, and who we are, is a matter of certificates.

use std::fs;

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
    assert_eq!(examine(&own, &EdgeId::parse("doc-2").unwrap()).unwrap(), Finding::Ours);
    let names = vec!["spiffe://site/edge/doc-2".to_owned()];
    assert_eq!(examine(&own, &edge()).unwrap(), Finding::Foreign { names });
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
