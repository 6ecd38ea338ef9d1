//! Applies the rules on points to one part: triggers, excuses, what must hold for a while, and the arming state.

use wire::{Kind, Lane, Marks, Observation, Value};

use super::book::{Finding, IncidentBook, Key};
use super::overtaken::is_overtaken;
use super::pack::{Pack, Role};
use super::part::{InstanceKey, Part};
use super::rule::{Excuse, Points, Rule, Stage};
use crate::correlate::rule::Pattern;
use crate::incident::lifecycle::Moment;
use crate::incident::{ArrivalMark, Condition, Evidence, EvidenceOf, Origin, Severity};
use crate::situation::event_time::{LATE_MS, Placed};
use crate::situation::memory::{Instance, Onset};
use crate::situation::{Ahead, PointState};

/// How soon a timer that could not be trusted is looked at again.
const ASK_AGAIN_MS: i64 = 250;

/// One reading of a point, placed in hub time.
#[derive(Debug)]
pub struct Reading<'a> {
    pub point: u32,
    pub observation: &'a Observation,
    pub event_ms: i64,
    pub placed: Placed,
    /// The same moment by the edge's own clock.
    pub read: Ahead,
    pub lane: Lane,
    pub origin: Origin,
    pub what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Event,
    Snapshot,
}

/// The rules at work on one part.
pub struct Judge<'a> {
    pub pack: &'a Pack,
    pub part: &'a mut Part,
    pub book: &'a mut IncidentBook,
    pub moment: Moment,
    /// Timers that were set, to be remembered by the world: (due, rule, device).
    pub set: &'a mut Vec<(i64, InstanceKey)>,
    /// Timers that are not needed any more.
    pub unset: &'a mut Vec<(i64, InstanceKey)>,
}

/// Whether the arming state must be reckoned anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touched {
    Arming,
    Nothing,
}

