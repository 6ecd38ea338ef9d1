//! Judges JSON by `docs/host-report.schema.json`. A small part of JSON Schema 2020-12, and a keyword that is not in it ends
//! the test: a validator with all of it would bring some eighty crates, a network client among them.

use serde_json::{Map, Value as Json};

const SCHEMA: &str = include_str!("../../../../../docs/host-report.schema.json");

pub(crate) fn schema() -> Json {
    serde_json::from_str(SCHEMA).unwrap()
}

/// Every way in which the report does not conform, as `place: what`.
pub(crate) fn faults(report: &Json) -> Vec<String> {
    let root = schema();
    let mut faults = Vec::new();
    judge(&root, &root, report, "", &mut faults);
    faults
}

fn judge(root: &Json, schema: &Json, value: &Json, at: &str, faults: &mut Vec<String>) {
    for (keyword, wanted) in schema.as_object().expect("a schema is an object") {
        let fits = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => true,
            "$ref" => {
                judge(root, referred(root, wanted), value, at, faults);
                true
            }
            "allOf" => {
                wanted.as_array().unwrap().iter().for_each(|part| judge(root, part, value, at, faults));
                true
            }
            "oneOf" => one_of(root, wanted, value, at, faults),
            "properties" => {
                properties(root, wanted, value, at, faults);
                true
            }
            "items" => {
                for (no, item) in value.as_array().into_iter().flatten().enumerate() {
                    judge(root, wanted, item, &format!("{at}/{no}"), faults);
                }
                true
            }
            "type" => is_type(wanted, value),
            "const" => value == wanted,
            "enum" => wanted.as_array().unwrap().contains(value),
            "required" => {
                wanted.as_array().unwrap().iter().all(|key| value.get(key.as_str().unwrap()).is_some())
            }
            "minimum" => whole(value).is_none_or(|number| number >= whole(wanted).unwrap()),
            "maximum" => whole(value).is_none_or(|number| number <= whole(wanted).unwrap()),
            "minLength" => {
                value.as_str().is_none_or(|text| text.chars().count() as u64 >= wanted.as_u64().unwrap())
            }
            "maxLength" => {
                value.as_str().is_none_or(|text| text.chars().count() as u64 <= wanted.as_u64().unwrap())
            }
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= wanted.as_u64().unwrap()),
            "format" => {
                assert_eq!(wanted, "uuid");
                value.as_str().is_none_or(|text| super::format::Boot::parse(text).is_some())
            }
            unknown => panic!("the schema uses `{unknown}`, which this test does not judge"),
        };
        if !fits {
            faults.push(format!("{at}: {keyword} {wanted}"));
        }
    }
}

fn referred<'a>(root: &'a Json, reference: &Json) -> &'a Json {
    let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
    root.pointer(pointer).unwrap_or_else(|| panic!("{pointer} does not exist"))
}

fn one_of(root: &Json, choices: &Json, value: &Json, at: &str, faults: &mut Vec<String>) -> bool {
    // The choice is made by the kind, so that what is wrong inside is told.
    let kind =
        |choice: &Json| choice["properties"]["kind"]["enum"].as_array().unwrap().contains(&value["kind"]);
    let choices: Vec<&Json> = choices.as_array().unwrap().iter().filter(|choice| kind(choice)).collect();
    let [choice] = choices.as_slice() else { return false };
    judge(root, choice, value, at, faults);
    true
}

fn properties(root: &Json, wanted: &Json, value: &Json, at: &str, faults: &mut Vec<String>) {
    let fields = value.as_object().into_iter().flat_map(Map::iter);
    for (key, field) in fields {
        if let Some(schema) = wanted.get(key) {
            judge(root, schema, field, &format!("{at}/{key}"), faults);
        }
    }
}

fn is_type(wanted: &Json, value: &Json) -> bool {
    match wanted.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => whole(value).is_some(),
        other => panic!("the schema uses the type {other}"),
    }
}

fn whole(value: &Json) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}

#[test]
fn what_does_not_conform_is_found() {
    let sound = super::report(1, 5, serde_json::json!([{ "kind": "boot" }]));
    assert_eq!(faults(&sound), [""; 0]);
    let changed = |pointer: &str, value: Json| {
        let mut report = sound.clone();
        *report.pointer_mut(pointer).unwrap() = value;
        faults(&report).len()
    };
    assert_eq!(changed("/version", 2.into()), 1);
    assert_eq!(changed("/boot", "soon".into()), 2);
    assert_eq!(changed("/seq", Json::from(-1)), 1);
    assert_eq!(changed("/at", serde_json::json!({ "mono_ms": 1 })), 1);
    assert_eq!(changed("/host", "x".repeat(257).into()), 1);
    assert_eq!(changed("/events/0/kind", "logon".into()), 1);
    assert_eq!(changed("/events/0/kind", "nonsense".into()), 1);
    assert_eq!(changed("/state", serde_json::json!({ "media": [{}] })), 1);
}
