//! What the rules of a part remember: what they watch, and what has happened lately.

use std::collections::{BTreeMap, BTreeSet};

use super::pack::Pack;
use super::rule::Points;
use crate::incident::ArrivalMark;
use crate::situation::memory::{Instance, InstanceRow, RuleMemory, Stand, Subject, Trace, TraceRow};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceKey {
    pub rule: u16,
    pub subject: Subject,
    /// 0 for what can last; what merely happens is counted from 1.
    pub occurrence: u32,
}

/// (rule, question of the rule, for whom)
pub type TraceKey = (u16, u8, Subject);

#[derive(Debug, Default)]
pub struct Recollection {
    /// Boxed: a map moves its neighbours about with every one that comes or goes, and they are large.
    instances: BTreeMap<InstanceKey, Box<Instance>>,
    traces: BTreeMap<TraceKey, Trace>,
    /// When records show by their own time that the time of an instance has passed.
    passing: BTreeSet<(i64, InstanceKey)>,
    passes_ms: BTreeMap<InstanceKey, i64>,
}

impl Recollection {
    pub fn restore(memory: RuleMemory, pack: &Pack) -> Self {
        let mut made = Self::default();
        made.remember(memory, pack);
        made
    }

    fn remember(&mut self, memory: RuleMemory, pack: &Pack) {
        for row in memory.instances {
            if let Some(rule) = pack.place_of(&row.rule) {
                let key = InstanceKey { rule, subject: row.subject, occurrence: row.occurrence };
                let passes_ms = pack.rule(rule).points().and_then(|points| passes_ms(&row.instance, points));
                self.set_passing(key, passes_ms);
                self.instances.insert(key, Box::new(row.instance));
            }
        }
        for row in memory.traces {
            if let Some(rule) = pack.place_of(&row.rule) {
                self.traces.insert((rule, row.slot, row.subject), row.trace);
            }
        }
    }

    /// In the words of a pack.
    pub fn memory(&self, pack: &Pack) -> RuleMemory {
        let instance = |(key, instance): (&InstanceKey, &Instance)| InstanceRow {
            rule: pack.rule(key.rule).id.clone(),
            subject: key.subject,
            occurrence: key.occurrence,
            instance: instance.clone(),
        };
        let trace = |((rule, slot, subject), trace): (&TraceKey, &Trace)| TraceRow {
            rule: pack.rule(*rule).id.clone(),
            slot: *slot,
            subject: *subject,
            trace: trace.clone(),
        };
        // Both in the order of their keys: what is stored is the same on every replay.
        RuleMemory {
            instances: self.all().map(instance).collect(),
            traces: self.traces.iter().map(trace).collect(),
        }
    }

    /// Another pack holds from now on. What rules remember that stayed as they were is carried over by their ids; what the
    /// others had found is given back.
    pub fn change_pack(&mut self, before: &Pack, after: &Pack) -> Vec<(String, Subject)> {
        let memory = self.memory(before);
        let stays = |id: &str| after.place_of(id).is_some_and(|place| after.rule(place).asks_as_in(before));
        let (kept, dropped): (Vec<_>, Vec<_>) =
            memory.instances.into_iter().partition(|row| stays(&row.rule));
        let traces = memory.traces.into_iter().filter(|row| stays(&row.rule)).collect();
        *self = Self::restore(RuleMemory { instances: kept, traces }, after);
        let fired = |row: &InstanceRow| matches!(row.instance.stand, Stand::Fired { ended: false, .. });
        dropped.into_iter().filter(fired).map(|row| (row.rule, row.subject)).collect()
    }

    pub fn get(&self, key: &InstanceKey) -> Option<&Instance> {
        self.instances.get(key).map(Box::as_ref)
    }

    /// For a key that the caller has just found.
    pub fn instance(&self, key: &InstanceKey) -> &Instance {
        &self.instances[key]
    }

    pub fn get_mut(&mut self, key: &InstanceKey) -> Option<&mut Instance> {
        self.instances.get_mut(key).map(Box::as_mut)
    }

