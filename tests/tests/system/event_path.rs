//! What happens in a room becomes the right incident on the live stream, and what is in order becomes none: simulated
//! devices, real edge, real hub.

use serde_json::Value;
use strongroom_tests::rules::GRANT_EXCUSES_MS;
use strongroom_tests::stream::StreamEvent;
use strongroom_tests::wait::until;
use strongroom_tests::watched_room::WatchedRoom;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_break_in_is_told_and_an_entry_is_not() {
    let room = WatchedRoom::start().await;
    let (site, field) = (&room.site, &room.field);
    let mut stream = site.stream().await;

    // Somebody who may comes in and goes.
    field.act("door-1", "grant 4711");
    room.becomes("door-1:lock", "unlocked").await;
    field.act("door-1", "open");
    room.becomes("door-1:contact", "open").await;
    field.act("door-1", "close");
    room.becomes("door-1:contact", "closed").await;
    field.act("cabinet-1", "open 7");
    room.becomes("cabinet-1:bolt", "retracted").await;
    field.act("cabinet-1", "close");
    room.becomes("cabinet-1:bolt", "extended").await;
    credential_is_old(&room).await;
    assert!(rules(&room).await.is_empty(), "an entry in order was told");

    // The door is forced by day.
    field.act("door-1", "force");
    let forced = stream.incident("R-01").await;
    assert_eq!(facts(&forced), ("edge-1:door-1", "P2", "unacknowledged"), "{forced}");
    field.act("door-1", "close");
    room.becomes("door-1:contact", "closed").await;

    // The room is set: the same again is graver, and the cabinet may not be opened.
    field.act("panel-1", "set 12");
    room.becomes("edge:arming", "set").await;
    field.act("door-1", "force");
    let graver = |event: &StreamEvent| event.data["rule"] == "R-01" && event.data["severity"] == "P1";
    let graver = stream.find("the forced door to be graver while set", graver).await.data;
    assert_eq!(graver["id"], forced["id"]);
    field.act("cabinet-1", "force");
    assert_eq!(facts(&stream.incident("R-07").await), ("edge-1:cabinet-1", "P1", "unacknowledged"));
    field.act("panel-1", "cover on");
    assert_eq!(facts(&stream.incident("R-12").await), ("edge-1:panel-1", "P1", "unacknowledged"));

    let mut rules = rules(&room).await;
    // The forced door stands open meanwhile, perhaps long enough.
    rules.retain(|rule| rule != "R-02");
    assert_eq!(rules, ["R-01", "R-07", "R-12"], "nothing else happened");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_door_that_stays_open_and_a_device_that_is_gone_are_told() {
    let room = WatchedRoom::start().await;
    let (site, field) = (&room.site, &room.field);
    let mut stream = site.stream().await;

    field.act("cabinet-1", "disconnect");
    field.act("door-1", "grant 4711");
    room.becomes("door-1:lock", "unlocked").await;
    field.act("door-1", "open");
    let held = stream.incident("R-02").await;
    assert_eq!(facts(&held), ("edge-1:door-1", "P3", "unacknowledged"));
    let held_longer = stream.incident("R-02").await;
    assert_eq!((&held_longer["id"], &held_longer["severity"]), (&held["id"], &"P2".into()));
    field.act("door-1", "close");
    let id = held["id"].as_str().unwrap();
    let shut = site.api().incident_in_state(id, "cleared_unacknowledged").await;
    assert_eq!(shut["occurrences"], 1);

    let lost = stream.incident("R-16").await;
    assert_eq!(facts(&lost), ("edge-1:cabinet-1", "P3", "unacknowledged"));
    let bolt = room.point("cabinet-1:bolt").await;
    assert_eq!(
        (&bolt["quality"], &bolt["text"]),
        (&"comm_failure".into(), &"extended".into()),
        "never shown as normal"
    );
    assert_eq!(room.point("door-1:contact").await["quality"], "good", "the devices beside it are watched");
    field.act("cabinet-1", "restore");
    site.api().incident_in_state(lost["id"].as_str().unwrap(), "cleared_unacknowledged").await;
    room.becomes("cabinet-1:bolt", "extended").await;

    assert_eq!(rules(&room).await, ["R-02", "R-16"], "nothing else happened");
}

/// A granted credential excuses an opening for a while; after that the next one is forced.
async fn credential_is_old(room: &WatchedRoom) {
    until("the granted credential to be too old to excuse anything", async || {
        let access = room.point("door-1:outside.access").await;
        match access["age_ms"].as_i64() {
            Some(age_ms) if age_ms > GRANT_EXCUSES_MS => Ok(()),
            _ => Err(access.to_string()),
        }
    })
    .await;
}

/// The rules of all incidents, sorted.
async fn rules(room: &WatchedRoom) -> Vec<String> {
    let api = room.site.api();
    api.judged().await;
    let mut rules: Vec<String> = api.incidents().await.into_iter().map(|incident| incident.rule).collect();
    rules.sort();
    rules
}

fn facts(incident: &Value) -> (&str, &str, &str) {
    let text = |name: &str| incident[name].as_str().unwrap_or_default();
    (text("subject"), text("severity"), text("state"))
}
