//! The life of an incident through the API: seen, gone, closed, in that order, by those who may, and signed.

use serde_json::json;
use strongroom_tests::api::Answer;
use strongroom_tests::edge_client::EdgeClient;
use strongroom_tests::site::{SUPERVISOR, Site};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_latched_incident_waits_for_a_person() {
    let (site, mut client) = site().await;
    let api = site.api();
    client.event("cabinet-1:bolt", "retracted");
    client.deliver().await.unwrap();
    let id = api.incidents_of("R-07", 1).await.remove(0).id;

    problem(&site.observer.acknowledge(&id).await, 403, "not-permitted");
    problem(&site.observer.close(&id, "test").await, 403, "not-permitted");
    problem(&api.close(&id, "test").await, 409, "not-in-this-state");

    let seen =
        api.post(&format!("/api/v1/incidents/{id}/acknowledge"), &json!({ "note": "on my way" })).await;
    assert_eq!((seen.status, &seen.body["state"]), (200, &json!("acknowledged")), "{}", seen.text);
    assert_eq!(seen.body["acknowledged"]["person"], SUPERVISOR);
    assert_eq!(seen.body["acknowledged"]["note"], "on my way");
    problem(&api.acknowledge(&id).await, 409, "not-in-this-state");
    problem(&api.close(&id, "test").await, 409, "not-in-this-state");

    // Gone, and still there: latched.
    client.event("cabinet-1:bolt", "extended");
    client.deliver().await.unwrap();
    let latched = api.incident_in_state(&id, "latched").await;
    assert_eq!(latched["allowed"], json!(["close"]));

    // It happens again: what the person has seen is not this.
    client.event("cabinet-1:bolt", "retracted");
    client.deliver().await.unwrap();
    let again = api.incident_in_state(&id, "unacknowledged").await;
    assert_eq!(again["occurrences"], 2);
    client.event("cabinet-1:bolt", "extended");
    client.deliver().await.unwrap();
    api.incident_in_state(&id, "cleared_unacknowledged").await;
    problem(&api.close(&id, "test").await, 409, "not-in-this-state");
    assert_eq!(api.acknowledge(&id).await.status, 200);

    let closed = api.close(&id, "user_error").await;
    assert_eq!((closed.status, &closed.body["state"]), (200, &json!("closed")), "{}", closed.text);
    let closing = &closed.body["closed"];
    assert_eq!((&closing["person"], &closing["cause"]), (&json!(SUPERVISOR), &json!("user_error")));
    problem(&api.acknowledge(&id).await, 409, "not-in-this-state");

    let timeline = api.incident(&id).await["timeline"].clone();
    let steps: Vec<&str> =
        timeline.as_array().unwrap().iter().map(|step| step["what"].as_str().unwrap()).collect();
    let expected = [
        "opened",
        "acknowledged",
        "condition_cleared",
        "reactivated",
        "condition_cleared",
        "acknowledged",
        "closed",
    ];
    assert_eq!(steps, expected);

    // The next time is a new incident.
    client.event("cabinet-1:bolt", "retracted");
    client.deliver().await.unwrap();
    let both = api.incidents_of("R-07", 2).await;
    assert!(both.iter().any(|incident| incident.id != id && incident.state == "unacknowledged"), "{both:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_incident_that_is_not_latched_ends_when_it_is_gone_and_seen() {
    let (mut site, mut client) = site().await;
    let api = site.api();
    client.event("door-1:link", "lost");
    client.deliver().await.unwrap();
    let id = api.incidents_of("R-16", 1).await.remove(0).id;
    client.event("door-1:link", "online");
    client.deliver().await.unwrap();
    api.incident_in_state(&id, "cleared_unacknowledged").await;

    // What a person said outlives the hub.
    let seen = api.acknowledge(&id).await;
    assert_eq!((seen.status, &seen.body["state"]), (200, &json!("closed")), "{}", seen.text);
    site.kill_and_restart_hub().await;
    let closed = api.incident(&id).await;
    assert_eq!((&closed["state"], &closed["closed"]["person"]), (&json!("closed"), &json!(null)));
    assert_eq!(closed["acknowledged"]["person"], SUPERVISOR);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_requests_are_refused_as_problem_details() {
    let (site, _) = site().await;
    let api = site.api();
    let nobody = "0123456789abcdef0123456789abcdef";
    problem(&api.acknowledge(nobody).await, 404, "not-found");
    problem(&api.acknowledge("nonsense").await, 404, "not-found");
    problem(&api.post(&format!("/api/v1/incidents/{nobody}/close"), &json!({})).await, 400, "bad-body");
    problem(&api.close(nobody, "boredom").await, 400, "bad-body");
    problem(&api.get("/api/v1/incidents?colour=red").await, 400, "bad-parameter");
    problem(&api.get("/api/v1/parts/nowhere").await, 404, "not-found");
    problem(&api.get("/api/v1/nothing").await, 404, "no-such-route");
    problem(&api.with_token("srt_wrong").get("/api/v1/parts").await, 401, "not-signed-in");
    assert_eq!(site.observer.get("/api/v1/parts").await.status, 200, "an observer sees everything");
}

/// A room that is set, with everything at rest.
async fn site() -> (Site, EdgeClient) {
    let site = Site::with_edges(&["edge-1"]).await;
    let mut client = site.edge_client("edge-1");
    let rest = [("edge:arming", "set"), ("cabinet-1:bolt", "extended"), ("door-1:link", "online")];
    for (point, value) in rest {
        client.event(point, value);
    }
    client.connect_and_deliver().await.unwrap();
    (site, client)
}

fn problem(answer: &Answer, status: u16, name: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.content_type, "application/problem+json", "{}", answer.text);
    assert_eq!(answer.body["type"], format!("urn:strongroom:problem:{name}"), "{}", answer.text);
    assert_eq!(answer.body["status"], status);
    assert!(answer.body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{}", answer.text);
}
