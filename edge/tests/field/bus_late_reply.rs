//! On a serial bus too, an answer that comes late is never taken for the answer to another question, although nothing in
//! it tells which question it belongs to.

use std::time::Duration;

use strongroom_edge::field::{Sample, ScanFailure};
use wire::Value;

use crate::line::{Line, Says, answer, sections};
use crate::rig::Rig;

/// Two values so far apart that each has its own question, and both answers look alike but for the value: each register
/// holds its own address.
const TWO_QUESTIONS: &str = r#"
name = "test"
[[points]]
name = "first"
kind = "door.supply"
register = 10
[[points]]
name = "second"
kind = "door.supply"
register = 40
"#;
const LINES: &str = "poll_interval = \"20ms\"\ntimeout = \"1s\"\n";

fn values(samples: &[Sample]) -> Vec<f64> {
    let value = |sample: &Sample| match sample.value {
        Some(Value::Number(value)) => value,
        ref other => panic!("a measure was expected: {other:?}"),
    };
    samples.iter().map(value).collect()
}

#[tokio::test]
async fn a_late_answer_never_becomes_the_value_of_another_register() {
    // Every fifth question is answered when its time is over; with retries the edge asks again right after it.
    let line = Line::start(|asked| {
        let bytes = answer(asked, &[asked.start]);
        if asked.number % 5 == 3 { Says::Late(Duration::from_millis(1_300), bytes) } else { Says::Now(bytes) }
    });
    let mut rig = Rig::with(&sections(&line.path, [7], LINES), TWO_QUESTIONS);
    let mut late = 0;
    while late < 3 {
        match rig.scan().await.outcome {
            Ok(samples) => assert_eq!(values(&samples), [10.0, 40.0]),
            Err(failure) => panic!("one retry was enough: {failure}"),
        }
        late = line.asked().iter().filter(|asked| asked.number % 5 == 3).count();
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_unit_that_is_always_late_never_has_a_value() {
    let line = Line::start(|asked| Says::Late(Duration::from_millis(1_300), answer(asked, &[asked.start])));
    let mut rig = Rig::with(&sections(&line.path, [7], LINES), TWO_QUESTIONS);
    for _ in 0..3 {
        let failure = rig.failure().await;
        assert!(matches!(failure, ScanFailure::Timeout { waited_ms: 1_000 }), "{failure}");
    }
    rig.stop().await;
}
