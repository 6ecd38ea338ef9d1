//! Numbers of devices become values exactly, and whatever comes back, nothing panics and nothing is guessed.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use wire::Value;

use super::*;
use crate::field::arbitrary;
use crate::field::modbus::plan::Request;
use crate::field::profile::{self, ByteOrder, Meaning, Table};

const HEAD: &str = "name = \"test\"\n[[points]]\nname = \"value\"\nregister = 4\n";

/// One point at register 4, decoded from a reply of these words.
fn decoded(keys: &str, words: &[u16]) -> (Option<Value>, Quality, Option<u64>) {
    let profile = profile::parse(std::path::Path::new("test.toml"), &format!("{HEAD}{keys}")).unwrap();
    let plan = Plan::build(&profile);
    let replies = [Reply::Registers(words.to_vec())];
    let mut samples = decode(&profile, &plan, &replies, SelfTest::Passed, PointNo(9));
    let sample = samples.pop().unwrap();
    assert_eq!((sample.point, samples.len()), (PointNo(9), 0));
    let number = match sample.novelty {
        Novelty::Counted(number) => Some(number),
        Novelty::Level | Novelty::Happened | Novelty::Kept => None,
    };
    (sample.value, sample.quality, number)
}

fn value(keys: &str, words: &[u16]) -> Option<Value> {
    decoded(keys, words).0
}

#[test]
fn numbers_are_scaled_into_the_unit_of_their_kind() {
    let supply = "kind = \"door.supply\"\nscale = 0.01\n";
    assert_eq!(value(supply, &[2724]), Some(Value::Number(27.24)));
    let tilt = "kind = \"cabinet.tilt\"\ntype = \"i16\"\nscale = 0.1\n";
    assert_eq!(value(tilt, &[0xFFFB]), Some(Value::Number(-0.5)));
    let hours = "kind = \"jammer.hours\"\ntype = \"u32\"\nscale = 0.1\n";
    assert_eq!(value(hours, &[1, 0]), Some(Value::Number(6553.6)));
    let float = "kind = \"jammer.probe\"\ntype = \"f32\"\n";
    assert_eq!(value(float, &[0xC228, 0x0000]), Some(Value::Number(-42.0)));
    let swapped = "kind = \"jammer.probe\"\ntype = \"i32\"\nword_order = \"low_first\"\n";
    assert_eq!(value(swapped, &[0xFFFE, 0xFFFF]), Some(Value::Number(-2.0)));
    let credential = "kind = \"door.credential\"\ntype = \"u32\"\n";
    assert_eq!(value(credential, &[0xFFFF, 0xFFFF]), Some(Value::Integer(4_294_967_295)));
}

#[test]
fn flags_and_states_are_taken_from_bits_and_numbers() {
    assert_eq!(value("kind = \"door.rex\"\nbit = 1\n", &[0b10]), Some(Value::Flag(true)));
    assert_eq!(value("kind = \"door.rex\"\nbit = 1\ninverted = true\n", &[0b10]), Some(Value::Flag(false)));
    assert_eq!(value("kind = \"door.contact\"\n", &[3]), Some(Value::Integer(3)));
    let mapped = "kind = \"door.contact\"\nstates = { 7 = \"closed\", 9 = \"cut\" }\n";
    assert_eq!(value(mapped, &[9]), Some(Value::Integer(3)));
    assert_eq!(value(mapped, &[8]), None);
}

#[test]
fn what_means_nothing_is_no_value() {
    assert_eq!(decoded("kind = \"door.contact\"\n", &[4]), (None, Quality::DeviceFailure, None));
    let marked = "kind = \"door.supply\"\ninvalid = [65535]\n";
    assert_eq!(decoded(marked, &[65535]), (None, Quality::DeviceFailure, None));
    let not_a_number = "kind = \"jammer.probe\"\ntype = \"f32\"\n";
    assert_eq!(value(not_a_number, &[0x7FC0, 0]), None);
    let negative_count = "kind = \"door.occupancy\"\ntype = \"i16\"\n";
    assert_eq!(value(negative_count, &[0xFFFF]), None);
    assert_eq!(value("kind = \"door.contact\"\n", &[]), None, "a reply that is too short");
}

