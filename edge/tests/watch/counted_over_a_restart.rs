//! What a device counts while its edge restarts is an event of the edge's next life, because the number is on the disk with
//! the event that it belongs to. Keeping numbers delays no alarm.

use std::time::Duration;

use power_cut::{Disk, Fate};
use wire::{Lane, Marks};

use crate::rig::{CONTACT, OPEN_TIME, Rig};

const NEVER: Duration = Duration::from_secs(86_400);
const MINUTE: u64 = 60_000;

fn disk(image: Vec<u8>) -> Disk {
    Disk::new(image, Fate::Spared)
}

/// What the spool holds after a life in which a device counted to 40, and another that began so much later.
async fn marks_after(away_ms: u64) -> Vec<Marks> {
    let before = disk(Vec::new());
    let rig = Rig::start_at(MINUTE, before.clone(), NEVER).unwrap();
    rig.counted((CONTACT, 1), 40).await;
    rig.stop().await;
    let rig = Rig::start_at(MINUTE + away_ms, disk(before.image()), NEVER).unwrap();
    rig.counted((CONTACT, 1), 42).await;
    rig.counted((CONTACT, 2), 43).await;
    rig.urgent(CONTACT, 2).await;
    let marks = rig.marks(Lane::Urgent, CONTACT).await;
    rig.stop().await;
    marks
}

#[tokio::test]
async fn a_press_during_a_short_restart_is_an_event() {
    let late = Marks::MISSED.with(Marks::LATE);
    assert_eq!(marks_after(MINUTE).await, [late, Marks::NONE]);
}

#[tokio::test]
async fn what_may_be_an_hour_old_is_no_event() {
    assert_eq!(marks_after(60 * MINUTE).await, [Marks::NONE]);
}

#[tokio::test]
async fn a_number_that_waits_for_routine_records_holds_no_alarm_up() {
    let rig = Rig::start(disk(Vec::new()), NEVER).unwrap();
    rig.counted((OPEN_TIME, 1), 7).await;
    rig.counted((CONTACT, 1), 7).await;
    rig.urgent(CONTACT, 1).await;
    rig.counted((OPEN_TIME, 2), 8).await;
    rig.taken().await;
    rig.counted((CONTACT, 2), 8).await;
    rig.urgent(CONTACT, 2).await;
    rig.stop().await;
}
