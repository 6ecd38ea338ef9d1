//! A rule, ready to be applied: one of a closed set of patterns with its parameters.

use wire::{Kind, Value};

use super::condition::Condition;
use super::criterion::Criterion;
use crate::incident::Severity;

#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub id: String,
    pub title: String,
    pub text: String,
    /// Clauses of the seed and of standards that the rule serves.
    pub clauses: Vec<String>,
    pub pattern: Pattern,
    pub severity: Severity,
    /// Graver in these circumstances.
    pub severity_when: Vec<SeverityWhen>,
    /// Stays open until a person closes it.
    pub latch: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// Something about the points of a part.
    Points(Box<Points>),
    /// An edge gives no sign of life.
    EdgeSilent,
    /// Records are missing, and no gap record explains it within the settling time.
    Missing { settle_ms: i64 },
    /// Evidence contradicts itself.
    Fork,
    /// Nothing yet: the rule needs something that this hub does not have.
    Waiting { needs: String },
}

/// A trigger begins it; then everything else must be so as well, or the rule does not fire.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    pub key: KeyBy,
    /// Any of these.
    pub trigger: Vec<Trigger>,
    /// So many triggers within a while, instead of one.
    pub count: Option<Count>,
    /// All of these have happened, too.
    pub with: Vec<Past>,
    /// All of these hold when it fires.
    pub given: Vec<Condition>,
    /// All of these hold all the time; when one ends, so does what the rule found.
    pub during: Vec<Condition>,
    /// None of these.
    pub unless: Vec<Excuse>,
    /// How long the trigger must hold, and how grave it then is. Empty: fires at once.
    pub sustained: Vec<Stage>,
    /// How long an excuse may still come, for what need not hold.
    pub wait_ms: i64,
    /// What ends it. Empty: it ends when no trigger holds any more, and what merely happened is over at once.
    pub clear: Vec<Sign>,
}

/// For what a rule is kept apart: at most one incident of the rule is open for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyBy {
    Device,
    Point,
    Part,
}

impl KeyBy {
    pub const ALL: [(KeyBy, &'static str); 3] =
        [(KeyBy::Device, "device"), (KeyBy::Point, "point"), (KeyBy::Part, "part")];
}

#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    pub sign: Sign,
    /// Only if the last believable value was one of these; empty: whatever it was, also if nothing was known.
    pub from: Vec<Value>,
}

/// What one reading can show.
#[derive(Clone, Debug, PartialEq)]
pub struct Sign {
    pub kind: Kind,
    pub way: Way,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Way {
    /// The point stands so, for as long as it stands so.
    Stands(Criterion),
    /// Each event with one of these values, or with any if there are none: it happens and is over. A text is told by its
    /// first word.
    Happens(Vec<Value>),
    /// A counter has grown.
    Rises,
}

impl Way {
    /// Whether it can last.
    pub fn lasts(&self) -> bool {
        matches!(self, Way::Stands(_))
    }
}

/// So many within a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub at_least: u16,
    pub within_ms: i64,
    pub distinct: Option<Distinct>,
}

impl Count {
    /// Each is remembered.
    pub const AT_LEAST_MAX: u16 = 64;
}

/// In what they must differ to count each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distinct {
    Point,
    Device,
    Value,
}

impl Distinct {
    pub const ALL: [(Distinct, &'static str); 3] =
        [(Distinct::Point, "point"), (Distinct::Device, "device"), (Distinct::Value, "value")];
}

/// Something that has happened not long before, or not long after.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// Any of these.
    pub signs: Vec<Sign>,
    pub before_ms: i64,
    pub after_ms: i64,
    pub at_least: u16,
    pub distinct: Option<Distinct>,
    pub of: Reach,
}

/// Whose points count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those of the device at which the trigger was.
    Device,
    Part,
}

impl Reach {
    pub const ALL: [(Reach, &'static str); 2] = [(Reach::Device, "device"), (Reach::Part, "part")];
}

/// What makes the trigger legitimate.
#[derive(Clone, Debug, PartialEq)]
pub enum Excuse {
    /// It happened: within its time before the onset, or until the rule decides.
    Event(Past),
    /// It is so when the rule decides.
    Holds(Condition),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    pub after_ms: i64,
    pub severity: Severity,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SeverityWhen {
    /// All of these hold.
    pub when: Vec<Condition>,
    pub severity: Severity,
}

impl Points {
    /// How long after the onset the rule decides.
    pub fn decides_after_ms(&self) -> i64 {
        self.sustained.first().map_or(self.wait_ms, |stage| stage.after_ms.max(self.wait_ms))
    }

    /// Whether what it finds must still hold when it decides.
    pub fn must_hold(&self) -> bool {
        !self.sustained.is_empty()
    }

    /// Whether that nothing came is what makes it fire.
    pub fn rests_on_absence(&self) -> bool {
        self.unless.iter().any(|excuse| matches!(excuse, Excuse::Event(_)))
    }
}

impl Rule {
    /// How grave it is in these circumstances, given what the pattern itself demands.
    pub fn severity(&self, demanded: Severity, holds: impl Fn(&Condition) -> bool) -> Severity {
        let so = |when: &&SeverityWhen| when.when.iter().all(&holds);
        let graver = self.severity_when.iter().filter(so).map(|when| when.severity);
        graver.fold(
            demanded,
            |gravest, severity| if severity.graver_than(gravest) { severity } else { gravest },
        )
    }

    pub fn points(&self) -> Option<&Points> {
        match &self.pattern {
            Pattern::Points(points) => Some(points),
            _ => None,
        }
    }

    /// The sentence for people.
    pub fn describe(&self, names: &Names<'_>) -> String {
        self.text
            .replace("{device}", names.device)
            .replace("{point}", names.point)
            .replace("{value}", names.value)
            .replace("{edge}", names.edge)
            .replace("{part}", names.part)
    }
}

/// What a rule's text may name.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names<'a> {
    pub part: &'a str,
    pub edge: &'a str,
    pub device: &'a str,
    pub point: &'a str,
    pub value: &'a str,
}

/// The names that [`Rule::describe`] knows, as they are written in a pack.
pub const PLACEHOLDERS: [&str; 5] = ["device", "point", "value", "edge", "part"];
