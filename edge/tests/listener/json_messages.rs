//! JSON texts become values by the pointers of the profile, each message counts once, and nothing is guessed.

use strongroom_edge::field::message::PAYLOAD_BYTES_MAX;
use wire::{Marks, Quality, Value};

use crate::rig::JSON_PROFILE;
use crate::teller::Teller;

const TOPIC: &str = "sr/field/window-7/report";

fn message(seq: u64, rest: &str) -> String {
    format!(r#"{{"boot":"b1","seq":{seq},{rest}}}"#)
}

#[test]
fn values_stand_where_the_pointers_lead() {
    let mut teller = Teller::new(JSON_PROFILE);
    let told =
        teller.told(TOPIC, message(1, r#""contact":"open","power":{"supply":11800},"more":[1,{"x":null}]"#));
    let open = (100, Some(Value::Integer(1)), Quality::Good, Marks::NONE);
    assert_eq!(told, [open, (101, Some(Value::Number(11.8)), Quality::Good, Marks::NONE)]);
    assert_eq!(
        teller.told(TOPIC, message(2, r#""contact":0"#)),
        [(100, Some(Value::Integer(0)), Quality::Good, Marks::NONE)],
        "a message speaks of what it holds, and of nothing else"
    );
}

#[test]
fn what_means_nothing_is_no_value_and_what_is_out_of_range_is_doubtful() {
    let mut teller = Teller::new(JSON_PROFILE);
    for (seq, contact) in (1..).zip(["null", "7", "\"ajar\"", "[]", "{}", "1.5"]) {
        let told = teller.told(TOPIC, message(seq, &format!("\"contact\":{contact}")));
        assert_eq!(told, [(100, None, Quality::DeviceFailure, Marks::NONE)], "{contact}");
    }
    let told = teller.told(TOPIC, message(7, r#""power":{"supply":"2500"}"#));
    assert_eq!(told, [(101, Some(Value::Number(2.5)), Quality::Uncertain, Marks::NONE)]);
}

#[test]
fn a_message_that_comes_twice_counts_once_and_a_jump_is_marked() {
    let mut teller = Teller::new(JSON_PROFILE);
    let first = teller.take(TOPIC, message(1, r#""contact":1"#)).unwrap();
    let bookmark = first.bookmark.unwrap();
    assert_eq!(&*bookmark.name, "window-7");
    let again = teller.take(TOPIC, message(1, r#""contact":1"#)).unwrap();
    assert!(again.bookmark.is_none());
    assert!(matches!(&*again.scans, [(_, Ok(samples))] if samples.is_empty()), "it waits behind the first");
    let told = teller.told(TOPIC, message(4, r#""contact":0"#));
    assert_eq!(told, [(100, Some(Value::Integer(0)), Quality::Good, Marks::MISSED)]);

    let mut restarted = Teller::new(JSON_PROFILE);
    assert!(restarted.mapper.restore(&bookmark.bytes));
    assert_eq!(restarted.told(TOPIC, message(1, r#""contact":1"#)), [], "an edge that restarts remembers");
    assert_eq!(restarted.told(TOPIC, message(2, r#""contact":1"#)).len(), 1);
}

#[test]
fn the_order_of_a_sender_is_no_matter_of_taste() {
    let mut teller = Teller::new(JSON_PROFILE);
    for text in
        [r#"{"contact":1}"#, r#"{"seq":1,"contact":1}"#, r#"{"boot":1,"seq":-1}"#, r#"{"boot":1,"seq":"x"}"#]
    {
        assert_eq!(teller.refused(TOPIC, text), "sender", "{text}");
    }
    assert_eq!(teller.told(TOPIC, r#"{"boot":7,"seq":"12","contact":1}"#).len(), 1);
}

#[test]
fn a_message_that_its_sender_made_long_ago_is_late() {
    let profile = JSON_PROFILE.replace("boot = ", "time = \"/time\"\nboot = ");
    let mut teller = Teller::new(&profile);
    for (seq, time, quality, marks) in [
        (1, "1699999995", Quality::Good, Marks::NONE),
        (2, "1699999000", Quality::Uncertain, Marks::LATE),
        (3, "1699999999000", Quality::Good, Marks::NONE),
        (4, "1699990000000", Quality::Uncertain, Marks::LATE),
        (5, "9999999999999", Quality::Good, Marks::NONE),
    ] {
        let told = teller.told(TOPIC, message(seq, &format!(r#""time":{time},"contact":1"#)));
        assert_eq!(told, [(100, Some(Value::Integer(1)), quality, marks)], "{time}");
    }
}

#[test]
fn what_is_no_decent_json_is_refused_whole() {
    let mut teller = Teller::new(JSON_PROFILE);
    let deep = "[".repeat(17) + &"]".repeat(17);
    let huge_key = message(1, r#""contact":1,"contact":0"#);
    for text in [
        "",
        "{",
        "nonsense",
        r#"{"seq":1} x"#,
        r#"{"seq":1e999}"#,
        r#"{"seq":NaN}"#,
        &deep,
        &huge_key,
        "\u{feff}{}",
    ] {
        assert_eq!(teller.refused(TOPIC, text), "json", "{text}");
    }
    assert_eq!(teller.refused(TOPIC, [0xff, 0xfe]), "json");
    assert_eq!(teller.refused(TOPIC, vec![b' '; PAYLOAD_BYTES_MAX + 1]), "too_large");
    let fits = "[".repeat(15) + &"]".repeat(15);
    assert_eq!(teller.told(TOPIC, message(1, &format!(r#""contact":1,"deep":{fits}"#))).len(), 1);
}
