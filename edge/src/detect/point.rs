//! One point of a device: what was read, what was sent of it, and when a sample becomes an event. Pure.

use std::time::Duration;

use wire::{Kind, Lane, Marks, PointNo, Quality, Reading, Stamp, Value, ValueType};

use super::change::is_change;
use super::debounce::Debounce;
use super::freshness::Freshness;
use super::outbox::{Outbox, What};
use super::rollback::Restart;
use super::sequence::{Counted, Sequence};
use super::watchers::Watchers;
use crate::field::profile::{Field, PointSpec, Report};
use crate::field::{Novelty, Sample};

mod late;

/// Marks of one event alone.
const PASSING: Marks = Marks::ROLLED_BACK.with(Marks::MISSED).with(Marks::LATE);

pub(super) struct Point {
    no: PointNo,
    kind: Kind,
    lane: Lane,
    deadband: f64,
    debounce_ms: u64,
    report: Report,
    /// Whether the device counts the values of this point; then one without a number is not new.
    counted: bool,
    /// Whether nothing but a message of its own ever says that it exists.
    expected: bool,
    freshness: Freshness,
    sequence: Sequence,
    debounce: Debounce,
    watchers: Option<Box<Watchers>>,
    /// The value that counts, and when it was last read.
    held: Option<(Value, Stamp)>,
    /// How far the held value could be believed, if it is something that happened and not how something stands.
    happened: Option<Quality>,
    /// Whether it was ever said how it stands.
    stood: bool,
    /// What the hub was told last, with those of its marks that last.
    told: Option<Reading>,
}

impl Point {
    /// `interval` is how often it is read at least.
    pub(super) fn new(no: PointNo, spec: &PointSpec, interval: Duration) -> Self {
        Self {
            no,
            kind: spec.kind,
            lane: Kind::lane(spec.kind),
            deadband: spec.deadband,
            debounce_ms: u64::try_from(spec.debounce.as_millis()).unwrap_or(u64::MAX),
            report: spec.report,
            counted: spec.sequence.is_some(),
            expected: matches!(spec.source.field(), Some(Field::Json { .. } | Field::Plain { .. })),
            freshness: Freshness::new(interval),
            sequence: Sequence::default(),
            debounce: Debounce::default(),
            watchers: Watchers::of(spec, interval),
            held: None,
            happened: None,
            stood: false,
            told: None,
        }
    }

    /// The edge begins to listen. A topic on which nothing ever comes is a point that nobody knows anything of.
    pub(super) fn begin(&mut self, now_ms: u64) {
        if self.expected {
            self.freshness.read(now_ms);
        }
    }

    /// A sample that came in time.
    pub(super) fn read(&mut self, sample: &Sample, stamp: Stamp, restart: Restart, out: &mut Outbox) {
        if sample.novelty == Novelty::Kept {
            return self.keep(stamp.mono_ms);
        }
        let Some(value) = &sample.value else {
            self.happened = None;
            self.freshness.void();
            return self.worsen(sample.quality, stamp, out);
        };
        self.freshness.read(stamp.mono_ms);
        let counted = match sample.novelty {
            Novelty::Happened => Some(Counted::New { missed: 0 }),
            Novelty::Counted(number) => Some(self.sequence.seen(Some(number), stamp.mono_ms)),
            Novelty::Level | Novelty::Kept => self.counted.then(|| self.sequence.seen(None, stamp.mono_ms)),
        };
        self.happened = None;
        self.stood |= sample.novelty != Novelty::Happened;
        let reading = self.judged(value, sample, stamp, restart);
        let renewed = self
            .told
            .as_ref()
            .is_none_or(|told| told.quality != reading.quality || told.marks != lasting(reading.marks));
        match counted {
            Some(Counted::New { missed }) => self.happened(reading, missed, out),
            Some(Counted::Unseen { missed }) => {
                let marks = reading.marks.with(Marks::LATE);
                self.happened(Reading { marks, ..reading }, missed, out);
            }
            Some(counted) if renewed || counted != Counted::Same => self.stands(reading, counted, out),
            None if renewed || reading.marks.contains(Marks::ROLLED_BACK) => self.accept(reading, out),
            // What came before it nobody saw, so there is no bounce to wait for, and the mark goes with the value.
            None if reading.marks.contains(Marks::MISSED) && !self.holds(value) => self.accept(reading, out),
            Some(_) | None if self.debounce_ms > 0 => self.debounced(value, stamp, out),
            Some(_) | None => self.compared(reading, out),
        }
    }

    /// What was read stands as before. What was never said, nothing keeps.
    fn keep(&mut self, now_ms: u64) {
        if self.told.as_ref().is_some_and(|told| told.quality.is_usable()) {
            self.freshness.keep(now_ms);
        }
    }

