//! Whatever is sealed comes out again: in order, in one chain, with its own time.

use proptest::collection::vec;
use proptest::prelude::*;
use wire::{BootId, ClockState, Envelope, Marks, PointNo, Quality, Value};

use super::*;

fn edge() -> EdgeId {
    EdgeId::parse("edge-1").unwrap()
}

fn any_stamp() -> impl Strategy<Value = Stamp> {
    let clock = prop_oneof![Just(ClockState::Unset), Just(ClockState::Synchronised)];
    let mono_ms = prop_oneof![4 => 0_u64..100_000, 1 => any::<u64>()];
    (0_u8..2, mono_ms, -100_000_i64..100_000, clock).prop_map(|(boot, mono_ms, step_ms, clock)| {
        let wall_ms = 1_700_000_000_000 + (mono_ms % 100_000) as i64 + if step_ms > 0 { step_ms } else { 0 };
        Stamp { boot: BootId([boot; 16]), mono_ms, wall_ms, clock }
    })
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let value = prop_oneof![
        Just(None),
        any::<i64>().prop_map(|number| Some(Value::Integer(number))),
        "[a-z]{0,256}".prop_map(|text| Some(Value::text(&text))),
    ];
    (value, any::<u16>(), any_stamp()).prop_map(|(value, point, stamp)| Entry {
        lane: Lane::Urgent,
        what: What::Event,
        point: PointNo(point),
        reading: Reading { value, quality: Quality::Good, stamp, marks: Marks::NONE },
    })
}

proptest! {
    #[test]
    fn what_is_sealed_comes_out_again(batches in vec(vec(any_entry(), 0..40), 1..4)) {
        let epoch = Epoch([3; 16]);
        let mut sealer = Sealer::new(edge(), epoch);
        let mut before = sealer.head(Lane::Urgent);
        let mut out = Vec::new();
        for batch in &batches {
            let outcome = sealer.seal(Lane::Urgent, TableVersion(1), batch.iter().cloned().map(Draft::from));
            prop_assert_eq!(outcome.refused, 0);
            for Laned { sealed, .. } in outcome.sealed {
                let envelope = Envelope::decode(&sealed.bytes).unwrap();
                prop_assert_eq!((envelope.header.first, envelope.header.previous), (before.next, before.digest));
                before = Head { next: envelope.next(), digest: Digest::of(&sealed.bytes) };
                for record in &envelope.records {
                    let Record::Event(observation) = record else { panic!("{record:?} was never sealed") };
                    out.push((observation.point, observation.value.clone(), envelope.header.stamp(observation.offset_ms)));
                }
            }
        }
        prop_assert_eq!(before, sealer.head(Lane::Urgent));
        let entries: Vec<&Entry> = batches.iter().flatten().collect();
        prop_assert_eq!(out.len(), entries.len());
        for ((point, value, stamp), entry) in out.iter().zip(entries) {
            prop_assert_eq!((point, value), (&entry.point, &entry.reading.value));
            let expected = &entry.reading.stamp;
            prop_assert_eq!((stamp.boot, stamp.mono_ms, stamp.clock), (expected.boot, expected.mono_ms, expected.clock));
            prop_assert!((stamp.wall_ms - expected.wall_ms).abs() <= WALL_STEP_MS_MAX);
        }
    }
}

#[test]
fn a_record_that_no_envelope_can_hold_is_refused_and_not_forgotten() {
    let mut sealer = Sealer::new(edge(), Epoch([3; 16]));
    let stamp = Stamp { boot: BootId([1; 16]), mono_ms: 1, wall_ms: 1, clock: ClockState::Free };
    let entry = |value| Entry {
        lane: Lane::Urgent,
        what: What::Event,
        point: PointNo(1),
        reading: Reading { value, quality: Quality::Good, stamp, marks: Marks::NONE },
    };
    let monster = entry(Some(Value::Text("x".repeat(5_000).into())));
    let drafts = [entry(None), monster, entry(None)].map(Draft::from);
    let outcome = sealer.seal(Lane::Urgent, TableVersion(1), drafts);
    assert_eq!((outcome.refused, outcome.sealed.len()), (1, 2));
    assert_eq!(sealer.head(Lane::Urgent).next, Seq(2));
}
