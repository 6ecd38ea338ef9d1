//! `docs/hub.md` names every key of the configuration, and none that there is not.

#![allow(clippy::unwrap_used, reason = "a preparation that fails is a failed test")]

use std::path::Path;

use runtime::config::{ConfigError, parse};
use strongroom_hub::config::Config;

const PAGE: &str = include_str!("../../docs/hub.md");
const SOURCES: &[&str] = &[include_str!("../src/config.rs")];
/// Some keys are only asked for where another one stands.
const BESIDE: &[&str] = &[""];

/// The keys of the tables: what stands between the first two back-ticks of a row, if it has a dot.
fn documented(page: &str) -> Vec<&str> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(key, _)| key).filter(|key| key.contains('.')).collect()
}

/// A file with nothing but this key, which has a value that no key takes, and what must stand `beside` it.
fn file_with(key: &str, beside: &str) -> String {
    let (head, last) = key.rsplit_once('.').unwrap();
    let mut text = String::new();
    let mut path = String::new();
    for step in head.split('.') {
        let (name, many) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
        path += name;
        text += &if many { format!("[[{path}]]\n") } else { format!("[{path}]\n") };
        path.push('.');
        if text.lines().count() == 1 {
            text += beside;
        }
    }
    text + &format!("{last} = {{ no-such-key = 1 }}\n")
}

#[test]
fn every_documented_key_is_accepted() {
    let keys = documented(PAGE);
    assert!(keys.len() > 20, "{keys:?}");
    for key in keys {
        let place = key.replace("[]", "[0]");
        let unknown = |beside: &&str| {
            let text = file_with(key, beside);
            let Err(ConfigError::Faulty { faults, .. }) = parse::<Config>(Path::new("a.toml"), &text) else {
                panic!("{key}: this is no configuration")
            };
            faults.iter().any(|fault| fault.key == place && fault.message.starts_with("there is no such key"))
        };
        assert!(!BESIDE.iter().all(unknown), "there is no key {key}");
    }
}

/// The code asks a section for its keys by name.
#[test]
fn every_key_of_the_code_is_documented() {
    let mut asked: Vec<&str> = Vec::new();
    for source in SOURCES {
        for call in source.split("section").skip(1) {
            let Some((how, rest)) = call.trim_start().split_once("(\"") else { continue };
            let method = how.trim_start_matches('.').split("::").next().unwrap_or_default();
            if METHODS.contains(&method) {
                asked.extend(rest.split('"').next());
            }
        }
    }
    assert!(asked.len() > 20, "{asked:?}");
    let keys = documented(PAGE);
    for name in asked {
        let steps = |key: &str| key.split('.').any(|step| step.trim_end_matches("[]") == name);
        assert!(keys.iter().any(|key| steps(key)), "{name} stands in no table");
    }
}

const METHODS: [&str; 14] = [
    "required",
    "optional",
    "or",
    "within",
    "optional_within",
    "required_within",
    "path",
    "table",
    "optional_table",
    "tables",
    "tables_by",
    "map",
    "values_map",
    "strings_map",
];
