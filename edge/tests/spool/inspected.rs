//! A spool can be looked at without changing it, closed or not; and never while an edge has it open.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use strongroom_edge::bookmark::Bookmark;
use strongroom_edge::config::SpoolConfig;
use strongroom_edge::spool::{Batch, InspectError, Inspection, Wait, inspect};
use strongroom_edge::spool_report;
use wire::{Lane, OpenedReason, Record, Seq};

use crate::bench::{Running, bulky, edge, entry, stamp};

struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

async fn filled(spool: &Running) {
    for number in 0..30 {
        spool.append([bulky(Lane::Urgent, number)]).await;
    }
    let bookmarks = vec![Bookmark { name: "panel-1\u{1b}[2J".into(), bytes: [1, 2, 3].into() }];
    let batch = Batch { entries: vec![entry(Lane::Routine, 1)], bookmarks, wait: Wait::AllNow };
    spool.handle.append(batch).await.unwrap();
    spool.handle.confirmed(Lane::Urgent, Seq(12)).await.unwrap();
    spool.append([entry(Lane::Urgent, 30)]).await;
}

fn check(inspection: &Inspection, next: [Seq; 2]) {
    assert_eq!(inspection.edge, edge());
    let [urgent, routine] = &inspection.lanes;
    assert_eq!([urgent.next, routine.next], next);
    assert_eq!((urgent.oldest, urgent.confirmed), (Seq::FIRST, Seq(12)));
    assert_eq!((routine.envelopes, routine.confirmed), (1, Seq::FIRST));
    assert!(urgent.envelopes > 30 && urgent.bytes > 30 * 240 && inspection.file_bytes > urgent.bytes);
    assert!(urgent.unconfirmed_at.unwrap().mono_ms > urgent.oldest_at.unwrap().mono_ms);
    assert_eq!((inspection.bookmarks.len(), inspection.gaps.len(), inspection.tables), (1, 0, 1));
}

#[tokio::test]
async fn a_look_changes_nothing_whether_the_file_was_closed_or_not() {
    let folder = Folder::new();
    let (path, killed) = (folder.path("spool.redb"), folder.path("killed.redb"));
    let spool = Running::on_file(&path).unwrap();
    filled(&spool).await;
    let next = spool.handle.tails().borrow().next;
    fs::copy(&path, &killed).unwrap();
    assert!(matches!(inspect(&path), Err(InspectError::Running { .. })));
    spool.stop().unwrap();
    for path in [path, killed] {
        let before = fs::read(&path).unwrap();
        check(&inspect(&path).unwrap(), next);
        check(&inspect(&path).unwrap(), next);
        assert!(fs::read(&path).unwrap() == before, "{} changed", path.display());
        let again = Running::on_file(&path).unwrap();
        assert_eq!(again.handle.tails().borrow().next, next, "the edge goes on as if nobody had looked");
        again.stop().unwrap();
    }
}

#[tokio::test]
async fn what_is_no_spool_is_told_apart() {
    let folder = Folder::new();
    assert!(matches!(inspect(&folder.path("none")), Err(InspectError::Missing { .. })));
    fs::write(folder.path("garbage"), vec![0x5a; 20_000]).unwrap();
    assert!(matches!(inspect(&folder.path("garbage")), Err(InspectError::Read { .. })));
    assert_eq!(fs::read(folder.path("garbage")).unwrap(), vec![0x5a; 20_000]);
}

#[tokio::test]
async fn the_report_tells_it_to_people() {
    let folder = Folder::new();
    let path = folder.path("spool.redb");
    let spool = Running::on_file(&path).unwrap();
    filled(&spool).await;
    spool.stop().unwrap();
    fs::write(folder.path("spool.redb.damaged-00000000000000000007"), "").unwrap();
    let config = SpoolConfig {
        path: path.clone(),
        bytes_max: 4 << 20,
        return_after: Duration::from_secs(180),
        routine_interval: Duration::from_secs(5),
        urgent_age_max: Duration::from_secs(90 * 86_400),
        routine_age_max: Duration::from_secs(14 * 86_400),
    };
    let text = spool_report::text(&inspect(&path).unwrap(), &config, stamp(1_000).wall_ms + 3 * 3_600_000);
    let urgent = text.lines().find(|line| line.starts_with("urgent")).unwrap();
    assert!(urgent.contains("2 h ago") && urgent.ends_with("90 d"), "{text}");
    for expected in ["no checkpoint", "no gap", "1 bookmark(s)", "010203", ".damaged-00000000000000000007"] {
        assert!(text.contains(expected), "{expected} is missing in\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "a name from a device does not steer the terminal");
}

#[tokio::test]
async fn a_file_that_came_back_empty_counts_as_damaged() {
    let folder = Folder::new();
    let path = folder.path("spool.redb");
    fs::write(&path, "").unwrap();
    let spool = Running::on_file(&path).unwrap();
    let first = spool.records(Lane::Urgent).await.remove(0);
    assert!(matches!(first, Record::Opened(opened) if opened.reason == OpenedReason::Damaged));
    spool.stop().unwrap();
    assert_eq!(inspect(&path).unwrap().damaged.len(), 1);
}
