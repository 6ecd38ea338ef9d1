//! A damaged spool file is set aside, never trusted and never in the way.

use std::fs;
use std::path::Path;

use strongroom_edge::spool::{self, Settings, SpoolError};
use wire::heartbeat::Storage;
use wire::{EdgeId, Lane, Opened, OpenedReason, Record};

use crate::bench::{ROOMY, Running, bulky, clock, entry, settings, table};

fn aside(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().contains("damaged")).count()
}

async fn opened(spool: &Running) -> Opened {
    match spool.records(Lane::Urgent).await.remove(0) {
        Record::Opened(opened) => opened,
        other => panic!("{other:?} opens no epoch"),
    }
}

async fn with_content(path: &Path) {
    let spool = Running::on_file(path).unwrap();
    for number in 0..50 {
        spool.append([bulky(Lane::Urgent, number)]).await;
    }
    spool.stop().unwrap();
}

#[tokio::test]
async fn garbage_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.redb");
    fs::write(&path, vec![0x5a; 100_000]).unwrap();
    let spool = Running::on_file(&path).unwrap();
    assert_eq!(opened(&spool).await, Opened { reason: OpenedReason::Damaged, previous: None });
    assert_eq!(spool.handle.status().await.unwrap().storage, Storage::Durable);
    spool.append([entry(Lane::Urgent, 1)]).await;
    spool.stop().unwrap();
    assert_eq!(aside(folder.path()), 1);
}

#[tokio::test]
async fn a_file_that_was_cut_short_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.redb");
    with_content(&path).await;
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let spool = Running::on_file(&path).unwrap();
    assert_eq!(opened(&spool).await.reason, OpenedReason::Damaged);
    spool.stop().unwrap();
    assert_eq!(aside(folder.path()), 1);
}

/// Whatever byte is wrong: the spool opens, or goes aside; it never passes damaged bytes on.
#[tokio::test]
async fn a_wrong_page_never_leaves_the_edge() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.redb");
    with_content(&path).await;
    let whole = fs::read(&path).unwrap();
    let mut set_aside = 0;
    for page in (0..whole.len()).step_by(4_096) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spool.redb");
        let mut bytes = whole.clone();
        bytes[page..page + 4_096].iter_mut().for_each(|byte| *byte ^= 0x11);
        fs::write(&path, &bytes).unwrap();
        let spool = Running::on_file(&path).unwrap();
        let limit = spool::Limit { envelopes: 1_000, bytes: 1 << 20 };
        let read = spool.handle.read(Lane::Urgent, wire::Seq::FIRST, limit).await;
        if let Ok(stored) = read {
            crate::bench::verify_chain(Lane::Urgent, spool.epoch(), &stored);
        }
        let _ = spool.stop();
        set_aside += aside(folder.path());
    }
    assert!(set_aside > 0, "some of these pages were in use");
}

#[tokio::test]
async fn the_spool_of_another_edge_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.redb");
    with_content(&path).await;
    let foreign = Settings { edge: EdgeId::parse("edge-2").unwrap(), ..settings(ROOMY) };
    let error = spool::open(&path, foreign, &table(3), clock()).err().unwrap();
    assert!(matches!(&error, SpoolError::ForeignEdge { found, .. } if found.as_str() == "edge-1"), "{error}");
    assert_eq!(aside(folder.path()), 0);
}

#[tokio::test]
async fn a_spool_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.redb");
    let first = Running::on_file(&path).unwrap();
    assert!(matches!(Running::on_file(&path).err(), Some(SpoolError::InUse { .. })));
    first.stop().unwrap();
}

#[tokio::test]
async fn a_damaged_file_that_cannot_be_set_aside_does_not_stop_the_edge() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.redb");
    fs::write(&path, vec![0x5a; 100_000]).unwrap();
    // No later name is left, and nothing is renamed to that of a folder.
    fs::create_dir(folder.path().join(format!("spool.redb.damaged-{:020}", i64::MAX))).unwrap();
    let spool = Running::on_file(&path).unwrap();
    assert_eq!(spool.handle.status().await.unwrap().storage, Storage::Memory);
    spool.append([entry(Lane::Urgent, 1)]).await;
    spool.stop().unwrap();
    assert_eq!(fs::read(&path).unwrap(), vec![0x5a; 100_000], "it is left as it is");
}
