//! Reads a ring of events by their numbers, so that reading changes nothing in the device and a restart neither misses
//! nor repeats an event. Pure.
//!
//! ```text
//! newest ─ wanted ─ requests ═ device ═ replies ─ take ─┬─ samples, in the order of their numbers
//!                                                       └─ bookmark
//! ```
//!
//! The device raises `newest` after it has written a slot, and every slot says which event it holds. So a slot that
//! does not hold the event that is due is either not written yet, and is read again with the next poll, or was
//! overwritten by a later one, and is missed. What is missed is counted, and the next event carries a mark.

use std::ops::RangeInclusive;

use tracing::warn;
use wire::{DeviceId, Marks, PointNo, Quality, Value};

use super::contact_id::{PanelEvent, Qualifier};
use super::plan::Request;
use super::reply::Reply;
use crate::bookmark::{Bookmark, Part};
use crate::field::profile::{Register, RingSpec};
use crate::field::sample::{Novelty, Sample};
use crate::field::site::Device;

/// A slot that its device has not written after so many polls never will be: at four polls a second, five seconds.
const WAITS_MAX: u32 = 20;
/// After a longer pause nobody knows when in it an event happened.
const LATE_AFTER_MS: u64 = 10_000;

/// How far a ring was read.
#[derive(Clone, Debug)]
pub struct Ring {
    spec: RingSpec,
    point: PointNo,
    device: DeviceId,
    /// The number of the last event that is done with. `None`: it was never read, and what stands in it is history.
    last: Option<u64>,
    /// How often the next event was due and not there.
    waits: u32,
    /// What the next event has to say about those before it.
    owed: Marks,
    read_at_ms: Option<u64>,
}

/// What one poll of a ring brought.
#[derive(Debug, Default, PartialEq)]
pub struct RingTaken {
    pub samples: Vec<Sample>,
    /// Events that were overwritten before they were read, or never written.
    pub missed: u64,
    /// To be made durable together with what follows from the samples.
    pub bookmark: Option<Bookmark>,
}

/// What a slot holds in view of the event that is due.
enum Slot {
    Due(PanelEvent),
    NotYet,
    Overwritten,
}

impl Ring {
    /// `kept` is the bookmark of an earlier run.
    pub fn new(device: &DeviceId, spec: &RingSpec, point: PointNo, kept: Option<&[u8]>) -> Self {
        let last = kept.and_then(number_in);
        let (waits, owed, read_at_ms) = (0, Marks::NONE, None);
        Self { spec: spec.clone(), point, device: device.clone(), last, waits, owed, read_at_ms }
    }

    /// The reads of the slots that `newest` makes interesting: none as long as nothing happened.
    pub fn wanted(&self, newest: u64) -> Vec<Request> {
        let slot_words = self.spec.slot_words;
        let joined_max = self.spec.table.request_max() / slot_words;
        let mut requests: Vec<Request> = Vec::new();
        for number in self.open(newest).into_iter().flatten() {
            let start = self.address_of(number);
            match requests.last_mut() {
                Some(last) if last.start + last.count == start && last.count / slot_words < joined_max => {
                    last.count += slot_words;
                }
                _ => requests.push(Request { table: self.spec.table, start, count: slot_words }),
            }
        }
        requests
    }

    /// Takes the events that are there, in the order of their numbers, up to the first that is not written yet.
    pub fn take(
        &mut self,
        newest: u64,
        replies: &[(Request, Reply)],
        quality: Quality,
        now_ms: u64,
    ) -> RingTaken {
        let mut taken = RingTaken::default();
        let late = self.read_at_ms.is_none_or(|at_ms| now_ms.saturating_sub(at_ms) > LATE_AFTER_MS);
        self.read_at_ms = Some(now_ms);
        let Some(before) = self.last else {
            self.settle(newest, &mut taken);
            return taken;
        };
        // It was replaced, or has lost its memory.
        let counts_anew = newest < before;
        let mut done = None;
        for number in self.open(newest).into_iter().flatten() {
            let slot = self.slot(number, replies);
            // Until a slot vouches for `newest` nothing follows from it: one that is far too high, or far too low, and is
            // put right was no event, and nothing before it is missed.
            if matches!(slot, Slot::NotYet) && self.waits < WAITS_MAX {
                self.waits += 1;
                break;
            }
            if done.is_none() && counts_anew {
                self.owed = self.owed.with(Marks::ROLLED_BACK);
            }
            let behind = done.unwrap_or(if counts_anew { 0 } else { before });
            self.miss(number - behind - 1, &mut taken);
            match slot {
                Slot::Due(event) => taken.samples.push(self.sample(&event, quality, late)),
                Slot::NotYet | Slot::Overwritten => self.miss(1, &mut taken),
            }
            self.waits = 0;
            done = Some(number);
        }
        if let Some(done) = done {
            self.settle(done, &mut taken);
        }
        taken
    }

