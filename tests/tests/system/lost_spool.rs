//! An edge whose spool is damaged or gone has lost what the hub had not confirmed. The hub says so, whatever else lies
//! beside the spool, and the edge says so of itself.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde_json::Value;
use strongroom_tests::wait::until;
use strongroom_tests::watched_room::{EDGE, Handle, WatchedRoom};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_spool_is_an_incident_and_so_is_a_deleted_one_after_it() {
    let mut room = WatchedRoom::start().await;
    lose(&mut room, damage).await;
    let text = raised(&room).await;
    assert!(text.contains("damaged and set aside") && text.contains("how many is not known"), "{text}");
    shown(&room, "spool_damaged", "the spool was damaged").await;
    room.handle_becomes(Handle::Pressed).await;

    // The damaged file that was set aside lies there and excuses nothing.
    lose(&mut room, |spool| fs::remove_file(spool).unwrap()).await;
    until("the second loss", async || {
        let text = raised(&room).await;
        if text.contains("spool file is gone") { Ok(()) } else { Err(text) }
    })
    .await;
    shown(&room, "spool_missing", "the spool's file was gone").await;
    room.handle_becomes(Handle::Released).await;
    let api = room.site.api();
    assert_eq!(api.metric("ingest_losses_total").await, 1.0, "since the hub was started again");
    assert_eq!(api.incidents().await.len(), 1, "one matter for one edge, and no fork beside it");
}

/// Something happens while the hub is away; then both are started again, and the spool is not what it was.
async fn lose(room: &mut WatchedRoom, harm: fn(&Path)) {
    room.site.hub.kill();
    for turned in Handle::turns().take(6) {
        room.turn_handle(turned);
        room.edge.hears("door-1").await;
    }
    room.edge.kill();
    harm(&room.edge.spool());
    room.edge.start();
    room.site.restart_hub().await;
}

fn damage(spool: &Path) {
    let mut file = OpenOptions::new().write(true).open(spool).unwrap();
    file.write_all(&vec![0xa7; 20 * 4_096]).unwrap();
}

/// All findings of the one incident.
async fn raised(room: &WatchedRoom) -> String {
    let api = room.site.api();
    let raised = api.incidents_of("R-19", 1).await;
    assert_eq!((raised[0].subject.as_str(), raised[0].severity.as_str()), (EDGE, "P2"));
    api.incident(&raised[0].id).await["events"].to_string()
}

/// The hub lists the loss without an end, and the edge's own status names it.
async fn shown(room: &WatchedRoom, reason: &str, said: &str) {
    let gaps = room.site.api().edge(EDGE).await["gaps"].clone();
    let urgent = |gap: &&Value| gap["reason"] == reason && gap["lane"] == "urgent";
    let gap = gaps.as_array().unwrap().iter().find(urgent).unwrap_or_else(|| panic!("no {reason}: {gaps}"));
    assert!(gap["next"].is_null() && gap["records"].is_null() && gap["from"].is_string(), "{gap}");
    let status = room.edge.status();
    assert!(status["well"] == false && status["warnings"].to_string().contains(said), "{status}");
}
