//! What a reading must show, and what must hold, as a pack writes it.

use runtime::config::{FromSection, Parsed, Section};
use wire::{Kind, Marks, Value, ValueType};

use super::rule::choice;
use crate::correlate::arming;
use crate::correlate::condition::Condition;
use crate::correlate::criterion::Criterion;
use crate::correlate::facts::Fact;
use crate::correlate::rule::{Reach, Sign, Way};

/// In which words values are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// `becomes` for what lasts, `happens` for what is over at once.
    Trigger,
    /// `is`, `any`: each event counts.
    Past,
}

const WAYS: [&str; 9] = ["becomes", "happens", "is", "any", "above", "below", "marked", "unusable", "rises"];

/// `kind_key` names the kind; exactly one other key says what of it.
pub(super) fn sign(section: &mut Section<'_>, kind_key: &'static str, told: Told) -> Option<Sign> {
    let kind = section.required::<Parsed<Kind>>(kind_key).map(|kind| kind.0);
    let way = match only_way(section, told)? {
        "becomes" => Way::Stands(Criterion::OneOf(values(section, "becomes", kind)?)),
        "happens" => Way::Happens(happening(section, "happens", kind)?),
        "is" => Way::Happens(happening(section, "is", kind)?),
        "any" => yes(section, "any").then_some(Way::Happens(Vec::new()))?,
        "rises" => yes(section, "rises").then_some(Way::Rises)?,
        other => Way::Stands(criterion(section, other, kind)?),
    };
    Some(Sign { kind: kind?, way })
}

/// The one way that is written down.
fn only_way(section: &mut Section<'_>, told: Told) -> Option<&'static str> {
    let here = |way: &&&str| match **way {
        "becomes" | "happens" => told == Told::Trigger,
        "is" | "any" => told == Told::Past,
        _ => true,
    };
    let known: Vec<&'static str> = WAYS.iter().filter(here).copied().collect();
    let written: Vec<&'static str> = known.iter().filter(|way| section.has(way)).copied().collect();
    match written[..] {
        [way] => Some(way),
        [] => {
            section.ignore_unread();
            section.fault(
                "",
                format!("nothing says what of this kind counts: write one of {}", known.join(", ")),
            );
            None
        }
        _ => {
            section.ignore_unread();
            section.fault("", format!("{} contradict each other: write one of them", written.join(" and ")));
            None
        }
    }
}

fn criterion(section: &mut Section<'_>, key: &str, kind: Option<Kind>) -> Option<Criterion> {
    match key {
        "above" => limit(section, "above", kind).map(Criterion::Above),
        "below" => limit(section, "below", kind).map(Criterion::Below),
        "marked" => marks(section).map(Criterion::Marked),
        "unusable" => yes(section, "unusable").then_some(Criterion::Unusable),
        _ => values(section, "is", kind).map(Criterion::OneOf),
    }
}

/// States, or the first words of texts; for others only `true`, which is any event.
fn happening(section: &mut Section<'_>, key: &'static str, kind: Option<Kind>) -> Option<Vec<Value>> {
    match kind?.value_type() {
        ValueType::Flag | ValueType::State(_) => values(section, key, kind),
        ValueType::Text if section.is_list(key) => words(section, key),
        _ => yes(section, key).then(Vec::new),
    }
}

fn words(section: &mut Section<'_>, key: &'static str) -> Option<Vec<Value>> {
    let words: Vec<String> = section.required(key)?;
    for (index, word) in words.iter().enumerate().filter(|(_, word)| word.contains(' ') || word.is_empty()) {
        section.fault(
            &format!("{key}[{index}]"),
            format!("`{word}` is not one word: a text is told by its first one"),
        );
    }
    if words.is_empty() {
        section.fault(key, "name at least one word, or write true for any text");
    }
    (!words.is_empty()).then(|| words.iter().map(|word| Value::text(word)).collect())
}

fn limit(section: &mut Section<'_>, key: &'static str, kind: Option<Kind>) -> Option<f64> {
    let limit: f64 = section.required(key)?;
    let kind = kind?;
    if !matches!(kind.value_type(), ValueType::Count(_) | ValueType::Measure(_)) {
        section.fault(key, format!("{kind} is no number; it cannot be compared with one"));
        return None;
    }
    Some(limit)
}

fn marks(section: &mut Section<'_>) -> Option<Vec<Marks>> {
    let names: Vec<String> = section.required("marked")?;
    let mut marks = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        match Marks::NAMED.iter().find(|(_, known)| known == name) {
            Some((mark, _)) => marks.push(*mark),
            None => {
                let known: Vec<&str> = Marks::NAMED.iter().map(|(_, name)| *name).collect();
                let known = known.join(", ");
                section
                    .fault(&format!("marked[{index}]"), format!("`{name}` is not a mark; there are {known}"));
            }
        }
    }
    if names.is_empty() {
        section.fault("marked", "name at least one mark");
    }
    (!marks.is_empty() && marks.len() == names.len()).then_some(marks)
}

