//! When a confirm is lost on its way, the edge sends again, and the hub counts once: by what it remembers, and after a
//! restart by what its journal says.

use strongroom_tests::proxy::{Conduct, Direction, Proxy};
use strongroom_tests::site::Site;
use strongroom_tests::wait::until;
use strongroom_tests::watched_room::{Handle, WatchedRoom};
use wire::Lane;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_again_counts_once() {
    let mut site = Site::with_edges(&["edge-1"]).await;
    let gate = site.hub.ports().gate;
    let proxy = Proxy::start(gate).await;
    let mut client = site.edge_client("edge-1");
    client.address = proxy.address();
    client.connect_and_deliver().await.unwrap();

    client.event("cabinet-1:bolt", "retracted");
    for _ in 0..4 {
        client.event("door-1:handle", "yes");
        let supply = client.author.event("door-1:supply", "13.5");
        client.write(Lane::Routine, vec![supply]);
    }
    proxy.set(Direction::ToEdge, Conduct::Swallow);
    client.send(usize::MAX).await.unwrap();
    let written = client.events(false).len();
    let api = site.api();
    until("the hub to hold what was sent", async || match api.records("edge-1").await.len() {
        held if held == written => Ok(()),
        held => Err(format!("{held} of {written} events")),
    })
    .await;
    assert_eq!(client.events(true).len(), 0, "no confirm came through");

    proxy.cut();
    client.address = gate;
    let resume = client.connect().await.unwrap();
    assert_eq!(resume.lanes[0].next, client.author.tail(Lane::Urgent).next, "the hub says what it holds");
    client.forget_what_was_sent();
    client.deliver().await.unwrap();
    let sent = client.spool().len() as f64;
    assert_eq!(api.metric("ingest_duplicates_total").await, sent);

    // A hub that was started anew remembers nothing and asks its journal.
    site.kill_and_restart_hub().await;
    client.connect().await.unwrap();
    client.forget_what_was_sent();
    client.deliver().await.unwrap();
    assert_eq!(api.metric("ingest_duplicates_total").await, sent);
    assert_eq!(api.metric("ingest_duplicates_unverified_total").await, 0.0);

    let records = api.records("edge-1").await;
    assert!(records.len() == written && records.values().all(|times| *times == 1), "{records:?}");
    api.judged().await;
    let incidents = api.incidents().await;
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert_eq!((incidents[0].rule.as_str(), incidents[0].occurrences), ("R-07", 1));
}

/// The real edge, whose link swallows confirms, is cut, and stands still.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_edge_gets_everything_through_a_bad_link_once() {
    let (mut room, proxy) = WatchedRoom::behind_proxy().await;
    for round in 0..3 {
        proxy.set(Direction::ToEdge, Conduct::Swallow);
        // The hub has it, and the edge does not learn of it.
        room.handle_becomes(Handle::Pressed).await;
        proxy.cut();
        proxy.set(Direction::ToEdge, Conduct::Pass);
        room.handle_becomes(Handle::Released).await;

        let stalled = if round % 2 == 0 { Direction::ToHub } else { Direction::ToEdge };
        proxy.set(stalled, Conduct::Stall);
        let value = room.turn_handle(Handle::Pressed);
        proxy.cut();
        proxy.set(stalled, Conduct::Pass);
        room.becomes("door-1:handle", value).await;
    }
    room.edge.stop().await;
    room.holds_each_record_once().await;
}
