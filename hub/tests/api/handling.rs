//! An incident is acknowledged and closed by the person behind the token, once, and only as its state allows.

use axum::http::{Method, StatusCode};
use strongroom_hub::incident::Severity;
use strongroom_hub::situation::LivenessView;

use crate::site::Site;

#[tokio::test]
async fn an_incident_is_acknowledged_cleared_and_closed() {
    let site = Site::new();
    site.part(0, "doc", "Document room", LivenessView::Live);
    let id = site.incident(1, "doc", Severity::P1).id;
    let at = |action: &str| format!("/api/v1/incidents/{id}/{action}");

    let problem = site.post(&at("close"), r#"{"cause":"test"}"#).await.problem(409, "not-in-this-state");
    assert!(problem["detail"].as_str().unwrap().contains("still active"), "{problem}");

    let seen = site.post(&at("acknowledge"), r#"{"note":"  on my way "}"#).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    let seen = seen.json();
    assert_eq!(seen["state"], "acknowledged");
    assert_eq!(
        (&seen["acknowledged"]["person"], &seen["acknowledged"]["note"]),
        (&"p-17".into(), &"on my way".into())
    );
    assert_eq!(seen["allowed"], serde_json::json!([]));
    let again = site.post(&at("acknowledge"), "").await.problem(409, "not-in-this-state");
    assert!(again["detail"].as_str().unwrap().contains("p-17"), "{again}");

    site.clear(id);
    let latched = site.get(&format!("/api/v1/incidents/{id}")).await.json();
    assert_eq!((&latched["state"], &latched["allowed"]), (&"latched".into(), &serde_json::json!(["close"])));

    let closed = site.post(&at("close"), r#"{"cause":"user_error","note":"talked to him"}"#).await.json();
    assert_eq!(closed["state"], "closed");
    assert_eq!(
        (&closed["closed"]["cause"], &closed["closed"]["person"]),
        (&"user_error".into(), &"p-17".into())
    );
    site.post(&at("close"), r#"{"cause":"test"}"#).await.problem(409, "not-in-this-state");

    let whole = site.get(&format!("/api/v1/incidents/{id}")).await.json();
    let steps: Vec<&str> =
        whole["timeline"].as_array().unwrap().iter().map(|step| step["what"].as_str().unwrap()).collect();
    assert_eq!(steps, ["opened", "acknowledged", "condition_cleared", "closed"]);
    assert_eq!(whole["events"][0]["text"], "open");
    assert_eq!(whole["events"][0]["kind"], "door.contact");
}

#[tokio::test]
async fn what_is_not_acknowledged_cannot_be_closed_and_says_what_to_do() {
    let site = Site::new();
    let id = site.incident(1, "doc", Severity::P2).id;
    site.clear(id);
    let answer = site.post(&format!("/api/v1/incidents/{id}/close"), r#"{"cause":"test"}"#).await;
    assert_eq!(answer.problem(409, "not-in-this-state")["allowed"], serde_json::json!(["acknowledge"]));
}

#[tokio::test]
async fn the_forms_work_without_javascript() {
    let site = Site::new();
    let id = site.incident(1, "doc", Severity::P2).id;
    let cookie = site.session(&site.supervisor).await;
    let post = |action: &str, form: &str| {
        let ask = site.ask(Method::POST, &format!("/incidents/{id}/{action}"));
        ask.header("cookie", &cookie).header("origin", "https://hub.test").form(form).send()
    };
    let seen = post("acknowledge", "note=").await;
    assert_eq!((seen.status, seen.header("location")), (StatusCode::SEE_OTHER, "/"));
    let signature = site.state.store.incident(&id).unwrap().unwrap().acknowledged.unwrap();
    assert_eq!((signature.person.as_str(), signature.note), ("p-17", None));

    let early = post("close", "cause=equipment&note=loose+contact").await;
    assert_eq!(early.status, StatusCode::CONFLICT);
    assert!(early.header("content-type").starts_with("text/html"));
    assert!(early.text.contains("still active"), "{}", early.text);
    site.clear(id);
    assert_eq!(post("close", "cause=equipment&note=loose+contact").await.status, StatusCode::SEE_OTHER);
    assert!(!site.state.store.incident(&id).unwrap().unwrap().is_open());
}

#[tokio::test]
async fn a_body_that_lacks_something_is_told_what_there_is() {
    let site = Site::new();
    let id = site.incident(1, "doc", Severity::P2).id;
    let refused = async |action: &str, body: &str| {
        let answer = site.post(&format!("/api/v1/incidents/{id}/{action}"), body).await;
        answer.problem(400, "bad-body")["detail"].as_str().unwrap().to_owned()
    };
    let causes = ["attack", "user_error", "equipment", "environment", "test", "unknown"];
    for body in ["", "{}", r#"{"cause":"boredom"}"#] {
        let detail = refused("close", body).await;
        assert!(causes.iter().all(|cause| detail.contains(cause)), "{detail}");
    }
    assert!(refused("acknowledge", r#"{"text":"a"}"#).await.contains("note"));
    for cause in causes {
        let closed =
            site.post(&format!("/api/v1/incidents/{id}/close"), &format!(r#"{{"cause":"{cause}"}}"#)).await;
        assert_eq!(closed.status, StatusCode::CONFLICT, "it is a cause: {}", closed.text);
    }
}
