//! What is no more is not shown as missing: parts that nobody watches, devices that left their edge's table.

use strongroom_hub::incident::Severity;
use strongroom_hub::journal::{Activated, PartBinding};
use strongroom_hub::situation::memory::EdgeMemory;
use strongroom_hub::situation::{Changes, LivenessView};

use crate::samples;
use crate::site::Site;

/// The parts that the configuration names.
fn activate(site: &Site, parts: &[&str]) {
    let binding = |part: &&str| PartBinding {
        part: part.parse().unwrap(),
        name: (*part).to_owned(),
        edges: Vec::new(),
    };
    let activated = Activated { pack: String::new(), parts: parts.iter().map(binding).collect() };
    site.commit(&Changes { activated: Some(activated), ..Changes::default() });
}

async fn listed(site: &Site) -> Vec<(String, String)> {
    let page = site.get("/api/v1/parts").await.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| (text(&part["id"]), text(&part["presence"])))
        .collect()
}

async fn page(site: &Site) -> String {
    let session = site.session(&site.supervisor).await;
    site.ask(axum::http::Method::GET, "/").header("cookie", &session).send().await.text
}

#[tokio::test]
async fn a_part_that_nobody_names_or_serves_is_neither_listed_nor_counted() {
    let site = Site::new();
    site.part(0, "doc", "Document room", LivenessView::Live);
    // As an edge leaves it that reported before it was registered.
    site.commit(&Changes { parts: vec![samples::part(1, "edge-2", "edge-2")], ..Changes::default() });
    activate(&site, &["doc"]);
    assert_eq!(listed(&site).await, [("doc".to_owned(), "registered".to_owned())]);
    let shown = page(&site).await;
    assert!(shown.contains("The part reports") && !shown.contains("part-edge-2"), "{shown}");

    // Somebody has to close what is open there; it is missed all the same by nobody.
    site.incident(1, "edge-2", Severity::P2);
    assert_eq!(listed(&site).await[1], ("edge-2".to_owned(), "former".to_owned()));
    let shown = page(&site).await;
    assert!(shown.contains("The part reports") && shown.contains("Former part"), "{shown}");
    assert!(!shown.contains("Not reporting"), "{shown}");
}

#[tokio::test]
async fn a_named_part_without_any_edge_is_missing() {
    let site = Site::new();
    site.commit(&Changes { parts: vec![samples::part(0, "doc", "Document room")], ..Changes::default() });
    activate(&site, &["doc"]);
    assert_eq!(listed(&site).await, [("doc".to_owned(), "registered".to_owned())]);
    assert!(page(&site).await.contains("1 of 1 parts not reporting"));
}

#[tokio::test]
async fn an_unregistered_edge_has_a_part_until_it_is_silent() {
    let site = Site::new();
    site.part(0, "doc", "Document room", LivenessView::Live);
    site.commit(&Changes { parts: vec![samples::part(1, "edge-9", "edge-9")], ..Changes::default() });
    let heard = |liveness| {
        let mut edge = samples::edge("edge-9", "edge-9", liveness);
        edge.registered = false;
        site.commit(&Changes { edges: vec![(edge, EdgeMemory::default())], ..Changes::default() });
    };
    heard(LivenessView::Live);
    assert_eq!(listed(&site).await[1], ("edge-9".to_owned(), "unregistered".to_owned()));
    assert!(page(&site).await.contains("All 2 parts report"));
    heard(LivenessView::Silent);
    assert_eq!(listed(&site).await.len(), 1);
    assert!(page(&site).await.contains("The part reports"));
}

#[tokio::test]
async fn a_device_that_left_its_edges_table_is_gone() {
    let site = Site::new();
    site.part(0, "doc", "Document room", LivenessView::Live);
    let devices = async || {
        let part = site.get("/api/v1/parts/doc").await.json();
        let id = |device: &serde_json::Value| device["id"].as_str().unwrap().to_owned();
        part["devices"].as_array().unwrap().iter().map(id).collect::<Vec<_>>()
    };
    assert!(devices().await.contains(&"panel-1".to_owned()));
    let mut part = samples::part(0, "doc", "Document room");
    let layout = part.layout.as_mut().unwrap();
    let panel = layout.devices.iter().position(|row| row.device.as_str() == "panel-1").unwrap();
    let points = layout.points.iter_mut().filter(|row| row.device as usize == panel);
    points.for_each(|row| row.retired = true);
    site.commit(&Changes { parts: vec![part], ..Changes::default() });
    assert!(!devices().await.contains(&"panel-1".to_owned()));
    assert!(!page(&site).await.contains("panel 1"));
}
