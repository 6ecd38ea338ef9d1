//! What contradicts what an edge sent before is an incident, is kept apart, and is confirmed, so that it blocks
//! nothing.

use strongroom_tests::edge_client::EdgeClient;
use strongroom_tests::site::Site;
use wire::record::LaneHead;
use wire::{Lane, Opened, OpenedReason, PreviousEpoch, Sealed, Topic};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_history_is_raised_and_kept_apart() {
    let edges = ["edge-content", "edge-chain", "edge-epoch", "edge-rolled", "edge-honest", "edge-restart"];
    let mut site = Site::with_edges(&edges).await;
    let mut clients = Vec::new();
    for edge in edges {
        let mut client = site.edge_client(edge);
        client.event("door-1:handle", "yes");
        client.connect_and_deliver().await.unwrap();
        clients.push(client);
    }
    let [content, chain, epoch, rolled, honest, restart] = &mut clients[..] else {
        unreachable!("six edges")
    };

    // The same numbers, another content.
    let mut twin = content.author.clone();
    let event = content.event("door-1:handle", "no");
    content.deliver().await.unwrap();
    let other = twin.seal(Lane::Urgent, vec![twin.event("door-1:contact", "open")]);
    assert_eq!(event.first, other.first);
    say(content, &other).await;

    // The next number, but behind another envelope.
    let mut twin = chain.author.clone();
    twin.tail_mut(Lane::Urgent).head = wire::Digest::of(b"what never was");
    let broken = twin.seal(Lane::Urgent, vec![twin.event("door-1:contact", "open")]);
    say(chain, &broken).await;

    // An epoch that was left comes back, and does not go on where it was. One that does is no fork: an edge that ran from
    // memory may have its disk again.
    let mut old = epoch.author.clone();
    for _ in 0..2 {
        let known = previous(epoch);
        begin(epoch, OpenedReason::Damaged, Some(known)).await;
    }
    old.tail_mut(Lane::Urgent).head = wire::Digest::of(b"what never was");
    let old = old.seal(Lane::Urgent, vec![old.event("door-1:contact", "open")]);
    say(epoch, &old).await;

    // A spool that knows less than the hub holds of it.
    let mut less = previous(rolled);
    less.heads[0].next = wire::Seq(1);
    begin(rolled, OpenedReason::RolledBack, Some(less)).await;

    // A damaged spool is bad luck, and no fork.
    let known = previous(honest);
    begin(honest, OpenedReason::Damaged, Some(known)).await;

    let api = site.api();
    let raised = api.incidents_of("R-20", 4).await;
    let mut subjects: Vec<&str> = raised.iter().map(|incident| incident.subject.as_str()).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["edge-chain", "edge-content", "edge-epoch", "edge-rolled"]);
    assert!(raised.iter().all(|incident| incident.severity == "P1"));
    for edge in ["edge-content", "edge-chain", "edge-epoch"] {
        assert_eq!(api.quarantine(edge).await.len(), 1, "{edge}");
        assert_eq!(
            api.point("room", &format!("{edge}:door-1:contact")).await["quality"],
            "unknown",
            "{edge}: not counted"
        );
    }

    // A hub that was started anew finds the contradiction in its journal.
    let mut twin = restart.author.clone();
    restart.event("door-1:handle", "no");
    restart.deliver().await.unwrap();
    site.kill_and_restart_hub().await;
    restart.connect().await.unwrap();
    let other = twin.seal(Lane::Urgent, vec![twin.event("door-1:contact", "open")]);
    say(restart, &other).await;
    site.api().incidents_of("R-20", 5).await;

    // Nothing is blocked.
    for client in &mut clients {
        let before = site.api().events(client.author.edge().as_str()).await.len();
        client.event("door-1:handle", "yes");
        client.connect_and_deliver().await.unwrap();
        assert_eq!(
            site.api().events(client.author.edge().as_str()).await.len(),
            before + 1,
            "{}",
            client.author.edge()
        );
    }
    assert_eq!(site.api().incidents().await.len(), 5);
}

/// Sends an envelope that is not in the client's own spool; it must be confirmed.
async fn say(client: &mut EdgeClient, sealed: &Sealed) {
    let topic = Topic::Envelopes(client.author.edge().clone(), Lane::Urgent).to_string();
    client
        .line()
        .publish(&topic, &sealed.bytes)
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", client.author.edge()));
}

async fn begin(client: &mut EdgeClient, reason: OpenedReason, previous: Option<PreviousEpoch>) {
    client.begin_epoch(Opened { reason, previous });
    client.deliver().await.unwrap();
}

fn previous(client: &EdgeClient) -> PreviousEpoch {
    let head =
        |lane: Lane| LaneHead { next: client.author.tail(lane).next, head: client.author.tail(lane).head };
    PreviousEpoch { epoch: client.author.epoch(), heads: Lane::ALL.map(head) }
}
