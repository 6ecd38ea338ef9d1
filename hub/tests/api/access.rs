//! Nobody gets in without a token, a session is only what its token is, and guessing is braked.

use axum::http::{Method, StatusCode};
use strongroom_hub::access::{TokenStore, Tokens};
use strongroom_hub::api;

use crate::ask::LOOPBACK;
use crate::site::Site;

#[tokio::test]
async fn every_route_that_is_not_open_to_all_asks_for_a_sign_in() {
    let site = Site::new();
    let open = ["/", "/signin", "/signout", "/assets/{file}", "/healthz", "/readyz", "/api/openapi.json"];
    let mut asked = 0;
    for route in api::listed_routes(&site.state) {
        if open.contains(&route.path) {
            continue;
        }
        let method = route.method.to_uppercase().parse::<Method>().unwrap();
        let path = route.path.replace("{id}", "x");
        let answer = site.ask(method, &path).header("origin", "https://hub.test").send().await;
        answer.problem(401, "not-signed-in");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
        asked += 1;
    }
    assert!(asked >= 18, "only {asked} routes are guarded");
}

#[tokio::test]
async fn a_token_lets_in_and_a_wrong_one_does_not_fall_back_to_the_cookie() {
    let site = Site::new();
    assert_eq!(site.get("/api/v1/parts").await.status, StatusCode::OK);
    let cookie = site.session(&site.observer).await;
    let with_cookie = || site.ask(Method::GET, "/api/v1/parts").header("cookie", &cookie);
    assert_eq!(with_cookie().send().await.status, StatusCode::OK);
    with_cookie().token("srt_wrong").send().await.problem(401, "not-signed-in");
    with_cookie().header("authorization", "Basic eDp5").send().await.problem(401, "not-signed-in");
}

#[tokio::test]
async fn the_session_cookie_is_out_of_reach_for_scripts_and_other_sites() {
    let site = Site::new();
    let secure = site.sign_in(&site.supervisor).await;
    assert_eq!(secure.header("location"), "/");
    let cookie = secure.header("set-cookie");
    assert!(cookie.starts_with("strongroom_session="), "{cookie}");
    for attribute in ["; HttpOnly", "; SameSite=Strict", "; Path=/", "; Secure"] {
        assert!(cookie.contains(attribute), "{attribute} is missing in {cookie}");
    }
    let plain = site
        .ask(Method::POST, "/signin")
        .peer(LOOPBACK)
        .header("host", "localhost:8080")
        .header("origin", "http://localhost:8080")
        .form(&format!("token={}", site.supervisor))
        .send()
        .await;
    let cookie = plain.header("set-cookie");
    assert!(
        !cookie.contains("Secure") && cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict")
    );
}

#[tokio::test]
async fn signing_out_ends_the_session_itself() {
    let site = Site::new();
    let cookie = site.session(&site.observer).await;
    let out =
        site.ask(Method::POST, "/signout").header("cookie", &cookie).header("origin", "https://hub.test");
    let out = out.send().await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    let after = site.ask(Method::GET, "/api/v1/parts").header("cookie", &cookie).send().await;
    after.problem(401, "not-signed-in");
}

#[tokio::test]
async fn a_revoked_token_takes_its_sessions_with_it() {
    let site = Site::new();
    let cookie = site.session(&site.observer).await;
    let (file, now_s) = (site.path("tokens.json"), runtime::clock::wall_ms() / 1_000);
    let principal = Tokens::load(&file).unwrap().authenticate(&site.observer, now_s).unwrap();
    TokenStore::new(&file).revoke(&principal.token_id, now_s).unwrap();
    site.state.doorkeeper.refresh_now();
    let after = |ask: crate::ask::Ask| async { ask.send().await.problem(401, "not-signed-in") };
    after(site.ask(Method::GET, "/api/v1/parts").header("cookie", &cookie)).await;
    after(site.ask(Method::GET, "/api/v1/parts").token(&site.observer)).await;
    assert_eq!(site.get("/api/v1/parts").await.status, StatusCode::OK);
}

#[tokio::test]
async fn wrong_tokens_are_braked_and_a_valid_one_from_the_same_address_never_is() {
    let site = Site::new();
    let guess = || site.ask(Method::GET, "/api/v1/parts").token("srt_guess").send();
    for _ in 0..10 {
        guess().await.problem(401, "not-signed-in");
    }
    let braked = guess().await;
    braked.problem(429, "too-many-attempts");
    let wait: u32 = braked.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait));
    let form = site.sign_in("srt_guess").await;
    assert_eq!(form.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(form.text.contains("Too many failed sign-ins"), "{}", form.text);
    assert_eq!(site.get("/api/v1/parts").await.status, StatusCode::OK);
    let cookie = site.session(&site.supervisor).await;
    let with_cookie = site.ask(Method::GET, "/api/v1/parts").header("cookie", &cookie);
    assert_eq!(with_cookie.send().await.status, StatusCode::OK);
    guess().await.problem(429, "too-many-attempts");
    let elsewhere = site.ask(Method::GET, "/api/v1/parts").peer(LOOPBACK).header("host", "localhost:8080");
    elsewhere.token("srt_guess").send().await.problem(401, "not-signed-in");
}

#[tokio::test]
async fn a_wrong_token_gets_the_form_again_with_a_reason() {
    let site = Site::new();
    let answer = site.sign_in("srt_nonsense").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.text.contains("This token is not valid."));
    assert!(!answer.text.contains("srt_nonsense"));
    assert!(!answer.headers.contains_key("set-cookie"));
}

#[tokio::test]
async fn an_observer_reads_and_changes_nothing() {
    let site = Site::new();
    let id = site.incident(1, "doc", strongroom_hub::incident::Severity::P2).id;
    let observer = |method, path: &str| site.ask(method, path).token(&site.observer);
    assert_eq!(observer(Method::GET, &format!("/api/v1/incidents/{id}")).send().await.status, StatusCode::OK);
    for (action, body) in [("acknowledge", "{}"), ("close", r#"{"cause":"test"}"#)] {
        let path = format!("/api/v1/incidents/{id}/{action}");
        let problem = observer(Method::POST, &path).json(body).send().await.problem(403, "not-permitted");
        assert!(problem["detail"].as_str().unwrap().contains("supervisor"), "{problem}");
    }
    assert!(site.state.store.incident(&id).unwrap().unwrap().acknowledged.is_none());
}

#[tokio::test]
async fn metrics_are_for_this_machine_or_for_a_token() {
    let site = Site::new();
    site.ask(Method::GET, "/metrics").send().await.problem(401, "not-signed-in");
    let local =
        site.ask(Method::GET, "/metrics").peer(LOOPBACK).header("host", "127.0.0.1:8080").send().await;
    assert_eq!(local.status, StatusCode::OK);
    let authorised = site.get("/metrics").await;
    assert_eq!(authorised.status, StatusCode::OK);
    assert!(authorised.text.contains("api_requests_total"), "{}", authorised.text);
}
