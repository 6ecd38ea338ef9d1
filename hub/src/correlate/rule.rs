//! A rule, ready to be applied: one of a closed set of patterns with its parameters.

use wire::{Kind, Value};

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
    /// Points of one device are in certain states.
    Points(Points),
    /// An edge gives no sign of life.
    EdgeSilent,
    /// Records are missing, and no gap record explains it within the settling time.
    Missing { settle_ms: i64 },
    /// Evidence contradicts itself.
    Fork,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Points {
    pub trigger: Vec<Trigger>,
    pub unless: Vec<Excuse>,
    pub given: Option<ArmingIs>,
    /// How long the trigger must hold, and how grave it then is. Empty: fires at once.
    pub sustained: Vec<Stage>,
}

/// The rule's condition begins when a point of this kind gets one of these values.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    pub kind: Kind,
    pub becomes: Vec<Value>,
    /// Only if the last believable value was one of these; empty: whatever it was, also if nothing was known.
    pub from: Vec<Value>,
}

/// What makes the trigger legitimate, on the same device.
#[derive(Clone, Debug, PartialEq)]
pub enum Excuse {
    /// It happened within this time before the trigger, or while the trigger had to be sustained.
    Event { kind: Kind, is: Vec<Value>, within_ms: i64 },
    /// It is so at the moment of judgement.
    Holds { kind: Kind, is: Vec<Value> },
}

impl Excuse {
    pub fn kind(&self) -> Kind {
        match self {
            Excuse::Event { kind, .. } | Excuse::Holds { kind, .. } => *kind,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    pub after_ms: i64,
    pub severity: Severity,
}

/// The part's arming state, as rules see it, is one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmingIs(pub Vec<u8>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeverityWhen {
    pub arming: ArmingIs,
    pub severity: Severity,
}

impl Rule {
    /// How grave it is with this arming state, given what the pattern itself demands.
    pub fn severity(&self, demanded: Severity, arming: u8) -> Severity {
        let holds = |when: &&SeverityWhen| when.arming.0.contains(&arming);
        let graver = self.severity_when.iter().filter(holds).map(|when| when.severity);
        graver.fold(
            demanded,
            |gravest, severity| if severity.graver_than(gravest) { severity } else { gravest },
        )
    }

    /// The sentence for people.
    pub fn describe(&self, names: &Names<'_>) -> String {
        self.text
            .replace("{device}", names.device)
            .replace("{point}", names.point)
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
}

/// The names that [`Rule::describe`] knows, as they are written in a pack.
pub const PLACEHOLDERS: [&str; 4] = ["device", "point", "edge", "part"];
