//! Reports of host agents: JSON in, samples out. Pure, apart from counting. The format is `docs/host-report.md`.
//!
//! ```text
//! payload ─ parse ─ format ─ order (boot, seq) ─ place (time) ─ happened ─┐
//!                              │                                levels ───┼─ taken
//!                           bookmark                            present ──┘
//! ```
//!
//! A report that cannot be read is refused with a reason; an event inside a sound report that cannot be read marks the
//! report as missing something. Nothing that a host sends is believed about time further than it is consistent.

pub mod format;

mod parse;

mod order;
mod place;

mod happened;
mod levels;
mod present;
mod words;

mod counters;
mod points;

pub use order::BookmarkError;
pub use parse::{EVENTS_MAX, ITEMS_MAX, REPORT_BYTES_MAX, Rejected};
pub use points::Points;

use wire::{DeviceId, Marks, Quality, Stamp};

use super::sample::Sample;
use crate::bookmark::{Bookmark, Part};
use counters::Counters;
use format::Event;
use order::{Arrived, Order};
use place::{Age, Placer, Trust};
use present::Present;

/// How often an agent reports although nothing happened.
pub const HEARTBEAT_MS: u64 = 60_000;
/// An agent is silent after three heartbeats that did not come. Its `link` says so, by a scan that failed; the point
/// `agent` only repeats what the agent says of itself.
pub const SILENT_AFTER_MS: u64 = 3 * HEARTBEAT_MS;
/// The last part of an agent's topic, `sr/field/<device>/report`.
pub const TOPIC_SUFFIX: &str = "report";

/// What follows from one report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Taken {
    /// In the order in which they happened. Empty for a report that came twice, and for an old one without events.
    pub scans: Vec<(Stamp, Vec<Sample>)>,
    /// To be made durable together with the scans. `None` if nothing has changed.
    pub bookmark: Option<Bookmark>,
}

/// What is remembered of one agent.
#[derive(Debug)]
pub struct Reports {
    device: DeviceId,
    points: Points,
    order: Order,
    placer: Placer,
    present: Present,
    received_ms: Option<u64>,
    counters: Counters,
}

impl Reports {
    pub fn new(device: DeviceId, points: Points) -> Self {
        Self {
            counters: Counters::new(&device),
            device,
            points,
            order: Order::default(),
            placer: Placer::default(),
            present: Present::default(),
            received_ms: None,
        }
    }

    /// Goes on where a bookmark stands. One that cannot be read is left aside: what the agent sends again then counts twice.
    pub fn restore(&mut self, bookmark: &[u8]) -> Result<(), BookmarkError> {
        self.order = Order::from_bytes(bookmark)?;
        Ok(())
    }

    /// When the agent will count as silent if nothing more comes; `None` before its first report.
    pub fn silent_from_ms(&self) -> Option<u64> {
        self.received_ms.map(|received_ms| received_ms.saturating_add(SILENT_AFTER_MS))
    }

    /// Reads one report that came at `now`. A refusal changes nothing; sending the same again will not help its sender.
    pub fn take(&mut self, topic_suffix: &str, payload: &[u8], now: Stamp) -> Result<Taken, Rejected> {
        let taken = self.judge(topic_suffix, payload, now);
        match &taken {
            Ok(_) => self.counters.taken(),
            Err(rejected) => self.counters.rejected(&self.device, rejected),
        }
        taken
    }

    fn judge(&mut self, topic_suffix: &str, payload: &[u8], now: Stamp) -> Result<Taken, Rejected> {
        if topic_suffix != TOPIC_SUFFIX {
            return Err(Rejected::Topic { suffix: topic_suffix.to_owned() });
        }
        let report = parse::parse(payload)?;
        self.received_ms = Some(now.mono_ms);
        let arrived = self.order.arrived(&report);
        self.counters.arrived(arrived);
        let Arrived::New { missed, rolled_back } = arrived else { return Ok(Taken::default()) };

        let placed = self.placer.place(&report, now);
        let (events, unreadable) = parse::events(&report.events);
        self.counters.unreadable(unreadable);
        let dropped = events.iter().any(|event| matches!(event, Event::BufferDropped { .. }));
        let mut marks = Marks::NONE;
        if missed > 0 || unreadable > 0 || dropped {
            marks = marks.with(Marks::MISSED);
        }
        if rolled_back {
            marks = marks.with(Marks::ROLLED_BACK);
        }
        if placed.age == Age::Late {
            marks = marks.with(Marks::LATE);
        }
        let quality = match placed.trust {
            Trust::Certain => Quality::Good,
            Trust::Uncertain => Quality::Uncertain,
        };
        let mut out = Out { points: &self.points, quality, marks, samples: Vec::new(), unmapped: 0 };
        if !marks.without(Marks::LATE).is_empty() {
            // A level that has not changed is not told, and what marks it would be lost with it.
            levels::something_is_missing(&mut out);
        }
        let host = report.host.as_str();
        if let Some(before) = self.order.renamed(host) {
            happened::renamed(&before, host, &mut out);
        }
        for event in &events {
            self.present.happened(event);
            happened::samples(event, &mut out);
        }
        // What an old report says about how things stand is over; what happened since is told by events.
        if placed.age == Age::Present {
            let state = &report.state;
            self.present.compare(state, &mut out);
            levels::samples(&report, &events, now, &mut out);
        }
        self.counters.unmapped(out.unmapped);
        let scans = if out.samples.is_empty() { Vec::new() } else { vec![(placed.stamp, out.samples)] };
        let bookmark = Some(Bookmark::of(&self.device, Part::Messages, self.order.to_bytes()));
        Ok(Taken { scans, bookmark })
    }
}

/// Gathers the samples of one report.
struct Out<'a> {
    points: &'a Points,
    quality: Quality,
    marks: Marks,
    samples: Vec<Sample>,
    /// Samples of kinds that the device's profile does not have.
    unmapped: u64,
}

#[cfg(test)]
pub(crate) mod tests;
