//! A node of Sparkplug B over its life: births name what there is, gaps make it doubtful, deaths end it.

use strongroom_edge::field::ScanFailure;
use wire::{Marks, Quality, Value};

use crate::rig::SPARKPLUG_PROFILE;
use crate::sparkplug_bytes::{DOUBLE, INT32, Metric, bd_seq, payload};
use crate::teller::{Short, Teller};

const NBIRTH: &str = "spBv1.0/g/NBIRTH/n";
const NDATA: &str = "spBv1.0/g/NDATA/n";
const NDEATH: &str = "spBv1.0/g/NDEATH/n";
const DBIRTH: &str = "spBv1.0/g/DBIRTH/n/d";
const DDATA: &str = "spBv1.0/g/DDATA/n/d";
/// No point is kept.
const NONE: [u16; 0] = [];
const DDEATH: &str = "spBv1.0/g/DDEATH/n/d";

fn contact(value: u32) -> Metric {
    Metric::new().name("Inputs/Contact").alias(7).datatype(INT32).int(value)
}

fn supply(value: f64) -> Metric {
    Metric::new().name("Supply").alias(8).datatype(DOUBLE).double(value)
}

/// A node that is born with number 3, and its device.
fn born() -> Teller {
    let mut teller = Teller::sparkplug(SPARKPLUG_PROFILE);
    assert_eq!(teller.told(NBIRTH, payload(Some(0), &[bd_seq(3)])), []);
    let told = teller.told(DBIRTH, payload(Some(1), &[contact(0), supply(11.9)]));
    assert_eq!(told, [number(100, Value::Integer(0)), number(101, Value::Number(11.9))]);
    teller
}

fn number(point: u16, value: Value) -> Short {
    (point, Some(value), Quality::Good, Marks::NONE)
}

#[test]
fn data_goes_by_the_aliases_of_the_birth() {
    let mut teller = born();
    let told = teller.told(DDATA, payload(Some(2), &[Metric::new().alias(7).int(1)]));
    assert_eq!(told, [number(100, Value::Integer(1))]);
    assert_eq!(teller.refused(DDATA, payload(Some(3), &[Metric::new().alias(99).int(1)])), "sparkplug_alias");
}

#[test]
fn whose_birth_is_refused_is_not_believed_by_an_older_one() {
    let long = Metric::new().name(&"n".repeat(300)).alias(9).int(1);
    let data = |seq| payload(Some(seq), &[Metric::new().alias(7).int(1)]);
    let mut teller = born();
    assert_eq!(teller.refused(DBIRTH, payload(Some(2), &[long])), "sparkplug_names");
    assert_eq!(teller.refused(DDATA, data(3)), "sparkplug_unborn");
    for (birth, reason) in
        [(payload(None, &[bd_seq(4)]), "sparkplug_seq"), (payload(Some(0), &[]), "sparkplug_bd_seq")]
    {
        let mut teller = born();
        assert_eq!(teller.refused(NBIRTH, birth), reason);
        assert_eq!(teller.refused(DDATA, data(2)), "sparkplug_unborn");
    }
}

#[test]
fn a_device_that_is_not_the_chosen_one_goes_by_its_own_name() {
    let mut teller = born();
    let foreign = "spBv1.0/g/DBIRTH/n/other";
    assert_eq!(teller.told(foreign, payload(Some(2), &[Metric::new().name("Supply").double(1.0)])), []);
    let profile = SPARKPLUG_PROFILE.replace("\"Supply\"", "\"other/Supply\"");
    let mut teller = Teller::sparkplug(&profile);
    teller.told(NBIRTH, payload(Some(0), &[bd_seq(3)]));
    let told = teller.told(foreign, payload(Some(1), &[Metric::new().name("Supply").double(1.0)]));
    assert_eq!(told, [number(101, Value::Number(1.0))]);
}

#[test]
fn the_sequence_wraps_and_a_gap_makes_everything_doubtful_until_the_next_birth() {
    let mut teller = born();
    for seq in (2..=255).chain(0..2) {
        let told = teller.told(DDATA, payload(Some(seq), &[supply(12.0)]));
        assert_eq!(told, [number(101, Value::Number(12.0))], "{seq}");
    }
    let open = |quality, marks| [(100, Some(Value::Integer(1)), quality, marks)];
    assert_eq!(teller.told(DDATA, payload(Some(5), &[contact(1)])), open(Quality::Uncertain, Marks::MISSED));
    assert_eq!(
        teller.told(DDATA, payload(Some(6), &[contact(1)])),
        open(Quality::Uncertain, Marks::NONE),
        "what was missed is still missing"
    );
    teller.told(NBIRTH, payload(Some(0), &[bd_seq(4)]));
    assert_eq!(teller.told(DBIRTH, payload(Some(1), &[contact(1)])), open(Quality::Good, Marks::NONE));
}

#[test]
fn nothing_is_believed_before_a_birth() {
    let mut teller = Teller::sparkplug(SPARKPLUG_PROFILE);
    assert_eq!(teller.refused(DDATA, payload(Some(2), &[contact(1)])), "sparkplug_unborn");
    assert_eq!(teller.refused(NBIRTH, payload(Some(0), &[contact(1)])), "sparkplug_bd_seq");
    assert_eq!(teller.refused(NBIRTH, payload(None, &[bd_seq(1)])), "sparkplug_seq");
    assert_eq!(teller.refused(NBIRTH, payload(Some(256), &[bd_seq(1)])), "sparkplug_seq");
    teller.told(NBIRTH, payload(Some(0), &[bd_seq(1)]));
    assert_eq!(
        teller.refused(DDATA, payload(Some(1), &[contact(1)])),
        "sparkplug_unborn",
        "the device is not born"
    );
}

