//! Applies the rules on points to one part.
//!
//! ```text
//! reading ─ Judge::read ─┬─ trigger ── begin.rs ─┐
//!                        ├─ past ──── trace      ├─ decide.rs ─ fires, is excused, grows graver ─ IncidentBook
//!                        ├─ given ────────────── ┤
//!                        └─ trigger over, clear ─┴─ end.rs
//! time, later records ──── time.rs ──────────────── decide.rs
//! ```
//!
//! What is asked of the past is asked by the times of the events themselves: no order of arrival is waited for. What fires
//! because nothing came is *provisional* until it cannot come any more.

mod begin;
mod decide;
mod end;
mod seed;
mod time;

use wire::{Header, Kind, Lane, Marks, Observation, Seq, Value};

use super::book::{IncidentBook, Key};
use super::criterion::{Told, number};
use super::overtaken::is_overtaken;
use super::pack::{Pack, Role};
use super::part::Part;
use super::recollection::InstanceKey;
use super::rule::{Count, KeyBy, Past, Points, Reach, Sign, Way};
use super::timers::Timers;
use super::trace::token;
use crate::incident::lifecycle::Moment;
use crate::incident::{ArrivalMark, Evidence, EvidenceOf, Origin};
use crate::situation::event_time::{LATE_MS, Placed};
use crate::situation::memory::{Happened, Onset, Subject};
use crate::situation::{Ahead, PointState};

/// One reading of a point, placed in hub time.
#[derive(Debug)]
pub struct Reading<'a> {
    pub point: u32,
    pub observation: &'a Observation,
    pub event_ms: i64,
    pub placed: Placed,
    /// The same moment by the edge's own clock.
    pub read: Ahead,
    /// Of the envelope that brought it, and its number there: where it can be found again.
    pub header: &'a Header,
    pub seq: Seq,
    pub what: What,
}

impl Reading<'_> {
    /// Made only where it is kept: most readings find nothing.
    fn origin(&self) -> Origin {
        let Header { edge, epoch, lane, .. } = self.header;
        Origin::Record { edge: edge.clone(), epoch: *epoch, lane: *lane, seq: self.seq }
    }
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
    /// Place of the part in the world.
    pub place: usize,
    pub book: &'a mut IncidentBook,
    pub timers: &'a mut Timers,
    pub moment: Moment,
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
        let other_lane = self.part.kind(reading.point).is_none_or(|kind| kind.lane() != reading.header.lane);
        if before.is_some_and(|state| is_overtaken(reading, state, other_lane)) {
            return Touched::Nothing;
        }
        let known = before.and_then(|state| state.value.clone());
        let kind = self.part.kind(reading.point);
        if observation.marks.contains(Marks::LATE) {
            // Tells only what happened. How the point stands, its edge says behind it.
            self.part.changed.state = true;
            kind.inspect(|kind| self.ask(*kind, reading, known.as_ref()));
            return Touched::Nothing;
        }
        let same = reading.what == What::Snapshot
            && before.is_some_and(|state| {
                state.value == observation.value && state.quality == observation.quality
            });
        let ahead = other_lane && reading.header.lane == Lane::Urgent;
        self.part.state.points[place] = Some(PointState {
            value: observation.value.clone().or_else(|| known.clone()),
            quality: observation.quality,
            event_ms: reading.event_ms,
            position: self.moment.position,
            marks: observation.marks,
            ahead: ahead.then(|| Box::new(reading.read)),
        });
        self.part.changed.state = true;
        let Some(kind) = kind.filter(|_| !same) else { return Touched::Nothing };
        self.ask(kind, reading, known.as_ref());
        if kind == Kind::PartArming { Touched::Arming } else { Touched::Nothing }
    }

    fn ask(&mut self, kind: Kind, reading: &Reading<'_>, known: Option<&Value>) {
        let pack = self.pack;
        for interest in pack.interests(kind) {
            let rule = interest.rule;
            let Some(points) = pack.rule(rule).points() else { continue };
            match interest.role {
                Role::Past(slot) => {
                    let past = points.past(slot);
                    let mut here = past.signs.iter().filter(|sign| sign.kind == kind);
                    if here.any(|sign| shows(sign, reading, known) == Some(true)) {
                        self.remember(rule, slot, past, reading, known);
                        self.reconsider(rule, reading.event_ms);
                    }
                }
                Role::Trigger(place) => {
                    let trigger = &points.trigger[usize::from(place)];
                    let counts =
                        trigger.from.is_empty() || known.is_some_and(|known| trigger.from.contains(known));
                    let key = self.key_of(rule, points, reading.point);
                    match (shows(&trigger.sign, reading, known), trigger.sign.way.lasts()) {
                        (Some(true), true) => self.stands(key, points, self.onset(reading), counts),
                        (Some(true), false) => {
                            let times = times(&trigger.sign, reading, known);
                            self.happens(key, points, Onset { times, ..self.onset(reading) });
                        }
                        (Some(false), true) if is_over(points, kind, reading, known) => {
                            self.stands_no_more(key, points, reading.point);
                        }
                        _ => {}
                    }
                }
                Role::Clear(place) => {
                    if shows(&points.clear[usize::from(place)], reading, known) == Some(true) {
                        self.cleared_by_sign(self.key_of(rule, points, reading.point));
                    }
                }
                // The arming state of the part is asked for once it has been reckoned.
                Role::Given if kind != Kind::PartArming => self.reconsider(rule, reading.event_ms),
                Role::Given => {}
            }
        }
    }

    /// The arming state has changed.
    pub fn rearmed(&mut self, at_ms: i64) {
        let pack = self.pack;
        for interest in
            pack.interests(Kind::PartArming).iter().filter(|interest| interest.role == Role::Given)
        {
            self.reconsider(interest.rule, at_ms);
        }
    }

    fn remember(&mut self, rule: u16, slot: u8, past: &Past, reading: &Reading<'_>, known: Option<&Value>) {
        let device = self.part.device_of(reading.point);
        let value = reading.observation.value.as_ref();
        let token = value.map_or(0, |value| token(past.distinct, reading.point, device, value));
        let happened = Happened { event_ms: reading.event_ms, token };
        let kind = self.part.kind(reading.point);
        let sign = past.signs.iter().find(|sign| Some(sign.kind) == kind);
        let times = sign.map_or(1, |sign| times(sign, reading, known)).min(past.at_least);
        let trace = self.part.rules.trace_mut((rule, slot, reach(past, device)));
        for _ in 0..times {
            trace.add(happened, past.at_least);
        }
    }

    fn key_of(&self, rule: u16, points: &Points, point: u32) -> InstanceKey {
        let subject = match points.key {
            KeyBy::Device => Subject::Device(self.part.device_of(point)),
            KeyBy::Point => Subject::Point(point),
            KeyBy::Part => Subject::Part,
        };
        InstanceKey { rule, subject, occurrence: 0 }
    }

    fn onset(&self, reading: &Reading<'_>) -> Onset {
        let point = self.part.layout.point_id(reading.point as usize).expect("points of the part have rows");
        let late = self.moment.hub_ms.saturating_sub(reading.event_ms) > LATE_MS;
        Onset {
            evidence: Evidence {
                origin: reading.origin(),
                position: self.moment.position,
                event_ms: reading.event_ms,
                hub_ms: self.moment.hub_ms,
                what: EvidenceOf::Point { point, value: reading.observation.value.clone() },
            },
            arrival: if late { ArrivalMark::Late } else { ArrivalMark::Live },
            point: reading.point,
            at_ms: reading.event_ms,
            times: 1,
        }
    }

    /// What an incident of this rule about this is called in the book.
    fn book_key(&self, key: InstanceKey) -> Key {
        Key {
            rule: self.pack.rule(key.rule).id.clone(),
            part: self.part.id.clone(),
            subject: self.part.subject(key.subject),
        }
    }
}

