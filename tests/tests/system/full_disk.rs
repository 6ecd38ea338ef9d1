//! A full disk: nothing is confirmed any more, the hub says so and ends, and with room again nothing that it had confirmed
//! is missing.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use strongroom_tests::site::Site;

const STORAGE_FAILED: i32 = 74;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confirms_stop_at_once_and_nothing_confirmed_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path()) else { return };
    let mut site = Site::build().part("room", &["edge-1"]).data(disk.path.join("hub-data")).start().await;
    let mut client = site.edge_client("edge-1");
    client.connect_and_deliver().await.unwrap();
    write_some(&mut client, 50);
    client.deliver().await.unwrap();

    let filler = disk.fill();
    // The file has some room inside itself; that much may still be confirmed.
    let refused = loop {
        write_some(&mut client, 50);
        if let Err(error) = client.deliver().await {
            break error;
        }
        assert!(client.spool().len() < 100_000, "a full disk takes everything");
    };
    assert_eq!(site.hub.ended().await.code(), Some(STORAGE_FAILED), "{refused}");
    assert!(site.hub.log().contains("No space left on device"), "the log says why");
    let unconfirmed = client.spool().iter().filter(|kept| !kept.confirmed).count();
    assert!(unconfirmed > 0, "what failed was not confirmed");

    std::fs::remove_file(filler).unwrap();
    site.restart_hub().await;
    let resume = client.connect().await.unwrap();
    let lost = client.lost(&resume);
    assert!(lost.is_empty(), "confirmed and lost: {lost:?}");
    client.deliver().await.unwrap();
    let api = site.api();
    let records = api.records("edge-1").await;
    assert!(records.values().all(|times| *times == 1));
    assert_eq!(records.len(), client.events(false).len());
    api.judged().await;
    assert_eq!(api.incidents().await, []);
    site.hub.kill();
}

fn write_some(client: &mut strongroom_tests::edge_client::EdgeClient, envelopes: usize) {
    for number in 0..envelopes {
        client.event("door-1:handle", if number % 2 == 0 { "yes" } else { "no" });
    }
}

/// A file system of its own in memory, as small as a hub can begin on.
struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    fn mount(folder: &Path) -> Option<SmallDisk> {
        let path = folder.join("disk");
        std::fs::create_dir(&path).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"]).arg(&path).output();
        match mounted {
            Ok(output) if output.status.success() => Some(SmallDisk { path }),
            Ok(output) => {
                eprintln!(
                    "skipped: no small disk can be mounted here: {}",
                    String::from_utf8_lossy(&output.stderr)
                );
                None
            }
            Err(error) => {
                eprintln!("skipped: there is no `mount` here: {error}");
                None
            }
        }
    }

    /// Somebody else takes all the room.
    fn fill(&self) -> PathBuf {
        let path = self.path.join("somebody-elses-file");
        let mut file = File::create(&path).unwrap();
        let mut piece = vec![0; 64 * 1024];
        while !piece.is_empty() {
            if file.write_all(&piece).is_err() {
                let half = piece.len() / 2;
                piece.truncate(half);
            }
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // A hub that still runs on it would keep it busy; it is detached then.
        drop(Command::new("umount").arg("-l").arg(&self.path).status());
    }
}
