//! Marks are shown beside the value that they belong to: to programs by name, to people in words.

use serde_json::json;
use strongroom_hub::situation::{Changes, LivenessView, PointState};
use wire::{Marks, Quality, Value};

use crate::samples;
use crate::site::Site;

const SUPPLY: usize = 3;

fn site(quality: Quality, marks: Marks) -> Site {
    let site = Site::new();
    site.part(0, "doc", "Document room", LivenessView::Live);
    let mut part = samples::part(0, "doc", "Document room");
    let supply = part.state.points[SUPPLY].clone().unwrap();
    part.state.points[SUPPLY] =
        Some(PointState { value: Some(Value::Number(31.5)), quality, marks, ..supply });
    site.commit(&Changes { parts: vec![part], ..Changes::default() });
    site
}

#[tokio::test]
async fn a_point_names_its_marks() {
    let site = site(Quality::Good, Marks::HIGH.with(Marks::HIGH_HIGH));
    let part = site.get("/api/v1/parts/doc").await.json();
    let marks: Vec<_> =
        part["devices"][0]["points"].as_array().unwrap().iter().map(|point| &point["marks"]).collect();
    assert_eq!(marks, [&json!([]), &json!([]), &json!([]), &json!(["high", "high_high"])]);
}

#[tokio::test]
async fn a_card_says_in_words_what_is_wrong_with_a_value() {
    let card = site(Quality::Good, Marks::HIGH.with(Marks::HIGH_HIGH)).get("/fragments/parts/doc").await.text;
    assert!(card.contains("<em>far too high</em>") && !card.contains("too high, "), "{card}");
    let stuck = site(Quality::Uncertain, Marks::STUCK).get("/fragments/parts/doc").await.text;
    assert!(stuck.contains("<em>uncertain</em>") && stuck.contains("<em>does not move</em>"), "{stuck}");
    let lost = site(Quality::CommFailure, Marks::LOW).get("/fragments/parts/doc").await.text;
    assert!(lost.contains("was 31.5 V, too low"), "{lost}");
}

#[tokio::test]
async fn an_event_names_its_marks() {
    let site = site(Quality::Good, Marks::NONE);
    let event = |marks| samples::marked_contact_event("doc", 1_000, "open", marks);
    site.journal.lock().unwrap().append(&mut event(Marks::MISSED.with(Marks::LATE))).unwrap();
    let events = site.get("/api/v1/events").await.json();
    assert_eq!(events["items"][0]["marks"], json!(["missed", "late"]));
}
