//! Whatever is written in a profile, it is taken or refused with places, and nothing panics.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::select;
use runtime::config::ConfigError;

use super::super::{BUILT_IN, parse};

fn judged(text: &str) -> Result<(), TestCaseError> {
    let lines = text.lines().count().max(1);
    match parse(Path::new("any.toml"), text) {
        Ok(profile) => {
            let fitted = profile.fitted(&[]);
            prop_assert!(fitted.is_ok());
        }
        Err(ConfigError::Faulty { faults, .. }) => {
            prop_assert!(!faults.is_empty());
            for fault in faults {
                prop_assert!((1..=lines + 1).contains(&fault.line) && !fault.message.is_empty(), "{fault}");
            }
        }
        Err(error) => prop_assert!(false, "{error}"),
    }
    Ok(())
}

/// Values that fit somewhere, and some that fit nowhere.
const VALUES: &[&str] = &[
    "0",
    "1",
    "-1",
    "8",
    "15",
    "16",
    "125",
    "65535",
    "65536",
    "9223372036854775807",
    "0.1",
    "1e300",
    "nan",
    "true",
    "\"\"",
    "\"u16\"",
    "\"f64\"",
    "\"bcd32\"",
    "\"bit\"",
    "\"holding\"",
    "\"coil\"",
    "\"low_first\"",
    "\"swapped\"",
    "\"snapshot\"",
    "\"zone.loop\"",
    "\"door.rex\"",
    "\"door.contact\"",
    "\"panel.event\"",
    "\"host.media\"",
    "\"z-{n}\"",
    "\"/a/{n}\"",
    "\"a/b\"",
    "\"1s\"",
    "\"9d\"",
    "[]",
    "[1, \"2..3\", \"x\"]",
    "{}",
    "{ count = 3, step = 2 }",
    "{ count = 1024, step = 65535 }",
    "{ min = 1, max = 2 }",
    "{ 1 = \"yes\", 0 = \"no\" }",
    "{ register = 65535, type = \"u32\" }",
    "{ sequence = { word = 0 }, code = { word = 1 } }",
];
const KEYS: &[&str] = &[
    "name",
    "kind",
    "table",
    "register",
    "bit",
    "bits",
    "type",
    "word_order",
    "byte_order",
    "pointer",
    "topic",
    "metric",
    "scale",
    "offset",
    "range",
    "states",
    "inverted",
    "invalid",
    "deadband",
    "debounce",
    "report",
    "repeat",
    "sequence",
    "newest",
    "start",
    "count",
    "slot_words",
    "fields",
    "times",
];
const SECTIONS: &[&str] = &["[[points]]", "[[rings]]", "[[blocks]]", "[header]", "[sender]", "[sizes.zones]"];
const PROTOCOLS: &[&str] = &["modbus", "json", "plain", "sparkplug", "report", "smoke"];

proptest! {
    #[test]
    fn any_keys_with_any_values_are_judged(
        protocol in select(PROTOCOLS),
        sections in prop::collection::vec(
            (select(SECTIONS), prop::collection::btree_map(select(KEYS), select(VALUES), 0..12)),
            0..6,
        ),
    ) {
        let mut text = format!("name = \"any\"\nprotocol = \"{protocol}\"\n");
        let mut single = std::collections::BTreeSet::new();
        for (section, keys) in sections {
            if !section.starts_with("[[") && !single.insert(section) {
                continue;
            }
            text.push_str(&format!("{section}\n"));
            for (key, value) in keys {
                text.push_str(&format!("{key} = {value}\n"));
            }
        }
        judged(&text)?;
    }

    #[test]
    fn a_built_in_profile_with_a_changed_stretch_is_judged(
        which in 0..BUILT_IN.len(),
        at in any::<prop::sample::Index>(),
        length in 0..40_usize,
        instead in "[ -~\n]{0,20}",
    ) {
        let whole = BUILT_IN[which].text();
        let from = whole.floor_char_boundary(at.index(whole.len()));
        let to = whole.floor_char_boundary((from + length).min(whole.len()));
        judged(&format!("{}{instead}{}", &whole[..from], &whole[to..]))?;
    }

    #[test]
    fn any_text_is_judged(text in "\\PC{0,200}") {
        judged(&text)?;
    }
}
