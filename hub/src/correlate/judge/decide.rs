//! Whether what began fires: excuses, what must hold, what must have happened, and how grave it is.

use super::{Judge, reach};
use crate::correlate::book::Finding;
use crate::correlate::recollection::InstanceKey;
use crate::correlate::rule::{Excuse, Points, Reach, Stage};
use crate::correlate::trace::token;
use crate::incident::{Condition as Standing, EvidenceOf, Severity};
use crate::situation::memory::{Happened, Onset, Stand};

/// How long what fired because nothing came waits for it to come after all: a slow link's worth.
const SETTLE_MS: i64 = 60_000;

/// Where a rule's own triggers are remembered.
const COUNT_SLOT: u8 = u8::MAX;

/// Which excuses are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Excuses {
    All,
    /// What happened in time, and may have been heard too late.
    Events,
}

/// What shows that the time of an instance has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Records that happened later: whatever happened before has been heard.
    Records,
    /// The clock alone.
    Clock,
}

impl Judge<'_> {
    /// The time has come to say whether it is excused.
    pub(super) fn decide(&mut self, key: InstanceKey, points: &Points, by: By) {
        self.part.changed.state = true;
        if self.is_excused(key, points, Excuses::All) || !self.is_enough(key, points) {
            let lasts = !self.part.rules.instance(&key).active.is_empty();
            if lasts {
                self.stand(key, points, Stand::Excused);
            } else {
                self.forget(key);
            }
            return;
        }
        self.stand(key, points, Stand::Ready);
        self.fire_if_all_is_so(key, points, by);
    }

    /// Whether there were enough of them, this one included. One that is excused does not count.
    fn is_enough(&mut self, key: InstanceKey, points: &Points) -> bool {
        let (Some(count), Some(onset)) = (points.count, self.part.rules.instance(&key).onset.as_ref()) else {
            return true;
        };
        let device = self.part.device_of(onset.point);
        let token = match &onset.evidence.what {
            EvidenceOf::Point { value: Some(value), .. } => token(count.distinct, onset.point, device, value),
            EvidenceOf::Point { .. } | EvidenceOf::Finding { .. } => 0,
        };
        let (event_ms, times) = (onset.at_ms, onset.times);
        let trace = self.part.rules.trace_mut((key.rule, COUNT_SLOT, key.subject));
        for _ in 0..times.min(count.at_least) {
            trace.add(Happened { event_ms, token }, count.at_least);
        }
        trace.has(event_ms.saturating_sub(count.within_ms), event_ms, count.at_least, count.distinct)
    }

    /// Fires what only waited for something that must hold or must have happened.
    pub(super) fn fire_if_all_is_so(&mut self, key: InstanceKey, points: &Points, by: By) {
        let instance = self.part.rules.instance(&key);
        let Some(onset) = &instance.onset else { return };
        let (over, device, at_ms) =
            (instance.active.is_empty(), self.part.device_of(onset.point), onset.at_ms);
        if !points.given.iter().all(|condition| condition.holds(self.part, Some(device))) {
            if over {
                self.forget(key);
            }
            return;
        }
        let missing = points.with.iter().enumerate().any(|(slot, past)| {
            let trace = self.part.rules.trace((key.rule, slot as u8, reach(past, device)));
            trace.is_none_or(|trace| !trace.satisfies(past, at_ms))
        });
        if !missing {
            self.fire(key, points, by);
        } else if over && points.with.iter().all(|past| past.after_ms == 0) {
            self.forget(key);
        }
    }

    fn fire(&mut self, key: InstanceKey, points: &Points, by: By) {
        let over = self.part.rules.instance(&key).active.is_empty();
        let stays = !over || !points.clear.is_empty();
        let provisional = points.rests_on_absence() && (by == By::Clock || !self.hears_all(points));
        let settles_ms = provisional.then(|| self.moment.hub_ms.saturating_add(SETTLE_MS));
        let onset = self.part.rules.instance(&key).onset.clone().expect("only what began fires");
        self.stand(key, points, Stand::Fired { stage: 1, settles_ms, ended: !stays });
        self.raise(key, onset);
        if !stays {
            let book_key = self.book_key(key);
            self.book.clear(&book_key, self.moment);
            if !provisional {
                self.forget(key);
            }
        }
    }

    fn is_excused(&self, key: InstanceKey, points: &Points, which: Excuses) -> bool {
        let Some(onset) = &self.part.rules.instance(&key).onset else { return false };
        let device = self.part.device_of(onset.point);
        let until_ms = onset.at_ms.saturating_add(points.decides_after_ms());
        let mut slot = points.with.len() as u8;
        points.unless.iter().any(|excuse| match excuse {
            Excuse::Event(past) => {
                let trace = self.part.rules.trace((key.rule, slot, reach(past, device)));
                slot += 1;
                let from_ms = onset.at_ms.saturating_sub(past.before_ms);
                trace.is_some_and(|trace| trace.has(from_ms, until_ms, past.at_least, past.distinct))
            }
            Excuse::Holds(condition) => which == Excuses::All && condition.holds(self.part, Some(device)),
        })
    }

    /// Whether one edge tells everything that would excuse it: then what it told later shows that nothing came.
    pub(super) fn hears_all(&self, points: &Points) -> bool {
        let of_device = |excuse: &Excuse| match excuse {
            Excuse::Event(past) => past.of == Reach::Device,
            Excuse::Holds(_) => true,
        };
        self.part.has_one_edge() || points.unless.iter().all(of_device)
    }

    /// Something that this rule asks for has changed, or happened.
    pub(super) fn reconsider(&mut self, rule: u16, at_ms: i64) {
        let Some(points) = self.pack.rule(rule).points() else { return };
        for key in self.part.rules.of_rule(rule) {
            self.part.changed.state = true;
            let instance = self.part.rules.instance(&key);
            let point = instance.onset.as_ref().map(|onset| onset.point).or(instance.active.first().copied());
            let Some(point) = point else { continue };
            let (began, lasts) = (instance.onset.is_some(), self.lasts(points, point));
            match self.part.rules.instance(&key).stand {
                _ if began && !lasts => self.interrupt(key, points),
                _ if !began && lasts && !points.during.is_empty() => self.resume(key, points, point, at_ms),
                Stand::Ready => self.fire_if_all_is_so(key, points, By::Records),
                Stand::Fired { settles_ms: Some(_), .. } if self.is_excused(key, points, Excuses::Events) => {
                    self.withdraw(key, points);
                }
                Stand::Fired { ended: false, .. } => {
                    let severity = self.severity(key, self.demanded(key, points));
                    let book_key = self.book_key(key);
                    self.book.raise_severity(&book_key, severity, self.moment);
                }
                Stand::Waiting | Stand::Excused | Stand::Fired { .. } => {}
            }
        }
    }

    /// What must hold all the time does so again.
    fn resume(&mut self, key: InstanceKey, points: &Points, point: u32, at_ms: i64) {
        if let Some(onset) = self.onset_of_state(point, at_ms) {
            self.begin(key, points, onset);
        }
    }

    /// An excuse that happened in time was heard after the rule had fired.
    fn withdraw(&mut self, key: InstanceKey, points: &Points) {
        let book_key = self.book_key(key);
        self.book.withdraw(&book_key, self.moment);
        if self.part.rules.instance(&key).active.is_empty() {
            self.forget(key);
        } else {
            self.stand(key, points, Stand::Excused);
        }
    }

    /// Nothing came that would excuse it, and nothing can come any more.
    pub(super) fn settle(&mut self, key: InstanceKey) {
        let book_key = self.book_key(key);
        self.book.settle(&book_key, self.moment);
        let Some(points) = self.pack.rule(key.rule).points() else { return };
        match self.part.rules.instance(&key).stand {
            Stand::Fired { ended: true, .. } => self.forget(key),
            Stand::Fired { stage, ended, .. } => {
                self.stand(key, points, Stand::Fired { stage, settles_ms: None, ended });
            }
            Stand::Waiting | Stand::Ready | Stand::Excused => {}
        }
    }

    /// The next stage of what goes on.
    pub(super) fn next_stage(&mut self, key: InstanceKey, points: &Points, stage: Stage) {
        let Stand::Fired { stage: passed, settles_ms, ended } = self.part.rules.instance(&key).stand else {
            return;
        };
        self.part.changed.state = true;
        self.stand(key, points, Stand::Fired { stage: passed + 1, settles_ms, ended });
        let severity = self.severity(key, stage.severity);
        let book_key = self.book_key(key);
        self.book.raise_severity(&book_key, severity, self.moment);
    }

    /// How grave the pattern itself is at this stage.
    fn demanded(&self, key: InstanceKey, points: &Points) -> Severity {
        let passed = match self.part.rules.instance(&key).stand {
            Stand::Fired { stage, .. } => usize::from(stage),
            _ => 1,
        };
        let stage = points.sustained.get(passed.saturating_sub(1));
        stage.map_or(self.pack.rule(key.rule).severity, |stage| stage.severity)
    }

    fn severity(&self, key: InstanceKey, demanded: Severity) -> Severity {
        let onset = self.part.rules.instance(&key).onset.as_ref();
        let device = onset.map(|onset| self.part.device_of(onset.point));
        self.pack.rule(key.rule).severity(demanded, |condition| condition.holds(self.part, device))
    }

    pub(super) fn raise(&mut self, key: InstanceKey, onset: Onset) {
        let rule = self.pack.rule(key.rule);
        let Some(points) = rule.points() else { return };
        let value = match &onset.evidence.what {
            EvidenceOf::Point { value: Some(value), .. } => {
                let kind = self.part.kind(onset.point);
                kind.map_or_else(String::new, |kind| kind.value_type().describe(value))
            }
            _ => String::new(),
        };
        let mut names = self.part.names(onset.point);
        names.value = &value;
        let provisional =
            matches!(self.part.rules.instance(&key).stand, Stand::Fired { settles_ms: Some(_), .. });
        let finding = Finding {
            key: self.book_key(key),
            text: rule.describe(&names),
            severity: self.severity(key, self.demanded(key, points)),
            evidence: onset.evidence,
            arrival: onset.arrival,
            condition: Standing::Active,
            provisional,
        };
        self.book.raise(rule, finding, self.moment);
    }
}