    pub fn insert(&mut self, key: InstanceKey, instance: Instance) {
        self.instances.insert(key, Box::new(instance));
    }

    pub fn remove(&mut self, key: &InstanceKey) {
        self.instances.remove(key);
    }

    pub fn all(&self) -> impl Iterator<Item = (&InstanceKey, &Instance)> {
        self.instances.iter().map(|(key, instance)| (key, instance.as_ref()))
    }

    pub fn of_rule(&self, rule: u16) -> Vec<InstanceKey> {
        let first = InstanceKey { rule, subject: Subject::Device(0), occurrence: 0 };
        let last = InstanceKey { rule, subject: Subject::Part, occurrence: u32::MAX };
        self.instances.range(first..=last).map(|(key, _)| *key).collect()
    }

    pub fn of_subject(&self, rule: u16, subject: Subject) -> Vec<InstanceKey> {
        let first = InstanceKey { rule, subject, occurrence: 0 };
        let last = InstanceKey { rule, subject, occurrence: u32::MAX };
        self.instances.range(first..=last).map(|(key, _)| *key).collect()
    }

    pub fn trace(&self, key: TraceKey) -> Option<&Trace> {
        self.traces.get(&key)
    }

    pub fn trace_mut(&mut self, key: TraceKey) -> &mut Trace {
        self.traces.entry(key).or_default()
    }

    pub fn set_passing(&mut self, key: InstanceKey, at_ms: Option<i64>) {
        let before = match at_ms {
            Some(at_ms) => self.passes_ms.insert(key, at_ms),
            None => self.passes_ms.remove(&key),
        };
        if before != at_ms {
            before.map(|at_ms| self.passing.remove(&(at_ms, key)));
            at_ms.map(|at_ms| self.passing.insert((at_ms, key)));
        }
    }

    /// What has had its time when an event of this time is heard.
    pub fn passed(&self, event_ms: i64) -> impl Iterator<Item = &InstanceKey> {
        self.passing.iter().take_while(move |(at_ms, _)| *at_ms <= event_ms).map(|(_, key)| key)
    }
}

/// When, by the time of events, the next step of an instance is due; `None` if only hub time moves it.
pub fn passes_ms(instance: &Instance, points: &Points) -> Option<i64> {
    let after_ms = match instance.stand {
        Stand::Fired { settles_ms: Some(_), .. } => points.decides_after_ms(),
        _ => next_after_ms(instance, points)?,
    };
    Some(instance.onset.as_ref()?.at_ms.saturating_add(after_ms))
}

/// When, in hub time, the next step is due. For an onset that comes late out of a spool, what followed it comes right behind:
/// the records themselves say when the time has passed, and the clock only steps in if none comes.
pub fn due_ms(instance: &Instance, points: &Points) -> Option<i64> {
    let onset = instance.onset.as_ref()?;
    let from_ms = match onset.arrival {
        ArrivalMark::Live => onset.at_ms,
        ArrivalMark::Late => onset.evidence.hub_ms.max(onset.at_ms),
    };
    let step_ms = next_after_ms(instance, points).map(|after_ms| from_ms.saturating_add(after_ms));
    let settles_ms = match instance.stand {
        Stand::Fired { settles_ms, .. } => settles_ms,
        // What has merely happened waits for what may still go with it, and then no more.
        Stand::Ready if instance.active.is_empty() => {
            let longest = points.with.iter().map(|past| past.after_ms).max();
            Some(from_ms.saturating_add(longest.unwrap_or(0)))
        }
        _ => None,
    };
    step_ms.into_iter().chain(settles_ms).min()
}

fn next_after_ms(instance: &Instance, points: &Points) -> Option<i64> {
    match instance.stand {
        Stand::Waiting => Some(points.decides_after_ms()),
        Stand::Fired { stage, ended: false, .. } => {
            points.sustained.get(usize::from(stage)).map(|stage| stage.after_ms)
        }
        Stand::Ready | Stand::Excused | Stand::Fired { .. } => None,
    }
}
