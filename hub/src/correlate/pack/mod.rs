//! A rule pack: the rules that hold together, read from TOML. A pack is refused as a whole, with every fault and its line, if
//! one rule has no clause, names an unknown kind or state, or contradicts itself.
//!
//! ```text
//! TOML ─ rule.rs (one rule) ─ sign.rs (what a reading shows, what must hold) ─ check.rs (contradictions) ─ Pack
//! ```

mod check;
mod rule;
mod sign;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;

use runtime::config::{ConfigError, FromSection, Section, parse};
use wire::Kind;

use super::rule::{Excuse, Pattern, Points, Rule};

/// The pack that this software brings along.
pub const DEFAULT: &str = include_str!("../../../rules/default.toml");

/// A room has some dozens of rules; more than this is a mistake.
const RULES_MAX: usize = 512;

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
    /// To be remembered: see [`Points::past`].
    Past(u8),
    Trigger(u8),
    Clear(u8),
    /// It changes what must hold.
    Given,
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
        for (place, rule) in rules.iter().enumerate() {
            for (kind, role) in interests(rule) {
                by_kind[kind as usize].push(Interest { rule: place as u16, role });
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

    /// The rules that cannot find anything yet, and why.
    pub fn waiting(&self) -> impl Iterator<Item = (&Rule, &str)> {
        self.rules.iter().filter_map(|rule| match &rule.pattern {
            Pattern::Waiting { needs } => Some((rule, needs.as_str())),
            _ => None,
        })
    }

    /// The rules that were not in another pack, or asked something else there.
    pub fn changed_since(&self, before: &Pack) -> impl Iterator<Item = u16> {
        let all = self.rules.iter().enumerate();
        let changed = all.filter(|(_, rule)| !rule.asks_as_in(before));
        changed.map(|(place, _)| place as u16).collect::<Vec<_>>().into_iter()
    }
}

impl Rule {
    /// Whether a pack has this rule with the same questions; severities and words may differ.
    pub fn asks_as_in(&self, pack: &Pack) -> bool {
        let there = pack.place_of(&self.id).map(|place| pack.rule(place));
        there.is_some_and(|there| there.pattern == self.pattern)
    }
}

/// In the order in which a reading answers them: what is remembered first, so that it counts for a trigger in the same reading.
fn interests(rule: &Rule) -> Vec<(Kind, Role)> {
    let mut interests = Vec::new();
    let mut given: Vec<Kind> =
        rule.severity_when.iter().flat_map(|graver| &graver.when).flat_map(|it| it.kinds()).collect();
    if let Pattern::Points(points) = &rule.pattern {
        let numbered = |place: usize| place as u8;
        for (slot, past) in points.pasts().enumerate() {
            let mut kinds: Vec<Kind> = past.signs.iter().map(|sign| sign.kind).collect();
            kinds.sort_unstable();
            kinds.dedup();
            interests.extend(kinds.into_iter().map(|kind| (kind, Role::Past(numbered(slot)))));
        }
        let triggers = points.trigger.iter().enumerate();
        interests
            .extend(triggers.map(|(place, trigger)| (trigger.sign.kind, Role::Trigger(numbered(place)))));
        let clear = points.clear.iter().enumerate();
        interests.extend(clear.map(|(place, sign)| (sign.kind, Role::Clear(numbered(place)))));
        given.extend(points.given.iter().chain(&points.during).flat_map(|condition| condition.kinds()));
        given.sort_unstable();
        given.dedup();
        interests.extend(given.into_iter().map(|kind| (kind, Role::Given)));
    }
    interests
}

impl Points {
    /// Everything that must be remembered, by its slot: companions first, then excuses.
    pub fn pasts(&self) -> impl Iterator<Item = &super::rule::Past> {
        let excuses = self.unless.iter().filter_map(|excuse| match excuse {
            Excuse::Event(past) => Some(past),
            Excuse::Holds(_) => None,
        });
        self.with.iter().chain(excuses)
    }

    pub fn past(&self, slot: u8) -> &super::rule::Past {
        self.pasts().nth(usize::from(slot)).expect("slots are made from this rule")
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
        if !section.has("rules") {
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
