//! A bookmark is exactly as far as its records, whenever the power goes; and it is there after everything that the spool
//! survives.

use std::time::Duration;

use strongroom_edge::bookmark::{Bookmark, Part};
use strongroom_edge::spool::{Batch, Settings, Wait, open_on};
use tokio::time::timeout;
use wire::resume::Held;
use wire::{DeviceId, Digest, Epoch, Lane, PointTable, Resume, Seq};

use crate::bench::{ROOMY, Running, bulky, clock, entry, numbers, settings, table};
use power_cut::{Disk, Fate};

const SOURCE: &str = "door-1";
const PATIENCE: Duration = Duration::from_secs(30);

fn bookmark(number: i64) -> Bookmark {
    Bookmark::of(&DeviceId::parse(SOURCE).unwrap(), Part::Messages, number.to_be_bytes())
}

/// The number in the bookmark.
fn reached(bookmarks: &[Bookmark]) -> Option<i64> {
    let bookmark = bookmarks.iter().find(|bookmark| &*bookmark.name == SOURCE)?;
    Some(i64::from_be_bytes(bookmark.bytes[..].try_into().unwrap()))
}

/// Entry `number` of a source, in turns urgent, routine, or none at all, and the bookmark behind it.
fn batch(number: i64) -> Batch {
    let entries = match number % 5 {
        0 => vec![bulky(Lane::Urgent, number)],
        1 => vec![],
        2 => vec![bulky(Lane::Routine, number), bulky(Lane::Urgent, number)],
        _ => vec![bulky(Lane::Routine, number)],
    };
    Batch { entries, bookmarks: vec![bookmark(number)], wait: Wait::Urgent }
}

/// Reads the source to its end or until the power goes, several batches in flight; what was reported durable.
async fn read_source(disk: &Disk) -> Option<i64> {
    let spool = Running::on_disk(disk.clone(), ROOMY).ok()?;
    let mut durable = reached(&spool.handle.bookmarks().await.ok()?);
    let from = durable.map_or(0, |number| number + 1);
    for first in (from..from + 30).step_by(3) {
        let mut submitted = Vec::new();
        for number in first..first + 3 {
            submitted.push((number, spool.handle.submit(batch(number)).await));
        }
        for (number, submitted) in submitted {
            let Ok(submitted) = submitted else { break };
            match submitted.durable().await {
                Ok(()) => durable = Some(number),
                Err(_) => break,
            }
        }
    }
    let _ = spool.stop();
    durable
}

/// The bookmark stands where the records end, in both lanes.
async fn check(disk: &Disk, durable: Option<i64>, case: &str) {
    let spool = Running::on_disk(disk.clone(), ROOMY).unwrap();
    let bookmark = reached(&spool.handle.bookmarks().await.unwrap());
    assert!(bookmark >= durable, "{case}: {durable:?} was durable, and the bookmark says {bookmark:?}");
    let passed = 0..bookmark.map_or(0, |number| number + 1);
    let expected = |lane: Lane| {
        let has = move |number: &i64| batch(*number).entries.iter().any(|entry| entry.lane == lane);
        passed.clone().filter(has).collect::<Vec<_>>()
    };
    for lane in Lane::ALL {
        assert_eq!(
            numbers(&spool.records(lane).await),
            expected(lane),
            "{case}: {lane} against {bookmark:?}"
        );
    }
    spool.stop().unwrap();
}

#[tokio::test]
async fn the_bookmark_and_its_records_are_cut_off_together() {
    let whole = Disk::new(Vec::new(), Fate::Spared);
    assert_eq!(read_source(&whole).await, Some(29));
    let syncs = whole.syncs();
    assert!(syncs > 20, "the run was meant to sync often, not {syncs} times");
    for at_sync in 1..=syncs {
        for seed in [1, 2] {
            let disk = Disk::new(Vec::new(), Fate::PowerCut { at_sync, seed: seed * 1_000 + at_sync });
            let durable = read_source(&disk).await;
            let image = disk.image();
            if durable.is_none() && Running::on_disk(Disk::new(image.clone(), Fate::Spared), ROOMY).is_err() {
                // The file was not made yet.
                continue;
            }
            let case = format!("sync {at_sync}, seed {seed}");
            let rebooted = Disk::new(image, Fate::Spared);
            check(&rebooted, durable, &case).await;
            // The source is read on from the bookmark: nothing is missed, and nothing is taken twice.
            let durable = read_source(&rebooted).await;
            check(&rebooted, durable, &case).await;
        }
    }
}

fn patient(routine_interval: Duration) -> Running {
    let settings = Settings { routine_interval, ..settings(ROOMY) };
    let disk = Disk::new(Vec::new(), Fate::Spared);
    Running::start(open_on(disk, settings, &table(3), clock()).unwrap())
}

#[tokio::test]
async fn a_report_without_alarms_waits_for_the_next_commit_and_an_alarm_does_not_wait_for_it() {
    let spool = patient(Duration::from_secs(3_600));
    let routine =
        Batch { entries: vec![entry(Lane::Routine, 1)], bookmarks: vec![bookmark(1)], wait: Wait::Urgent };
    let mut report = Box::pin(spool.handle.submit(routine).await.unwrap().durable());
    spool.handle.append(vec![entry(Lane::Routine, 2)]).await.unwrap();
    assert!(futures_util::FutureExt::now_or_never(&mut report).is_none(), "an hour has not passed");
    assert!(spool.handle.bookmarks().await.unwrap().is_empty());

    timeout(PATIENCE, spool.handle.append(vec![entry(Lane::Urgent, 3)])).await.unwrap().unwrap();
    timeout(PATIENCE, report).await.unwrap().unwrap();
    assert_eq!(reached(&spool.handle.bookmarks().await.unwrap()), Some(1));
    assert_eq!(numbers(&spool.records(Lane::Routine).await), [1, 2]);
    spool.stop().unwrap();
}

