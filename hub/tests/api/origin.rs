//! A foreign page can neither post with a person's cookie nor reach the loopback listener under a foreign name.

use axum::http::{Method, StatusCode};
use strongroom_hub::incident::Severity;

use crate::ask::LOOPBACK;
use crate::site::Site;

#[tokio::test]
async fn a_post_with_a_cookie_must_come_from_our_own_page() {
    let site = Site::new();
    let id = site.incident(1, "doc", Severity::P1).id;
    let cookie = site.session(&site.supervisor).await;
    let post = || {
        let path = format!("/api/v1/incidents/{id}/acknowledge");
        site.ask(Method::POST, &path).header("cookie", &cookie).json("{}")
    };
    post().send().await.problem(403, "foreign-origin");
    post().header("origin", "https://evil.test").send().await.problem(403, "foreign-origin");
    post().header("origin", "http://hub.test").send().await.problem(403, "foreign-origin");
    post().header("sec-fetch-site", "cross-site").send().await.problem(403, "foreign-origin");
    assert!(site.state.store.incident(&id).unwrap().unwrap().acknowledged.is_none());
    assert_eq!(post().header("origin", "https://hub.test").send().await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_is_signed_in_or_out_by_a_foreign_page() {
    let site = Site::new();
    let token = format!("token={}", site.supervisor);
    let sign_in =
        site.ask(Method::POST, "/signin").header("origin", "https://evil.test").form(&token).send().await;
    sign_in.problem(403, "foreign-origin");
    assert!(!sign_in.headers.contains_key("set-cookie"));
    let sign_out = site.ask(Method::POST, "/signout").header("origin", "https://evil.test").send().await;
    sign_out.problem(403, "foreign-origin");
}

#[tokio::test]
async fn the_loopback_listener_knows_only_its_own_names() {
    let site = Site::new();
    let ask = |host: &str| site.ask(Method::GET, "/healthz").peer(LOOPBACK).header("host", host);
    assert_eq!(ask("localhost:8080").send().await.status, StatusCode::OK);
    assert_eq!(ask("127.0.0.1:8080").send().await.status, StatusCode::OK);
    let problem = ask("rebound.attacker.test:8080").send().await.problem(421, "wrong-host");
    assert_eq!(problem["allowed"][0], "localhost:8080");
    ask("localhost:9999").send().await.problem(421, "wrong-host");
}
