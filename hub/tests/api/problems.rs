//! Every refusal is a problem detail that says what is wrong and what to do, and tells nothing of the inside.

use std::sync::atomic::Ordering;

use axum::http::{Method, StatusCode};
use strongroom_hub::api::dto::Time;
use strongroom_hub::incident::Severity;
use strongroom_hub::situation::{Changes, LivenessView};

use crate::samples;
use crate::site::{START, Site};

#[tokio::test]
async fn unknown_routes_and_methods_are_told() {
    let site = Site::new();
    let nowhere = site.get("/api/v1/nothing").await.problem(404, "no-such-route");
    assert!(nowhere["detail"].as_str().unwrap().contains("/api/v1/nothing"));
    let answer = site.ask(Method::DELETE, "/api/v1/parts").token(&site.supervisor).send().await;
    let problem = answer.problem(405, "method-not-allowed");
    assert_eq!(answer.header("allow"), "GET,HEAD");
    assert_eq!(problem["allowed"], serde_json::json!(["GET", "HEAD"]));
    site.get("/api/v1/parts/%ff").await.problem(400, "bad-request");
    site.get("/assets/nothing.js").await.problem(404, "no-such-route");
}

#[tokio::test]
async fn what_is_not_there_says_where_to_look() {
    let site = Site::new();
    let missing = "00000000000000000000000000000000";
    for (path, list) in [
        ("/api/v1/parts/nowhere".to_owned(), "/api/v1/parts"),
        ("/api/v1/edges/nobody/quarantine".to_owned(), "/api/v1/edges"),
        ("/api/v1/edges/nobody/heartbeat".to_owned(), "/api/v1/edges"),
        (format!("/api/v1/incidents/{missing}"), "/api/v1/incidents"),
        ("/api/v1/incidents/not-an-id".to_owned(), "/api/v1/incidents"),
    ] {
        let problem = site.get(&path).await.problem(404, "not-found");
        assert!(problem["next"].as_str().unwrap().contains(list), "{problem}");
    }
    site.post(&format!("/api/v1/incidents/{missing}/acknowledge"), "{}").await.problem(404, "not-found");
}

