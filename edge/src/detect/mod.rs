//! Decides what of the scans is worth sending. Pure but for its log lines: time comes in as an argument.
//!
//! ```text
//! scan ─ device ─┬─ restart        ┌ limits, rate, stuck, rollback
//!                ├─ link ────────┐ │
//!                ├─ point ─┬─────┤ │
//!                │         ├─ freshness
//!                │         ├─ watchers
//!                │         ├─ sequence ─ kept (over a restart of the edge)
//!                │         ├─ debounce
//!                │         ├─ change
//!                │         └─ late
//!                └─ outbox ─ arming ─ panel ─ found
//! ```
//!
//! Report by exception: what does not change is not sent. What is found at the start may be as old as the room, so it is
//! told as a snapshot and not as an event, though in the lane of its kind. A bad quality is a change, and keeps the time of its beginning;
//! a value never carries a time at which it was not read. The snapshot repeats everything, so that a hub cannot drift.
//!
//! Marks say what is wrong with a value beside its quality. Those that last hold until they are taken back; that one comes or
//! goes is an event at once and urgent, whatever the kind and the deadband. *Missed*, *late* and *rolled back* belong to
//! one event alone. A value that is stuck is uncertain, which is less than good and still judged. What is late is told as it
//! happened, and behind it stands a snapshot of how the point stands: nobody takes the one for the other.
//!
//! What only happens (a text, a copy, all that was never said to stand) does not grow doubtful when its device is silent or
//! gone: the device's link says that. How something stands does, and stays so until its device says it again.

mod device;

mod clock;
mod freshness;
mod itself;
mod link;
mod own;
mod restart;

mod point;

mod change;
mod debounce;
mod kept;
mod sequence;

mod limits;
mod rate;
mod rollback;
mod stuck;
mod watchers;

mod arming;
mod outbox;
mod panel;

use tracing::{debug, info, warn};
use wire::{DeviceId, Kind, Quality, Reading, Stamp, Value};

pub use itself::OwnValues;
pub use link::LOST_POLLS;
pub use outbox::{Detected, Found, What};

use crate::bookmark::Bookmark;
use crate::clock::{Health as ClockHealth, Tie};
use crate::field::Scan;
use crate::field::site::{OwnPoints, Site};
use arming::Arming;
use clock::OwnClock;
use device::Device;
use itself::Itself;
use kept::Page;
use link::State;
use outbox::Outbox;
use own::Own;

pub struct Detector {
    devices: Vec<Device>,
    arming: Option<Arming>,
    points: OwnPoints,
    clock: OwnClock,
    storage: Own,
    itself: Itself,
    /// Whether the first look at the clock has been taken, from which on devices are expected to speak.
    begun: bool,
}

impl Detector {
    pub fn new(site: &Site) -> Self {
        Self {
            devices: site.devices.iter().map(Device::new).collect(),
            arming: site.arming.as_ref().map(|source| Arming::new(source, site.own.arming)),
            points: site.own,
            clock: OwnClock::default(),
            storage: Own::default(),
            itself: Itself::default(),
            begun: false,
        }
    }

    /// Takes up what was kept over a restart, before the first scan. What cannot be read is left: then the first number of
    /// each device is found, and nothing is told as an event.
    pub fn restore(&mut self, bookmarks: &[Bookmark], now: Stamp) {
        for read in bookmarks.iter().filter_map(Page::read) {
            let (id, page) = match read {
                Ok(read) => read,
                Err(error) => {
                    metrics::counter!("edge_bookmarks_unreadable_total").increment(1);
                    warn!(
                        error = &error as &dyn std::error::Error,
                        "what was counted before the restart is not known"
                    );
                    continue;
                }
            };
            let device = self.devices.iter_mut().find(|device| device.id.as_str() == id);
            match (device, page.until_ms(now)) {
                (Some(device), Some(until_ms)) => device.restore(&page, until_ms),
                (Some(device), None) => {
                    info!(device = %device.id, "it was not looked at for long: what has been counted since is no event");
                }
                (None, _) => debug!(device = id, "a bookmark belongs to a device that is no longer there"),
            }
        }
    }

    /// Goes on with what another detector of this process knew of the devices that did not change, each with its own times:
    /// one that speaks seldom is not unheard for a reload.
    pub fn take_over(&mut self, before: Detector) {
        for known in before.devices {
            if let Some(device) = self.devices.iter_mut().find(|device| device.id == known.id) {
                device.take_over(known);
            }
        }
    }

    /// Forgets the other devices.
    pub fn keep(&mut self, is_unchanged: impl Fn(&DeviceId) -> bool) {
        self.devices.retain(|device| is_unchanged(&device.id));
    }

    /// What a scan brought. Its values carry the scan's time.
    pub fn scan(&mut self, scan: &Scan, now: Stamp) -> Found {
        let mut out = self.begin(now);
        let device = self.devices.get_mut(scan.device).filter(|_| !scan.is_repetition());
        if let Some(device) = device {
            let moved = match &scan.outcome {
                Ok(samples) => device.read(samples, scan.stamp, now, &mut out),
                Err(failure) => device.failed(failure.verdict(), scan.stamp, &mut out),
            };
            note(&device.id, moved, &out);
        }
        self.end(out)
    }

