//! The driver comes back by itself, asks for reading only, and stops when it is told to.

use std::collections::BTreeSet;
use std::time::Duration;

use strongroom_edge::field::ScanFailure;
use tokio::net::TcpSocket;
use tokio::time::timeout;

use crate::device::{Device, Does};
use crate::rig::{Entry, Rig, words};

#[tokio::test]
async fn a_device_that_is_switched_on_later_is_found() {
    // Bound and not listening: the port is ours, and connections to it are refused.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let mut rig = Rig::start(&[Entry::at(socket.local_addr().unwrap())]);
    for _ in 0..3 {
        assert!(matches!(rig.failure().await, ScanFailure::Connect(_)));
    }
    let _device = Device::on(socket.listen(8).unwrap(), |asked| Does::Answer(words(7, asked.transaction, 1)));
    assert_eq!(rig.recovered().await, 1);
    assert_eq!(rig.contact().await, 1);
    rig.stop().await;
}

#[tokio::test]
async fn a_broken_connection_is_made_anew() {
    let device = Device::start(|asked| match asked.transaction {
        3 => Does::Hang(Vec::new()),
        _ => Does::Answer(words(7, asked.transaction, 0)),
    })
    .await;
    let mut rig = Rig::start(&[Entry::at(device.address)]);
    while device.asked().last().is_none_or(|asked| asked.connection < 3) {
        rig.scan().await;
    }
    rig.stop().await;
}

#[tokio::test]
async fn the_driver_only_ever_reads() {
    let device = Device::start(|asked| {
        let mut answer = vec![0; usize::from(if asked.function == 4 { asked.count } else { 0 })];
        if asked.start == 0 && asked.function == 4 {
            answer[..4].copy_from_slice(&[0x5352, 1, 1, 7]);
        }
        match asked.function {
            4 => Does::Answer(answer),
            // Eight bits: the panel has eight sectors.
            _ => Does::Send(crate::device::frame(asked.transaction, asked.unit, &[asked.function, 1, 0])),
        }
    })
    .await;
    let entry = Entry { profile: "alarm-panel", ..Entry::at(device.address) };
    let mut rig = Rig::start(&[entry]);
    for _ in 0..3 {
        rig.scan().await.outcome.expect("a good scan");
    }
    let functions: BTreeSet<u8> = device.asked().iter().map(|asked| asked.function).collect();
    assert_eq!(functions, BTreeSet::from([2, 4]));
    rig.stop().await;
}

#[tokio::test]
async fn the_shutdown_does_not_wait_for_an_answer() {
    let device = Device::start(|_| Does::Nothing).await;
    let rig = Rig::start(&[Entry { timeout: "30s", ..Entry::at(device.address) }]);
    while device.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    // Much sooner than the answer's time is over.
    timeout(Duration::from_secs(15), rig.stop()).await.expect("the shutdown does not wait");
}
