//! Another device in the place of ours is recognised by its header, and none of its values count.

use strongroom_edge::field::ScanFailure;
use strongroom_edge::field::modbus::header::Mismatch;

use crate::device::{Asked, Device, Does, answer};
use crate::rig::{Entry, Rig, words};

#[tokio::test]
async fn a_foreign_unit_echo_is_foreign_until_the_right_unit_answers() {
    let device = Device::start(|asked| {
        let unit = if asked.connection < 2 { 9 } else { 7 };
        Does::Answer(words(unit, 1, 1))
    })
    .await;
    let mut rig = Rig::start(&[Entry::at(device.address)]);
    for _ in 0..2 {
        let failure = rig.failure().await;
        assert!(matches!(failure, ScanFailure::Foreign(Mismatch::Unit { found: 9, wanted: 7 })), "{failure}");
    }
    assert_eq!(rig.contact().await, 1, "a new connection may lead to the right device");
    rig.stop().await;
}

#[tokio::test]
async fn another_model_at_our_address_is_foreign() {
    let device = Device::start(|_| Does::Answer(vec![0x5352, 1, 1, 7, 1, 0, 0, 0, 1])).await;
    let mut rig = Rig::start(&[Entry::at(device.address)]);
    let failure = rig.failure().await;
    assert!(
        matches!(failure, ScanFailure::Foreign(Mismatch::DeviceType { found: 1, wanted: 3 })),
        "{failure}"
    );
    rig.stop().await;
}

#[tokio::test]
async fn a_foreign_unit_in_the_frame_breaks_the_connection() {
    let device = Device::start(|asked| match asked.connection {
        0 => Does::Send(answer(Asked { unit: 8, ..asked }, &words(7, 1, 1))),
        _ => Does::Answer(words(7, 1, 0)),
    })
    .await;
    let mut rig = Rig::start(&[Entry::at(device.address)]);
    assert!(matches!(rig.failure().await, ScanFailure::Protocol { .. }));
    assert_eq!(rig.contact().await, 0);
    rig.stop().await;
}

#[tokio::test]
async fn a_foreign_device_is_asked_for_nothing_but_its_header() {
    let device = Device::start(|asked| Does::Answer(vec![0x5352; usize::from(asked.count)])).await;
    let entry = Entry { profile: "door-controller", ..Entry::at(device.address) };
    let mut rig = Rig::start(&[entry]);
    assert!(matches!(rig.failure().await, ScanFailure::Foreign(_)));
    assert!(matches!(rig.failure().await, ScanFailure::Foreign(_)));
    assert!(device.asked().iter().all(|asked| asked.start == 0), "{:?}", device.asked());
    rig.stop().await;
}