    /// What the passing of time brought. Due at [`Detector::next_tick_ms`]; at any other time it does no harm.
    pub fn tick(&mut self, now: Stamp) -> Found {
        let mut out = self.begin(now);
        for device in &mut self.devices {
            if device.due_ms().is_some_and(|due_ms| now.mono_ms >= due_ms) {
                let moved = device.tick(now, &mut out);
                note(&device.id, moved, &Outbox::default());
            }
        }
        self.end(out)
    }

    /// How every point stands that was ever told.
    pub fn snapshot(&mut self, now: Stamp) -> Found {
        let mut out = self.begin(now);
        for device in &mut self.devices {
            device.snapshot(now, &mut out);
        }
        self.clock.snapshot(now, &self.points, &mut out);
        if let Some(reading) = self.storage.snapshot(now) {
            out.repeat(self.points.storage, reading);
        }
        self.itself.snapshot(&self.points, now, &mut out);
        self.end(out)
    }

    /// Whether the spool keeps records durably, as `edge.storage` shows it.
    pub fn storage(&mut self, durable: bool, now: Stamp) -> Found {
        let mut out = self.begin(now);
        if let Some((what, reading)) = self.storage.told(Value::Flag(durable), Quality::Good, now) {
            out.tell(self.points.storage, Kind::EdgeStorage.lane(), what, reading);
        }
        self.end(out)
    }

    /// What the edge measured of its machine.
    pub fn own(&mut self, values: &OwnValues, now: Stamp) -> Found {
        let mut out = self.begin(now);
        self.itself.told(values, &self.points, now, &mut out);
        self.end(out)
    }

    /// How the wall clock stands; `None` before the hub's first word.
    pub fn clock_health(&self) -> Option<ClockHealth> {
        self.clock.judged()
    }

    /// The link of every device, in the words of its `link` point.
    pub fn links(&self) -> impl Iterator<Item = (DeviceId, &'static str)> {
        self.devices.iter().map(|device| (device.id.clone(), device.link().name()))
    }

    /// What is marked of each device, in words.
    pub fn marked(&self) -> impl Iterator<Item = Vec<String>> {
        self.devices.iter().map(Device::marked)
    }

    /// By how much the wall clock is ahead of the hub's; `None` before the hub's first word.
    pub fn clock_ahead_ms(&self, now: Stamp) -> Option<i64> {
        self.clock.ahead_ms(now)
    }

    /// The hub has said what time it is.
    pub fn tied(&mut self, tie: Tie) {
        self.clock.tied(tie);
    }

    /// When `tick` has something to do, by the monotonic clock of the stamps.
    pub fn next_tick_ms(&self) -> Option<u64> {
        self.devices.iter().filter_map(Device::due_ms).min()
    }

    /// Every call looks at the clock first.
    fn begin(&mut self, now: Stamp) -> Outbox {
        if !std::mem::replace(&mut self.begun, true) {
            self.devices.iter_mut().for_each(|device| device.begin(now));
        }
        let mut out = Outbox::default();
        self.clock.look(now, &self.points, &mut out);
        out
    }

    /// The arming of the part follows its panel at once.
    fn end(&mut self, out: Outbox) -> Found {
        let Found { mut detected, bookmarks } = out.found;
        if let Some(arming) = &mut self.arming {
            detected = arming.follow(detected);
        }
        for found in detected.iter().filter(|found| found.what == What::Event) {
            self.note_marks(found);
        }
        Found { detected, bookmarks }
    }

    fn note_marks(&self, found: &Detected) {
        let Reading { value, quality, marks, .. } = &found.reading;
        if marks.is_empty() {
            return;
        }
        let named =
            self.devices.iter().find_map(|device| Some((&device.id, device.point_name(found.point)?)));
        if let Some((device, point)) = named {
            debug!(%device, %point, ?value, %quality, %marks, "a value is marked");
        }
    }
}

fn note(device: &DeviceId, moved: Option<State>, out: &Outbox) {
    match moved {
        Some(State::Online) => info!(%device, "device is online"),
        Some(state) => warn!(%device, link = ?state, "device cannot be judged as normal"),
        None => {}
    }
    if out.missed > 0 {
        metrics::counter!("edge_values_missed_total", "device" => device.to_string()).increment(out.missed);
        let missed = out.missed;
        warn!(%device, missed, "values came and went between two polls: the device counted more than were read");
    }
    if out.overtaken > 0 {
        metrics::counter!("edge_values_overtaken_total", "device" => device.to_string())
            .increment(out.overtaken);
        debug!(%device, values = out.overtaken, "values came after their time and are not the present ones");
    }
}

#[cfg(test)]
mod trace;

#[cfg(test)]
mod tests;
