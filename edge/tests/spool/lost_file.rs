//! A spool that lost what it held says so truthfully: how it went is remembered beside it, and told by the new epoch and by
//! the status.

use std::fs;
use std::path::Path;

use strongroom_edge::spool::LossKind;
use wire::resume::Held;
use wire::{Digest, Lane, OpenedReason, Record, Resume, Seq};

use crate::bench::{Running, entry};

/// Why the present epoch began, and what the status says was lost.
async fn told(path: &Path) -> (OpenedReason, Option<LossKind>) {
    let spool = Running::on_file(path).unwrap();
    let told = told_by(&spool).await;
    spool.stop().unwrap();
    told
}

async fn told_by(spool: &Running) -> (OpenedReason, Option<LossKind>) {
    let Record::Opened(opened) = spool.records(Lane::Urgent).await.remove(0) else {
        panic!("no epoch opened")
    };
    let loss = spool.handle.status().await.unwrap().loss;
    (opened.reason, loss.map(|loss| loss.kind))
}

#[tokio::test]
async fn damage_and_deletion_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.redb");
    assert_eq!(told(&path).await, (OpenedReason::FirstStart, None));
    assert_eq!(told(&path).await, (OpenedReason::FirstStart, None), "a restart is nothing to tell");
    fs::write(&path, vec![0x5a; 100_000]).unwrap();
    let damaged = (OpenedReason::Damaged, Some(LossKind::Damaged));
    assert_eq!(told(&path).await, damaged);
    assert_eq!(told(&path).await, damaged, "until somebody has looked at it");
    // The damaged file that lies there says nothing about this one.
    fs::remove_file(&path).unwrap();
    assert_eq!(told(&path).await, (OpenedReason::Missing, Some(LossKind::Missing)));
    fs::write(&path, "").unwrap();
    assert_eq!(told(&path).await, damaged, "a file that came back empty");
}

/// The hub's word is about a later epoch, so that it is no help here.
#[tokio::test]
async fn an_image_of_an_epoch_that_was_left_begins_another_one() {
    let folder = tempfile::tempdir().unwrap();
    let (path, image) = (folder.path().join("spool.redb"), folder.path().join("image"));
    let spool = Running::on_file(&path).unwrap();
    let old = spool.epoch();
    spool.append([entry(Lane::Urgent, 1)]).await;
    spool.stop().unwrap();
    fs::copy(&path, &image).unwrap();
    fs::remove_file(&path).unwrap();
    told(&path).await;
    fs::copy(&image, &path).unwrap();
    let spool = Running::on_file(&path).unwrap();
    assert_ne!(spool.epoch(), old, "its numbers were given out");
    assert_eq!(told_by(&spool).await, (OpenedReason::RolledBack, Some(LossKind::RolledBack)));
    let epoch = spool.epoch();
    spool.stop().unwrap();
    let spool = Running::on_file(&path).unwrap();
    assert_eq!(spool.epoch(), epoch, "once");
    spool.stop().unwrap();
}

#[tokio::test]
async fn an_old_image_that_the_hub_finds_out_is_in_the_status() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.redb");
    let spool = Running::on_file(&path).unwrap();
    let held = Held { next: Seq(900), head: Some(Digest([9; 32])) };
    spool.handle.resume(Resume { epoch: Some(spool.epoch()), lanes: [held; 2], hub_ms: 0 }).await.unwrap();
    let rolled_back = (OpenedReason::RolledBack, Some(LossKind::RolledBack));
    assert_eq!(told_by(&spool).await, rolled_back);
    let epoch = spool.epoch();
    spool.stop().unwrap();
    let spool = Running::on_file(&path).unwrap();
    assert_eq!((spool.epoch(), told_by(&spool).await), (epoch, rolled_back));
    spool.stop().unwrap();
}

/// Twice failed, the edge works from memory once; what the file held unsent is there at the next start.
#[tokio::test]
async fn what_is_unsent_in_the_file_outlives_a_time_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spool.redb");
    let spool = Running::on_file(&path).unwrap();
    spool.append([entry(Lane::Urgent, 1)]).await;
    let (epoch, records) = (spool.epoch(), spool.records(Lane::Urgent).await);
    spool.stop().unwrap();
    for mark in ["failed-once", "failed-twice"] {
        fs::write(folder.path().join(format!("spool.redb.{mark}")), "").unwrap();
    }
    assert_eq!(told(&path).await, (OpenedReason::StorageFailed, None));
    let spool = Running::on_file(&path).unwrap();
    assert_eq!((spool.epoch(), spool.records(Lane::Urgent).await), (epoch, records));
    assert_eq!(spool.handle.status().await.unwrap().loss, None);
    spool.stop().unwrap();
}
