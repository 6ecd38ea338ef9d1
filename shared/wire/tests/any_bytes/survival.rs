//! Every decoder gives an answer to every input, and what it accepts is sound: it can be used, written and read again.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use strongroom_wire::envelope::{EnvelopeBuilder, VERSION};
use strongroom_wire::{
    Checkpoint, Envelope, EnvelopeError, Header, Heartbeat, PointTable, Record, Resume, Seq, TableAssembler,
    TablePart, TableVersion, Value,
};

use crate::arbitrary::{damage, envelope, header, heartbeat, resume, table};

/// What was accepted is written again as the same meaning. Foreign encoders may have used longer forms than ours, so
/// the bytes may differ; ours are never longer, and an envelope that fitted still fits.
fn accepted_envelope_is_sound(envelope: &Envelope, bytes: &[u8]) {
    assert!(bytes.len() <= Envelope::BYTES_MAX && envelope.records.len() <= Envelope::RECORDS_MAX);
    assert_eq!(envelope.next(), envelope.header.first.after(envelope.records.len()).unwrap());
    assert_eq!(envelope.numbered().map(|(seq, _)| seq).min(), Some(envelope.header.first));
    for offset_ms in [i32::MIN, 0, i32::MAX] {
        envelope.header.stamp(offset_ms);
    }
    if bytes.len() < Envelope::BYTES_MAX / 2 {
        let mut builder = EnvelopeBuilder::new(envelope.header.clone());
        envelope.records.iter().for_each(|record| builder.push(record.clone()).unwrap());
        assert_eq!(&Envelope::decode(&builder.seal().unwrap().bytes).unwrap(), envelope);
    }
}

fn every_decoder_answers(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::decode(bytes) {
        accepted_envelope_is_sound(&envelope, bytes);
    }
    if let Ok(heartbeat) = Heartbeat::decode(bytes) {
        assert_eq!(Heartbeat::decode(&heartbeat.encode()).unwrap(), heartbeat);
    }
    if let Ok(resume) = Resume::decode(bytes) {
        assert_eq!(Resume::decode(&resume.encode()).unwrap(), resume);
    }
    if let Ok(table) = PointTable::decode(bytes) {
        assert!(table.points().all(|(no, point)| table.point(no) == Some(point)));
        assert!(table.points().all(|(_, point)| table.devices().contains(table.device_of(point))));
        assert_eq!(table.bytes(), bytes);
    }
    if let Ok(mut stored) = minicbor::decode::<TableAssembler>(bytes) {
        stored.add(&TablePart { version: TableVersion(0), number: 1, parts: 2, bytes: vec![0].into() });
    }
    let _ = Checkpoint::decode(bytes);
    let _ = minicbor::decode::<Header>(bytes);
    let _ = minicbor::decode::<Record>(bytes);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..600)) {
        every_decoder_answers(&bytes);
    }

    /// Random bytes seldom get past the first element, so here they begin as each message does.
    #[test]
    fn any_bytes_behind_a_valid_beginning((_, sealed) in envelope(), keep in any::<Index>(), tail in vec(any::<u8>(), 0..600)) {
        let kept = &sealed.bytes[..keep.index(sealed.bytes.len())];
        every_decoder_answers(&[kept, &tail].concat());
    }

    #[test]
    fn damaged_envelopes((_, sealed) in envelope(), damages in vec(damage(), 1..4)) {
        let mut bytes = sealed.bytes;
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        every_decoder_answers(&bytes);
    }

    #[test]
    fn damaged_heartbeats_and_resumes(heartbeat in heartbeat(), resume in resume(), damages in vec(damage(), 1..4)) {
        for mut bytes in [heartbeat.encode(), resume.encode()] {
            damages.iter().for_each(|damage| damage.apply(&mut bytes));
            every_decoder_answers(&bytes);
        }
    }

    #[test]
    fn damaged_tables(table in table(40), damages in vec(damage(), 1..4)) {
        let mut bytes = table.bytes().to_vec();
        damages.iter().for_each(|damage| damage.apply(&mut bytes));
        every_decoder_answers(&bytes);
    }

    #[test]
    fn what_is_sent_arrives((sent, sealed) in envelope(), heartbeat in heartbeat(), resume in resume(), table in table(60)) {
        prop_assert_eq!(Envelope::decode(&sealed.bytes).unwrap(), sent);
        prop_assert_eq!(Heartbeat::decode(&heartbeat.encode()).unwrap(), heartbeat);
        prop_assert_eq!(Resume::decode(&resume.encode()).unwrap(), resume);
        prop_assert_eq!(PointTable::decode(table.bytes()).unwrap(), table);
    }

    /// Our own messages keep the limits that their readers set.
    #[test]
    fn what_is_sent_is_within_its_limits(heartbeat in heartbeat(), resume in resume()) {
        prop_assert!(heartbeat.encode().len() <= Heartbeat::BYTES_MAX);
        prop_assert!(resume.encode().len() <= Resume::BYTES_MAX);
    }
}

proptest! {
    // Each case decodes every beginning of four messages, thousands in all.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(50) })]

    /// No beginning of a message is a message, and nothing may follow one.
    #[test]
    fn a_message_is_whole((_, sealed) in envelope(), heartbeat in heartbeat(), resume in resume(), table in table(5), extra in any::<u8>()) {
        let refuses = |bytes: &[u8], decodes: fn(&[u8]) -> bool| {
            assert!(decodes(bytes));
            assert!(!decodes(&[bytes, &[extra]].concat()), "a byte behind the end was accepted");
            assert!((0..bytes.len()).all(|end| !decodes(&bytes[..end])), "a beginning was accepted");
        };
        refuses(&sealed.bytes, |bytes| Envelope::decode(bytes).is_ok());
        refuses(&heartbeat.encode(), |bytes| Heartbeat::decode(bytes).is_ok());
        refuses(&resume.encode(), |bytes| Resume::decode(bytes).is_ok());
        refuses(table.bytes(), |bytes| PointTable::decode(bytes).is_ok());
    }

    /// No measurement that is not a number, and no text that fills an envelope, comes in by the wire.
    #[test]
    fn values_keep_their_limits(bits in any::<u64>(), special in select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY]), bytes in 250..262_usize) {
        let accepts = |bytes: Vec<u8>| minicbor::decode::<Value>(&bytes).is_ok();
        let number = f64::from_bits(bits);
        prop_assert_eq!(accepts(minicbor::to_vec(number).unwrap()), number.is_finite());
        prop_assert!(!accepts(minicbor::to_vec(special).unwrap()));
        prop_assert!(!accepts(minicbor::to_vec(special as f32).unwrap()));
        prop_assert_eq!(accepts(minicbor::to_vec("t".repeat(bytes)).unwrap()), bytes <= Value::TEXT_BYTES_MAX);
    }

    #[test]
    fn sequence_numbers_end_before_they_overflow(header in header()) {
        let bytes = |first: u64| {
            let mut e = minicbor::Encoder::new(Vec::new());
            let header = Header { first: Seq(first), ..header.clone() };
            e.array(3).unwrap().u32(VERSION).unwrap().encode(header).unwrap();
            e.encode(vec![Record::Unknown { record_type: 9 }; 2]).unwrap();
            e.into_writer()
        };
        prop_assert_eq!(Envelope::decode(&bytes(u64::MAX - 2)).unwrap().next(), Seq(u64::MAX));
        prop_assert!(matches!(Envelope::decode(&bytes(u64::MAX - 1)), Err(EnvelopeError::SeqOverflow)));
    }
}