#[tokio::test]
async fn a_filter_that_names_nothing_there_is_does_not_look_like_an_empty_list() {
    let site = Site::new();
    site.part(0, "doc", "Document room", LivenessView::Live);
    for (path, list) in [
        ("/api/v1/incidents?part=nowhere", "/api/v1/parts"),
        ("/api/v1/events?part=nowhere", "/api/v1/parts"),
        ("/api/v1/events?edge=nobody", "/api/v1/edges"),
        ("/api/v1/points/edge-doc:door-1:nothing/history", "/api/v1/parts/{id}"),
    ] {
        let problem = site.get(path).await.problem(404, "not-found");
        assert!(problem["next"].as_str().unwrap().contains(list), "{problem}");
    }
    let problem = site.get("/api/v1/events?kind=door.kontact").await.problem(400, "bad-parameter");
    assert_eq!(problem["parameter"], "kind");
    assert!(problem["next"].as_str().unwrap().contains("/api/v1/kinds"), "{problem}");
    let there = ["incidents?part=doc", "events?part=doc&edge=edge-doc&kind=door.contact"];
    for path in there.map(|path| format!("/api/v1/{path}")) {
        assert_eq!(site.get(&path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_kind_that_only_a_newer_edge_knows_is_a_filter_all_the_same() {
    let site = Site::new();
    let mut part = samples::part(0, "doc", "Document room");
    part.layout.as_mut().unwrap().points[0].kind = "door.hinge".to_owned();
    site.commit(&Changes { parts: vec![part], ..Changes::default() });
    assert_eq!(site.get("/api/v1/events?kind=door.hinge").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_bad_parameter_is_named_and_an_unknown_one_is_not_ignored() {
    let site = Site::new();
    for (query, parameter) in [
        ("from=yesterday", "from"),
        ("to=2026-11-22", "to"),
        ("from=2000&to=1000", "to"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("cursor=made-up", "cursor"),
        ("severity=P5", "severity"),
        ("state=gone", "state"),
        ("open=yes", "open"),
        ("part=a/b", "part"),
        ("severty=P1", "severty"),
        ("part=a&part=b", "part"),
    ] {
        let problem = site.get(&format!("/api/v1/incidents?{query}")).await.problem(400, "bad-parameter");
        assert_eq!(problem["parameter"], parameter, "{query}: {problem}");
    }
    let problem = site.get("/api/v1/incidents?severity=P5").await.json();
    assert_eq!(problem["allowed"], serde_json::json!(["P1", "P2", "P3", "P4"]));
    let problem = site.get("/api/v1/events?lane=express").await.problem(400, "bad-parameter");
    assert_eq!(problem["allowed"], serde_json::json!(["urgent", "routine"]));
    let problem = site.get("/api/v1/points/one:two/history").await.problem(400, "bad-parameter");
    assert_eq!(problem["parameter"], "id");
    site.get("/api/v1/events?part=%zz%ff").await.problem(400, "bad-parameter");
}

#[tokio::test]
async fn a_bad_body_is_refused_by_type_size_and_content() {
    let site = Site::new();
    let id = site.incident(1, "doc", Severity::P2).id;
    let close = format!("/api/v1/incidents/{id}/close");
    for (body, says) in [
        ("{", "EOF"),
        ("{}", "cause"),
        (r#"{"cause":"gremlins"}"#, "gremlins"),
        (r#"{"cause":"test","force":true}"#, "force"),
        (r#"{"cause":"test"} extra"#, "trailing"),
    ] {
        let problem = site.post(&close, body).await.problem(400, "bad-body");
        assert!(problem["detail"].as_str().unwrap().contains(says), "{problem}");
    }
    let note = format!(r#"{{"cause":"test","note":"{}"}}"#, "x".repeat(2_001));
    assert_eq!(site.post(&close, &note).await.problem(400, "bad-body")["parameter"], "note");
    let huge = format!(r#"{{"cause":"test","note":"{}"}}"#, "x".repeat(64 * 1024));
    site.post(&close, &huge).await.problem(413, "body-too-large");
    let xml = site
        .ask(Method::POST, &close)
        .token(&site.supervisor)
        .json("<x/>")
        .header("content-type", "text/xml");
    assert_eq!(xml.send().await.problem(415, "unsupported-body")["allowed"][0], "application/json");
    let form = site.ask(Method::POST, "/signin").header("origin", "https://hub.test").json("{}").send().await;
    form.problem(415, "unsupported-body");
}

#[tokio::test]
async fn a_failing_store_is_told_without_its_inside() {
    let site = Site::new();
    site.disk_fails.store(true, Ordering::SeqCst);
    let problem = site.get("/api/v1/incidents").await.problem(500, "failed");
    assert!(!problem.to_string().contains("the disk of the test"), "{problem}");
}

#[tokio::test]
async fn readiness_says_why_not() {
    let mut site = Site::new();
    let ready = site.ask(Method::GET, "/readyz").send().await;
    assert_eq!(
        (ready.status, ready.json()["status"].as_str().unwrap().to_owned()),
        (StatusCode::OK, "ready".to_owned())
    );
    assert_eq!(site.ask(Method::GET, "/healthz").send().await.status, StatusCode::OK);
    // Between these two the hub was away.
    let (started, until) = (START.started_ms, START.last_entry_ms.unwrap());
    assert_eq!(ready.json()["started"], Time(started).to_string());
    assert_eq!(ready.json()["recorded_until"], Time(until).to_string());
    let page = site.get("/").await.text;
    assert!(page.contains("The hub was away: nothing recorded from"), "{page}");
    assert!(page.contains(&Time(started).to_string()) && page.contains(&Time(until).to_string()), "{page}");
    site.stop_correlation();
    let problem = site.ask(Method::GET, "/readyz").send().await.problem(503, "not-ready");
    assert!(problem["detail"].as_str().unwrap().contains("correlation"), "{problem}");
    site.ask(Method::GET, "/healthz").send().await.problem(503, "not-ready");
}