    /// The value became worthless. What happened remains as true as it was: that no more of it is heard, the link of the
    /// device says.
    pub(super) fn degrade(&mut self, quality: Quality, stamp: Stamp, out: &mut Outbox) {
        self.freshness.void();
        if !self.only_happens() {
            self.worsen(quality, stamp, out);
        }
    }

    /// The value became worthless. Keeps the time at which that began. Which limits the last value was beyond is still true
    /// of it; how it moves nobody knows any more.
    fn worsen(&mut self, quality: Quality, stamp: Stamp, out: &mut Outbox) {
        if let Some(watchers) = &mut self.watchers {
            watchers.missed();
        }
        if self.told.as_ref().is_some_and(|told| told.quality == quality) {
            return;
        }
        if let Some(pending) = self.debounce.cut_short() {
            self.held = Some(pending);
        }
        let value = self.held.as_ref().map(|(value, _)| value.clone());
        let marks = self.lasting_marks().without(Marks::FAST).without(Marks::STUCK);
        self.tell(Reading { value, quality, stamp, marks }, out);
    }

    /// The device is judged again. What was first heard long after it happened was told as stale until then; how something
    /// stands, the device has to say.
    pub(super) fn renew(&mut self, out: &mut Outbox) {
        let told = self.told.as_ref().filter(|told| self.only_happens() && !told.quality.is_usable());
        if let (Some(told), Some(quality), Some((value, stamp))) = (told, self.happened, self.held.clone()) {
            let reading = Reading { value: Some(value), quality, stamp, marks: told.marks };
            self.tell_as(What::Snapshot, reading, out);
        }
    }

    /// Lets a debounced value count that has held until now, or until the value could no longer be judged: a tick that
    /// comes late must not take it for a stale one.
    pub(super) fn settle(&mut self, until_ms: u64, out: &mut Outbox) {
        let fresh_until_ms = self.freshness.due_ms().map_or(u64::MAX, |due_ms| due_ms.saturating_sub(1));
        let quality = self.told.as_ref().map_or(Quality::Good, |told| told.quality);
        if let Some((value, stamp)) = self.debounce.settled(self.debounce_ms, until_ms.min(fresh_until_ms)) {
            let marks = self.lasting_marks();
            self.accept(Reading { value: Some(value), quality, stamp, marks }, out);
        }
    }

    /// The value may have become too old to be judged.
    pub(super) fn age(&mut self, now: Stamp, out: &mut Outbox) {
        if self.freshness.expires(now.mono_ms) {
            self.degrade(Quality::Stale, now, out);
        }
    }

    pub(super) fn debounce_due_ms(&self) -> Option<u64> {
        self.debounce.due_ms(self.debounce_ms)
    }

    /// When its value is too old to be judged.
    pub(super) fn stale_due_ms(&self) -> Option<u64> {
        self.freshness.due_ms()
    }

    /// How the point stands, with the time of its last read; nothing before it was ever told.
    pub(super) fn snapshot(&mut self, out: &mut Outbox) {
        if let Some(reading) = self.standing() {
            out.repeat(self.no, reading.clone());
            self.told = Some(reading);
        }
    }

    /// Goes on under the number of another table.
    pub(super) fn renumber(&mut self, own: &Self) {
        self.no = own.no;
    }

    /// How it stands, while anything is wrong with its number.
    pub(super) fn marked(&self) -> Option<Reading> {
        self.standing().filter(|reading| !reading.marks.without(PASSING).is_empty())
    }

    /// The last number of a counted point.
    pub(super) fn number(&self) -> Option<u64> {
        self.sequence.number()
    }

    /// True once for every new number.
    pub(super) fn take_counted_on(&mut self) -> bool {
        self.sequence.take_changed()
    }

    /// What was counted before the edge restarted; what has been counted since is an event until then.
    pub(super) fn restore(&mut self, number: u64, until_ms: u64) {
        self.sequence.restore(number, until_ms);
    }

    /// The reading that a value makes. A sensor that does not move is not believed.
    fn judged(&mut self, value: &Value, sample: &Sample, stamp: Stamp, restart: Restart) -> Reading {
        let watched = self.watchers.as_mut().map(|watchers| watchers.judge(value, stamp.mono_ms, restart));
        // That a report was under way for long is true of what happened; how things stand it says as any other.
        let sent = match sample.novelty {
            Novelty::Happened => sample.marks,
            Novelty::Level | Novelty::Counted(_) | Novelty::Kept => sample.marks.without(Marks::LATE),
        };
        let marks = sent.with(watched.unwrap_or(Marks::NONE));
        let quality = match sample.quality {
            Quality::Good if marks.contains(Marks::STUCK) => Quality::Uncertain,
            quality => quality,
        };
        Reading { value: Some(value.clone()), quality, stamp, marks }
    }

