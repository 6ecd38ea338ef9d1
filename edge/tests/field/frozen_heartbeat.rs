//! A device whose program stands still answers as ever; only its heartbeat tells. After three polls its values do not
//! count any more, and after half a minute it is called frozen.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use strongroom_edge::field::{ScanFailure, Verdict};

use crate::device::{Device, Does};
use crate::line::{Line, Says, answer, sections};
use crate::rig::{Entry, PROFILE, Rig, words};

#[tokio::test]
async fn a_heartbeat_that_stands_still_freezes_the_device_until_it_moves_again() {
    let heartbeat = Arc::new(AtomicU16::new(40));
    let shown = Arc::clone(&heartbeat);
    let device = Device::start(move |_| Does::Answer(words(7, shown.load(Ordering::SeqCst), 0))).await;
    let mut rig = Rig::start(&[Entry::at(device.address)]);
    assert_eq!(rig.contact().await, 0);
    assert_eq!(rig.contact().await, 0, "a heartbeat may stand still for a while");
    rig.move_clock(Duration::from_secs(31));
    // Scans that were on their way when the clock moved are still good.
    let frozen = loop {
        if let Err(failure) = rig.scan().await.outcome {
            break failure;
        }
    };
    assert!(matches!(frozen, ScanFailure::Frozen { still_ms } if still_ms >= 30_000), "{frozen}");
    assert!(matches!(rig.failure().await, ScanFailure::Frozen { .. }));
    heartbeat.store(41, Ordering::SeqCst);
    assert_eq!(rig.recovered().await, 0);
    assert_eq!(rig.contact().await, 0);
    assert!(device.asked().iter().all(|asked| asked.connection == 0), "the connection was never at fault");
    rig.stop().await;
}

/// Fails the test unless the values stop to count, and count again once the heartbeat moves.
async fn stands_still_and_moves(mut rig: Rig, heartbeat: &AtomicU16) {
    assert_eq!(rig.contact().await, 0);
    assert_eq!(rig.contact().await, 0, "fast polls find the same word, which rises once a second");
    rig.move_clock(Duration::from_secs(3));
    let failure = loop {
        if let Err(failure) = rig.scan().await.outcome {
            break failure;
        }
    };
    assert!(matches!(failure, ScanFailure::Still { still_ms: 3_000.. }), "{failure}");
    assert_eq!(failure.verdict(), Verdict::Still);
    assert!(matches!(rig.failure().await, ScanFailure::Still { .. }), "no value counts before it moves");
    heartbeat.fetch_add(1, Ordering::SeqCst);
    assert_eq!(rig.recovered().await, 0);
    rig.stop().await;
}

#[tokio::test]
async fn values_behind_a_heartbeat_that_does_not_move_do_not_count() {
    let heartbeat = Arc::new(AtomicU16::new(40));
    let shown = Arc::clone(&heartbeat);
    let device = Device::start(move |_| Does::Answer(words(7, shown.load(Ordering::SeqCst), 0))).await;
    stands_still_and_moves(Rig::start(&[Entry::at(device.address)]), &heartbeat).await;
}

#[tokio::test]
async fn nor_do_they_on_a_bus() {
    let heartbeat = Arc::new(AtomicU16::new(40));
    let shown = Arc::clone(&heartbeat);
    let line = Line::start(move |asked| {
        Says::Now(answer(asked, &words(asked.unit, shown.load(Ordering::SeqCst), 0)))
    });
    let lines = "poll_interval = \"20ms\"\ntimeout = \"20s\"\n";
    stands_still_and_moves(Rig::with(&sections(&line.path, [7], lines), PROFILE), &heartbeat).await;
}
