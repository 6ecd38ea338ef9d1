//! A device whose program stands still answers as ever; only its heartbeat tells.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use strongroom_edge::field::ScanFailure;

use crate::device::{Device, Does};
use crate::rig::{Entry, Rig, words};

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
