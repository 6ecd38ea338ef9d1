//! The open incidents, and what has changed since the last commit. Rules raise and clear here; people acknowledge and close.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use wire::{Digest, PartId};

use super::rule::Rule;
use crate::incident::lifecycle::{Change, Moment, Outcome};
use crate::incident::{
    Answer, ArrivalMark, Condition, Evidence, Incident, IncidentId, Origin, Severity, Step, StepKind,
};
use crate::journal::{Action, Command};

/// What an incident is about: at most one is open for each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub rule: String,
    pub part: PartId,
    pub subject: String,
}

/// What a rule has found.
#[derive(Clone, Debug)]
pub struct Finding {
    pub key: Key,
    pub text: String,
    pub severity: Severity,
    pub evidence: Evidence,
    pub arrival: ArrivalMark,
    /// A condition goes on; an occurrence (a fork, a gap) is over at once.
    pub condition: Condition,
    /// It rests on that nothing came, and it may still come.
    pub provisional: bool,
}

#[derive(Debug, Default)]
pub struct IncidentBook {
    open: BTreeMap<IncidentId, Incident>,
    by_key: HashMap<Key, IncidentId>,
    changed: BTreeSet<IncidentId>,
    /// Closed since the last commit; they leave memory with it.
    closed: Vec<Incident>,
}

impl IncidentBook {
    pub fn new(open: Vec<Incident>) -> Self {
        let mut book = Self::default();
        for incident in open {
            book.by_key.insert(key_of(&incident), incident.id);
            book.open.insert(incident.id, incident);
        }
        book
    }

    pub fn open(&self) -> impl Iterator<Item = &Incident> {
        self.open.values()
    }

    /// Opens an incident, or joins the one that is open for this key.
    pub fn raise(&mut self, rule: &Rule, finding: Finding, moment: Moment) {
        let Finding { key, text, severity, evidence, arrival, condition, provisional } = finding;
        let known = self.by_key.get(&key).copied().and_then(|id| self.open.get_mut(&id));
        let id = match known {
            Some(incident) => {
                incident.apply(Change::Occurred { evidence, severity, arrival }, moment);
                incident.id
            }
            None => {
                let finding = Finding { key, text, severity, evidence, arrival, condition, provisional };
                self.begin(rule, finding, moment)
            }
        };
        self.changed.insert(id);
        if condition == Condition::Cleared {
            self.change(id, Change::ConditionCleared, moment);
        }
    }

    fn begin(&mut self, rule: &Rule, finding: Finding, moment: Moment) -> IncidentId {
        let Finding { key, text, severity, evidence, arrival, condition: _, provisional } = finding;
        let id = incident_id(&key, &evidence.origin);
        let incident = Incident {
            id,
            rule: rule.id.clone(),
            title: rule.title.clone(),
            text,
            part: key.part.clone(),
            subject: key.subject.clone(),
            severity,
            condition: Condition::Active,
            acknowledged: None,
            latched: rule.latch,
            closed: None,
            began_ms: evidence.event_ms,
            opened_ms: moment.hub_ms,
            opened_at: moment.position,
            occurrences: 1,
            evidence: vec![evidence],
            evidence_omitted: 0,
            timeline: vec![Step {
                at_ms: moment.hub_ms,
                position: moment.position,
                what: StepKind::Opened(severity),
            }],
            timeline_omitted: 0,
            arrival,
            clauses: rule.clauses.clone(),
            provisional,
        };
        self.by_key.insert(key, id);
        self.open.insert(id, incident);
        id
    }

    /// The condition behind this key has gone.
    pub fn clear(&mut self, key: &Key, moment: Moment) {
        if let Some(id) = self.by_key.get(key).copied() {
            self.change(id, Change::ConditionCleared, moment);
        }
    }

    /// The circumstances have become graver.
    pub fn raise_severity(&mut self, key: &Key, severity: Severity, moment: Moment) {
        if let Some(id) = self.by_key.get(key).copied() {
            self.change(id, Change::Raise(severity), moment);
        }
    }

    /// What excuses it cannot come any more.
    pub fn settle(&mut self, key: &Key, moment: Moment) {
        if let Some(id) = self.by_key.get(key).copied() {
            self.change(id, Change::Settle, moment);
        }
    }

    /// What excuses it came after all.
    pub fn withdraw(&mut self, key: &Key, moment: Moment) {
        if let Some(id) = self.by_key.get(key).copied() {
            self.change(id, Change::Withdraw, moment);
        }
    }

    pub fn command(&mut self, command: &Command, moment: Moment) -> Answer {
        let person = command.person.clone();
        let (id, change) = match &command.action {
            Action::Acknowledge { incident, note } => {
                (*incident, Change::Acknowledge { person, note: note.clone() })
            }
            Action::Close { incident, cause, note } => {
                (*incident, Change::Close { person, cause: *cause, note: note.clone() })
            }
        };
        if !self.open.contains_key(&id) {
            return Answer::NotOpen;
        }
        match self.change(id, change, moment) {
            Outcome::Refused(refused) => Answer::Refused(refused),
            Outcome::Changed | Outcome::Unchanged => {
                // What the command closed has left the open ones a moment ago.
                let incident = self.open.get(&id).or(self.closed.last()).expect("it was open before");
                Answer::Done(Box::new(incident.clone()))
            }
        }
    }

    fn change(&mut self, id: IncidentId, change: Change, moment: Moment) -> Outcome {
        let incident = self.open.get_mut(&id).expect("ids come from the open incidents");
        let outcome = incident.apply(change, moment);
        if outcome == Outcome::Changed {
            self.changed.insert(id);
        }
        if incident.closed.is_some() {
            self.changed.remove(&id);
            self.by_key.remove(&key_of(incident));
            self.closed.extend(self.open.remove(&id));
        }
        outcome
    }

    pub fn has_changed(&self) -> bool {
        !self.changed.is_empty() || !self.closed.is_empty()
    }

    /// Every incident that changed since the last call, as it now is. Closed ones are not in memory any more afterwards.
    pub fn take_changed(&mut self) -> Vec<Incident> {
        let changed = std::mem::take(&mut self.changed);
        let mut incidents: Vec<Incident> =
            changed.iter().filter_map(|id| self.open.get(id).cloned()).collect();
        incidents.append(&mut self.closed);
        incidents
    }
}

pub fn key_of(incident: &Incident) -> Key {
    Key { rule: incident.rule.clone(), part: incident.part.clone(), subject: incident.subject.clone() }
}

/// Hash of (rule, key, first record).
fn incident_id(key: &Key, origin: &Origin) -> IncidentId {
    let mut bytes = Vec::with_capacity(160);
    for text in [key.rule.as_str(), key.part.as_str(), key.subject.as_str()] {
        bytes.extend_from_slice(&(text.len() as u32).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    minicbor::encode(origin, &mut bytes).expect("writing to memory cannot fail");
    let digest = Digest::of(&bytes);
    let mut id = [0; 16];
    id.copy_from_slice(&digest.0[..16]);
    IncidentId(id)
}
