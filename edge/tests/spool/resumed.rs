//! The hub says what it holds, and the spool goes on from there: in its epoch, or in a new one if it is an old image.

use strongroom_edge::spool::Positions;
use wire::resume::Held;
use wire::{Digest, Envelope, Epoch, Gap, GapReason, Lane, OpenedReason, Record, Resume, Seq};

use crate::bench::{ROOMY, Running, bulky, edge, entry, numbers, table, verify_chain};
use power_cut::{Disk, Fate};

fn spared(image: Vec<u8>) -> Disk {
    Disk::new(image, Fate::Spared)
}

/// What a hub holds that got everything up to the given numbers of envelopes.
async fn held(spool: &Running, urgent: usize, routine: usize) -> Resume {
    let mut lanes = [Held { next: Seq::FIRST, head: None }; 2];
    for (lane, envelopes) in [(Lane::Urgent, urgent), (Lane::Routine, routine)] {
        if let Some(last) = spool.all(lane).await[..envelopes].last() {
            lanes[lane.index()] = Held { next: last.next, head: Some(Digest::of(&last.bytes)) };
        }
    }
    Resume { epoch: Some(spool.epoch()), lanes, hub_ms: 0 }
}

async fn append(spool: &Running, numbers: std::ops::Range<i64>) {
    for number in numbers {
        spool.append([entry(Lane::Urgent, number), entry(Lane::Routine, number)]).await;
    }
}

const NOTHING: [Held; 2] = [Held { next: Seq::FIRST, head: None }; 2];

#[tokio::test]
async fn the_same_history_goes_on_where_the_hub_stands() {
    let spool = Running::on_disk(spared(vec![]), ROOMY).unwrap();
    append(&spool, 0..10).await;
    let resume = held(&spool, 4, 2).await;
    let expected = Positions { epoch: spool.epoch(), from: resume.lanes.map(|held| held.next) };
    assert_eq!(spool.handle.resume(resume).await.unwrap(), expected);
    assert_eq!(spool.handle.status().await.unwrap().lanes[1].unconfirmed, 8);
    spool.stop().unwrap();
}

#[tokio::test]
async fn a_hub_that_lost_its_tail_is_refilled() {
    let spool = Running::on_disk(spared(vec![]), ROOMY).unwrap();
    append(&spool, 0..10).await;
    let backup = held(&spool, 3, 1).await;
    spool.handle.resume(held(&spool, 8, 8).await).await.unwrap();
    let next = spool.handle.tails().borrow().next;
    spool.handle.confirmed(Lane::Urgent, next[0]).await.unwrap();
    let positions = spool.handle.resume(backup.clone()).await.unwrap();
    assert_eq!(positions.from, backup.lanes.map(|held| held.next));
    spool.stop().unwrap();
}

#[tokio::test]
async fn a_hub_that_knows_nothing_gets_everything() {
    let spool = Running::on_disk(spared(vec![]), ROOMY).unwrap();
    append(&spool, 0..10).await;
    for epoch in [None, Some(Epoch([9; 16]))] {
        let resume = Resume { epoch, lanes: NOTHING, hub_ms: 0 };
        let positions = spool.handle.resume(resume).await.unwrap();
        assert_eq!(positions, Positions { epoch: spool.epoch(), from: [Seq::FIRST; 2] });
    }
    spool.stop().unwrap();
}

/// Records that were confirmed and given up are missing at a hub that came back from a backup; so is the table.
#[tokio::test]
async fn what_a_restored_hub_cannot_get_any_more_is_explained_once() {
    let spool = Running::on_disk(spared(vec![]), 60_000).unwrap();
    for number in 0..300 {
        spool.append([bulky(Lane::Urgent, number), bulky(Lane::Routine, number)]).await;
        let next = spool.handle.tails().borrow().next;
        for lane in Lane::ALL {
            spool.handle.confirmed(lane, next[lane.index()]).await.unwrap();
        }
    }
    let oldest = [spool.all(Lane::Urgent).await[0].first, spool.all(Lane::Routine).await[0].first];
    assert!(oldest.iter().all(|oldest| *oldest > Seq::FIRST));
    let resume = Resume { epoch: None, lanes: NOTHING, hub_ms: 0 };
    let positions = spool.handle.resume(resume.clone()).await.unwrap();
    assert_eq!(positions.from, oldest);
    let records = spool.records(Lane::Urgent).await;
    for lane in Lane::ALL {
        let explained = records.iter().any(|record| {
            matches!(record, Record::Gap(Gap { lane: of, first: Seq::FIRST, next, reason: GapReason::NotKept, .. })
                if *of == lane && *next == oldest[lane.index()])
        });
        assert!(explained, "the missing {lane} records are named");
    }
    assert!(
        records.iter().any(|record| matches!(record, Record::TablePart(_))),
        "the table is written again"
    );
    let count = records.len();
    spool.handle.resume(resume).await.unwrap();
    assert_eq!(spool.records(Lane::Urgent).await.len(), count, "and not on every connect");
    spool.stop().unwrap();
}

