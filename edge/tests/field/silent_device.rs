//! A device that says nothing delays only itself.

use strongroom_edge::field::ScanFailure;

use crate::device::{Device, Does};
use crate::rig::{Entry, Rig, contact, words};

const SILENT: usize = 0;
const GOOD: usize = 1;

#[tokio::test]
async fn a_silent_device_does_not_delay_the_other() {
    let silent = Device::start(|_| Does::Nothing).await;
    let good = Device::start(|asked| Does::Answer(words(7, asked.transaction, 0))).await;
    let entries = [Entry { timeout: "30s", ..Entry::at(silent.address) }, Entry::at(good.address)];
    let mut rig = Rig::start(&entries);
    for _ in 0..25 {
        let scan = rig.scan().await;
        assert_eq!(scan.device, GOOD, "the silent one is still waited for");
        assert_eq!(contact(&scan.outcome.unwrap()), 0);
    }
    assert_eq!(silent.asked().len(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn silence_ends_in_a_time_out_and_a_new_connection() {
    let silent = Device::start(|_| Does::Nothing).await;
    let good = Device::start(|asked| Does::Answer(words(7, asked.transaction, 0))).await;
    let entries = [Entry { timeout: "200ms", ..Entry::at(silent.address) }, Entry::at(good.address)];
    let mut rig = Rig::start(&entries);
    let mut timeouts = 0;
    while timeouts < 3 {
        let scan = rig.scan().await;
        match (scan.device, scan.outcome) {
            (SILENT, Err(ScanFailure::Timeout { waited_ms: 200 })) => timeouts += 1,
            (GOOD, Ok(_)) => {}
            (device, outcome) => panic!("device {device}: {outcome:?}"),
        }
    }
    let connections: Vec<usize> = silent.asked().iter().map(|asked| asked.connection).collect();
    assert_eq!(connections[..3], [0, 1, 2], "no second question on a connection with an open one");
    rig.stop().await;
}
