//! A device is asked once what it is, if that is wanted, and is read whatever it says to that.

use crate::line::{Line, Question, Says, answer, refusal, sealed, sections};
use crate::rig::{PROFILE, Rig, words};

const IDENTIFY: u8 = 0x2B;
const LINES: &str = "poll_interval = \"20ms\"\ntimeout = \"1s\"\nidentify = true\n";

/// How often the unit was asked what it is in ten good polls.
async fn asked_for_identity(says: impl Fn(Question) -> Says + Send + Sync + 'static, lines: &str) -> usize {
    let line = Line::start(move |asked| {
        if asked.function == IDENTIFY {
            return says(asked);
        }
        Says::Now(answer(asked, &words(asked.unit, asked.number as u16, 1)))
    });
    let mut rig = Rig::with(&sections(&line.path, [7], lines), PROFILE);
    for _ in 0..10 {
        assert_eq!(rig.contact().await, 1);
    }
    rig.stop().await;
    line.asked().iter().filter(|asked| asked.function == IDENTIFY).count()
}

#[tokio::test]
async fn it_is_asked_once_and_only_if_wanted() {
    let says = |_| Says::Now(sealed(b"\x07\x2B\x0E\x01\x01\x00\x00\x01\x00\x04Acme".to_vec()));
    assert_eq!(asked_for_identity(says, LINES).await, 1);
    assert_eq!(asked_for_identity(says, &LINES.replace("true", "false")).await, 0);
}

#[tokio::test]
async fn an_identification_in_parts_is_asked_for_part_by_part_but_not_for_ever() {
    let parts = |asked: Question| {
        // The object that is wanted stands behind type and code.
        let [object, _] = asked.count.to_be_bytes();
        let mut part = b"\x07\x2B\x0E\x01\x01\xFF".to_vec();
        part.extend([object.saturating_add(1), 0]);
        Says::Now(sealed(part))
    };
    assert_eq!(asked_for_identity(parts, LINES).await, 4);
}

#[tokio::test]
async fn who_refuses_it_or_is_silent_over_it_is_not_asked_again() {
    assert_eq!(asked_for_identity(|asked| Says::Now(refusal(asked, 1)), LINES).await, 1);
    assert_eq!(asked_for_identity(|_| Says::Nothing, LINES).await, 1);
    assert_eq!(asked_for_identity(|_| Says::Now(vec![0x55; 9]), LINES).await, 1);
}
