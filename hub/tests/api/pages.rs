//! The pages carry their headers, escape what they show, and show a person only what he may do.

use axum::http::{Method, StatusCode};
use strongroom_hub::incident::Severity;
use strongroom_hub::situation::{Changes, DeviceRow, LivenessView, PointRow};

use crate::ask::LOOPBACK;
use crate::samples;
use crate::site::Site;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let site = Site::new();
    for path in ["/", "/api/v1/parts", "/nowhere", "/assets/live.js", "/healthz", "/api/openapi.json"] {
        let answer = site.ask(Method::GET, path).send().await;
        assert_eq!(answer.header("content-security-policy"), POLICY, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert!(answer.header("strict-transport-security").starts_with("max-age="));
        let cache = answer.header("cache-control");
        assert!(if path.starts_with("/assets") { cache.contains("max-age=60") } else { cache == "no-store" });
    }
    let refused = site.ask(Method::GET, "/").header("host", "a").peer(LOOPBACK).send().await;
    assert_eq!(refused.header("content-security-policy"), POLICY);
    let plain = site.ask(Method::GET, "/").header("host", "localhost:8080").peer(LOOPBACK).send().await;
    assert!(!plain.headers.contains_key("strict-transport-security"));
}

#[tokio::test]
async fn the_page_holds_nothing_that_the_policy_forbids_and_nothing_from_elsewhere() {
    let site = Site::new();
    site.part(0, "doc", "Document room", LivenessView::Live);
    site.incident(1, "doc", Severity::P1);
    for page in [site.get("/").await.text, site.ask(Method::GET, "/").send().await.text] {
        assert!(page.contains("/assets/strongroom.css"));
        for forbidden in ["<style", " style=", "javascript:", " onclick=", "http://", "https://", "<script>"]
        {
            assert!(!page.contains(forbidden), "the page holds `{forbidden}`");
        }
    }
}

#[tokio::test]
async fn who_is_not_signed_in_sees_the_form_and_nothing_else() {
    let site = Site::new();
    site.part(0, "doc", "Document room", LivenessView::Live);
    let page = site.ask(Method::GET, "/").send().await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("action=\"/signin\"") && !page.text.contains("Document room"));
    let ended = site.ask(Method::GET, "/").header("cookie", "strongroom_session=x").send().await;
    assert!(ended.text.contains("action=\"/signin\""));
}

#[tokio::test]
async fn what_the_page_shows_is_escaped() {
    let site = Site::new();
    site.part(0, "doc", "<script>alert(1)</script>", LivenessView::Live);
    let mut incident = samples::incident(1, "doc", Severity::P1);
    incident.title = "\"><img src=x onerror=alert(1)>".to_owned();
    site.put(incident);
    let page = site.get("/").await.text;
    assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{page}");
    assert!(page.contains("&#60;script&#62;alert(1)") || page.contains("&lt;script&gt;alert(1)"), "{page}");
}

#[tokio::test]
async fn incidents_stand_gravest_first_with_what_the_person_may_do() {
    let site = Site::new();
    site.part(0, "doc", "Document room", LivenessView::Live);
    site.incident(1, "doc", Severity::P3);
    site.incident(2, "doc", Severity::P1);
    let list = site.get("/fragments/incidents").await.text;
    let (p1, p3) = (list.find("incident p1").unwrap(), list.find("incident p3").unwrap());
    assert!(p1 < p3);
    assert!(list.contains("data-title=\"(2) P1 · \""), "{list}");
    assert_eq!(list.matches("/acknowledge\" data-api").count(), 2);
    let observers = site.ask(Method::GET, "/fragments/incidents").token(&site.observer).send().await.text;
    assert!(observers.contains("Door forced") && !observers.contains("<form"), "{observers}");
}

#[tokio::test]
async fn an_empty_hub_says_what_to_do_next() {
    let site = Site::new();
    let page = site.get("/").await.text;
    assert!(page.contains("No open incidents.") && page.contains("No parts yet."), "{page}");
}

#[tokio::test]
async fn a_card_shows_what_people_look_for_and_dates_only_what_is_doubtful() {
    let site = Site::new();
    let mut part = samples::part(0, "doc", "Document room");
    let layout = part.layout.as_mut().unwrap();
    layout.devices.push(DeviceRow {
        edge: "edge-two".parse().unwrap(),
        device: "edge".parse().unwrap(),
        profile: "edge".to_owned(),
    });
    layout.points.push(PointRow {
        device: 2,
        point: "outside.access".parse().unwrap(),
        kind: wire::Kind::EdgeStorage.name().to_owned(),
        retired: false,
    });
    site.part(0, "doc", "Document room", LivenessView::Live);
    site.edge("edge-two", "doc", LivenessView::Live);
    site.commit(&Changes { parts: vec![part], ..Changes::default() });
    let card = site.get("/fragments/parts/doc").await.text;
    let device = |name: &str| {
        let from = card.find(&format!("<section class=\"device\" aria-label=\"{name}")).unwrap();
        card[from..].split_once("</section>").unwrap().0
    };
    assert!(device("door 1 on edge-doc").contains("online"), "{card}");
    let edge = device("edge on edge-two");
    assert!(!edge.contains("link unknown") && edge.contains(">outside access<"), "{edge}");
    let line = |name: &str| {
        let from = card.find(&format!("\">{name}</dt>")).unwrap();
        card[from..].split_once("</dd>").unwrap().0
    };
    assert!(!line("contact").contains("<time") && line("contact").contains("title=\"last heard"), "{card}");
    assert!(line("supply").contains("last heard <time"), "{card}");
}

#[tokio::test]
async fn the_page_can_say_that_it_is_not_live_and_take_a_sign_in_above_the_last_view() {
    let site = Site::new();
    let page = site.get("/").await.text;
    assert!(page.contains("Hub and parts: unknown"), "{page}");
    let again = page.split_once("id=\"sign-in-again\"").unwrap().1.split_once("</form>").unwrap().0;
    assert!(
        again.contains("action=\"/signin\" hidden") && again.contains("The hub was restarted"),
        "{again}"
    );
    let live = site.ask(Method::GET, "/assets/live.js").send().await.text;
    assert!(!live.contains("401) location.reload"), "{live}");
}

#[tokio::test]
async fn a_card_tells_explained_gaps_from_unexplained_ones() {
    let site = Site::new();
    site.part(0, "doc", "Document room", LivenessView::Live);
    let quiet = site.get("/fragments/parts/doc").await.text;
    assert!(!quiet.contains("class=\"gaps\"") && !quiet.contains("do not count"), "{quiet}");
    site.edges(std::iter::once(samples::edge_with_gaps("edge-doc", "doc")));
    let card = site.get("/fragments/parts/doc").await.text;
    let gaps = card.split_once("class=\"gaps\"").unwrap().1.split_once("</details>").unwrap().0;
    assert!(gaps.contains("1 unexplained gap<") && gaps.contains("1 explained gap<"), "{gaps}");
    let (unexplained, explained) = gaps.split_once("</p>").unwrap();
    assert!(unexplained.contains("<p class=\"alert\">Before <time"), "{unexplained}");
    assert!(unexplained.contains("1 urgent record went missing, and nothing explains it"), "{unexplained}");
    assert!(
        explained.contains("<p>Between <time") && explained.contains("10:40:00 UTC</time>"),
        "{explained}"
    );
    assert!(explained.contains("the edge dropped 1,204 routine records: its spool was full"), "{explained}");
    assert!(card.contains("its signatures do not count: they are signed with"), "{card}");
}
