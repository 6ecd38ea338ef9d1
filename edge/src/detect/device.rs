//! One device: its link, the freshness of its values, and its points. Pure.

use wire::{Kind, PointNo, Quality, Stamp};

use super::freshness::Freshness;
use super::link::{Link, State};
use super::outbox::Outbox;
use super::own::Own;
use super::point::Point;
use crate::field::{Device as SiteDevice, Sample, Verdict};

pub(super) struct Device {
    first: PointNo,
    points: Vec<Point>,
    link: Link,
    link_point: PointNo,
    link_told: Own,
    freshness: Freshness,
    /// The earliest end of a debounce.
    debounce_due_ms: Option<u64>,
}

impl Device {
    pub(super) fn new(device: &SiteDevice) -> Self {
        let numbers = (device.first.0..).map(PointNo);
        let points = numbers.zip(&device.profile.points).map(|(no, spec)| Point::new(no, spec)).collect();
        Self {
            first: device.first,
            points,
            link: Link::new(),
            link_point: device.link,
            link_told: Own::default(),
            freshness: Freshness::new(device.poll_interval),
            debounce_due_ms: None,
        }
    }

    /// The new state of the link, if it changed.
    pub(super) fn read(&mut self, samples: &[Sample], stamp: Stamp, out: &mut Outbox) -> Option<State> {
        let moved = self.link.read(stamp.mono_ms);
        self.tell_link(stamp, out);
        self.freshness.read(stamp.mono_ms);
        for sample in samples {
            let place = sample.point.0.checked_sub(self.first.0);
            if let Some(point) = place.and_then(|place| self.points.get_mut(usize::from(place))) {
                point.read(sample, stamp, out);
            }
        }
        self.find_debounce_due();
        moved
    }

    /// The new state of the link, if it changed.
    pub(super) fn failed(&mut self, verdict: Verdict, stamp: Stamp, out: &mut Outbox) -> Option<State> {
        let moved = self.link.failed(verdict, stamp.mono_ms);
        self.after_move(moved, stamp, out)
    }

    /// The new state of the link, if it changed.
    pub(super) fn tick(&mut self, now: Stamp, out: &mut Outbox) -> Option<State> {
        let moved = self.link.tick(now.mono_ms);
        self.after_move(moved, now, out);
        if self.freshness.expires(now.mono_ms) {
            self.degrade(Quality::Stale, now, out);
        }
        if self.debounce_due_ms.is_some_and(|due_ms| now.mono_ms >= due_ms) {
            self.points.iter_mut().for_each(|point| point.tick(now.mono_ms, out));
            self.find_debounce_due();
        }
        moved
    }

    /// When `tick` has something to do.
    pub(super) fn due_ms(&self) -> Option<u64> {
        [self.link.due_ms(), self.freshness.due_ms(), self.debounce_due_ms].into_iter().flatten().min()
    }

    pub(super) fn snapshot(&mut self, now: Stamp, out: &mut Outbox) {
        self.points.iter_mut().for_each(|point| point.snapshot(out));
        if let Some(reading) = self.link_told.snapshot(now) {
            out.repeat(self.link_point, reading);
        }
    }

    fn after_move(&mut self, moved: Option<State>, stamp: Stamp, out: &mut Outbox) -> Option<State> {
        if let Some(state) = moved {
            self.tell_link(stamp, out);
            self.freshness.void();
            self.degrade(state.quality(), stamp, out);
        }
        moved
    }

    fn tell_link(&mut self, stamp: Stamp, out: &mut Outbox) {
        let state = self.link.state();
        let told = state.value().and_then(|value| self.link_told.told(value, state.link_quality(), stamp));
        if let Some((what, reading)) = told {
            out.tell(self.link_point, Kind::DeviceLink.lane(), what, reading);
        }
    }

    fn degrade(&mut self, quality: Quality, stamp: Stamp, out: &mut Outbox) {
        self.points.iter_mut().for_each(|point| point.degrade(quality, stamp, out));
        self.find_debounce_due();
    }

    fn find_debounce_due(&mut self) {
        self.debounce_due_ms = self.points.iter().filter_map(Point::due_ms).min();
    }
}
