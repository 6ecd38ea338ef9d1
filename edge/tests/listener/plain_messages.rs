//! A bare value on a topic of its own.

use wire::{Marks, Quality, Value};

use crate::rig::PLAIN_PROFILE;
use crate::teller::{Short, Teller};

fn good(point: u16, value: Value) -> [Short; 1] {
    [(point, Some(value), Quality::Good, Marks::NONE)]
}

#[test]
fn the_topic_says_which_point_it_is() {
    let mut teller = Teller::new(PLAIN_PROFILE);
    assert_eq!(teller.told("sr/field/window-7/state", "open\n"), good(100, Value::Integer(1)));
    assert_eq!(teller.told("sr/field/window-7/state", " 0 "), good(100, Value::Integer(0)));
    assert_eq!(teller.told("sr/field/window-7/glass", "ON"), good(101, Value::Flag(true)));
    assert_eq!(teller.told("sr/field/window-7/glass", "false"), good(101, Value::Flag(false)));
    assert_eq!(teller.told("sr/field/window-7/other", "1"), [], "no point of the profile");
}

#[test]
fn an_empty_payload_is_no_value_and_binary_is_refused() {
    let mut teller = Teller::new(PLAIN_PROFILE);
    let nothing = [(100, None, Quality::DeviceFailure, Marks::NONE)];
    assert_eq!(teller.told("sr/field/window-7/state", ""), nothing);
    assert_eq!(teller.told("sr/field/window-7/state", "NaN"), nothing);
    for payload in [&b"\xff\xfe"[..], b"a\0b", &[b'1'; 1025]] {
        assert_eq!(teller.refused("sr/field/window-7/state", payload), "plain");
    }
}