#[test]
fn a_value_out_of_its_range_is_uncertain() {
    let ranged = "kind = \"door.supply\"\nscale = 0.01\nrange = { min = 10, max = 30 }\n";
    assert_eq!(decoded(ranged, &[3001]), (Some(Value::Number(30.01)), Quality::Uncertain, None));
    assert_eq!(decoded(ranged, &[3000]).1, Quality::Good);
}

#[test]
fn a_sequence_comes_with_its_value() {
    let access = "kind = \"door.access\"\nsequence = { register = 5, type = \"u32\" }\n";
    assert_eq!(decoded(access, &[1, 2, 3]), (Some(Value::Integer(1)), Quality::Good, Some(131_075)));
}

#[test]
fn a_failed_self_test_makes_values_uncertain() {
    let profile =
        profile::parse(std::path::Path::new("t"), &format!("{HEAD}kind = \"door.contact\"\n")).unwrap();
    let plan = Plan::build(&profile);
    let samples = decode(&profile, &plan, &[Reply::Registers(vec![1])], SelfTest::Failed, PointNo(0));
    assert_eq!((samples[0].value.clone(), samples[0].quality), (Some(Value::Integer(1)), Quality::Uncertain));
}

/// What a device holds at an address: the same in every read, and different from its neighbours.
fn word_at(table: Table, address: u32, seed: u16) -> u16 {
    (address as u16).wrapping_mul(40_503).wrapping_add(seed).wrapping_add(table as u16)
}

fn read(request: &Request, seed: u16) -> Reply {
    let words =
        (0..request.count).map(|n| word_at(request.table, u32::from(request.start) + u32::from(n), seed));
    if request.table.is_bits() {
        Reply::Bits(words.map(|word| word & 1 == 1).collect())
    } else {
        Reply::Registers(words.collect())
    }
}

fn replies() -> impl Strategy<Value = Vec<Reply>> {
    let registers = vec(any::<u16>(), 0..130).prop_map(Reply::Registers);
    let bits = vec(any::<bool>(), 0..130).prop_map(Reply::Bits);
    vec(prop_oneof![registers, bits], 0..20)
}

proptest! {
    #[test]
    fn random_replies_give_a_sample_per_point_and_only_values_of_its_kind(
        profile in arbitrary::profile(),
        replies in replies(),
    ) {
        let samples = decode(&profile, &Plan::build(&profile), &replies, SelfTest::Passed, PointNo(65_530));
        prop_assert_eq!(samples.len(), profile.points.len());
        for (point, sample) in profile.points.iter().zip(samples) {
            match sample.value {
                Some(value) => prop_assert!(point.kind.value_type().accepts(&value), "{}: {value:?}", point.kind),
                None => prop_assert!(!sample.quality.is_usable()),
            }
        }
    }

    #[test]
    fn however_the_reads_are_cut_each_point_gets_its_own_registers(
        profile in arbitrary::profile(),
        seed in any::<u16>(),
    ) {
        let plan = Plan::build(&profile);
        let replies: Vec<Reply> = plan.requests().iter().map(|request| read(request, seed)).collect();
        let samples = decode(&profile, &plan, &replies, SelfTest::Passed, PointNo(0));
        // The same point read alone, by a profile that has nothing else.
        for (point, sample) in profile.points.iter().zip(samples) {
            let alone = Profile { points: vec![point.clone()], header: None, blocks: vec![], ..profile.clone() };
            let plan = Plan::build(&alone);
            let replies: Vec<Reply> = plan.requests().iter().map(|request| read(request, seed)).collect();
            let expected = decode(&alone, &plan, &replies, SelfTest::Passed, sample.point);
            prop_assert_eq!(&expected[0], &sample);
            let register = point.source.register().unwrap();
            let span = register.span();
            let words: BTreeMap<u32, u16> =
                span.clone().map(|address| (address, word_at(register.table, address, seed))).collect();
            if let (Encoding::BitOf(bit), Meaning::Flag { inverted, .. }) = (register.encoding, &point.meaning) {
                let word = words[&span.start];
                let word = if register.byte_order == ByteOrder::Swapped { word.swap_bytes() } else { word };
                let set = word >> bit & 1 == 1;
                prop_assert_eq!(sample.value, Some(Value::Flag(set != *inverted)));
            }
        }
    }
}
