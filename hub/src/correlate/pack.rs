//! Reads a rule pack. A pack is refused as a whole, with every fault and its line, if one rule has no clause, names an
//! unknown kind or state, or contradicts itself.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use runtime::config::{ConfigError, FromSection, Parsed, Section, parse};
use wire::{Kind, Value, ValueType};

use super::arming;
use super::rule::{ArmingIs, Excuse, PLACEHOLDERS, Pattern, Points, Rule, SeverityWhen, Stage, Trigger};
use crate::incident::Severity;

/// The pack that this software brings along.
pub const DEFAULT: &str = include_str!("../../rules/default.toml");

/// A room has some dozens of rules; more than this is a mistake.
const RULES_MAX: usize = 512;
const SUSTAINED_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

#[derive(Clone, Debug, PartialEq)]
pub struct Pack {
    pub name: String,
    pub version: String,
    pub rules: Vec<Rule>,
    by_kind: Vec<Vec<Interest>>,
}

/// What a rule wants to know of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interest {
    pub rule: u16,
    pub role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Trigger(u8),
    Excuse(u8),
}

impl Pack {
    pub fn parse(path: &Path, text: &str) -> Result<Self, ConfigError> {
        parse(path, text)
    }

    /// A pack without rules: what holds before the journal names one.
    pub fn empty() -> Self {
        Self::new("none".to_owned(), "0".to_owned(), Vec::new())
    }

    fn new(name: String, version: String, rules: Vec<Rule>) -> Self {
        let mut by_kind = vec![Vec::new(); Kind::ALL.len()];
        for (index, rule) in rules.iter().enumerate() {
            let Pattern::Points(points) = &rule.pattern else { continue };
            let rule = index as u16;
            for (place, trigger) in points.trigger.iter().enumerate() {
                by_kind[trigger.kind as usize].push(Interest { rule, role: Role::Trigger(place as u8) });
            }
            for (place, excuse) in points.unless.iter().enumerate() {
                if let Excuse::Event { kind, .. } = excuse {
                    by_kind[*kind as usize].push(Interest { rule, role: Role::Excuse(place as u8) });
                }
            }
        }
        Self { name, version, rules, by_kind }
    }

    pub fn interests(&self, kind: Kind) -> &[Interest] {
        &self.by_kind[kind as usize]
    }

    pub fn rule(&self, rule: u16) -> &Rule {
        &self.rules[usize::from(rule)]
    }

    pub fn place_of(&self, id: &str) -> Option<u16> {
        self.rules.iter().position(|rule| rule.id == id).map(|place| place as u16)
    }

    /// The rules whose pattern is not about points, with their places.
    pub fn others(&self) -> impl Iterator<Item = (u16, &Rule)> {
        let all = self.rules.iter().enumerate().map(|(place, rule)| (place as u16, rule));
        all.filter(|(_, rule)| !matches!(rule.pattern, Pattern::Points(_)))
    }
}

struct Head {
    name: String,
    version: String,
}

impl FromSection for Head {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let name = section.required("name");
        let version = section.required("version");
        Some(Self { name: name?, version: version? })
    }
}

impl FromSection for Pack {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let head = section.table::<Head>("pack");
        let rules: Vec<Rule> = section.tables("rules");
        if rules.is_empty() {
            section.fault("rules", "a pack has at least one [[rules]]");
        }
        if rules.len() > RULES_MAX {
            section.fault("rules", format!("{} rules are too many: at most {RULES_MAX}", rules.len()));
        }
        let mut ids = BTreeSet::new();
        for (index, rule) in rules.iter().enumerate() {
            if !ids.insert(&rule.id) {
                section.fault(
                    &format!("rules[{index}].id"),
                    format!("the id {} is taken by a rule above", rule.id),
                );
            }
        }
        let head = head?;
        Some(Pack::new(head.name, head.version, rules))
    }
}

impl FromSection for Rule {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let id = section.required::<String>("id");
        let title = section.required("title");
        let text = section.required::<String>("text");
        let clauses: Vec<String> = section.required("clauses").unwrap_or_default();
        let severity = section.required::<Parsed<Severity>>("severity");
        let severity_when = section.tables("severity_when");
        let latch = section.required("latch");
        if section.has("clauses") && clauses.is_empty() {
            section
                .fault("clauses", "a rule serves at least one clause of the seed or of a standard: name it");
        }
        if let Some(unknown) = text.as_deref().and_then(unknown_placeholder) {
            section.fault("text", format!("`{{{unknown}}}` is not known; use {}", PLACEHOLDERS.join(", ")));
        }
        let pattern = pattern(section);
        Some(Rule {
            id: id?,
            title: title?,
            text: text?,
            clauses,
            pattern: pattern?,
            severity: severity?.0,
            severity_when,
            latch: latch?,
        })
    }
}

fn unknown_placeholder(text: &str) -> Option<&str> {
    let names = text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name));
    names.into_iter().find(|name| !PLACEHOLDERS.contains(name))
}

