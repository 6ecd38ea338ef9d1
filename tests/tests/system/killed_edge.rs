//! An edge that is killed at any moment goes on with its spool: what it had made durable arrives, once and without a gap,
//! and nothing is raised because of it.

use std::collections::BTreeSet;

use strongroom_tests::wait::until;
use strongroom_tests::watched_room::{EDGE, Handle, WatchedRoom};

const KILLS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_durable_arrives_once() {
    let mut room = WatchedRoom::start().await;

    // Killed while it works: at once after a change, or when it has been told.
    for (kill, turned) in (0..KILLS).zip(Handle::turns()) {
        let value = room.turn_handle(turned);
        if kill % 3 == 0 {
            room.becomes("door-1:handle", value).await;
        }
        room.edge.kill();
        room.edge.start();
        room.becomes("door-1:handle", value).await;
    }

    // The hub is away, so that everything waits in the spool; then the edge is killed, too.
    let mut expected = handles(&room).await;
    room.site.hub.kill();
    for turned in Handle::turns().take(6) {
        let value = room.turn_handle(turned);
        room.edge.hears("door-1").await;
        expected.push(value.to_owned());
    }
    room.edge.kill();
    room.site.restart_hub().await;
    room.edge.start();
    until("everything that waited in the spool", async || {
        let seen = handles(&room).await;
        if seen == expected { Ok(()) } else { Err(format!("{seen:?} instead of {expected:?}")) }
    })
    .await;

    let records = room.holds_each_record_once().await;
    let epochs: BTreeSet<_> = records.iter().map(|(epoch, _, _)| epoch).collect();
    assert_eq!(epochs.len(), 1, "the spool was never given up");
}

/// The handle's changes, oldest first. An edge that was started anew may say once more what it sees.
async fn handles(room: &WatchedRoom) -> Vec<String> {
    let point = format!("{EDGE}:door-1:handle");
    let events = room.site.api().events(EDGE).await;
    let handles = events.into_iter().rev().filter(|event| event.point == point);
    let mut values: Vec<String> = handles.filter_map(|event| event.text).collect();
    values.dedup();
    values
}
