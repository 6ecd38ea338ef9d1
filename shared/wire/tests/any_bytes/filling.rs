//! Filling envelopes: never too large, never empty, in order, and chained.

use proptest::collection::vec;
use proptest::prelude::*;
use strongroom_wire::envelope::{EnvelopeBuilder, Full};
use strongroom_wire::{Digest, Envelope, Header, Record, Sealed};

use crate::arbitrary::{header, record, table};

/// Seals records the way a spool does: one envelope after the other, each naming the hash of the one before it.
fn seal_all(first: Header, records: &[Record]) -> Vec<Sealed> {
    let mut sealed: Vec<Sealed> = Vec::new();
    let mut builder = EnvelopeBuilder::new(first);
    for record in records {
        let Err(Full(record)) = builder.push(record.clone()) else { continue };
        let header = builder.header().clone();
        let full = builder.seal().expect("a record always fits an empty envelope");
        builder = EnvelopeBuilder::new(Header { first: full.next, previous: full.digest, ..header });
        sealed.push(full);
        builder.push(record).expect("a record always fits an empty envelope");
    }
    sealed.extend(builder.seal());
    sealed
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn records_come_out_in_order_and_envelopes_chain(header in header(), records in vec(record(), 0..700)) {
        let mut previous = header.previous;
        let mut next = header.first;
        let mut came_out = Vec::new();
        for sealed in seal_all(header, &records) {
            prop_assert!(sealed.bytes.len() <= Envelope::BYTES_MAX);
            prop_assert_eq!(sealed.digest, Digest::of(&sealed.bytes));
            let envelope = Envelope::decode(&sealed.bytes).unwrap();
            prop_assert_eq!((envelope.header.previous, envelope.header.first), (previous, next));
            prop_assert_eq!((sealed.first, sealed.next), (envelope.header.first, envelope.next()));
            (previous, next) = (sealed.digest, sealed.next);
            came_out.extend(envelope.records);
        }
        prop_assert_eq!(came_out, records);
    }

    /// Full means full: at most the slack of the array's head is left over, or no record more may be counted.
    #[test]
    fn a_full_envelope_is_full(header in header(), record in record()) {
        let mut builder = EnvelopeBuilder::new(header);
        let bytes = minicbor::to_vec(&record).unwrap().len();
        let mut count = 0;
        while builder.push(record.clone()).is_ok() {
            count += 1;
            prop_assert_eq!((builder.len(), builder.is_empty()), (count, false));
        }
        let sealed = builder.seal().unwrap();
        prop_assert!(sealed.bytes.len() <= Envelope::BYTES_MAX);
        prop_assert!(sealed.bytes.len() + bytes + 2 > Envelope::BYTES_MAX || count == Envelope::RECORDS_MAX);
        prop_assert_eq!(Envelope::decode(&sealed.bytes).unwrap().records, vec![record; count]);
    }

    #[test]
    fn each_part_of_a_table_fits_an_empty_envelope(header in header(), table in table(400)) {
        for part in table.parts() {
            prop_assert_eq!(EnvelopeBuilder::new(header.clone()).push(Record::TablePart(part)), Ok(()));
        }
    }

    #[test]
    fn nothing_is_sealed_without_a_record(header in header()) {
        prop_assert_eq!(EnvelopeBuilder::new(header).seal(), None);
    }
}
