//! Lists give everything exactly once across their pages, in their order, and filter as they say.

use serde_json::Value;
use strongroom_hub::incident::Severity;
use strongroom_hub::situation::LivenessView;

use crate::samples::{self, contact_event};
use crate::site::Site;

fn all(site: &Site) {
    site.part(0, "doc", "Document room", LivenessView::Live);
    site.part(1, "print", "Printing room", LivenessView::Live);
}

async fn pages(site: &Site, path: &str, name: &str) -> Vec<Vec<Value>> {
    let mut pages = Vec::new();
    let mut next = String::new();
    loop {
        let page = site.get(&format!("{path}{next}")).await.json();
        pages.push(page["items"].as_array().unwrap().iter().map(|item| item[name].clone()).collect());
        match page["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return pages,
        }
        assert!(pages.len() < 100, "the list does not end");
    }
}

#[tokio::test]
async fn incidents_come_newest_first_each_once() {
    let site = Site::new();
    for number in 1..=7 {
        site.incident(number, "doc", if number % 2 == 0 { Severity::P1 } else { Severity::P3 });
    }
    let pages = pages(&site, "/api/v1/incidents?limit=3", "id").await;
    assert!(pages.iter().all(|page| page.len() <= 3) && pages.len() >= 3);
    let ids: Vec<String> = pages.concat().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    let newest_first: Vec<String> =
        (1..=7_u8).rev().map(|number| format!("{number:02x}").repeat(16)).collect();
    assert_eq!(ids, newest_first);
}

