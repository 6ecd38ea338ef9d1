//! Any bytes as a resume. What is accepted is written and read again as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_wire::Resume;

fuzz_target!(|bytes: &[u8]| {
    let Ok(resume) = Resume::decode(bytes) else { return };
    let again = resume.encode();
    assert!(bytes.len() <= Resume::BYTES_MAX && again.len() <= Resume::BYTES_MAX);
    assert_eq!(Resume::decode(&again).expect("what was accepted is accepted again"), resume);
});
