//! What devices say becomes what points show: of registers and of messages, and nothing is guessed.

use wire::Value;

use super::super::{Bounds, PointSpec, Raw, parse};

/// One point of a profile, by its keys.
fn point(protocol: &str, keys: &str) -> PointSpec {
    let text = format!("name = \"m\"\nprotocol = \"{protocol}\"\n[[points]]\nname = \"p\"\n{keys}\n");
    let profile = parse(std::path::Path::new("m.toml"), &text).unwrap_or_else(|error| panic!("{error}"));
    profile.points.into_iter().next().unwrap()
}

/// The value of a register point that holds these words.
fn words(keys: &str, words: &[u16]) -> Option<Value> {
    let point = point("modbus", &format!("register = 4\n{keys}"));
    let raw = point.source.register().unwrap().raw(words)?;
    point.value(raw).map(|(value, _)| value)
}

fn said(keys: &str, raw: Raw<'_>) -> Option<Value> {
    point("json", &format!("pointer = \"/p\"\n{keys}")).value(raw).map(|(value, _)| value)
}

#[test]
fn an_offset_is_in_the_unit_of_the_kind() {
    let fahrenheit = "kind = \"environment.temperature\"\nscale = 0.5\noffset = -40";
    assert_eq!(words(fahrenheit, &[130]), Some(Value::Number(25.0)));
    assert_eq!(words("kind = \"panel.events\"\noffset = 1000", &[7]), Some(Value::Integer(1_007)));
}

#[test]
fn markers_are_compared_before_scaling() {
    let supply = "kind = \"door.supply\"\nscale = 0.01\ninvalid = [0, \"65500..65535\"]";
    assert_eq!(words(supply, &[0]), None);
    assert_eq!((words(supply, &[65_500]), words(supply, &[65_535])), (None, None));
    assert_eq!(words(supply, &[65_499]), Some(Value::Number(654.99)));
    let float = "kind = \"jammer.probe\"\ntype = \"f32\"\ninvalid = [-999.9]";
    let held = (-999.9_f32).to_bits();
    assert_eq!(words(float, &[(held >> 16) as u16, held as u16]), None, "as the device can hold it");
    assert_eq!(words(float, &[0x7FC0, 0]), None, "not a number, without a marker");
    assert_eq!(words(float, &[0x7F80, 0]), None, "infinite");
}

#[test]
fn a_whole_register_or_some_of_its_bits_can_be_a_flag_or_a_state() {
    let relay = "kind = \"door.lock_command\"\nstates = { 0xFF00 = \"yes\", 0 = \"no\" }";
    let relay = relay.replace("0xFF00", "65280");
    assert_eq!(words(&relay, &[0xFF00]), Some(Value::Flag(true)));
    assert_eq!((words(&relay, &[0]), words(&relay, &[1])), (Some(Value::Flag(false)), None));
    let zone = "kind = \"zone.state\"\nbit = 4\nbits = 3";
    assert_eq!(words(zone, &[0b0110_0000]), Some(Value::Integer(6)));
    let contact = "kind = \"door.contact\"\nbit = 0\nstates = { 1 = \"closed\", 0 = \"open\" }";
    assert_eq!(words(contact, &[1]), Some(Value::Integer(0)));
}

#[test]
fn messages_say_states_by_words_numbers_or_their_own_names() {
    let own = "kind = \"door.contact\"";
    assert_eq!(said(own, Raw::Text("open")), Some(Value::Integer(1)));
    assert_eq!(said(own, Raw::Whole(3)), Some(Value::Integer(3)));
    assert_eq!((said(own, Raw::Text("ajar")), said(own, Raw::Whole(4))), (None, None));
    let mapped = "kind = \"door.contact\"\nstates = { OPEN = \"open\", true = \"closed\", 2 = \"cut\" }";
    assert_eq!(said(mapped, Raw::Text(" OPEN\n")), Some(Value::Integer(1)), "payloads end in line breaks");
    assert_eq!(said(mapped, Raw::Flag(true)), Some(Value::Integer(0)));
    assert_eq!(
        (said(mapped, Raw::Number(2.0)), said(mapped, Raw::Text("open"))),
        (Some(Value::Integer(3)), None)
    );
    let flag = "kind = \"door.tamper\"\nstates = { ok = \"no\", ALARM = \"yes\" }";
    assert_eq!(said(flag, Raw::Text("ALARM")), Some(Value::Flag(true)));
    assert_eq!(said("kind = \"door.tamper\"\ninverted = true", Raw::Text("off")), Some(Value::Flag(true)));
}

#[test]
fn messages_say_numbers_and_texts() {
    let supply = "kind = \"door.supply\"\nscale = 0.001\ninvalid = [\"unavailable\", -1]\nrange = { min = 10, max = 15 }";
    assert_eq!(said(supply, Raw::Text("12031")), Some(Value::Number(12.031)));
    assert_eq!((said(supply, Raw::Text("unavailable")), said(supply, Raw::Whole(-1))), (None, None));
    assert_eq!((said(supply, Raw::Flag(true)), said(supply, Raw::Text("inf"))), (None, None));
    let spec = point("json", &format!("pointer = \"/p\"\n{supply}"));
    assert_eq!(spec.value(Raw::Whole(9_000)), Some((Value::Number(9.0), Bounds::Outside)));
    assert_eq!(said("kind = \"host.media\"", Raw::Text("stick 4711")), Some(Value::text("stick 4711")));
    assert_eq!(said("kind = \"door.occupancy\"", Raw::Number(2.0)), Some(Value::Integer(2)));
}

#[test]
fn repeated_places_in_messages_hold_their_number() {
    let text = "name = \"m\"\nprotocol = \"json\"\n[[points]]\nname = \"door-{n}\"\nkind = \"door.contact\"\n\
                topic = \"doors/{n}\"\npointer = \"/state/{n}\"\nrepeat = { count = 2, first = 7 }\n";
    let profile = parse(std::path::Path::new("m.toml"), text).unwrap();
    let fields: Vec<String> = profile
        .points
        .iter()
        .map(|point| format!("{} {:?}", point.name, point.source.field().unwrap()))
        .collect();
    assert!(
        fields[0].starts_with("door-7") && fields[0].contains("doors/7") && fields[0].contains("/state/7")
    );
    assert!(
        fields[1].starts_with("door-8") && fields[1].contains("doors/8") && fields[1].contains("/state/8")
    );
}
