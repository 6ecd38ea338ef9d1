//! The default pack is faultless, and every fault of another is named with its line.

use std::path::Path;

use super::{DEFAULT, Pack};

fn faults(text: &str) -> String {
    match Pack::parse(Path::new("pack.toml"), text) {
        Ok(_) => "none".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_default_pack_is_faultless() {
    let pack = Pack::parse(Path::new("default.toml"), DEFAULT).unwrap();
    let covered = |number: usize| {
        let id = format!("R-{number:02}");
        pack.rules.iter().any(|rule| rule.id == id || rule.id.starts_with(&format!("{id}-")))
    };
    let missing: Vec<usize> = (1..=42).filter(|number| !covered(*number)).collect();
    assert_eq!(missing, [0; 0], "rules of the catalogue without a place in the pack");
}

#[test]
fn every_fault_is_named_with_its_line() {
    let text = r#"[pack]
name = "p"
version = "1"
[[rules]]
id = "R-01"
title = "t"
text = "{devise} opened"
clauses = []
pattern = "points"
key = "device"
trigger = [{ kind = "door.contakt", becomes = ["open"] }, { kind = "door.contact", becomes = ["ajar"] }]
sustained = [{ after = "30s", severity = "P3" }, { after = "20s", severity = "P3" }]
severity = "P9"
latch = false
"#;
    let faults = faults(text);
    for expected in [
        "pack.toml:7:",
        "`{devise}` is not known",
        "pack.toml:8:",
        "at least one clause",
        "pack.toml:11:",
        "`door.contakt` is not a kind",
        "no state `ajar`",
        "pack.toml:12:",
        "order of their time",
        "pack.toml:13:",
        "`P9` is not a severity",
    ] {
        assert!(faults.contains(expected), "{expected} is missing in\n{faults}");
    }
}

#[test]
fn a_rule_that_excuses_itself_is_refused() {
    let text = DEFAULT
        .replace(r#"{ holds = "door.rex", is = ["yes"] },"#, r#"{ holds = "door.contact", is = ["open"] },"#);
    assert!(faults(&text).contains("the rule could never fire"));
}

/// What is said about one rule on points with these keys.
fn faults_of(keys: &str) -> String {
    faults(&format!(
        "[pack]\nname = \"p\"\nversion = \"1\"\n[[rules]]\nid = \"R-01\"\ntitle = \"t\"\ntext = \"t\"\nclauses = [\"S22\"]\n\
         pattern = \"points\"\nkey = \"device\"\nlatch = false\nseverity = \"P1\"\n{keys}\n"
    ))
}

const TRIGGER: &str = "trigger = [{ kind = \"door.contact\", becomes = [\"open\"] }]\n";

#[test]
fn a_rule_is_told_what_is_wrong_about_it() {
    let cases = [
        ("trigger = [{ kind = \"door.contact\" }]", "nothing says what of this kind counts"),
        (
            "trigger = [{ kind = \"door.contact\", becomes = [\"open\"], unusable = true }]",
            "contradict each other",
        ),
        ("trigger = [{ kind = \"door.contact\", above = 3 }]", "it cannot be compared"),
        ("trigger = [{ kind = \"power.runtime\", below = 3, from = [\"x\"] }]", "no named states"),
        ("trigger = [{ kind = \"power.runtime\", marked = [\"hihi\"] }]", "`hihi` is not a mark"),
        (
            "trigger = [{ kind = \"door.access\", happens = [\"duress\"] }]\nsustained = [{ after = \"5s\", severity = \"P1\" }]",
            "over at once",
        ),
        ("trigger = [{ kind = \"host.media\", happens = [\"insert usb\"] }]", "not one word"),
        ("", "at least one trigger"),
    ];
    for (keys, expected) in cases {
        let faults = faults_of(keys);
        assert!(faults.contains(expected), "{expected} is missing for {keys} in\n{faults}");
    }
    let with_trigger = [
        ("wait = \"5s\"", "nothing is waited for"),
        ("unless = [{ event = \"door.rex\", holds = \"door.rex\", is = [\"yes\"] }]", "not both"),
        ("given = [{ meeting = true, emergency = true }]", "a condition is one of"),
        ("given = [{ holds = \"door.mode\" }]", "how must it stand?"),
        ("while = [{ meeting = true }]\nunless = [{ meeting = true }]", "the rule could never fire"),
        (
            "with = [{ event = \"door.open_time\", rises = true, within = \"5s\" }]",
            "travels in the routine lane",
        ),
        (
            "with = [{ event = \"door.rex\", is = [\"yes\"], within = \"5s\", order = \"after\" }]",
            "write before or either",
        ),
        ("count = { at_least = 1, within = \"5s\" }", "at_least"),
        ("severity_when = [{ severity = \"P1\" }]", "in which circumstances"),
    ];
    for (keys, expected) in with_trigger {
        let faults = faults_of(&format!("{TRIGGER}{keys}"));
        assert!(faults.contains(expected), "{expected} is missing for {keys} in\n{faults}");
    }
    assert_eq!(faults_of(TRIGGER), "none");
}
