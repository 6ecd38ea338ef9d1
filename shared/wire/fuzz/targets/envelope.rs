//! Any bytes as an envelope. What is accepted can be filled into envelopes again, and comes out as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use strongroom_wire::Envelope;
use strongroom_wire::envelope::EnvelopeBuilder;

fuzz_target!(|bytes: &[u8]| {
    let Ok(envelope) = Envelope::decode(bytes) else { return };
    assert!(bytes.len() <= Envelope::BYTES_MAX && envelope.records.len() <= Envelope::RECORDS_MAX);
    assert_eq!(envelope.numbered().count() as u64, envelope.next().0 - envelope.header.first.0);

    let mut builder = EnvelopeBuilder::new(envelope.header.clone());
    // The size that the builder keeps free for the array's head may leave the last record of a brimful envelope out.
    let fitted = envelope.records.iter().take_while(|record| builder.push((*record).clone()).is_ok()).count();
    assert!(fitted == envelope.records.len() || bytes.len() + 2 > Envelope::BYTES_MAX);
    let Some(sealed) = builder.seal() else { return };
    let again = Envelope::decode(&sealed.bytes).expect("what was accepted is accepted again");
    assert_eq!(again.header, envelope.header);
    assert_eq!(again.records, envelope.records[..fitted]);
    assert_eq!(sealed.next, again.next());
});
