//! Records go by age, lane by lane, and the hub is told which; but never because a clock jumped.

use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use strongroom_edge::clock::Clock;
use strongroom_edge::spool::{Entry, Settings, open_on};
use wire::{BootId, ClockState, Gap, GapReason, Lane, Record, Seq, Stamp};

use crate::bench::{ROOMY, Running, entry, numbers, settings, table, verify_chain};
use power_cut::{Disk, Fate};

const HOUR_MS: u64 = 3_600_000;

/// A machine whose clocks the test moves.
struct Machine {
    boot: AtomicU8,
    mono_ms: AtomicU64,
    wall_ms: AtomicI64,
    clock: Mutex<ClockState>,
}

impl Machine {
    fn new(clock: ClockState) -> Arc<Self> {
        Arc::new(Self {
            boot: AtomicU8::new(1),
            mono_ms: AtomicU64::new(1_000),
            wall_ms: AtomicI64::new(1_800_000_000_000),
            clock: Mutex::new(clock),
        })
    }

    fn stamp(&self) -> Stamp {
        Stamp {
            boot: BootId([self.boot.load(Ordering::SeqCst); 16]),
            mono_ms: self.mono_ms.load(Ordering::SeqCst),
            wall_ms: self.wall_ms.load(Ordering::SeqCst),
            clock: *self.clock.lock().unwrap(),
        }
    }

    fn wait(&self, ms: u64) {
        self.mono_ms.fetch_add(ms, Ordering::SeqCst);
        self.wall_ms.fetch_add(ms as i64, Ordering::SeqCst);
    }

    fn reboot(&self, wall_ms_later: i64, clock: ClockState) {
        self.boot.fetch_add(1, Ordering::SeqCst);
        self.mono_ms.store(5_000, Ordering::SeqCst);
        self.wall_ms.fetch_add(wall_ms_later, Ordering::SeqCst);
        *self.clock.lock().unwrap() = clock;
    }

    fn spool(self: &Arc<Self>, disk: &Disk) -> Running {
        let machine = Arc::clone(self);
        let clock: Clock = Arc::new(move || machine.stamp());
        let hours = |hours| Duration::from_millis(hours * HOUR_MS);
        let settings = Settings { age_max: [hours(10), hours(2)], ..settings(ROOMY) };
        Running::start(open_on(disk.clone(), settings, &table(3), clock).unwrap())
    }

    fn entry(&self, lane: Lane, number: i64) -> Entry {
        let mut entry = entry(lane, number);
        entry.reading.stamp = self.stamp();
        entry
    }

    /// One envelope in each lane.
    async fn append(&self, spool: &Running, number: i64) {
        spool.append([self.entry(Lane::Routine, number), self.entry(Lane::Urgent, number)]).await;
    }
}

fn spared() -> Disk {
    Disk::new(Vec::new(), Fate::Spared)
}

async fn gaps(spool: &Running) -> Vec<Gap> {
    let records = spool.records(Lane::Urgent).await;
    let gap = |record| match record {
        Record::Gap(gap) => Some(gap),
        _ => None,
    };
    records.into_iter().filter_map(gap).collect()
}

#[tokio::test]
async fn each_lane_keeps_its_own_time_and_what_goes_is_named() {
    let machine = Machine::new(ClockState::Unset);
    let spool = machine.spool(&spared());
    for number in 0..6 {
        machine.append(&spool, number).await;
        machine.wait(HOUR_MS);
    }
    // The last look was at hour 5, when the records of the first three hours were older than two.
    assert_eq!(numbers(&spool.records(Lane::Routine).await), [3, 4, 5]);
    assert_eq!(numbers(&spool.records(Lane::Urgent).await), [0, 1, 2, 3, 4, 5]);
    let routine = spool.all(Lane::Routine).await;
    verify_chain(Lane::Routine, spool.epoch(), &routine);
    let gaps = gaps(&spool).await;
    let mut reached = Seq::FIRST;
    for gap in &gaps {
        assert_eq!((gap.lane, gap.first, gap.reason), (Lane::Routine, reached, GapReason::TooOld));
        reached = gap.next;
    }
    assert_eq!(reached, routine[0].first, "exactly what is missing is named");

    machine.wait(20 * HOUR_MS);
    machine.append(&spool, 6).await;
    assert_eq!(numbers(&spool.records(Lane::Urgent).await), [6]);
    let urgent = spool.records(Lane::Urgent).await;
    assert!(
        urgent.iter().any(|record| matches!(record, Record::Opened(_))),
        "why the epoch began is still told"
    );
    spool.stop().unwrap();
}

#[tokio::test]
async fn what_the_hub_has_goes_without_a_word() {
    let machine = Machine::new(ClockState::Free);
    let spool = machine.spool(&spared());
    machine.append(&spool, 0).await;
    let next = spool.handle.tails().borrow().next;
    for lane in Lane::ALL {
        spool.handle.confirmed(lane, next[lane.index()]).await.unwrap();
    }
    machine.wait(20 * HOUR_MS);
    machine.append(&spool, 1).await;
    assert_eq!(numbers(&spool.records(Lane::Routine).await), [1]);
    assert_eq!(numbers(&spool.records(Lane::Urgent).await), [1]);
    assert_eq!(gaps(&spool).await, []);
    spool.stop().unwrap();
}

/// What the routine lane keeps of a record each of two boots, the first of them taken by a hub or not.
async fn after_a_reboot(taken: bool, before: ClockState, wall_ms_later: i64, after: ClockState) -> Vec<i64> {
    let (machine, disk) = (Machine::new(before), spared());
    let spool = machine.spool(&disk);
    machine.append(&spool, 0).await;
    if taken {
        let next = spool.handle.tails().borrow().next[Lane::Routine.index()];
        spool.handle.confirmed(Lane::Routine, next).await.unwrap();
        machine.append(&spool, 1).await;
    }
    spool.stop().unwrap();
    machine.reboot(wall_ms_later, after);
    let spool = machine.spool(&disk);
    machine.append(&spool, 2).await;
    let kept = numbers(&spool.records(Lane::Routine).await);
    // This boot alone has now lasted for longer than the lane keeps.
    machine.wait(3 * HOUR_MS);
    machine.append(&spool, 3).await;
    assert_eq!(numbers(&spool.records(Lane::Routine).await), [3]);
    spool.stop().unwrap();
    kept
}

#[tokio::test]
async fn no_wall_clock_makes_old_what_the_hub_lacks() {
    use ClockState::{Free, Synchronised, Unset};
    let day_ms = 86_400_000;
    for (before, later_ms, after) in [
        (Synchronised, 9_000 * day_ms, Synchronised),
        (Synchronised, 9_000 * day_ms, Free),
        (Unset, 9_000 * day_ms, Synchronised),
        (Synchronised, day_ms, Unset),
        (Synchronised, -day_ms, Synchronised),
    ] {
        let kept = after_a_reboot(false, before, later_ms, after).await;
        assert_eq!(kept, [0, 2], "{before:?} {later_ms} {after:?}");
        let kept = after_a_reboot(true, before, later_ms, after).await;
        assert!(kept.ends_with(&[1, 2]), "{before:?} {later_ms} {after:?}");
    }
    let day_old = after_a_reboot(true, Synchronised, day_ms, Synchronised).await;
    assert_eq!(day_old, [1, 2], "a copy of what the hub has is a day old");
}