/// Whether no trigger finds its point standing so any more. What is late ends nothing.
fn is_over(points: &Points, kind: Kind, reading: &Reading<'_>, known: Option<&Value>) -> bool {
    let another = points.trigger.iter().any(|trigger| {
        let sign = &trigger.sign;
        sign.kind == kind && sign.way.lasts() && shows(sign, reading, known) == Some(true)
    });
    !another && !reading.observation.marks.contains(Marks::LATE)
}

/// How many times it has happened: a counter tells of several at once.
fn times(sign: &Sign, reading: &Reading<'_>, known: Option<&Value>) -> u16 {
    let counts = (reading.observation.value.as_ref().and_then(number), known.and_then(number));
    match (&sign.way, counts) {
        (Way::Rises, (Some(now), Some(before))) => {
            (now - before).clamp(1.0, f64::from(Count::AT_LEAST_MAX)) as u16
        }
        _ => 1,
    }
}

/// Whether a reading shows a sign; `None` if it says nothing about it.
fn shows(sign: &Sign, reading: &Reading<'_>, known: Option<&Value>) -> Option<bool> {
    let observation = reading.observation;
    let value = observation.value.as_ref().filter(|_| observation.quality.is_usable());
    let happened = value.filter(|_| reading.what == What::Event);
    match &sign.way {
        Way::Stands(criterion) => {
            let (quality, marks) = (observation.quality, observation.marks);
            criterion.judge(Told { value, quality, marks })
        }
        Way::Happens(values) => happened
            .filter(|value| values.is_empty() || values.iter().any(|wanted| is_told(wanted, value)))
            .map(|_| true),
        Way::Rises => (number(happened?)? > number(known?)?).then_some(true),
    }
}

/// Texts are told by their first word.
fn is_told(wanted: &Value, value: &Value) -> bool {
    match (wanted, value) {
        (Value::Text(word), Value::Text(text)) => text.split(' ').next() == Some(word),
        _ => wanted == value,
    }
}

/// For whom an event is remembered.
fn reach(past: &Past, device: u32) -> Subject {
    match past.of {
        Reach::Device => Subject::Device(device),
        Reach::Part => Subject::Part,
    }
}
