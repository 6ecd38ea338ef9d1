//! A poll that is answered in part has no values: none is ever told with the age of another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use strongroom_edge::field::ScanFailure;
use wire::Value;

use crate::device::{Device, Does};
use crate::rig::{Entry, Rig};

/// Two points so far apart that each takes a request of its own.
const PROFILE: &str = r#"
name = "far"
[[points]]
name = "near"
kind = "door.contact"
register = 0
[[points]]
name = "far"
kind = "door.lock"
register = 5000
"#;

#[tokio::test]
async fn values_of_one_block_do_not_count_while_another_is_silent_and_all_do_again_when_it_answers() {
    let silent = Arc::new(AtomicBool::new(false));
    let script = Arc::clone(&silent);
    let device = Device::start(move |asked| match asked.start {
        5_000 if script.load(Ordering::SeqCst) => Does::Nothing,
        _ => Does::Answer(vec![1]),
    })
    .await;
    let entry = Entry { timeout: "200ms", ..Entry::at(device.address) };
    let mut rig = Rig::start_by(&[entry], PROFILE);
    let values = |scan: strongroom_edge::field::Scan| -> Vec<Option<Value>> {
        scan.outcome.expect("a good scan").into_iter().map(|sample| sample.value).collect()
    };
    let both = vec![Some(Value::Integer(1)); 2];
    assert_eq!(values(rig.scan().await), both);
    silent.store(true, Ordering::SeqCst);
    let mut failed = 0;
    while failed < 3 {
        match rig.scan().await.outcome {
            Err(ScanFailure::Timeout { .. }) => failed += 1,
            // A poll that was under way before the block fell silent.
            Ok(samples) if failed == 0 => assert_eq!(samples.len(), 2, "never a part of them"),
            outcome => panic!("{outcome:?}"),
        }
    }
    let near = device.asked().iter().filter(|asked| asked.start == 0).count();
    assert!(near > 3, "the other block was read all the while");
    silent.store(false, Ordering::SeqCst);
    let samples = loop {
        if let Ok(samples) = rig.scan().await.outcome {
            break samples;
        }
    };
    assert_eq!(samples.len(), 2);
    rig.stop().await;
}
