//! The power may go at any sync: what was reported durable is there afterwards, in the same bytes, and the chain holds.

use std::collections::HashMap;

use wire::{Gap, Lane, Record, Seq};

use crate::bench::{ROOMY, Running, bulky, numbers, verify_chain};
use power_cut::{Disk, Fate};

/// So little room that envelopes have to go during a run.
const CRAMPED: u64 = 24_000;
const APPENDS: i64 = 24;

/// What a run learnt before its power went.
#[derive(Default)]
struct Witness {
    /// Urgent entries that were reported durable.
    durable: Vec<i64>,
    /// Every envelope that could have been sent.
    seen: HashMap<(Lane, Seq), Vec<u8>>,
}

impl Witness {
    /// Everything readable stands in the bytes in which it stood before.
    async fn look(&mut self, spool: &Running) -> Option<()> {
        for lane in Lane::ALL {
            let limit = strongroom_edge::spool::Limit { envelopes: 1_000, bytes: 1 << 20 };
            for stored in spool.handle.read(lane, Seq::FIRST, limit).await.ok()? {
                let bytes = stored.bytes.to_vec();
                let before = self.seen.insert((lane, stored.first), bytes.clone());
                assert!(
                    before.is_none_or(|before| before == bytes),
                    "{lane} {} changed its bytes",
                    stored.first
                );
            }
        }
        Some(())
    }
}

/// Appends, looks, appends; `None` as soon as the power is gone.
async fn work(spool: &Running, from: i64, witness: &mut Witness) -> Option<()> {
    for number in from..from + APPENDS {
        let entries = vec![bulky(Lane::Urgent, number), bulky(Lane::Routine, number)];
        spool.handle.append(entries).await.ok()?;
        witness.durable.push(number);
        witness.look(spool).await?;
        if number % 5 == 0 {
            let next = spool.handle.tails().borrow().next;
            spool.handle.confirmed(Lane::Routine, Seq(next[1].0 / 2)).await.ok()?;
        }
    }
    Some(())
}

/// Runs until the disk's fate strikes, or to the end.
async fn run(disk: &Disk, bytes_max: u64, from: i64, witness: &mut Witness) {
    if let Ok(spool) = Running::on_disk(disk.clone(), bytes_max) {
        let _ = work(&spool, from, witness).await;
        let _ = spool.stop();
    }
}

async fn check(disk: &Disk, bytes_max: u64, witness: &mut Witness) {
    let spool = Running::on_disk(disk.clone(), bytes_max).expect("a spool opens after a power cut");
    for lane in Lane::ALL {
        verify_chain(lane, spool.epoch(), &spool.all(lane).await);
    }
    witness.look(&spool).await.unwrap();
    let urgent = spool.records(Lane::Urgent).await;
    let kept = numbers(&urgent);
    let given_up = urgent.iter().filter_map(|record| match record {
        Record::Gap(Gap { lane: Lane::Urgent, first, next, .. }) => Some(next.0 - first.0),
        _ => None,
    });
    let given_up: u64 = given_up.sum();
    let lost: Vec<_> = witness.durable.iter().filter(|number| !kept.contains(number)).collect();
    assert!(lost.len() as u64 <= given_up, "{lost:?} were durable and are gone without a gap");
    spool.stop().unwrap();
}

async fn cut_at_every_sync(bytes_max: u64) {
    let whole = Disk::new(Vec::new(), Fate::Spared);
    run(&whole, bytes_max, 0, &mut Witness::default()).await;
    let syncs = whole.syncs();
    assert!(syncs > 50, "the run was meant to sync often, not {syncs} times");
    for at_sync in 1..=syncs {
        for seed in [1, 2] {
            let mut witness = Witness::default();
            let disk = Disk::new(Vec::new(), Fate::PowerCut { at_sync, seed: seed * 1_000 + at_sync });
            run(&disk, bytes_max, 0, &mut witness).await;
            let opened = Running::on_disk(Disk::new(disk.image(), Fate::Spared), bytes_max);
            let Ok(opened) = opened else {
                // The file was not made yet: the edge sets such a file aside and begins anew.
                assert!(
                    witness.seen.is_empty(),
                    "sync {at_sync}, seed {seed}: the spool does not open again"
                );
                continue;
            };
            opened.stop().unwrap();
            let rebooted = Disk::new(disk.image(), Fate::Spared);
            check(&rebooted, bytes_max, &mut witness).await;
            // It goes on, and still nothing stands in other bytes.
            run(&rebooted, bytes_max, 1_000, &mut witness).await;
            check(&Disk::new(rebooted.image(), Fate::Spared), bytes_max, &mut witness).await;
        }
    }
}

#[tokio::test]
async fn with_room() {
    cut_at_every_sync(ROOMY).await;
}

#[tokio::test]
async fn while_envelopes_are_given_up() {
    cut_at_every_sync(CRAMPED).await;
}