#[tokio::test]
async fn incidents_are_filtered_by_each_parameter() {
    let site = Site::new();
    all(&site);
    site.incident(1, "doc", Severity::P1);
    site.incident(2, "print", Severity::P3);
    let closed = site.incident(3, "print", Severity::P1);
    site.post(&format!("/api/v1/incidents/{}/acknowledge", closed.id), "").await;
    site.clear(closed.id);
    site.post(&format!("/api/v1/incidents/{}/close", closed.id), r#"{"cause":"test"}"#).await;
    for (query, expected) in [
        ("part=doc", vec![1]),
        ("severity=P1", vec![3, 1]),
        ("open=true", vec![2, 1]),
        ("open=false", vec![3]),
        ("state=closed", vec![3]),
        ("state=unacknowledged&severity=P1", vec![1]),
        ("rule=R-99", vec![]),
        ("from=2026-11-22T10:00:02Z", vec![3, 2]),
        ("to=1795341602000", vec![1]),
        ("from=2026-11-22T18:00:02%2B08:00&to=2026-11-22T10:00:03Z", vec![2]),
    ] {
        let page = site.get(&format!("/api/v1/incidents?{query}")).await.json();
        let ids: Vec<&str> =
            page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
        let expected: Vec<String> =
            expected.iter().map(|number| format!("{number:02x}").repeat(16)).collect();
        assert_eq!(ids, expected, "{query}");
    }
}

#[tokio::test]
async fn events_come_newest_first_each_once_and_in_words() {
    let site = Site::new();
    all(&site);
    for after_ms in 1..=5 {
        let part = if after_ms == 3 { "print" } else { "doc" };
        let state = if after_ms % 2 == 0 { "closed" } else { "open" };
        site.journal.lock().unwrap().append(&mut contact_event(part, after_ms * 1_000, state)).unwrap();
    }
    let seqs = |pages: Vec<Vec<Value>>| -> Vec<u64> {
        pages.concat().iter().map(|seq| seq.as_u64().unwrap()).collect()
    };
    assert_eq!(
        seqs(pages(&site, "/api/v1/events?limit=2", "seq").await),
        [5_000, 4_000, 3_000, 2_000, 1_000]
    );
    assert_eq!(seqs(pages(&site, "/api/v1/events?part=print&limit=2", "seq").await), [3_000]);
    assert_eq!(
        seqs(pages(&site, "/api/v1/events?edge=edge-doc&from=2026-11-22T10:00:04Z", "seq").await),
        [5_000, 4_000]
    );
    assert!(seqs(pages(&site, "/api/v1/events?lane=routine", "seq").await).is_empty());

    let history = format!("/api/v1/points/{}/history?limit=1", samples::point("doc"));
    assert_eq!(seqs(pages(&site, &history, "seq").await), [5_000, 4_000, 2_000, 1_000]);
    let event = &site.get(&history).await.json()["items"][0];
    assert_eq!(event["value"], 1);
    assert_eq!(event["text"], "open");
    assert_eq!(event["marks"], serde_json::json!([]));
    assert_eq!(event["kind"], "door.contact");
    assert_eq!(event["time"], "2026-11-22T10:00:05.000Z");
    assert_eq!(event["received"], "2026-11-22T10:00:05.005Z");
    assert_eq!((&event["device"], &event["lane"]), (&Value::from("door-1"), &Value::from("urgent")));
}

#[tokio::test]
async fn edges_parts_kinds_and_quarantine_are_listed() {
    let site = Site::new();
    all(&site);
    site.edge("edge-print", "print", LivenessView::Silent);
    site.quarantine("edge-doc", "the envelope cannot be decoded");
    let edges = site.get("/api/v1/edges").await.json();
    assert_eq!(edges["items"][1]["liveness"], "silent");
    assert_eq!(edges["items"][1]["part"], "print");
    assert_eq!(edges["items"][1]["proved"], Value::Null);
    let parts = site.get("/api/v1/parts").await.json();
    assert_eq!(parts["items"][0]["name"], "Document room");
    let refused = &site.get("/api/v1/edges/edge-doc/quarantine").await.json()["items"][0];
    assert_eq!(refused["reason"], "the envelope cannot be decoded");
    assert_eq!(refused["kept_bytes"], 4);
    let kinds = site.get("/api/v1/kinds").await.json();
    let contact =
        kinds["items"].as_array().unwrap().iter().find(|kind| kind["name"] == "door.contact").unwrap();
    assert_eq!(contact["states"][1], "open");
    assert_eq!(kinds["items"].as_array().unwrap().len(), wire::Kind::ALL.len());
}

#[tokio::test]
async fn a_heartbeat_says_how_its_edge_is_and_what_it_cannot_tell_is_null() {
    let site = Site::new();
    site.state.beats.note(samples::heartbeat("edge-doc"), samples::BEGIN_MS);
    let beat = site.get("/api/v1/edges/edge-doc/heartbeat").await.json();
    assert_eq!(beat["received"], "2026-11-22T10:00:00.000Z");
    assert_eq!((&beat["clock"], &beat["clock_offset_ms"]), (&Value::from("free"), &Value::from(-1_500)));
    assert_eq!(beat["config"], "00000000000000ff");
    assert_eq!(
        (&beat["unconfirmed_routine"], &beat["oldest_unconfirmed_ms"]),
        (&Value::from(7), &Value::from(900))
    );
    assert_eq!((&beat["temperature_celsius"], &beat["way"]), (&Value::from(41.5), &Value::from(1)));
    assert_eq!(beat["disk_free_percent"], Value::Null);
    site.get("/api/v1/edges/edge-doc/heartbeat?limit=3").await.problem(400, "bad-parameter");
}

#[tokio::test]
async fn an_edge_that_has_sent_no_heartbeat_is_no_unknown_edge() {
    let site = Site::new();
    all(&site);
    let known = site.get("/api/v1/edges/edge-doc/heartbeat").await.problem(404, "not-found");
    assert!(known["detail"].as_str().unwrap().contains("no heartbeat"), "{known}");
    let unknown = site.get("/api/v1/edges/edge-nowhere/heartbeat").await.problem(404, "not-found");
    assert!(unknown["detail"].as_str().unwrap().contains("there is no edge"), "{unknown}");
}

#[tokio::test]
async fn what_the_hub_lacks_of_an_edge_is_shown_with_its_reason_or_without() {
    let site = Site::new();
    all(&site);
    site.edges(std::iter::once(samples::edge_with_gaps("edge-doc", "doc")));
    let edges = site.get("/api/v1/edges").await.json();
    let edge = &edges["items"][0];
    assert_eq!(edge["unproved"]["reason"], "unknown_signatory");
    let (explained, unexplained) = (&edge["gaps"][0], &edge["gaps"][1]);
    assert_eq!((&explained["first"], &explained["records"]), (&Value::from(6), &Value::from(1_204)));
    assert_eq!((&explained["lane"], &explained["reason"]), (&"routine".into(), &"spool_full".into()));
    assert_eq!(explained["from"], "2026-11-22T10:00:00.000Z");
    assert_eq!(explained["until"], "2026-11-22T10:40:00.000Z");
    assert_eq!((&unexplained["lane"], &unexplained["reason"]), (&"urgent".into(), &Value::Null));
    assert_eq!((&unexplained["from"], &unexplained["records"]), (&Value::Null, &Value::from(1)));
}
