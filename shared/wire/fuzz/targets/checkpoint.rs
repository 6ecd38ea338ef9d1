//! Any bytes as a checkpoint. What is accepted can be written again by its own parts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_wire::Checkpoint;
use strongroom_wire::checkpoint::Unsigned;

fuzz_target!(|bytes: &[u8]| {
    let Ok(checkpoint) = Checkpoint::decode(bytes) else { return };
    assert!(bytes.len() <= Checkpoint::BYTES_MAX && !checkpoint.signed_bytes().is_empty());
    let again = Unsigned::new(checkpoint.signatory(), checkpoint.heads()).sign(*checkpoint.signature());
    if let Ok(again) = again {
        let again = Checkpoint::decode(&again).expect("what was accepted is accepted again");
        assert_eq!((again.heads(), again.signatory()), (checkpoint.heads(), checkpoint.signatory()));
    }
});