#[test]
fn a_death_ends_the_life_that_it_belongs_to_and_no_other() {
    let mut teller = born();
    assert_eq!(teller.refused(NDEATH, payload(None, &[bd_seq(2)])), "sparkplug_old_death");
    assert_eq!(teller.refused(NDEATH, payload(None, &[])), "sparkplug_bd_seq");
    assert_eq!(teller.told(DDATA, payload(Some(2), &[contact(1)])).len(), 1, "it lives on");
    assert!(matches!(teller.failed(NDEATH, payload(None, &[bd_seq(3)])), ScanFailure::Gone));
    assert_eq!(teller.refused(NDATA, payload(Some(3), &[supply(1.0)])), "sparkplug_unborn");
}

#[test]
fn the_death_of_a_device_leaves_its_node_alive() {
    let mut teller = born();
    let gone = |point| (point, None, Quality::CommFailure, Marks::NONE);
    let node_own = Metric::new().name("Uptime").int(5);
    assert_eq!(teller.told(NDATA, payload(Some(2), &[node_own])), []);
    assert_eq!(teller.told(DDEATH, payload(Some(3), &[])), [gone(100), gone(101)]);
    assert_eq!(teller.refused(DDATA, payload(Some(4), &[contact(1)])), "sparkplug_unborn");
    assert_eq!(teller.told(NDATA, payload(Some(5), &[supply(12.0)])), [number(101, Value::Number(12.0))]);
}

#[test]
fn the_death_of_one_device_says_nothing_of_what_the_node_or_another_device_told() {
    let mut teller = Teller::sparkplug(SPARKPLUG_PROFILE);
    teller.told(NBIRTH, payload(Some(0), &[bd_seq(3), supply(11.9)]));
    teller.told(DBIRTH, payload(Some(1), &[contact(0)]));
    let gone = (100, None, Quality::CommFailure, Marks::NONE);
    assert_eq!(teller.told(DDEATH, payload(Some(2), &[])), [gone]);
}

#[test]
fn a_connection_that_ends_ends_the_life_too() {
    let mut teller = born();
    teller.mapper.disconnected();
    assert_eq!(teller.refused(DDATA, payload(Some(2), &[contact(1)])), "sparkplug_unborn");
}

#[test]
fn null_and_nan_are_no_values_and_history_is_not_the_present() {
    let mut teller = born();
    let nothing = |point| [(point, None, Quality::DeviceFailure, Marks::NONE)];
    assert_eq!(teller.told(DDATA, payload(Some(2), &[Metric::new().alias(7).null()])), nothing(100));
    assert_eq!(teller.told(DDATA, payload(Some(3), &[supply(f64::NAN)])), nothing(101));
    assert_eq!(teller.told(DDATA, payload(Some(4), &[Metric::new().alias(7).text("ajar")])), nothing(100));
    assert_eq!(teller.told(DDATA, payload(Some(5), &[contact(1).historical()])), []);
}

#[test]
fn a_node_vouches_for_what_its_births_have_named_and_for_nothing_else() {
    let mut teller = born();
    let other = || Metric::new().name("Other").int(1);
    assert_eq!(
        teller.kept(DDATA, payload(Some(2), &[contact(1)])),
        [101],
        "what does not change is not told"
    );
    assert_eq!(teller.kept(NDATA, payload(Some(3), &[other()])), [100, 101]);
    teller.told(DBIRTH, payload(Some(4), &[contact(1)]));
    assert_eq!(teller.kept(NDATA, payload(Some(5), &[other()])), [100], "it has no supply any more");
    assert_eq!(teller.kept(NDATA, payload(Some(9), &[other()])), NONE, "a lost message may have told of all");
    teller.told(NBIRTH, payload(Some(0), &[bd_seq(4)]));
    assert_eq!(teller.kept(NDATA, payload(Some(1), &[other()])), NONE, "the device is not born");
    let strict = SPARKPLUG_PROFILE.replace("metric =", "kept_by = \"value\"\nmetric =");
    let mut teller = Teller::sparkplug(&strict);
    teller.told(NBIRTH, payload(Some(0), &[bd_seq(3), contact(0), supply(11.9)]));
    assert_eq!(teller.kept(NDATA, payload(Some(1), &[contact(1)])), NONE);
}

#[test]
fn signed_numbers_are_signed() {
    let mut teller = born();
    let told = teller.told(DDATA, payload(Some(2), &[Metric::new().name("Supply").datatype(1).int(0xfffe)]));
    assert_eq!(told, [number(101, Value::Number(-2.0))], "an Int8 by its lowest byte");
    let told =
        teller.told(DDATA, payload(Some(3), &[Metric::new().name("Supply").datatype(4).long(u64::MAX)]));
    assert_eq!(told, [number(101, Value::Number(-1.0))]);
}

#[test]
fn what_is_no_payload_is_refused() {
    let mut teller = born();
    let sound = payload(Some(2), &[contact(1), supply(11.0)]);
    for end in 1..sound.len() {
        // What is cut at the border of a field is whole again, and lacks its sequence number then.
        let refused = teller.take(DDATA, &sound[..end]).expect_err("the payload is cut").name();
        assert!(matches!(refused, "protobuf" | "sparkplug_seq"), "{end}: {refused}");
    }
    assert_eq!(teller.refused("spBv1.0/g/NCMD/n", &sound), "sparkplug_topic");
    let many = vec![Metric::new().alias(7).int(1); 2_049];
    assert_eq!(teller.refused(DDATA, payload(Some(2), &many)), "protobuf");
    assert_eq!(teller.told(DDATA, sound).len(), 2, "nothing of that has moved its sequence");
}
