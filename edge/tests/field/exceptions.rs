//! A device that refuses is told apart from one that is silent, and the connection to it is kept.

use strongroom_edge::field::{ScanFailure, Verdict};

use crate::device::{Device, Does};
use crate::rig::{Entry, Rig, words};

/// Refuses the first two requests.
async fn refusing(code: u8) -> (Device, Rig) {
    let device = Device::start(move |asked| match asked.transaction {
        0 | 1 => Does::Refuse(code),
        _ => Does::Answer(words(7, asked.transaction, 1)),
    })
    .await;
    let rig = Rig::start(&[Entry::at(device.address)]);
    (device, rig)
}

#[tokio::test]
async fn every_exception_has_its_verdict_and_keeps_the_connection() {
    let verdicts = [
        (0x01, Verdict::Misconfigured),
        (0x02, Verdict::Misconfigured),
        (0x03, Verdict::Misconfigured),
        (0x04, Verdict::Defective),
        (0x06, Verdict::Unreached),
        (0x0A, Verdict::Unreached),
        (0x0B, Verdict::Unreached),
        (0x63, Verdict::Unreached),
    ];
    for (code, verdict) in verdicts {
        let (device, mut rig) = refusing(code).await;
        for _ in 0..2 {
            let failure = rig.failure().await;
            assert!(matches!(failure, ScanFailure::Exception(found) if found == code), "{failure}");
            assert_eq!(failure.verdict(), verdict, "exception {code:#04x}");
        }
        assert_eq!(rig.contact().await, 1);
        assert!(device.asked().iter().all(|asked| asked.connection == 0));
        rig.stop().await;
    }
}
