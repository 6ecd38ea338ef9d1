//! Missing records are an incident exactly when the edge does not explain them.

use serde_json::Value;
use strongroom_tests::edge_client::EdgeClient;
use strongroom_tests::site::Site;
use wire::{Digest, Gap, GapReason, Lane, Record, Seq};

const MISSING: u64 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_nobody_explains_is_raised() {
    let site = Site::with_edges(&["edge-before", "edge-behind", "edge-half", "edge-thief"]).await;

    // The gap record goes urgent and is there before the hub sees the hole.
    let mut before = connected(&site, "edge-before").await;
    let gap = skip(&mut before, Lane::Routine);
    before.write(Lane::Urgent, vec![Record::Gap(gap)]);
    go_on(&mut before, Lane::Routine).await;

    // It comes a moment later.
    let mut behind = connected(&site, "edge-behind").await;
    let gap = skip(&mut behind, Lane::Routine);
    go_on(&mut behind, Lane::Routine).await;
    behind.write(Lane::Urgent, vec![Record::Gap(gap)]);
    behind.deliver().await.unwrap();

    // It names only a part of what is missing.
    let mut half = connected(&site, "edge-half").await;
    let mut gap = skip(&mut half, Lane::Routine);
    gap.next = Seq(gap.next.0 - 1);
    half.write(Lane::Urgent, vec![Record::Gap(gap)]);
    go_on(&mut half, Lane::Routine).await;

    // Nobody says anything.
    let mut thief = connected(&site, "edge-thief").await;
    skip(&mut thief, Lane::Urgent);
    go_on(&mut thief, Lane::Urgent).await;

    let api = site.api();
    // All four holes are older than these, so the others would have been raised by now.
    let raised = api.incidents_of("R-19", 2).await;
    let mut subjects: Vec<&str> = raised.iter().map(|incident| incident.subject.as_str()).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["edge-half", "edge-thief"]);
    assert_eq!(api.metric("ingest_gaps_total").await, 4.0, "every hole is counted");
    assert_eq!(api.incidents().await.len(), 2);
    let thief = raised.iter().find(|incident| incident.subject == "edge-thief").unwrap();
    let detail = api.incident(&thief.id).await;
    let finding = detail["events"][0]["finding"].as_str().unwrap_or_default();
    assert!(finding.contains("of the urgent lane are missing"), "{detail}");
    // All four are shown, with the edge's reason where it gave one, and with their time.
    for (edge, lane, reason) in [
        ("edge-before", "routine", Value::from("spool_full")),
        ("edge-behind", "routine", Value::from("spool_full")),
        ("edge-half", "routine", Value::Null),
        ("edge-thief", "urgent", Value::Null),
    ] {
        let gaps = api.edge(edge).await["gaps"].clone();
        assert_eq!(gaps.as_array().map(Vec::len), Some(1), "{edge}: {gaps}");
        let gap = &gaps[0];
        assert_eq!((&gap["lane"], &gap["reason"], &gap["records"]), (&lane.into(), &reason, &MISSING.into()));
        assert!(gap["from"].is_string() && gap["until"].is_string(), "{edge}: {gap}");
    }
    // What came behind the hole counts.
    assert_eq!(api.events("edge-thief").await.len(), 3);
}

async fn connected(site: &Site, edge: &str) -> EdgeClient {
    let mut client = site.edge_client(edge);
    client.event("door-1:handle", "yes");
    let supply = client.author.event("door-1:supply", "13.5");
    client.write(Lane::Routine, vec![supply]);
    client.connect_and_deliver().await.unwrap();
    client
}

/// The next envelope of the lane begins further on.
fn skip(client: &mut EdgeClient, lane: Lane) -> Gap {
    let epoch = client.author.epoch();
    let tail = client.author.tail_mut(lane);
    let (first, before) = (tail.next, tail.head);
    let after = Digest::of(b"an envelope that was given up");
    tail.next = Seq(first.0 + MISSING);
    tail.head = after;
    let (next, reason) = (tail.next, GapReason::SpoolFull);
    Gap { epoch, lane, first, next, before, after, reason, oldest: None, newest: None }
}

async fn go_on(client: &mut EdgeClient, lane: Lane) {
    let point = if lane == Lane::Urgent { ("door-1:handle", "no") } else { ("door-1:supply", "13.7") };
    let record = client.author.event(point.0, point.1);
    client.write(lane, vec![record]);
    client.deliver().await.unwrap();
}
