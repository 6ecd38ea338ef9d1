//! A serial port may go away and come back, as an adapter does that is pulled.

use strongroom_edge::field::{ScanFailure, Verdict};

use crate::line::{Line, Question, Says, Socket, answer, sections};
use crate::rig::{PROFILE, Rig, words};

const LINES: &str = "poll_interval = \"20ms\"\ntimeout = \"5s\"\n";

fn sound(asked: Question) -> Says {
    Says::Now(answer(asked, &words(asked.unit, asked.number as u16, 1)))
}

#[tokio::test]
async fn while_the_port_is_gone_every_unit_is_unreached_and_afterwards_read_again() {
    let socket = Socket::new();
    let line = Line::start(sound);
    socket.plug(&line);
    let mut rig = Rig::with(&sections(&socket.path(), [3, 4], LINES), PROFILE);
    assert_eq!((rig.contact().await, rig.contact().await), (1, 1));
    socket.unplug();
    drop(line);
    let mut unreached = [0, 0];
    while unreached.iter().any(|times| *times < 3) {
        let scan = rig.scan().await;
        match scan.outcome {
            Ok(_) => assert_eq!(unreached, [0, 0], "nothing is read from a port that is gone"),
            Err(failure) => {
                assert!(matches!(failure, ScanFailure::Port(_)), "{failure}");
                assert_eq!(failure.verdict(), Verdict::Unreached);
                unreached[scan.device] += 1;
            }
        }
    }
    let line = Line::start(sound);
    socket.plug(&line);
    let mut read = [false, false];
    while read.contains(&false) {
        let scan = rig.scan().await;
        read[scan.device] |= scan.outcome.is_ok();
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_port_that_is_no_serial_port_is_an_error_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for path in [file, folder.path().join("nothing")] {
        let mut rig = Rig::with(&sections(&path, [3], LINES), PROFILE);
        let failure = rig.failure().await;
        assert!(matches!(failure, ScanFailure::Port(_)), "{failure}");
        rig.stop().await;
    }
}

#[tokio::test]
async fn a_port_serves_one_program_at_a_time() {
    let line = Line::start(sound);
    let mut first = Rig::with(&sections(&line.path, [3], LINES), PROFILE);
    assert_eq!(first.contact().await, 1);
    let mut second = Rig::with(&sections(&line.path, [4], LINES), PROFILE);
    assert!(matches!(second.failure().await, ScanFailure::Port(_)));
    first.stop().await;
    assert_eq!(second.recovered().await, 1);
    second.stop().await;
}
