//! After a failed fsync the file is left alone, and nobody is told that anything became durable.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use strongroom_edge::clock::Clock;
use strongroom_edge::spool::{self, SpoolError, SpoolGone, StoreError};
use wire::heartbeat::Storage;
use wire::{Lane, OpenedReason, Record};

use crate::bench::{ROOMY, Running, entry, numbers, settings, stamp, table};
use power_cut::{Disk, Fate};

#[tokio::test]
async fn a_failed_sync_stops_the_spool_and_is_never_tried_again() {
    let healthy = Disk::new(Vec::new(), Fate::Spared);
    Running::on_disk(healthy.clone(), ROOMY).unwrap().stop().unwrap();
    let opened = healthy.image();

    for at_sync in 4..8 {
        let disk = Disk::new(opened.clone(), Fate::SyncFails { at_sync });
        let spool = Running::on_disk(disk.clone(), ROOMY).unwrap();
        let mut durable = 0;
        while spool.handle.append(vec![entry(Lane::Urgent, durable)]).await.is_ok() {
            durable += 1;
        }
        assert_eq!(spool.handle.append(vec![entry(Lane::Urgent, durable)]).await, Err(SpoolGone));
        let error = spool.stop().unwrap_err();
        assert!(
            matches!(&error, SpoolError::Storage(StoreError::Commit(_) | StoreError::Write(_))),
            "{error:?}"
        );
        assert_eq!(
            disk.syncs(),
            at_sync,
            "no sync follows the one that failed, not even when the store is closed"
        );

        let again = Running::on_disk(Disk::new(disk.image(), Fate::Spared), ROOMY).unwrap();
        let kept = numbers(&again.records(Lane::Urgent).await);
        assert!(kept.len() as i64 >= durable && kept.iter().copied().eq(0..kept.len() as i64));
        again.stop().unwrap();
    }
}

#[tokio::test]
async fn without_a_file_the_edge_works_from_memory_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Running::on_file(&folder.path().join("missing").join("spool.redb")).unwrap();
    let status = spool.handle.status().await.unwrap();
    assert_eq!(status.storage, Storage::Memory);
    spool.append([entry(Lane::Urgent, 1)]).await;
    let records = spool.records(Lane::Urgent).await;
    assert!(matches!(&records[0], Record::Opened(opened) if opened.reason == OpenedReason::StorageFailed));
    assert_eq!(numbers(&records), [1]);
    spool.stop().unwrap();
}

#[tokio::test]
async fn two_failures_in_a_row_and_the_disk_is_left_alone_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.redb");
    fs::write(folder.path().join("spool.redb.failed-once"), "").unwrap();
    fs::write(folder.path().join("spool.redb.failed-twice"), "").unwrap();
    let spool = Running::on_file(&path).unwrap();
    assert_eq!(spool.handle.status().await.unwrap().storage, Storage::Memory);
    assert!(!path.exists());
    spool.stop().unwrap();
    let spool = Running::on_file(&path).unwrap();
    assert_eq!(spool.handle.status().await.unwrap().storage, Storage::Durable);
    spool.stop().unwrap();
}

#[tokio::test]
async fn a_disk_that_has_worked_for_long_is_forgiven_once() {
    let folder = tempfile::tempdir().unwrap();
    let failed = folder.path().join("spool.redb.failed-once");
    fs::write(&failed, "").unwrap();
    let now_ms = Arc::new(AtomicU64::new(1_000));
    let clock: Clock = {
        let now_ms = Arc::clone(&now_ms);
        Arc::new(move || stamp(now_ms.load(Ordering::SeqCst)))
    };
    let path = folder.path().join("spool.redb");
    let spool = Running::start(spool::open(&path, settings(ROOMY), &table(3), clock).unwrap());
    // A round ends before the next question is answered.
    let round = async || {
        spool.handle.status().await.unwrap();
        spool.handle.status().await.unwrap();
    };
    round().await;
    now_ms.fetch_add(599_000, Ordering::SeqCst);
    round().await;
    assert!(failed.exists());
    now_ms.fetch_add(1_000, Ordering::SeqCst);
    round().await;
    assert!(!failed.exists());
    fs::write(&failed, "").unwrap();
    round().await;
    assert!(failed.exists(), "the disk is not asked for the mark with every round");
    spool.stop().unwrap();
}
