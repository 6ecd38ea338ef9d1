//! Answers that break the protocol are failures of that poll: nothing panics, nothing is guessed, the next connection works.

use strongroom_edge::field::ScanFailure;

use crate::device::{Asked, Device, Does, answer, frame};
use crate::rig::{Entry, Rig, words};

/// Breaks the first connection in one way and answers soundly on the second.
async fn failure_of(breach: impl Fn(Asked) -> Does + Send + Sync + 'static) -> ScanFailure {
    let device = Device::start(move |asked| match asked.connection {
        0 => breach(asked),
        _ => Does::Answer(words(7, asked.transaction, 1)),
    })
    .await;
    let mut rig = Rig::start(&[Entry { timeout: "500ms", ..Entry::at(device.address) }]);
    let failure = rig.failure().await;
    assert_eq!(rig.recovered().await, 1);
    rig.stop().await;
    failure
}

#[tokio::test]
async fn too_few_and_too_many_registers_are_refused() {
    for registers in [0, 1, 8, 10, 125] {
        let failure = failure_of(move |asked| Does::Send(answer(asked, &vec![0x5352; registers]))).await;
        assert!(matches!(failure, ScanFailure::Protocol { .. }), "{registers} registers: {failure}");
    }
}

#[tokio::test]
async fn another_function_code_is_refused() {
    let failure =
        failure_of(|asked| Does::Send(answer(Asked { function: 3, ..asked }, &words(7, 1, 0)))).await;
    assert!(matches!(failure, ScanFailure::Protocol { .. }), "{failure}");
}

#[tokio::test]
async fn what_is_no_modbus_is_refused() {
    let failure = failure_of(|_| Does::Send(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).await;
    // The first six bytes announce more than comes, so this is a silence.
    assert!(matches!(failure, ScanFailure::Timeout { .. } | ScanFailure::Protocol { .. }), "{failure}");
    let failure = failure_of(|asked| Does::Send(frame(asked.transaction, asked.unit, &[]))).await;
    assert!(!matches!(failure, ScanFailure::Foreign(_)), "{failure}");
    let failure = failure_of(|_| Does::Send(vec![0; 7])).await;
    assert!(matches!(failure, ScanFailure::Protocol { .. }), "a frame of no length: {failure}");
}

#[tokio::test]
async fn half_an_answer_is_a_broken_connection() {
    let failure = failure_of(|asked| {
        let mut bytes = answer(asked, &words(7, 1, 0));
        bytes.truncate(14);
        Does::Hang(bytes)
    })
    .await;
    assert!(matches!(failure, ScanFailure::Closed(_)), "{failure}");
    let failure = failure_of(|_| Does::Hang(Vec::new())).await;
    assert!(matches!(failure, ScanFailure::Closed(_)), "{failure}");
}