/// A key that is only ever written as `true`.
fn yes(section: &mut Section<'_>, key: &'static str) -> bool {
    let yes: Option<bool> = section.optional(key);
    if yes == Some(false) {
        section.fault(key, "leave this out, or write true");
    }
    yes == Some(true)
}

impl FromSection for Condition {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let facts = Fact::ALL.iter().filter(|(_, name)| section.has(name)).copied();
        let written: Vec<(Fact, &'static str)> = facts.collect();
        let others = ["arming", "holds", "has", "any"].into_iter().filter(|key| section.has(key)).count();
        if written.len() + others != 1 {
            section.ignore_unread();
            let facts: Vec<&str> = Fact::ALL.iter().map(|(_, name)| *name).collect();
            let facts = facts.join(", ");
            section.fault("", format!("a condition is one of: arming, holds, has, any, {facts}"));
            return None;
        }
        if let [(fact, name)] = written[..] {
            return Some(Condition::Fact { fact, is: section.required(name)? });
        }
        if section.has("arming") {
            let states = values(section, "arming", Some(Kind::PartArming))?;
            return Some(Condition::Arming(states.iter().filter_map(arming::state_of).collect()));
        }
        if section.has("any") {
            let conditions: Vec<Condition> = section.tables("any");
            return (!conditions.is_empty()).then_some(Condition::Any(conditions));
        }
        if section.has("has") {
            let kind = section.required::<Parsed<Kind>>("has").map(|kind| kind.0);
            let of = choice(section, "of", &Reach::ALL).unwrap_or(Reach::Device);
            return Some(Condition::Has { kind: kind?, of });
        }
        holds(section)
    }
}

fn holds(section: &mut Section<'_>) -> Option<Condition> {
    let kind = section.required::<Parsed<Kind>>("holds").map(|kind| kind.0);
    let of = choice(section, "of", &Reach::ALL).unwrap_or(Reach::Device);
    let known = ["is", "above", "below", "marked", "unusable"];
    let written: Vec<&str> = known.into_iter().filter(|way| section.has(way)).collect();
    let [way] = written[..] else {
        section.ignore_unread();
        section.fault("", format!("how must it stand? Write one of {}", known.join(", ")));
        return None;
    };
    let criterion = criterion(section, way, kind)?;
    Some(Condition::Holds { kind: kind?, criterion, of })
}

/// Named states of a kind: `["open", "cut"]`, or `["yes"]` for a flag.
pub(super) fn values(section: &mut Section<'_>, key: &'static str, kind: Option<Kind>) -> Option<Vec<Value>> {
    let names: Vec<String> = section.required(key)?;
    let kind = kind?;
    if names.is_empty() {
        section.fault(key, "name at least one state");
        return None;
    }
    let mut values = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        match value(kind, name) {
            Some(value) => values.push(value),
            None => section.fault(&format!("{key}[{index}]"), unknown_state(kind, name)),
        }
    }
    (values.len() == names.len()).then_some(values)
}

fn value(kind: Kind, name: &str) -> Option<Value> {
    match (kind.value_type(), name) {
        (ValueType::Flag, "yes") => Some(Value::Flag(true)),
        (ValueType::Flag, "no") => Some(Value::Flag(false)),
        (ValueType::State(_), name) => kind.state(name).map(Value::Integer),
        _ => None,
    }
}

fn unknown_state(kind: Kind, name: &str) -> String {
    match kind.value_type() {
        ValueType::State(names) => format!("{kind} has no state `{name}`; it has {}", names.join(", ")),
        ValueType::Flag => format!("{kind} is `yes` or `no`, not `{name}`"),
        _ => format!("{kind} has no named states; a rule cannot compare it with `{name}`"),
    }
}