#[tokio::test]
async fn a_bookmark_alone_is_durable_when_routine_records_would_be() {
    let spool = patient(Duration::from_millis(50));
    let alone = Batch { bookmarks: vec![bookmark(7)], ..Batch::default() };
    timeout(PATIENCE, spool.handle.append(alone)).await.unwrap().unwrap();
    assert_eq!(reached(&spool.handle.bookmarks().await.unwrap()), Some(7));
    spool.stop().unwrap();
}

#[tokio::test]
async fn who_cannot_wait_has_all_sealed_at_once() {
    let spool = patient(Duration::from_secs(3_600));
    let report = spool.handle.submit(Batch { wait: Wait::All, ..Batch::from(vec![entry(Lane::Routine, 1)]) });
    let report = report.await.unwrap();
    let nothing = Batch { wait: Wait::AllNow, ..Batch::default() };
    timeout(PATIENCE, spool.handle.append(nothing)).await.unwrap().unwrap();
    timeout(PATIENCE, report.durable()).await.unwrap().unwrap();
    assert_eq!(numbers(&spool.records(Lane::Routine).await), [1]);
    spool.stop().unwrap();
}

#[tokio::test]
async fn a_bookmark_beyond_a_limit_is_refused_and_its_records_are_not() {
    let spool = patient(Duration::from_millis(20));
    let too_large = Bookmark { name: SOURCE.into(), bytes: vec![1; Bookmark::BYTES_MAX + 1].into() };
    let batch =
        Batch { entries: vec![entry(Lane::Routine, 1)], bookmarks: vec![too_large], ..Batch::default() };
    timeout(PATIENCE, spool.handle.append(batch)).await.unwrap().unwrap();
    assert!(spool.handle.bookmarks().await.unwrap().is_empty());
    assert_eq!(numbers(&spool.records(Lane::Routine).await), [1]);
    spool.stop().unwrap();
}

#[tokio::test]
async fn bookmarks_go_along_into_a_new_epoch() {
    let disk = Disk::new(Vec::new(), Fate::Spared);
    let spool = Running::on_disk(disk.clone(), ROOMY).unwrap();
    for number in 0..9 {
        spool.handle.append(batch(number)).await.unwrap();
    }
    let held = |next: u64| Held { next: Seq(next), head: Some(Digest([9; 32])) };
    let hub = Resume { epoch: Some(spool.epoch()), lanes: [held(5_000), held(5_000)], hub_ms: 0 };
    let before: Epoch = spool.epoch();
    assert_ne!(spool.handle.resume(hub).await.unwrap().epoch, before);
    assert_eq!(reached(&spool.handle.bookmarks().await.unwrap()), Some(8));
    spool.stop().unwrap();
    let spool = Running::on_disk(disk, ROOMY).unwrap();
    assert_eq!(reached(&spool.handle.bookmarks().await.unwrap()), Some(8));
    spool.stop().unwrap();
}

#[tokio::test]
async fn the_queue_in_memory_keeps_bookmarks_too() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Running::on_file(&folder.path().join("missing").join("spool.redb")).unwrap();
    spool.handle.append(batch(3)).await.unwrap();
    assert_eq!(reached(&spool.handle.bookmarks().await.unwrap()), Some(3));
    spool.stop().unwrap();
}

#[tokio::test]
async fn a_device_that_left_the_configuration_leaves_no_bookmark() {
    let disk = Disk::new(Vec::new(), Fate::Spared);
    let spool = Running::on_disk(disk.clone(), ROOMY).unwrap();
    let of = |device: &str, part| Bookmark::of(&DeviceId::parse(device).unwrap(), part, [1]);
    let here = [Part::Messages, Part::Ring("event"), Part::Counts(0)].map(|part| of("door-1", part));
    let gone = [Part::Messages, Part::Ring("event"), Part::Counts(0)].map(|part| of("door-11", part));
    let bookmarks = here.iter().chain(&gone).cloned().collect();
    spool.handle.append(Batch { bookmarks, wait: Wait::AllNow, ..Batch::default() }).await.unwrap();
    spool.stop().unwrap();
    // The table of this start knows door-1 alone; the next one opens what this one wrote.
    for _ in 0..2 {
        let spool = Running::on_disk(disk.clone(), ROOMY).unwrap();
        assert_eq!(spool.handle.bookmarks().await.unwrap(), here);
        spool.stop().unwrap();
    }
    // With its own device gone the same holds, beside another point table.
    let table = PointTable::new(Vec::new(), Vec::new()).unwrap();
    let spool = Running::with_table(disk.clone(), ROOMY, &table).unwrap();
    assert!(spool.handle.bookmarks().await.unwrap().is_empty());
    spool.stop().unwrap();
    let spool = Running::on_disk(disk, ROOMY).unwrap();
    assert!(spool.handle.bookmarks().await.unwrap().is_empty(), "they are gone from the file");
    spool.stop().unwrap();
}