impl Judge<'_> {
    /// Takes a reading: moves the point, then asks the rules.
    pub fn read(&mut self, reading: &Reading<'_>) -> Touched {
        let observation = reading.observation;
        let place = reading.point as usize;
        let before = self.part.state.points[place].as_ref();
        let other_lane = self.part.kind(reading.point).is_none_or(|kind| kind.lane() != reading.lane);
        if before.is_some_and(|state| is_overtaken(reading, state, other_lane)) {
            return Touched::Nothing;
        }
        let known = before.filter(|state| state.value.is_some()).and_then(|state| state.value.clone());
        if observation.marks.contains(Marks::LATE) {
            self.judge_late(reading, known.as_ref());
            return Touched::Nothing;
        }
        let same = reading.what == What::Snapshot
            && before.is_some_and(|state| {
                state.value == observation.value && state.quality == observation.quality
            });
        let ahead = other_lane && reading.lane == Lane::Urgent;
        self.part.state.points[place] = Some(PointState {
            value: observation.value.clone().or_else(|| known.clone()),
            quality: observation.quality,
            event_ms: reading.event_ms,
            position: self.moment.position,
            marks: observation.marks,
            ahead: ahead.then(|| Box::new(reading.read)),
        });
        self.part.changed.state = true;
        if same {
            return Touched::Nothing;
        }
        let Some(kind) = self.part.kind(reading.point) else { return Touched::Nothing };
        if let (true, Some(value)) = (observation.quality.is_usable(), &observation.value) {
            self.ask(kind, reading, value, known.as_ref());
        }
        if kind == Kind::PartArming { Touched::Arming } else { Touched::Nothing }
    }

    /// Tells only what happened. How the point stands, its edge says behind it.
    fn judge_late(&mut self, reading: &Reading<'_>, known: Option<&Value>) {
        let observation = reading.observation;
        self.part.changed.state = true;
        if let (Some(kind), true, Some(value)) =
            (self.part.kind(reading.point), observation.quality.is_usable(), &observation.value)
        {
            self.ask(kind, reading, value, known);
        }
    }

    fn ask(&mut self, kind: Kind, reading: &Reading<'_>, value: &Value, known: Option<&Value>) {
        let pack = self.pack;
        let device = self.part.device_of(reading.point);
        for interest in pack.interests(kind) {
            let rule = pack.rule(interest.rule);
            let Pattern::Points(points) = &rule.pattern else { continue };
            match interest.role {
                Role::Excuse(place) => {
                    let excuse = &points.unless[usize::from(place)];
                    if let (Excuse::Event { is, .. }, What::Event) = (excuse, reading.what)
                        && is.contains(value)
                    {
                        self.part.excuses.insert((interest.rule, place, device), reading.event_ms);
                    }
                }
                Role::Trigger(place) => {
                    let trigger = &points.trigger[usize::from(place)];
                    if trigger.becomes.contains(value) {
                        let from = trigger.from.is_empty()
                            || known.is_some_and(|known| trigger.from.contains(known));
                        self.begin((interest.rule, device), points, reading, value, from);
                    } else if !reading.observation.marks.contains(Marks::LATE) {
                        self.end((interest.rule, device), reading.point);
                    }
                }
            }
        }
    }

    fn begin(&mut self, key: InstanceKey, points: &Points, reading: &Reading<'_>, value: &Value, from: bool) {
        let evidence = self.evidence(reading, value);
        let arrival = self.arrival(reading.event_ms);
        let instance = self.part.instances.entry(key).or_default();
        if instance.active.contains(&reading.point) || !from && instance.active.is_empty() {
            return;
        }
        instance.active.push(reading.point);
        if instance.onset.is_some() {
            if instance.has_fired() {
                let severity = self.demanded(key);
                self.raise(key, severity, evidence, arrival, reading.point);
            }
            return;
        }
        instance.onset = Some(Onset { evidence, arrival, point: reading.point });
        match points.sustained.first() {
            Some(stage) => self.set_timer(key, *stage),
            None => self.fire_at_once(key, points),
        }
    }

    fn evidence(&self, reading: &Reading<'_>, value: &Value) -> Evidence {
        let point = self.part.layout.point_id(reading.point as usize).expect("points of the part have rows");
        Evidence {
            origin: reading.origin.clone(),
            position: self.moment.position,
            event_ms: reading.event_ms,
            hub_ms: self.moment.hub_ms,
            what: EvidenceOf::Point { point, value: Some(value.clone()) },
        }
    }

    fn arrival(&self, event_ms: i64) -> ArrivalMark {
        if self.moment.hub_ms.saturating_sub(event_ms) > LATE_MS {
            ArrivalMark::Late
        } else {
            ArrivalMark::Live
        }
    }

    /// A stage is due `after_ms` after the onset. For an onset that comes late out of a spool, what followed it comes right
    /// behind: the records themselves say when the time has passed, and the clock only steps in if none comes.
    fn set_timer(&mut self, key: InstanceKey, stage: Stage) {
        let instance = self.part.instances.get_mut(&key).expect("a timer belongs to an instance");
        let onset = instance.onset.as_ref().expect("a timer belongs to an onset");
        let from_ms = match onset.arrival {
            ArrivalMark::Live => onset.evidence.event_ms,
            ArrivalMark::Late => onset.evidence.hub_ms,
        };
        let due_ms = from_ms.saturating_add(stage.after_ms);
        instance.due_ms = Some(due_ms);
        self.set.push((due_ms, key));
    }

    fn fire_at_once(&mut self, key: InstanceKey, points: &Points) {
        if !self.is_given(points) {
            return;
        }
        let instance = &self.part.instances[&key];
        let Some(onset) = instance.onset.clone() else { return };
        if self.is_excused(key, points, &onset, 0) {
            self.instance(key).excused = true;
            return;
        }
        let severity = self.pack.rule(key.0).severity;
        self.instance(key).stage = 1;
        self.raise(key, severity, onset.evidence, onset.arrival, onset.point);
    }

    fn instance(&mut self, key: InstanceKey) -> &mut Instance {
        self.part.instances.get_mut(&key).expect("the caller found this instance")
    }

    fn is_given(&self, points: &Points) -> bool {
        points.given.as_ref().is_none_or(|given| given.0.contains(&self.part.arming()))
    }

    fn is_excused(&self, (rule, device): InstanceKey, points: &Points, onset: &Onset, after_ms: i64) -> bool {
        let onset_ms = onset.evidence.event_ms;
        points.unless.iter().enumerate().any(|(place, excuse)| match excuse {
            Excuse::Event { within_ms, .. } => {
                let happened = self.part.excuses.get(&(rule, place as u8, device));
                let from_ms = onset_ms.saturating_sub(*within_ms);
                let to_ms = onset_ms.saturating_add(after_ms);
                happened.is_some_and(|at| (from_ms..=to_ms).contains(at))
            }
            Excuse::Holds { kind, is } => self.part.holds(device, *kind, is),
        })
    }

    /// Hub time has reached the due time of a timer. That nothing came which would end the condition only counts while the
    /// edge's connection stands: otherwise it is asked again a little later.
    pub fn due(&mut self, key: InstanceKey, due_ms: i64, absence_counts: bool) {
        let current = self.part.instances.get_mut(&key).filter(|instance| instance.due_ms == Some(due_ms));
        let Some(instance) = current else { return };
        if absence_counts {
            self.pass_stage(key);
            return;
        }
        let again_ms = self.moment.hub_ms.saturating_add(ASK_AGAIN_MS);
        instance.due_ms = Some(again_ms);
        self.part.changed.state = true;
        self.set.push((again_ms, key));
    }

    /// A record of the same edge and lane shows that this much time has passed there. Fires what was due before it.
    pub fn advance(&mut self, edge: &wire::EdgeId, lane: Lane, event_ms: i64) {
        if lane != Lane::Urgent {
            return;
        }
        loop {
            let due = self.part.instances.iter().find_map(|(key, instance)| {
                instance.due_ms?;
                let onset = instance.onset.as_ref()?;
                let stage = stages(self.pack.rule(key.0)).get(usize::from(instance.stage))?;
                let passed = onset.evidence.event_ms.saturating_add(stage.after_ms) <= event_ms;
                let here = self.part.layout.devices[key.1 as usize].edge == *edge;
                (passed && here).then_some(*key)
            });
            match due {
                Some(key) => self.pass_stage(key),
                None => return,
            }
        }
    }

    fn pass_stage(&mut self, key: InstanceKey) {
        self.part.changed.state = true;
        let rule = self.pack.rule(key.0);
        let Pattern::Points(points) = &rule.pattern else { return };
        let instance = self.instance(key);
        instance.due_ms = None;
        let place = usize::from(instance.stage);
        let (Some(onset), Some(stage)) = (instance.onset.clone(), points.sustained.get(place).copied())
        else {
            return;
        };
        if place == 0 && self.is_excused(key, points, &onset, stage.after_ms) {
            self.instance(key).excused = true;
            return;
        }
        if !self.is_given(points) {
            return;
        }
        self.instance(key).stage += 1;
        if place == 0 {
            self.raise(key, stage.severity, onset.evidence, onset.arrival, onset.point);
        } else {
            let severity = rule.severity(stage.severity, self.part.arming());
            self.book.raise_severity(&self.key(key), severity, self.moment);
        }
        if let Some(next) = points.sustained.get(place + 1).copied() {
            self.set_timer(key, next);
        }
    }

    fn end(&mut self, key: InstanceKey, point: u32) {
        let Some(instance) = self.part.instances.get_mut(&key) else { return };
        instance.active.retain(|active| *active != point);
        if !instance.active.is_empty() {
            return;
        }
        let ended = self.part.instances.remove(&key).expect("it was found above");
        self.unset.extend(ended.due_ms.map(|due_ms| (due_ms, key)));
        if ended.has_fired() {
            let key = self.key(key);
            self.book.clear(&key, self.moment);
        }
    }

    /// The arming state has changed: rules that waited for it may fire, and incidents may have become graver.
    pub fn rearmed(&mut self) {
        let pack = self.pack;
        let keys: Vec<InstanceKey> = self.part.instances.keys().copied().collect();
        for key in keys {
            let Pattern::Points(points) = &pack.rule(key.0).pattern else { continue };
            let instance = &self.part.instances[&key];
            if instance.has_fired() {
                let severity = pack.rule(key.0).severity(self.demanded(key), self.part.arming());
                self.book.raise_severity(&self.key(key), severity, self.moment);
            } else if instance.excused || instance.onset.is_none() {
                continue;
            } else if points.sustained.is_empty() {
                self.fire_at_once(key, points);
            } else if instance.due_ms.is_none() {
                // Its time had passed while the rule did not apply.
                self.pass_stage(key);
            }
        }
    }

    /// Points that nobody reports any more hold no condition. What was latched stays for a person to close.
    pub fn drop_retired(&mut self) {
        let retired = |part: &Part, point: u32| part.layout.points[point as usize].retired;
        let mut gone = Vec::new();
        for (key, instance) in &self.part.instances {
            gone.extend(
                instance
                    .active
                    .iter()
                    .filter(|point| retired(self.part, **point))
                    .map(|point| (*key, *point)),
            );
        }
        for (key, point) in gone {
            self.part.changed.state = true;
            self.end(key, point);
        }
    }

    /// How grave the pattern itself is at this stage.
    fn demanded(&self, key: InstanceKey) -> Severity {
        let rule = self.pack.rule(key.0);
        let stage = usize::from(self.part.instances[&key].stage).saturating_sub(1);
        stages(rule).get(stage).map_or(rule.severity, |stage| stage.severity)
    }

    fn key(&self, (rule, device): InstanceKey) -> Key {
        Key {
            rule: self.pack.rule(rule).id.clone(),
            part: self.part.id.clone(),
            subject: self.part.subject(device),
        }
    }

    fn raise(
        &mut self,
        key: InstanceKey,
        demanded: Severity,
        evidence: Evidence,
        arrival: ArrivalMark,
        point: u32,
    ) {
        let rule = self.pack.rule(key.0);
        let finding = Finding {
            key: self.key(key),
            text: rule.describe(&self.part.names(point)),
            severity: rule.severity(demanded, self.part.arming()),
            evidence,
            arrival,
            condition: Condition::Active,
        };
        self.book.raise(rule, finding, self.moment);
    }
}

fn stages(rule: &Rule) -> &[Stage] {
    match &rule.pattern {
        Pattern::Points(points) => &points.sustained,
        _ => &[],
    }
}
