//! An answer that comes late is never taken for the answer to another question.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use strongroom_edge::field::ScanFailure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::device::{Asked, Device, Does, answer};
use crate::rig::{Entry, Rig, words};

const CLOSED: u16 = 0;
const OPEN: u16 = 1;

#[tokio::test]
async fn after_a_time_out_the_old_connection_is_dead_and_its_answer_with_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let entry = Entry { timeout: "1s", ..Entry::at(listener.local_addr().unwrap()) };
    let device = tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.unwrap();
        let mut request = [0; 12];
        first.read_exact(&mut request).await.unwrap();
        // The edge gives up: the end of its stream is the sign. Only then the answer comes, with the open door.
        assert_eq!(first.read(&mut [0; 1]).await.unwrap(), 0, "nothing more is asked on this connection");
        let late = Asked { connection: 0, transaction: 0, unit: 7, function: 4, start: 0, count: 9 };
        // The other side is gone, so this may or may not fail.
        first.write_all(&answer(late, &words(7, 1, OPEN))).await.ok();
        let (mut second, _) = listener.accept().await.unwrap();
        for heartbeat in 2.. {
            if second.read_exact(&mut request).await.is_err() {
                return;
            }
            let transaction = u16::from_be_bytes([request[0], request[1]]);
            second
                .write_all(&answer(Asked { transaction, ..late }, &words(7, heartbeat, CLOSED)))
                .await
                .unwrap();
        }
    });
    let mut rig = Rig::start(&[entry]);
    assert!(matches!(rig.failure().await, ScanFailure::Timeout { waited_ms: 1_000 }));
    for _ in 0..20 {
        assert_eq!(rig.contact().await, i64::from(CLOSED));
    }
    rig.stop().await;
    device.await.unwrap();
}

#[tokio::test]
async fn an_answer_to_another_request_breaks_the_connection() {
    let confused = Arc::new(AtomicBool::new(true));
    let first_time = Arc::clone(&confused);
    let device = Device::start(move |asked| {
        // The third request of the first connection gets the answer of the second one once more.
        if asked.transaction == 2 && first_time.swap(false, Ordering::SeqCst) {
            return Does::Send(answer(Asked { transaction: 1, ..asked }, &words(7, 9, OPEN)));
        }
        Does::Answer(words(7, asked.transaction, CLOSED))
    })
    .await;
    let mut rig = Rig::start(&[Entry::at(device.address)]);
    assert_eq!((rig.contact().await, rig.contact().await), (0, 0));
    assert!(matches!(rig.failure().await, ScanFailure::Protocol { .. }));
    for _ in 0..5 {
        assert_eq!(rig.contact().await, i64::from(CLOSED));
    }
    assert_eq!(device.closed(), [0]);
    assert!(device.asked()[3..].iter().all(|asked| asked.connection == 1));
    rig.stop().await;
}
