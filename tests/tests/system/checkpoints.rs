//! An edge signs what it has written, the hub shows how far that is proved, and what another key signed is an incident.

use std::fs;

use rustix::process::Signal;
use serde_json::Value;
use strongroom_tests::authority::{Authority, SITE};
use strongroom_tests::edge_client::{EdgeClient, checkpoint};
use strongroom_tests::site::Site;
use strongroom_tests::wait::until;
use strongroom_tests::watched_room::{EDGE, WatchedRoom};
use wire::{Lane, Record};

/// Waits until the hub shows that this urgent record of the edge is proved; gives what it shows.
async fn proved(site: &Site, edge: &str, urgent: u64) -> Value {
    until(&format!("urgent record {urgent} of {edge} to be proved"), async || {
        let proved = site.api().edge(edge).await["proved"].clone();
        let far_enough = proved["urgent_next"].as_u64().is_some_and(|next| next > urgent);
        if far_enough { Ok(proved) } else { Err(proved.to_string()) }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_edge_signed_is_proved_further_and_further() {
    let mut room = WatchedRoom::start().await;
    let first = proved(&room.site, EDGE, 0).await;

    // Who forces a door and then takes the edge would want this to be gone: it does not stay unsigned.
    let mut last = first.clone();
    for _ in 0..2 {
        room.field.act("door-1", "force");
        room.becomes("door-1:state", "forced").await;
        let events = room.site.api().events(EDGE).await;
        let forced = events.iter().find(|event| event.point.ends_with("door-1:state")).unwrap();
        let next = proved(&room.site, EDGE, forced.seq).await;
        assert!(next["urgent_next"].as_u64() > last["urgent_next"].as_u64(), "{last}, then {next}");
        assert!(next["until"].as_str() > last["until"].as_str(), "{last}, then {next}");
        last = next;
        room.field.act("door-1", "close");
        room.becomes("door-1:contact", "closed").await;
    }

    // What is proved stays so without the edge, and with another hub on the same journal.
    room.edge.stop().await;
    let last = room.site.api().edge(EDGE).await["proved"].clone();
    room.site.kill_and_restart_hub().await;
    room.site.api().judged().await;
    assert_eq!(room.site.api().edge(EDGE).await["proved"], last);
    assert_eq!(room.site.api().incidents_of("R-20", 0).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_of_another_key_or_under_another_history_is_raised() {
    let edges = ["edge-true", "edge-other-key", "edge-other-past"];
    let site = Site::with_edges(&edges).await;
    let mut clients = Vec::new();
    for edge in edges {
        let mut client = site.edge_client(edge);
        client.event("door-1:handle", "yes");
        client.connect_and_deliver().await.unwrap();
        clients.push(client);
    }
    let [honest, other_key, other_past] = &mut clients[..] else { unreachable!("three edges") };

    // Each with its own key: what is raised below is not raised because tests cannot sign.
    sign(&site, honest, "edge-true").await;
    sign(&site, other_past, "edge-other-past").await;
    proved(&site, "edge-true", 0).await;
    let before = proved(&site, "edge-other-past", 0).await;

    sign(&site, other_key, "edge-true").await;
    let mut heads = other_past.author.heads();
    heads.lanes[Lane::Urgent.index()].head = wire::Digest::of(b"what never was");
    let bytes = checkpoint::signed(&site.authority.issue_edge("edge-other-past"), &heads);
    deliver(other_past, bytes).await;

    let api = site.api();
    let raised = api.incidents_of("R-20", 2).await;
    let mut subjects: Vec<&str> = raised.iter().map(|incident| incident.subject.as_str()).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["edge-other-key", "edge-other-past"]);
    assert_eq!(api.edge("edge-other-key").await["proved"], Value::Null);
    assert_eq!(api.edge("edge-other-past").await["proved"], before, "nothing more is proved");
    assert_eq!(api.incidents().await.len(), 2);

    // Nothing is blocked.
    for client in &mut clients {
        client.event("door-1:handle", "no");
        client.deliver().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_made_anew_counts_as_soon_as_the_hub_has_read_it() {
    let site = Site::with_edges(&["edge-1"]).await;
    let mut client = site.edge_client("edge-1");
    client.event("door-1:handle", "yes");
    client.connect_and_deliver().await.unwrap();

    let anew = Authority::init(site.folder().join("pki-anew"), SITE);
    let files = anew.issue_edge("edge-1");
    let bytes = checkpoint::signed(&files, &client.author.heads());
    deliver(&mut client, bytes).await;
    until("the edge to be shown as unproved", async || {
        let edge = site.api().edge("edge-1").await;
        let shown = edge["unproved"]["reason"] == "unknown_signatory" && edge["proved"].is_null();
        if shown { Ok(()) } else { Err(edge.to_string()) }
    })
    .await;
    assert_eq!(site.api().incidents().await, [], "the hub's own ignorance is nobody's replay");

    fs::copy(anew.ca(), site.authority.ca()).unwrap();
    fs::copy(anew.crl(), site.authority.crl()).unwrap();
    site.hub.process().signal(Signal::HUP);
    until("the new authority to be read", async || {
        let log = site.hub.log();
        if log.contains("revocation list were read again") { Ok(()) } else { Err(log) }
    })
    .await;
    let bytes = checkpoint::signed(&files, &client.author.heads());
    deliver(&mut client, bytes).await;
    proved(&site, "edge-1", 0).await;
    assert_eq!(site.api().edge("edge-1").await["unproved"], Value::Null);
}

/// A checkpoint of all that the client has written, by the key of this edge.
async fn sign(site: &Site, client: &mut EdgeClient, edge: &str) {
    let bytes = checkpoint::signed(&site.authority.issue_edge(edge), &client.author.heads());
    deliver(client, bytes).await;
}

async fn deliver(client: &mut EdgeClient, checkpoint: Box<[u8]>) {
    client.write(Lane::Urgent, vec![Record::Checkpoint(checkpoint)]);
    client.deliver().await.unwrap();
}