    /// What was told last, with the value that was read since if it may be judged.
    fn standing(&self) -> Option<Reading> {
        let told = self.told.clone()?;
        Some(match self.held.as_ref().filter(|_| told.quality.is_usable()) {
            Some((value, stamp)) => Reading { value: Some(value.clone()), stamp: *stamp, ..told },
            None => told,
        })
    }

    /// The device counted a new value, or its sender says that it happened: an event, also if it is the first that is
    /// heard. A flag that is down again was up in between. What was missed lies before the first of the two. Nobody takes
    /// what is late for how the point stands, so that is told behind it.
    fn happened(&mut self, reading: Reading, missed: u64, out: &mut Outbox) {
        out.missed += missed;
        self.debounce.returned();
        self.held = reading.value.clone().map(|value| (value, reading.stamp));
        self.happened = Some(reading.quality);
        let late = reading.marks.contains(Marks::LATE);
        for reading in each_that_happened(reading, missed) {
            self.tell_as(What::Event, reading, out);
        }
        if let Some(standing) = self.standing().filter(|_| late) {
            self.tell_as(What::Snapshot, standing, out);
        }
    }

    /// A counted value is there without having happened now: an event would pass an old credential for a new one.
    fn stands(&mut self, reading: Reading, counted: Counted, out: &mut Outbox) {
        let known = self.held.as_ref().map(|(held, _)| held);
        if counted == Counted::Same && known != reading.value.as_ref() {
            return self.accept(reading, out);
        }
        self.held = reading.value.clone().map(|value| (value, reading.stamp));
        self.tell_as(What::Snapshot, reading, out);
    }

    fn holds(&self, value: &Value) -> bool {
        self.held.as_ref().is_some_and(|(held, _)| held == value)
    }

    fn debounced(&mut self, value: &Value, stamp: Stamp, out: &mut Outbox) {
        match &mut self.held {
            Some((held, read)) if held == value => {
                *read = stamp;
                self.debounce.returned();
            }
            _ => self.debounce.differs(value, stamp),
        }
        self.settle(stamp.mono_ms, out);
    }

    fn compared(&mut self, reading: Reading, out: &mut Outbox) {
        let sent = self.told.as_ref().and_then(|told| told.value.as_ref());
        let changed = sent
            .zip(reading.value.as_ref())
            .is_none_or(|(sent, value)| is_change(sent, value, self.deadband));
        if changed && self.report == Report::Change {
            return self.accept(reading, out);
        }
        self.held = reading.value.map(|value| (value, reading.stamp));
    }

    fn accept(&mut self, reading: Reading, out: &mut Outbox) {
        self.debounce.returned();
        self.held = reading.value.clone().map(|value| (value, reading.stamp));
        self.tell(reading, out);
    }

    /// The first reading of all is how the point was found; only what follows is known to have happened.
    fn tell(&mut self, reading: Reading, out: &mut Outbox) {
        let what = if self.told.is_some() { What::Event } else { What::Snapshot };
        self.tell_as(what, reading, out);
    }

    /// Marks that come or go do not wait for anything, however little the value itself matters.
    fn tell_as(&mut self, what: What, reading: Reading, out: &mut Outbox) {
        let marks = lasting(reading.marks);
        let news = marks != self.lasting_marks() || reading.marks.contains(Marks::ROLLED_BACK);
        let lane = if news { Lane::Urgent } else { self.lane };
        out.tell(self.no, lane, what, reading.clone());
        self.told = Some(Reading { marks, ..reading });
    }

    /// Whether nothing about it stands, so that nothing about it can become doubtful with its device.
    fn only_happens(&self) -> bool {
        is_act(self.kind) || (self.happened.is_some() && !self.stood)
    }

    /// The marks that the hub knows of.
    fn lasting_marks(&self) -> Marks {
        self.told.as_ref().map_or(Marks::NONE, |told| told.marks)
    }
}

/// A text tells what happened, whoever sends it; nothing remains of a copy or a flow once it is done.
fn is_act(kind: Kind) -> bool {
    kind.value_type() == ValueType::Text || matches!(kind, Kind::HostMediaCopy | Kind::HostReverseFlow)
}

/// The readings of one thing that happened.
fn each_that_happened(reading: Reading, missed: u64) -> impl Iterator<Item = Reading> {
    let up = (reading.value == Some(Value::Flag(false)))
        .then(|| Reading { value: Some(Value::Flag(true)), ..reading.clone() });
    let readings = up.into_iter().chain([reading]).enumerate();
    readings.map(move |(place, reading)| match (place, missed) {
        (0, 1..) => Reading { marks: reading.marks.with(Marks::MISSED), ..reading },
        _ => reading,
    })
}

/// Marks that hold until they are taken back. The others belong to one event alone, and the next reading is without them.
fn lasting(marks: Marks) -> Marks {
    marks.without(Marks::ROLLED_BACK).without(Marks::MISSED).without(Marks::LATE)
}

#[cfg(test)]
mod tests;