    /// The numbers of the events that are new and can still be there; `None` while nothing is known to be new.
    fn open(&self, newest: u64) -> Option<RangeInclusive<u64>> {
        let last = self.last.filter(|last| *last != newest)?;
        let first = if newest < last { 1 } else { last + 1 };
        let oldest = (newest + 1).saturating_sub(self.spec.slots.into());
        Some(first.max(oldest)..=newest)
    }

    fn address_of(&self, number: u64) -> u16 {
        // Below `slots`, so it fits, and the profile was checked to stay in the address space.
        let slot = (number % u64::from(self.spec.slots)) as u16;
        self.spec.start + slot * self.spec.slot_words
    }

    fn slot(&self, number: u64, replies: &[(Request, Reply)]) -> Slot {
        let start = self.address_of(number);
        let words = replies.iter().find_map(|(request, reply)| {
            let offset = start.checked_sub(request.start).filter(|_| request.table == self.spec.table)?;
            reply.registers(usize::from(offset), usize::from(self.spec.slot_words))
        });
        let Some(words) = words else {
            return Slot::NotYet;
        };
        let fields = &self.spec.fields;
        match field(fields.sequence, words) {
            Some(held) if held > number => Slot::Overwritten,
            Some(held) if held == number => event(&self.spec, words).map_or(Slot::NotYet, Slot::Due),
            _ => Slot::NotYet,
        }
    }

    fn sample(&mut self, event: &PanelEvent, quality: Quality, late: bool) -> Sample {
        let owed = std::mem::take(&mut self.owed);
        let marks = if late { owed.with(Marks::LATE) } else { owed };
        let value = Some(Value::text(&event.to_string()));
        Sample { point: self.point, value, quality, novelty: Novelty::Happened, marks }
    }

    fn miss(&mut self, events: u64, taken: &mut RingTaken) {
        if events > 0 {
            taken.missed += events;
            self.owed = self.owed.with(Marks::MISSED);
        }
    }

    fn settle(&mut self, number: u64, taken: &mut RingTaken) {
        self.last = Some(number);
        let part = Part::ring(&self.spec.name);
        taken.bookmark = Some(Bookmark::of(&self.device, part, number.to_be_bytes()));
    }
}

impl Device {
    /// The reader of its log, if its profile has one and it is known how far it was read. The point of a ring is the last
    /// of its profile.
    pub(super) fn ring(&self) -> Option<Ring> {
        let (spec, bookmarks) = self.profile.ring.as_ref().zip(self.kept.get())?;
        let behind = self.profile.points.len().saturating_sub(1) as u16;
        let point = PointNo(self.first.0.saturating_add(behind));
        let part = Part::ring(&spec.name);
        let kept = bookmarks.iter().find(|kept| kept.is_of(&self.id, part)).map(|kept| &*kept.bytes);
        Some(Ring::new(&self.id, spec, point, kept))
    }
}

impl RingTaken {
    /// Counts and logs what was missed.
    pub fn note(&self, device: &DeviceId) {
        if self.missed > 0 {
            metrics::counter!("edge_ring_missed_total", "device" => device.to_string())
                .increment(self.missed);
            warn!(%device, missed = self.missed, "events of the device's log were overwritten before they were read");
        }
    }
}

/// A bookmark that was not written by a ring is none: the ring is then read from its present end on.
fn number_in(kept: &[u8]) -> Option<u64> {
    kept.try_into().ok().map(u64::from_be_bytes)
}

fn event(spec: &RingSpec, words: &[u16]) -> Option<PanelEvent> {
    let fields = &spec.fields;
    let optional = |place: Option<Register>| place.and_then(|place| field(place, words));
    Some(PanelEvent {
        qualifier: optional(fields.qualifier).map_or(Qualifier::Event, Qualifier::new),
        code: field(fields.code, words)?,
        partition: optional(fields.partition),
        number: optional(fields.number),
        time: optional(fields.time),
    })
}

/// A part of a slot. The address of a part counts from the slot's first word.
fn field(place: Register, words: &[u16]) -> Option<u64> {
    let first = usize::from(place.address);
    let words = words.get(first..first + usize::from(place.encoding.width()))?;
    u64::try_from(place.raw(words)?.whole()?).ok()
}

#[cfg(test)]
mod tests;
