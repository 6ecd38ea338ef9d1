//! One point of a device: what was read, what was sent of it, and when a sample becomes an event. Pure.

use wire::{Kind, Lane, Marks, PointNo, Quality, Reading, Stamp, Value};

use super::change::is_change;
use super::debounce::Debounce;
use super::outbox::{Outbox, What};
use super::sequence::{Counted, Sequence};
use crate::field::profile::{PointSpec, Report};
use crate::field::{Novelty, Sample};

pub(super) struct Point {
    no: PointNo,
    lane: Lane,
    deadband: f64,
    debounce_ms: u64,
    report: Report,
    /// For points whose values are counted by their device.
    sequence: Option<Sequence>,
    debounce: Debounce,
    /// The value that counts, and when it was last read.
    held: Option<(Value, Stamp)>,
    /// What the hub was told last.
    told: Option<Reading>,
}

impl Point {
    pub(super) fn new(no: PointNo, spec: &PointSpec) -> Self {
        Self {
            no,
            lane: Kind::lane(spec.kind),
            deadband: spec.deadband,
            debounce_ms: u64::try_from(spec.debounce.as_millis()).unwrap_or(u64::MAX),
            report: spec.report,
            sequence: spec.sequence.map(|_| Sequence::default()),
            debounce: Debounce::default(),
            held: None,
            told: None,
        }
    }

    pub(super) fn read(&mut self, sample: &Sample, stamp: Stamp, out: &mut Outbox) {
        let Some(value) = &sample.value else {
            return self.degrade(sample.quality, stamp, out);
        };
        let counted = match (&mut self.sequence, sample.novelty) {
            (_, Novelty::Happened) => Some(Counted::New { missed: 0 }),
            (Some(sequence), Novelty::Counted(number)) => Some(sequence.seen(Some(number))),
            (Some(sequence), Novelty::Level) => Some(sequence.seen(None)),
            (None, _) => None,
        };
        let renewed = self.told.as_ref().is_none_or(|told| told.quality != sample.quality);
        match counted {
            Some(Counted::New { missed }) => {
                out.missed += missed;
                self.happened(value, sample.quality, stamp, out);
            }
            Some(counted) if renewed || counted != Counted::Same => {
                self.stands(value, counted, sample.quality, stamp, out);
            }
            None if renewed => self.accept(value.clone(), sample.quality, stamp, out),
            Some(_) | None if self.debounce_ms > 0 => self.debounced(value, stamp, out),
            Some(_) | None => self.compared(value, sample.quality, stamp, out),
        }
    }

    /// The values of the device became worthless, or this one did. Keeps the time at which that began.
    pub(super) fn degrade(&mut self, quality: Quality, stamp: Stamp, out: &mut Outbox) {
        if self.told.as_ref().is_some_and(|told| told.quality == quality) {
            return;
        }
        if let Some(pending) = self.debounce.cut_short() {
            self.held = Some(pending);
        }
        let value = self.held.as_ref().map(|(value, _)| value.clone());
        self.tell(Reading { value, quality, stamp, marks: Marks::NONE }, out);
    }

    /// The passing of time lets a debounced value count.
    pub(super) fn tick(&mut self, now_ms: u64, out: &mut Outbox) {
        let quality = self.told.as_ref().map_or(Quality::Good, |told| told.quality);
        if let Some((value, stamp)) = self.debounce.settled(self.debounce_ms, now_ms) {
            self.accept(value, quality, stamp, out);
        }
    }

    pub(super) fn due_ms(&self) -> Option<u64> {
        self.debounce.due_ms(self.debounce_ms)
    }

    /// How the point stands, with the time of its last read; nothing before it was ever told.
    pub(super) fn snapshot(&mut self, out: &mut Outbox) {
        let Some(told) = &mut self.told else {
            return;
        };
        if let Some((value, stamp)) = self.held.as_ref().filter(|_| told.quality.is_usable()) {
            *told = Reading {
                value: Some(value.clone()),
                quality: told.quality,
                stamp: *stamp,
                marks: Marks::NONE,
            };
        }
        out.repeat(self.no, told.clone());
    }

    /// The device counted a new value. A flag that is down again was up in between.
    fn happened(&mut self, value: &Value, quality: Quality, stamp: Stamp, out: &mut Outbox) {
        if *value == Value::Flag(false) {
            self.accept(Value::Flag(true), quality, stamp, out);
        }
        self.accept(value.clone(), quality, stamp, out);
    }

    /// A counted value is there without having happened now: an event would pass an old credential for a new one.
    fn stands(&mut self, value: &Value, counted: Counted, quality: Quality, stamp: Stamp, out: &mut Outbox) {
        let known = self.held.as_ref().is_some_and(|(held, _)| held == value);
        if counted == Counted::Same && !known {
            return self.accept(value.clone(), quality, stamp, out);
        }
        self.held = Some((value.clone(), stamp));
        let reading = Reading { value: Some(value.clone()), quality, stamp, marks: Marks::NONE };
        out.tell(self.no, self.lane, What::Snapshot, reading.clone());
        self.told = Some(reading);
    }

    fn debounced(&mut self, value: &Value, stamp: Stamp, out: &mut Outbox) {
        match &mut self.held {
            Some((held, read)) if held == value => {
                *read = stamp;
                self.debounce.returned();
            }
            _ => self.debounce.differs(value, stamp),
        }
        self.tick(stamp.mono_ms, out);
    }

    fn compared(&mut self, value: &Value, quality: Quality, stamp: Stamp, out: &mut Outbox) {
        let sent = self.told.as_ref().and_then(|told| told.value.as_ref());
        let changed = sent.is_none_or(|sent| is_change(sent, value, self.deadband));
        if changed && self.report == Report::Change {
            return self.accept(value.clone(), quality, stamp, out);
        }
        match &mut self.held {
            Some((held, read)) => {
                held.clone_from(value);
                *read = stamp;
            }
            held => *held = Some((value.clone(), stamp)),
        }
    }

    fn accept(&mut self, value: Value, quality: Quality, stamp: Stamp, out: &mut Outbox) {
        self.debounce.returned();
        self.held = Some((value.clone(), stamp));
        self.tell(Reading { value: Some(value), quality, stamp, marks: Marks::NONE }, out);
    }

    /// The first reading of all is how the point was found; only what follows is known to have happened.
    fn tell(&mut self, reading: Reading, out: &mut Outbox) {
        let what = if self.told.is_some() { What::Event } else { What::Snapshot };
        out.tell(self.no, self.lane, what, reading.clone());
        self.told = Some(reading);
    }
}

#[cfg(test)]
mod tests;