#[tokio::test]
async fn an_old_image_begins_a_new_epoch_and_keeps_what_it_saw_since() {
    let disk = spared(vec![]);
    let spool = Running::on_disk(disk.clone(), ROOMY).unwrap();
    append(&spool, 0..10).await;
    let image = disk.image();
    append(&spool, 10..20).await;
    let all = [spool.all(Lane::Urgent).await.len(), spool.all(Lane::Routine).await.len()];
    let hub = held(&spool, all[0], all[1]).await;
    let old_epoch = spool.epoch();
    spool.stop().unwrap();

    // The image comes back, and the edge sees things before it reaches the hub; more than once.
    let disk = spared(image);
    let spool = Running::on_disk(disk.clone(), ROOMY).unwrap();
    append(&spool, 100..103).await;
    spool.stop().unwrap();
    let spool = Running::with_table(disk.clone(), ROOMY, &table(5)).unwrap();
    append(&spool, 103..105).await;
    let head =
        spool.all(Lane::Urgent).await.last().map(|stored| (stored.next, Digest::of(&stored.bytes))).unwrap();

    let positions = spool.handle.resume(hub).await.unwrap();
    assert_ne!(positions.epoch, old_epoch);
    assert_eq!(positions.from, [Seq::FIRST; 2]);
    assert_eq!(spool.epoch(), positions.epoch);
    for lane in Lane::ALL {
        verify_chain(lane, positions.epoch, &spool.all(lane).await);
        let kept = numbers(&spool.records(lane).await);
        assert_eq!(
            kept,
            (100..105).collect::<Vec<_>>(),
            "{lane}: what the hub cannot have is told again, and no more"
        );
    }
    let urgent = spool.all(Lane::Urgent).await;
    match Envelope::decode(&urgent[0].bytes).unwrap().records.remove(0) {
        Record::Opened(opened) => {
            let previous = opened.previous.unwrap();
            assert_eq!((opened.reason, previous.epoch), (OpenedReason::RolledBack, old_epoch));
            assert_eq!((previous.heads[0].next, previous.heads[0].head), head);
        }
        other => panic!("{other:?} opens no epoch"),
    }
    let tables = urgent.iter().map(|stored| Envelope::decode(&stored.bytes).unwrap().header.table);
    assert!(tables.into_iter().any(|version| version == table(3).version()), "readings keep their own table");

    // The new epoch is durable, and goes on like any other.
    append(&spool, 200..201).await;
    spool.stop().unwrap();
    let spool = Running::with_table(disk, ROOMY, &table(5)).unwrap();
    assert_eq!(spool.epoch(), positions.epoch);
    verify_chain(Lane::Urgent, positions.epoch, &spool.all(Lane::Urgent).await);
    assert_eq!(*numbers(&spool.records(Lane::Urgent).await).last().unwrap(), 200);
    spool.stop().unwrap();
}

#[tokio::test]
async fn a_hub_with_another_envelope_at_the_same_number_means_an_old_image() {
    let spool = Running::on_disk(spared(vec![]), ROOMY).unwrap();
    append(&spool, 0..4).await;
    let mut hub = held(&spool, 4, 4).await;
    hub.lanes[1].head = Some(Digest::origin(&edge(), Epoch([3; 16]), Lane::Routine));
    let before = spool.epoch();
    let positions = spool.handle.resume(hub).await.unwrap();
    assert_ne!(positions.epoch, before);
    spool.stop().unwrap();
}
