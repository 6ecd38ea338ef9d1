//! An old copy of an edge's disk comes back: the edge notices that the hub knows more, begins a new epoch and goes on; the
//! hub raises it, because that is also what replacing an edge looks like.

use std::collections::BTreeSet;
use std::fs;

use strongroom_tests::watched_room::{EDGE, Handle, WatchedRoom};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_epoch_begins_and_it_is_told() {
    let mut room = WatchedRoom::start().await;
    room.handle_becomes(Handle::Pressed).await;
    room.edge.stop().await;
    let image = room.site.folder().join("old-spool.redb");
    fs::copy(room.edge.spool(), &image).unwrap();

    room.edge.start();
    for turned in [Handle::Released, Handle::Pressed, Handle::Released] {
        room.handle_becomes(turned).await;
    }
    room.edge.stop().await;
    // Stopping and starting is nothing to tell.
    room.holds_each_record_once().await;
    assert_eq!(epochs(&room).await.len(), 1);

    fs::copy(&image, room.edge.spool()).unwrap();
    room.edge.start();
    room.handle_becomes(Handle::Pressed).await;
    let api = room.site.api();
    let raised = api.incidents_of("R-20", 1).await;
    assert_eq!((raised[0].subject.as_str(), raised[0].severity.as_str()), (EDGE, "P1"));
    assert_eq!(epochs(&room).await.len(), 2);
    room.handle_becomes(Handle::Released).await;
    let records = api.records(EDGE).await;
    assert!(records.values().all(|times| *times == 1), "{records:?}");
    assert_eq!(api.incidents().await.len(), 1, "told once, and no gap beside it");
}

async fn epochs(room: &WatchedRoom) -> BTreeSet<String> {
    room.site.api().events(EDGE).await.into_iter().map(|event| event.epoch).collect()
}
