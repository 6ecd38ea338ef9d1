//! Nothing stale or unknown is ever shown as normal, neither to programs nor to people.

use strongroom_hub::situation::LivenessView;

use crate::site::Site;

#[tokio::test]
async fn the_points_of_a_live_edge_are_as_good_as_they_say() {
    let site = Site::new();
    site.part(0, "doc", "Document room", LivenessView::Live);
    let part = site.get("/api/v1/parts/doc").await.json();
    let door = &part["devices"][0];
    let points = door["points"].as_array().unwrap();
    let point = |name: &str| points.iter().find(|point| point["name"] == name).unwrap();
    assert_eq!((&point("contact")["value"], &point("contact")["text"]), (&1.into(), &"open".into()));
    assert_eq!(point("contact")["quality"], "good");
    assert_eq!(point("contact")["time"], "2026-11-22T10:00:01.000Z");
    assert!(point("contact")["age_ms"].is_i64());
    assert_eq!((&point("tamper")["value"], &point("tamper")["quality"]), (&().into(), &"unknown".into()));
    assert_eq!(
        (&point("supply")["unit"], &point("supply")["quality"]),
        (&"V".into(), &"comm_failure".into())
    );
    assert_eq!((&door["link"]["state"], &door["link"]["quality"]), (&"online".into(), &"good".into()));
    assert_eq!((&part["arming"]["state"], &part["arming"]["quality"]), (&"set".into(), &"good".into()));
    assert_eq!((&part["points"], &part["points_not_usable"]), (&5.into(), &2.into()));
}

#[tokio::test]
async fn the_points_of_an_edge_that_is_not_live_are_stale() {
    for liveness in [LivenessView::Silent, LivenessView::Unknown] {
        let site = Site::new();
        site.part(0, "doc", "Document room", liveness);
        let part = site.get("/api/v1/parts/doc").await.json();
        for device in part["devices"].as_array().unwrap() {
            for point in device["points"].as_array().unwrap() {
                let expected = if point["value"].is_null() { "unknown" } else { "stale" };
                assert_eq!(point["quality"], expected, "{point}");
            }
        }
        assert_eq!(part["devices"][0]["link"]["quality"], "stale");
        assert_eq!((&part["arming"]["state"], &part["arming"]["quality"]), (&"set".into(), &"stale".into()));
        assert_eq!(part["points_not_usable"], part["points"]);
    }
}

#[tokio::test]
async fn the_card_of_a_silent_part_says_so_in_words() {
    let site = Site::new();
    site.part(0, "doc", "Document room", LivenessView::Silent);
    let card = site.get("/fragments/parts/doc").await.text;
    for words in
        ["not-reporting", "Not reporting", "silent", "link unknown", "was open", "5 of 5 points not reliable"]
    {
        assert!(card.contains(words), "`{words}` is missing in {card}");
    }
    assert!(!card.contains(">online<") && !card.contains("<b>open"), "{card}");
    let hub = site.get("/fragments/hub").await.text;
    assert!(hub.contains("1 of 1 parts not reporting"), "{hub}");
}
