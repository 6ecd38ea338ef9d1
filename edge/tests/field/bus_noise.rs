//! What is heard on a bus is the answer of the unit that was asked, or it is nothing.

use strongroom_edge::field::modbus::header::Mismatch;
use strongroom_edge::field::{ScanFailure, Verdict};

use crate::line::{Line, Question, Says, answer, refusal, sealed, sections};
use crate::rig::{PROFILE, Rig, words};

const CLOSED: u16 = 0;
const OPEN: u16 = 1;
const NO_RETRY: &str = "poll_interval = \"20ms\"\ntimeout = \"1s\"\nretries = 0\n";

/// A sound answer of the unit that was asked.
fn sound(asked: Question) -> Vec<u8> {
    answer(asked, &words(asked.unit, asked.number as u16, CLOSED))
}

/// A bus whose unit 7 answers the third question with these bytes, and all others soundly.
fn rig(third: impl Fn(Question) -> Vec<u8> + Send + Sync + 'static, lines: &str) -> (Line, Rig) {
    let line =
        Line::start(move |asked| Says::Now(if asked.number == 2 { third(asked) } else { sound(asked) }));
    let rig = Rig::with(&sections(&line.path, [7], lines), PROFILE);
    (line, rig)
}

/// Two good scans, what the third question brings, and good scans again.
async fn third_fails(third: impl Fn(Question) -> Vec<u8> + Send + Sync + 'static) -> ScanFailure {
    let (_line, mut rig) = rig(third, NO_RETRY);
    assert_eq!((rig.contact().await, rig.contact().await), (0, 0));
    let failure = rig.failure().await;
    for _ in 0..3 {
        assert_eq!(rig.contact().await, i64::from(CLOSED), "what is left of it does no harm");
    }
    rig.stop().await;
    failure
}

#[tokio::test]
async fn an_answer_of_another_unit_is_passed_over_and_the_right_one_is_taken() {
    let foreign = |asked: Question| answer(Question { unit: 8, ..asked }, &words(8, 0, OPEN));
    let (line, mut rig) = rig(move |asked| [foreign(asked), sound(asked)].concat(), NO_RETRY);
    for _ in 0..5 {
        assert_eq!(rig.contact().await, i64::from(CLOSED));
    }
    assert!(line.asked().len() >= 5);
    rig.stop().await;
}

#[tokio::test]
async fn an_answer_of_another_unit_alone_is_a_time_out() {
    let failure = third_fails(|asked| answer(Question { unit: 8, ..asked }, &words(8, 0, OPEN))).await;
    assert!(matches!(failure, ScanFailure::Timeout { waited_ms: 1_000 }), "{failure}");
}

#[tokio::test]
async fn broken_frames_bring_no_value() {
    let flip = |asked: Question| {
        let mut bytes = answer(asked, &words(7, 2, OPEN));
        bytes[20] ^= 4;
        bytes
    };
    let failures = [
        third_fails(flip).await,
        third_fails(|asked| answer(asked, &words(7, 2, OPEN))[..15].to_vec()).await,
        third_fails(|_| vec![0x55; 40]).await,
        third_fails(|asked| answer(asked, &words(7, 2, OPEN)[..8])).await,
        third_fails(|asked| answer(Question { function: 3, ..asked }, &words(7, 2, OPEN))).await,
        third_fails(|asked| [answer(asked, &words(7, 2, OPEN)), sound(asked)].concat()).await,
        third_fails(|asked| sealed(vec![7, 4, 0, 0, 0, asked.count as u8])).await,
        third_fails(|_| vec![7; 5_000]).await,
    ];
    for failure in failures {
        assert!(matches!(failure, ScanFailure::Protocol { .. }), "{failure}");
    }
}

#[tokio::test]
async fn one_broken_frame_is_repaired_by_a_retry() {
    let (line, mut rig) = rig(
        |asked| answer(asked, &words(7, 2, OPEN))[..15].to_vec(),
        "timeout = \"1s\"\npoll_interval = \"20ms\"\n",
    );
    for _ in 0..5 {
        assert_eq!(rig.contact().await, i64::from(CLOSED), "no poll failed");
    }
    assert!(line.asked().len() >= 6);
    rig.stop().await;
}

#[tokio::test]
async fn another_device_under_the_same_unit_is_foreign() {
    let failure = third_fails(|asked| answer(asked, &words(9, 2, OPEN))).await;
    assert!(matches!(failure, ScanFailure::Foreign(Mismatch::Unit { found: 9, wanted: 7 })), "{failure}");
}

#[tokio::test]
async fn every_exception_has_its_verdict() {
    let verdicts = [
        (0x01, Verdict::Misconfigured),
        (0x02, Verdict::Misconfigured),
        (0x03, Verdict::Misconfigured),
        (0x04, Verdict::Defective),
        (0x05, Verdict::Unreached),
        (0x06, Verdict::Unreached),
        (0x08, Verdict::Defective),
        (0x0A, Verdict::Unreached),
        (0x0B, Verdict::Unreached),
    ];
    for (code, verdict) in verdicts {
        let failure = third_fails(move |asked| refusal(asked, code)).await;
        assert!(matches!(failure, ScanFailure::Exception(found) if found == code), "{failure}");
        assert_eq!(failure.verdict(), verdict, "exception {code:#04x}");
    }
}
