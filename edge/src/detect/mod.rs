//! Decides what of the scans is worth sending. Pure but for its log lines: time comes in as an argument.
//!
//! ```text
//! scan ─ device ─┬─ link ──────┐
//!                ├─ freshness ─┤
//!                └─ point ─┬───┴─ outbox ─ arming ─ detected
//!                          ├─ sequence
//!                          ├─ debounce
//!                          └─ change
//! ```
//!
//! Report by exception: what does not change is not sent. What is found at the start may be as old as the room, so it is
//! told as a snapshot and not as an event, though in the lane of its kind. A bad quality is a change, and keeps the time of its beginning;
//! a value never carries a time at which it was not read. The snapshot repeats everything, so that a hub cannot drift.

mod device;

mod freshness;
mod link;
mod own;

mod point;

mod change;
mod debounce;
mod sequence;

mod arming;
mod outbox;

use tracing::{info, warn};
use wire::{DeviceId, Kind, Quality, Stamp, Value};

pub use outbox::{Detected, What};

use crate::field::Scan;
use crate::field::site::{OwnPoints, Site};
use arming::Arming;
use device::Device;
use link::State;
use outbox::Outbox;
use own::Own;

pub struct Detector {
    devices: Vec<(DeviceId, Device)>,
    arming: Option<Arming>,
    points: OwnPoints,
    clock: Own,
    storage: Own,
}

impl Detector {
    pub fn new(site: &Site) -> Self {
        Self {
            devices: site.devices.iter().map(|device| (device.id.clone(), Device::new(device))).collect(),
            arming: site.arming.map(|panel| Arming::new(panel, site.own.arming)),
            points: site.own,
            clock: Own::default(),
            storage: Own::default(),
        }
    }

    /// What a scan brought. Its values carry the scan's time.
    pub fn scan(&mut self, scan: &Scan, now: Stamp) -> Vec<Detected> {
        let mut out = self.begin(now);
        let Some((id, device)) = self.devices.get_mut(scan.device) else {
            return out.detected;
        };
        let moved = match &scan.outcome {
            Ok(samples) => device.read(samples, scan.stamp, &mut out),
            Err(failure) => device.failed(failure.verdict(), scan.stamp, &mut out),
        };
        note(id, moved, out.missed);
        out.detected
    }

    /// What the passing of time brought. Due at [`Detector::next_tick_ms`]; at any other time it does no harm.
    pub fn tick(&mut self, now: Stamp) -> Vec<Detected> {
        let mut out = self.begin(now);
        for (id, device) in &mut self.devices {
            if device.due_ms().is_some_and(|due_ms| now.mono_ms >= due_ms) {
                let moved = device.tick(now, &mut out);
                note(id, moved, 0);
            }
        }
        out.detected
    }

    /// How every point stands that was ever told.
    pub fn snapshot(&mut self, now: Stamp) -> Vec<Detected> {
        let mut out = self.begin(now);
        for (_, device) in &mut self.devices {
            device.snapshot(now, &mut out);
        }
        for (point, own) in [(self.points.clock, &self.clock), (self.points.storage, &self.storage)] {
            if let Some(reading) = own.snapshot(now) {
                out.repeat(point, reading);
            }
        }
        out.detected
    }

    /// Whether the spool keeps records durably, as `edge.storage` shows it.
    pub fn storage(&mut self, durable: bool, now: Stamp) -> Vec<Detected> {
        let mut out = self.begin(now);
        if let Some((what, reading)) = self.storage.told(Value::Flag(durable), Quality::Good, now) {
            out.tell(self.points.storage, Kind::EdgeStorage.lane(), what, reading);
        }
        out.detected
    }

    /// When `tick` has something to do, by the monotonic clock of the stamps.
    pub fn next_tick_ms(&self) -> Option<u64> {
        self.devices.iter().filter_map(|(_, device)| device.due_ms()).min()
    }

    /// Every call looks at the clock first.
    fn begin(&mut self, now: Stamp) -> Outbox {
        let mut out = Outbox::new(self.arming);
        if let Some((what, reading)) = self.clock.told(own::clock_value(now.clock), Quality::Good, now) {
            out.tell(self.points.clock, Kind::EdgeClock.lane(), what, reading);
        }
        out
    }
}

fn note(device: &DeviceId, moved: Option<State>, missed: u64) {
    match moved {
        Some(State::Online) => info!(%device, "device is online"),
        Some(state) => warn!(%device, link = ?state, "device cannot be judged as normal"),
        None => {}
    }
    if missed > 0 {
        metrics::counter!("edge_values_missed_total", "device" => device.to_string()).increment(missed);
        warn!(%device, missed, "values came and went between two polls: the device counted more than were read");
    }
}

#[cfg(test)]
mod trace;

#[cfg(test)]
mod tests;
