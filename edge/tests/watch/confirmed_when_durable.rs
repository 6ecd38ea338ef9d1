//! A PUBACK says that all that follows from the report is on the disk, and its bookmark with it. A report that waits for its
//! PUBACK keeps no alarm waiting.

use std::time::Duration;

use gate::{Arrival, Limits};
use power_cut::{Disk, Fate};
use rumqttc::mqttbytes::v4::Packet;
use wire::Lane;

use crate::rig::{CONTACT, OPEN_TIME, Rig};
use crate::site::Site;
use crate::site::client::{Client, PATIENCE};

const NEVER: Duration = Duration::from_secs(86_400);
const TOPIC: &str = "sr/v1/door-1/report";
const DOOR: usize = 0;
/// What the runs with a power cut send.
const REPORTS: u16 = 12;

fn spared() -> Disk {
    Disk::new(Vec::new(), Fate::Spared)
}

/// Publishes the report and hands it to the watch as the driver would.
async fn report(site: &mut Site, client: &mut Client, rig: &Rig, number: u16, device: usize) {
    client.publish(number, TOPIC, b"").await;
    let confirm = site.delivery().await.confirm;
    rig.report(device, (OPEN_TIME, i64::from(number)), confirm).await;
}

#[tokio::test]
async fn a_routine_report_is_confirmed_with_the_next_commit_and_holds_no_alarm_up() {
    let mut site = Site::start(Limits::default()).await;
    let mut client = site.edge("door-1").await;
    let rig = Rig::start(spared(), NEVER).unwrap();
    for number in 1..=3 {
        report(&mut site, &mut client, &rig, number, DOOR).await;
    }
    let mut tails = rig.spool.tails();
    let before = tails.borrow().next;
    // The alarm of a polled device stands behind reports whose routine records would wait for a day.
    rig.scan(DOOR, (CONTACT, 1), None).await;
    let urgent = tails.wait_for(|tails| tails.next[0] > before[0]);
    tokio::time::timeout(PATIENCE, urgent).await.expect("the alarm is durable in time").unwrap();
    for number in 1..=3 {
        assert_eq!(client.puback().await, number);
    }
    assert_eq!(rig.bookmark().await, Some(3));
    assert_eq!(rig.values(Lane::Routine, OPEN_TIME).await, [1, 2, 3]);
    rig.stop().await;
}

#[tokio::test]
async fn a_report_of_an_unknown_device_is_confirmed_too() {
    let mut site = Site::start(Limits::default()).await;
    let mut client = site.edge("door-1").await;
    let rig = Rig::start(spared(), Duration::from_millis(20)).unwrap();
    report(&mut site, &mut client, &rig, 1, 99).await;
    assert_eq!(client.puback().await, 1);
    assert_eq!(rig.bookmark().await, Some(1));
    rig.stop().await;
}

#[tokio::test]
async fn the_end_confirms_what_is_still_on_its_way() {
    let mut site = Site::start(Limits::default()).await;
    let mut client = site.edge("door-1").await;
    let rig = Rig::start(spared(), NEVER).unwrap();
    report(&mut site, &mut client, &rig, 1, DOOR).await;
    rig.stop().await;
    assert_eq!(client.puback().await, 1);
}

#[tokio::test]
async fn what_was_confirmed_survives_a_power_cut_at_any_sync() {
    let mut site = Site::start(Limits::default()).await;
    let whole = spared();
    let sent = run(&mut site, &whole).await;
    assert_eq!(sent, REPORTS);
    for at_sync in 1..=whole.syncs() {
        let disk = Disk::new(Vec::new(), Fate::PowerCut { at_sync, seed: at_sync });
        let confirmed = run(&mut site, &disk).await;
        let Some(rig) = Rig::start(Disk::new(disk.image(), Fate::Spared), NEVER) else {
            assert_eq!(confirmed, 0, "sync {at_sync}: the spool does not open again");
            continue;
        };
        let kept = rig.values(Lane::Routine, OPEN_TIME).await;
        let bookmark = rig.bookmark().await.unwrap_or(0);
        assert!(
            kept.len() >= usize::from(confirmed),
            "sync {at_sync}: {confirmed} were confirmed, {kept:?} kept"
        );
        assert_eq!(
            kept,
            (1..=bookmark).collect::<Vec<_>>(),
            "sync {at_sync}: the bookmark stands at the end"
        );
        rig.stop().await;
    }
}

/// Sends twelve reports, and an alarm now and then; how many PUBACKs came before the power went.
async fn run(site: &mut Site, disk: &Disk) -> u16 {
    let Some(rig) = Rig::start(disk.clone(), Duration::from_millis(5)) else { return 0 };
    let mut client = site.edge("door-1").await;
    for number in 1..=REPORTS {
        client.publish(number, TOPIC, b"").await;
    }
    for number in 1..=REPORTS {
        let confirm = loop {
            match site.arrival().await {
                Arrival::Published(delivery) => break Some(delivery.confirm),
                // A confirm that was dropped ends its session.
                Arrival::Disconnected { .. } => break None,
                Arrival::Connected { .. } | Arrival::Subscribed { .. } => {}
            }
        };
        let Some(confirm) = confirm else { break };
        rig.report(DOOR, (OPEN_TIME, i64::from(number)), confirm).await;
        if number % 4 == 0 {
            rig.scan(DOOR, (CONTACT, i64::from(number / 4 % 2)), None).await;
        }
    }
    rig.stop().await;
    // By now every confirm is used or dropped: the PUBACKs come, or the session ends.
    let mut confirmed = 0;
    while confirmed < REPORTS
        && let Some(Packet::PubAck(_)) = client.next().await
    {
        confirmed += 1;
    }
    confirmed
}
