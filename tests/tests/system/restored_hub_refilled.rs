//! A hub that was restored from an older copy of its data is refilled by its edges: afterwards nothing is missing, and
//! nothing is raised that did not happen.

use std::fs;
use std::path::Path;

use strongroom_tests::site::Site;
use strongroom_tests::wait::until;
use strongroom_tests::watched_room::{EDGE, Handle, WatchedRoom};
use wire::Lane;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edges_send_again_what_a_backup_lacks() {
    let mut site = Site::with_edges(&["edge-1", "edge-2"]).await;
    let mut clients = [site.edge_client("edge-1"), site.edge_client("edge-2")];
    for client in &mut clients {
        client.connect_and_deliver().await.unwrap();
        for number in 0..20 {
            client.event("door-1:handle", if number % 2 == 0 { "yes" } else { "no" });
        }
        client.deliver().await.unwrap();
    }
    site.hub.stop().await;
    let backup = site.folder().join("backup");
    copy_folder(site.hub.data(), &backup);

    site.restart_hub().await;
    for client in &mut clients {
        client.connect().await.unwrap();
        client.event("cabinet-1:bolt", "retracted");
        for number in 0..20 {
            let supply = client.author.event("door-1:supply", &format!("{number}.5"));
            client.write(Lane::Routine, vec![supply]);
        }
        client.deliver().await.unwrap();
    }
    let before = site.api().incidents_of("R-07", 2).await;

    site.hub.stop().await;
    fs::remove_dir_all(site.hub.data()).unwrap();
    copy_folder(&backup, site.hub.data());
    site.restart_hub().await;
    let api = site.api();
    assert_eq!(api.incidents().await, [], "the copy knows nothing of it");

    for client in &mut clients {
        let resume = client.connect().await.unwrap();
        assert!(!client.lost(&resume).is_empty(), "the copy is older than what was confirmed");
        client.deliver().await.unwrap();
    }
    api.judged().await;
    for client in &clients {
        let edge = client.author.edge().as_str();
        let records = api.records(edge).await;
        assert!(records.values().all(|times| *times == 1), "{edge}: {records:?}");
        let mut written = client.events(false);
        written.sort();
        assert_eq!(records.into_keys().collect::<Vec<_>>(), written, "{edge}");
    }
    // The same first record gives the same incident.
    let ids = |incidents: &[strongroom_tests::api::Incident]| {
        let mut ids: Vec<String> = incidents.iter().map(|incident| incident.id.clone()).collect();
        ids.sort();
        ids
    };
    let after = api.incidents_of("R-07", 2).await;
    assert_eq!(ids(&after), ids(&before));
    assert_eq!(api.incidents().await.len(), 2, "no gap and no fork: the history is one");
}

/// The real edge, which has kept what was confirmed and does it by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_edge_refills_the_hub() {
    let mut room = WatchedRoom::start().await;
    room.site.hub.stop().await;
    let backup = room.site.folder().join("backup");
    copy_folder(room.site.hub.data(), &backup);

    room.site.restart_hub().await;
    for turned in [Handle::Pressed, Handle::Released, Handle::Pressed] {
        room.handle_becomes(turned).await;
    }
    let before = room.holds_each_record_once().await;
    room.site.hub.stop().await;
    fs::remove_dir_all(room.site.hub.data()).unwrap();
    copy_folder(&backup, room.site.hub.data());

    room.site.restart_hub().await;
    until("everything that the copy lacks to come again", async || {
        let after = room.site.api().records(EDGE).await;
        let missing = before.iter().filter(|key| !after.contains_key(*key)).count();
        if missing == 0 { Ok(()) } else { Err(format!("{missing} of {} events are missing", before.len())) }
    })
    .await;
    room.handle_becomes(Handle::Released).await;
    room.holds_each_record_once().await;
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
