//! A file is refused with all of its faults, each at its exact place and with a way out.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::*;

struct Edge {
    name: String,
    devices: Vec<Device>,
}

struct Device {
    id: String,
}

impl FromSection for Edge {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let name = section.required("name");
        let _data: Option<PathBuf> = section.optional("data");
        let _lifetime = section.or("lifetime", Duration::from_secs(1));
        let devices: Vec<Device> = section.tables("devices");
        for (index, device) in devices.iter().enumerate() {
            if devices[..index].iter().any(|other| other.id == device.id) {
                let id = &device.id;
                section.fault(&format!("devices[{index}].id"), format!("`{id}` is taken; choose another id"));
            }
        }
        Some(Self { name: name?, devices })
    }
}

impl FromSection for Device {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let id = section.required("id");
        let address: Option<SocketAddr> = section.required("address");
        let second = Duration::from_secs(1);
        let _poll = section.within("poll_interval", second, Duration::from_millis(50)..=second * 60);
        let _units: Vec<u8> = section.or("units", vec![1]);
        address?;
        Some(Self { id: id? })
    }
}

const FAULTY: &str = r#"# a file with one fault of each sort
lifetime = 30
colour = "red"

[[devices]]
id = "panel"
address = "10.0.0.1"
poll_intervall = "5s"

[[devices]]
address = "10.0.0.2:502"
poll_interval = "10ms"
units = [1, 256, "two",
         -1]

[[devices]]
id = "panel-3"
address = "10.0.0.3:502"

[[devices]]
id = "panel-3"
address = "10.0.0.3:502"
"#;

#[test]
fn each_fault_has_its_line_column_key_and_remedy() {
    assert_eq!(
        faults::<Edge>(FAULTY),
        [
            "1:1 name: this key is missing; write text in quotes",
            "2:12 lifetime: a duration needs a unit; write \"30ms\", \"30s\", \"30m\", \"30h\" or \"30d\"",
            "3:1 colour: there is no such key; remove it, or use one of: data, devices, lifetime, name",
            "7:11 devices[0].address: `10.0.0.1` is not an address with a port; write an IP address and a port in \
         quotes, such as \"127.0.0.1:8883\" or \"[::1]:8883\"",
            "8:1 devices[0].poll_intervall: there is no such key; did you mean `poll_interval`?",
            "10:1 devices[1].id: this key is missing; write text in quotes",
            "12:17 devices[1].poll_interval: \"10ms\" is out of range; write a value from \"50ms\" to \"1m\"",
            "13:13 devices[1].units[1]: 256 does not fit; write a whole number from 0 to 255",
            "13:18 devices[1].units[2]: this is text; write a whole number from 0 to 255",
            "14:10 devices[1].units[3]: -1 does not fit; write a whole number from 0 to 255",
            "21:1 devices[3].id: `panel-3` is taken; choose another id",
        ]
    );
}

#[test]
fn what_only_shows_in_view_of_others_stands_at_its_own_line() {
    let text = r#"
name = "e"
[[devices]]
id = "a"
address = "10.0.0.1:502"
[[devices]]
address = "10.0.0.2:502"
id = "a"
"#;
    assert_eq!(faults::<Edge>(text), ["8:1 devices[1].id: `a` is taken; choose another id"]);
}

#[test]
fn a_text_that_is_not_toml_has_one_fault_at_its_line() {
    let only = |text: &str| {
        let faults = faults::<Edge>(text);
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults[0].clone()
    };
    assert_eq!(only("name = \"a\"\nlevel = high\n"), "2:9 : this value is not TOML; put text into quotes");
    assert_eq!(only("a = 1\nb = 2\na = 3"), "3:1 : the key `a` already stands on line 1; keep one of them");
    assert_eq!(only("[a]\nb = 1\n\n[a]\n"), "4:1 : the section `a` already begins on line 1; join the two");
    assert_eq!(only("a = \"x"), "1:5 : this text has no closing quote; add it");
    assert_eq!(
        only("a = \"C:\\dir\""),
        "1:9 : `\\d` is no escape; write `\\\\` for a backslash, or use 'single quotes'"
    );
    assert_eq!(
        only("a = 2026-01-01"),
        "1:5 : this is no valid number; put text, dates and durations into quotes"
    );
    assert!(only("a = [1, 2").starts_with("1:10 : "));
    assert!(only("a = 1\n= 2").starts_with("2:1 : "));
}

#[test]
fn no_text_makes_the_reader_panic() {
    let pieces =
        ["[", "]", "[[", "a", ".", "=", "\"", "'", "\n", "{", "}", "1", "é", ",", "#", "\\", "\"\"\"", "\r"];
    let mut state = 1_u32;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..12 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text.push_str(pieces[(state >> 16) as usize % pieces.len()]);
        }
        assert!(!faults::<Edge>(&text).is_empty(), "no such text has a name: {text:?}");
    }
}

#[test]
fn a_reader_that_refuses_without_a_fault_is_not_silent() {
    struct Stubborn;
    impl FromSection for Stubborn {
        fn from_section(_: &mut Section<'_>) -> Option<Self> {
            None
        }
    }
    assert_eq!(faults::<Stubborn>(""), ["1:1 : this section cannot be used"]);
}

#[test]
fn a_good_file_has_none() {
    let edge: Edge = taken("name = \"e\"\n[[devices]]\nid = \"a\"\naddress = \"[::1]:502\"\n");
    assert_eq!((edge.name.as_str(), edge.devices.len()), ("e", 1));
}
