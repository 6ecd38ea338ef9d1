//! An edge that gives no sign of life is an incident until it does, and what it said last is stale meanwhile.

use strongroom_tests::site::Site;
use strongroom_tests::wait::until;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_is_raised_and_cleared() {
    let site = Site::build().part("room", &["edge-1", "edge-never"]).silent_after("2s").start().await;
    let api = site.api();
    let mut client = site.edge_client("edge-1");
    client.connect_and_deliver().await.unwrap();
    client.heartbeat().await.unwrap();
    client.event("edge:arming", "unset");
    client.event("door-1:contact", "closed");
    client.deliver().await.unwrap();
    liveness(&site, "edge-1", "live").await;
    assert_eq!(api.point("room", "edge-1:door-1:contact").await["quality"], "good");

    // It stays connected and says nothing: silence is judged by what comes, not by the socket.
    liveness(&site, "edge-1", "silent").await;
    let silent = api.incidents_of("R-18", 2).await;
    let subjects: Vec<&str> = silent.iter().map(|incident| incident.subject.as_str()).collect();
    assert!(subjects.contains(&"edge-1"), "{subjects:?}");
    assert!(subjects.contains(&"edge-never"), "an edge that never came is silent, too: {subjects:?}");
    let point = api.point("room", "edge-1:door-1:contact").await;
    assert_eq!(
        (&point["quality"], &point["text"]),
        (&"stale".into(), &"closed".into()),
        "never shown as normal"
    );
    // An arming state that nobody can vouch for counts as set.
    let ours = silent.into_iter().find(|incident| incident.subject == "edge-1").unwrap();
    assert_eq!((ours.severity.as_str(), ours.condition.as_str()), ("P2", "active"));

    client.heartbeat().await.unwrap();
    let cleared = api.incident_in_state(&ours.id, "cleared_unacknowledged").await;
    assert_eq!(cleared["latched"], false);
    liveness(&site, "edge-1", "live").await;
    assert_eq!(api.point("room", "edge-1:door-1:contact").await["quality"], "good");
    assert_eq!(api.incidents_of("R-18", 2).await.len(), 2, "the same incident, not a new one");
}

async fn liveness(site: &Site, edge: &str, wanted: &str) {
    until(&format!("{edge} to be {wanted}"), async || {
        let found = site.api().edge(edge).await;
        if found["liveness"] == wanted { Ok(()) } else { Err(found.to_string()) }
    })
    .await;
}