fn pattern(section: &mut Section<'_>) -> Option<Pattern> {
    match section.required::<String>("pattern")?.as_str() {
        "points" => points(section).map(Pattern::Points),
        "edge_silent" => Some(Pattern::EdgeSilent),
        "missing" => {
            let settle: Duration = section.required_within("settle", Duration::ZERO..=SUSTAINED_MAX)?;
            Some(Pattern::Missing { settle_ms: settle.as_millis() as i64 })
        }
        "fork" => Some(Pattern::Fork),
        other => {
            section.ignore_unread();
            let known = "points, edge_silent, missing and fork";
            section.fault("pattern", format!("`{other}` is not a pattern; there are {known}"));
            None
        }
    }
}

fn points(section: &mut Section<'_>) -> Option<Points> {
    let key: Option<String> = section.required("key");
    if key.as_deref().is_some_and(|key| key != "device") {
        section.fault("key", "a rule on points is kept per `device`");
    }
    let trigger: Vec<Trigger> = section.tables("trigger");
    let unless: Vec<Excuse> = section.tables("unless");
    let given = section.optional_table("given");
    let sustained: Vec<Stage> = section.tables("sustained");
    if !section.has("trigger") {
        section.fault("", "a rule on points has at least one trigger");
    }
    if trigger.len() > usize::from(u8::MAX) || unless.len() > usize::from(u8::MAX) {
        section.fault("trigger", "a rule has at most 255 triggers and 255 excuses");
    }
    for (index, pair) in sustained.windows(2).enumerate() {
        if pair[1].after_ms <= pair[0].after_ms {
            section
                .fault(&format!("sustained[{}].after", index + 1), "stages stand in the order of their time");
        }
        if !pair[1].severity.graver_than(pair[0].severity) {
            section.fault(
                &format!("sustained[{}].severity", index + 1),
                "a later stage is graver than the one before",
            );
        }
    }
    for (index, excuse) in unless.iter().enumerate() {
        let contradicts = trigger.iter().any(|trigger| {
            trigger.kind == excuse.kind()
                && matches!(excuse, Excuse::Holds { is, .. } if trigger.becomes == *is)
        });
        if contradicts {
            section.fault(
                &format!("unless[{index}]"),
                "the excuse is the trigger itself: the rule could never fire",
            );
        }
    }
    Some(Points { trigger, unless, given, sustained })
}

impl FromSection for Trigger {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let kind = section.required::<Parsed<Kind>>("kind").map(|kind| kind.0);
        let becomes = values(section, "becomes", kind);
        let from = if section.has("from") { values(section, "from", kind) } else { Some(Vec::new()) };
        Some(Self { kind: kind?, becomes: becomes?, from: from? })
    }
}

impl FromSection for Excuse {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let event = section.optional::<Parsed<Kind>>("event").map(|kind| kind.0);
        let holds = section.optional::<Parsed<Kind>>("holds").map(|kind| kind.0);
        let is = values(section, "is", event.or(holds));
        match (event, holds) {
            (Some(kind), None) => {
                let within: Duration = section.required_within("within", Duration::ZERO..=SUSTAINED_MAX)?;
                Some(Excuse::Event { kind, is: is?, within_ms: within.as_millis() as i64 })
            }
            (None, Some(kind)) => Some(Excuse::Holds { kind, is: is? }),
            _ => {
                section.ignore_unread();
                if !section.has("event") && !section.has("holds") || event.is_some() && holds.is_some() {
                    section.fault("", "an excuse names either `event` (with `within`) or `holds`");
                }
                None
            }
        }
    }
}

impl FromSection for Stage {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let after: Option<Duration> =
            section.required_within("after", Duration::from_millis(1)..=SUSTAINED_MAX);
        let severity = section.required::<Parsed<Severity>>("severity");
        Some(Self { after_ms: after?.as_millis() as i64, severity: severity?.0 })
    }
}

impl FromSection for ArmingIs {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        arming_is(section)
    }
}

impl FromSection for SeverityWhen {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let arming = arming_is(section);
        let severity = section.required::<Parsed<Severity>>("severity");
        Some(Self { arming: arming?, severity: severity?.0 })
    }
}

fn arming_is(section: &mut Section<'_>) -> Option<ArmingIs> {
    let states = values(section, "arming", Some(Kind::PartArming))?;
    Some(ArmingIs(states.iter().filter_map(arming::state_of).collect()))
}

/// Named states of a kind: `["open", "cut"]`, or `["yes"]` for a flag.
fn values(section: &mut Section<'_>, key: &'static str, kind: Option<Kind>) -> Option<Vec<Value>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> String {
        match Pack::parse(Path::new("pack.toml"), text) {
            Ok(_) => "none".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_default_pack_is_faultless() {
        let pack = Pack::parse(Path::new("default.toml"), DEFAULT).unwrap();
        let ids: Vec<&str> = pack.rules.iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(
            ids,
            ["R-01", "R-02", "R-07", "R-12", "R-16", "R-17", "R-18", "R-19", "R-20", "R-21", "R-21-drift"]
        );
        assert_eq!(pack.interests(Kind::DoorContact).len(), 3);
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
        let text = DEFAULT.replace(
            r#"{ holds = "door.rex", is = ["yes"] },"#,
            r#"{ holds = "door.contact", is = ["open"] },"#,
        );
        assert!(faults(&text).contains("the rule could never fire"));
    }
}
