//! Any bytes as a heartbeat. What is accepted is written and read again as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_wire::Heartbeat;

fuzz_target!(|bytes: &[u8]| {
    let Ok(heartbeat) = Heartbeat::decode(bytes) else { return };
    let again = heartbeat.encode();
    assert!(bytes.len() <= Heartbeat::BYTES_MAX && again.len() <= Heartbeat::BYTES_MAX);
    assert_eq!(Heartbeat::decode(&again).expect("what was accepted is accepted again"), heartbeat);
});
