//! One device: its link, and its points. Pure.

use std::collections::BTreeSet;
use std::sync::Arc;

use wire::{DeviceId, Kind, PointName, PointNo, Quality, Reading, Stamp};

use super::freshness::stale_after_ms;
use super::kept::{GROUP, Numbered, Page, RENEW_AFTER_MS};
use super::link::{Link, State};
use super::outbox::Outbox;
use super::own::Own;
use super::point::Point;
use super::restart::Uptime;
use crate::field::profile::{PointSpec, Profile};
use crate::field::{Device as SiteDevice, Hearing, Sample, Verdict};

pub(super) struct Device {
    pub(super) id: DeviceId,
    profile: Arc<Profile>,
    first: PointNo,
    points: Vec<Point>,
    hearing: Hearing,
    link: Link,
    link_point: PointNo,
    link_told: Own,
    /// What is older than this when it comes says nothing about how the device stands now.
    stale_after_ms: u64,
    uptime: Uptime,
    /// When the newest values were read.
    newest: Option<Stamp>,
    /// When the bookmark of each group of points was last written.
    kept_ms: Vec<Option<u64>>,
    /// The earliest end of a debounce.
    debounce_due_ms: Option<u64>,
    /// When the first of the points becomes stale.
    stale_due_ms: Option<u64>,
}

impl Device {
    pub(super) fn new(device: &SiteDevice) -> Self {
        let numbers = (device.first.0..).map(PointNo);
        let specs = numbers.zip(&device.profile.points);
        let interval = |spec: &PointSpec| spec.keeping.interval.unwrap_or(device.poll_interval);
        let points: Vec<Point> = specs.map(|(no, spec)| Point::new(no, spec, interval(spec))).collect();
        let stale_after_ms = stale_after_ms(device.poll_interval);
        Self {
            id: device.id.clone(),
            profile: Arc::clone(&device.profile),
            first: device.first,
            kept_ms: vec![None; points.len().div_ceil(GROUP)],
            points,
            hearing: device.hearing,
            link: Link::new(device.hearing, stale_after_ms),
            link_point: device.link,
            link_told: Own::default(),
            stale_after_ms,
            uptime: Uptime::of(device),
            newest: None,
            debounce_due_ms: None,
            stale_due_ms: None,
        }
    }

    /// Goes on with what was known before a reload of the same device by the same profile. The table may have changed.
    pub(super) fn take_over(&mut self, before: Device) {
        let own = std::mem::replace(self, before);
        (self.profile, self.first, self.link_point) = (own.profile, own.first, own.link_point);
        self.uptime.renumber(&own.uptime);
        self.points.iter_mut().zip(&own.points).for_each(|(point, own)| point.renumber(own));
    }

    /// The points whose numbers are not as they should be, in words.
    pub(super) fn marked(&self) -> Vec<String> {
        let points = self.profile.points.iter().zip(&self.points);
        let marked = points.filter_map(|(spec, point)| Some((spec, point.marked()?)));
        let in_words = |(spec, reading): (&PointSpec, Reading)| {
            let kind = spec.kind.value_type();
            let value =
                reading.value.as_ref().map_or_else(|| "unknown".to_owned(), |value| kind.describe(value));
            let unit = if kind.unit().is_empty() { String::new() } else { format!(" {}", kind.unit()) };
            format!("{} is {value}{unit}: {}", spec.name, reading.marks)
        };
        marked.map(in_words).collect()
    }

    /// `None` for a point that is not of its profile.
    pub(super) fn point_name(&self, point: PointNo) -> Option<&PointName> {
        let place = point.0.checked_sub(self.first.0)?;
        self.profile.points.get(usize::from(place)).map(|spec| &spec.name)
    }

    /// The edge begins to listen to it.
    pub(super) fn begin(&mut self, now: Stamp) {
        self.link.begin(now.mono_ms);
        if self.hearing == Hearing::Speaks {
            self.points.iter_mut().for_each(|point| point.begin(now.mono_ms));
            self.find_due();
        }
    }

    /// What was kept of it over a restart of the edge.
    pub(super) fn restore(&mut self, page: &Page, until_ms: u64) {
        for Numbered { point, number } in &page.numbers {
            let place = self.profile.points.iter().position(|spec| spec.name == *point);
            if let Some(point) = place.and_then(|place| self.points.get_mut(place)) {
                point.restore(*number, until_ms);
            }
        }
    }

    /// The new state of the link, if it changed.
    pub(super) fn read(
        &mut self,
        samples: &[Sample],
        stamp: Stamp,
        now: Stamp,
        out: &mut Outbox,
    ) -> Option<State> {
        let late = self.is_late(stamp, now);
        // Whoever sends late is there now.
        let heard = if late { now } else { stamp };
        let moved = self.link.read(heard.mono_ms);
        self.tell_link(heard, out);
        if late {
            self.each(samples, |point, sample| point.read_late(sample, stamp, now, out));
        } else {
            self.newest = Some(stamp);
            let restart = self.uptime.seen(samples);
            self.each(samples, |point, sample| point.read(sample, stamp, restart, out));
            self.points.iter_mut().for_each(|point| point.renew(out));
        }
        self.find_due();
        self.keep_changed(heard, out);
        moved
    }

    /// The new state of the link, if it changed.
    pub(super) fn failed(&mut self, verdict: Verdict, stamp: Stamp, out: &mut Outbox) -> Option<State> {
        let moved = self.link.failed(verdict, stamp.mono_ms);
        if verdict == Verdict::Still {
            self.tell_link(stamp, out);
            self.degrade(Quality::Stale, stamp, out);
            return moved;
        }
        self.after_move(moved, stamp, out)
    }

    /// The new state of the link, if it changed.
    pub(super) fn tick(&mut self, now: Stamp, out: &mut Outbox) -> Option<State> {
        self.settle(now, out);
        let moved = self.link.tick(now.mono_ms);
        self.after_move(moved, now, out);
        if self.stale_due_ms.is_some_and(|due_ms| now.mono_ms >= due_ms) {
            self.points.iter_mut().for_each(|point| point.age(now, out));
            self.find_due();
        }
        moved
    }

    /// When `tick` has something to do.
    pub(super) fn due_ms(&self) -> Option<u64> {
        [self.link.due_ms(), self.stale_due_ms, self.debounce_due_ms].into_iter().flatten().min()
    }

    pub(super) fn link(&self) -> State {
        self.link.state()
    }

    pub(super) fn snapshot(&mut self, now: Stamp, out: &mut Outbox) {
        self.points.iter_mut().for_each(|point| point.snapshot(out));
        if let Some(reading) = self.link_told.snapshot(now) {
            out.repeat(self.link_point, reading);
        }
        self.renew_kept(out);
    }

    /// Whether values of that time say nothing about how the device stands now. Of one that is asked nothing is kept: what
    /// its scan brings late, the edge itself held up.
    fn is_late(&self, stamp: Stamp, now: Stamp) -> bool {
        let overtaken = self.newest.is_some_and(|newest| stamp.mono_ms < newest.mono_ms);
        let oldest_fresh_ms = now.mono_ms.saturating_sub(self.stale_after_ms);
        let outdated = self.hearing == Hearing::Speaks && stamp.mono_ms < oldest_fresh_ms;
        stamp.boot != now.boot || overtaken || outdated
    }

    fn each(&mut self, samples: &[Sample], mut read: impl FnMut(&mut Point, &Sample)) {
        for sample in samples {
            let place = sample.point.0.checked_sub(self.first.0);
            if let Some(point) = place.and_then(|place| self.points.get_mut(usize::from(place))) {
                read(point, sample);
            }
        }
    }

    /// Lets debounced values count that have held until now, or until the device could no longer be judged.
    fn settle(&mut self, now: Stamp, out: &mut Outbox) {
        let judged_until_ms = self.link.due_ms().map_or(u64::MAX, |due_ms| due_ms.saturating_sub(1));
        let until_ms = now.mono_ms.min(judged_until_ms);
        if self.debounce_due_ms.is_some_and(|due_ms| until_ms >= due_ms) {
            self.points.iter_mut().for_each(|point| point.settle(until_ms, out));
            self.find_due();
        }
    }

    fn after_move(&mut self, moved: Option<State>, stamp: Stamp, out: &mut Outbox) -> Option<State> {
        if let Some(state) = moved {
            self.tell_link(stamp, out);
            self.degrade(state.quality(), stamp, out);
        }
        moved
    }

    fn tell_link(&mut self, stamp: Stamp, out: &mut Outbox) {
        let value = self.link.state().value();
        let told = value.and_then(|value| self.link_told.told(value, Quality::Good, stamp));
        if let Some((what, reading)) = told {
            out.tell(self.link_point, Kind::DeviceLink.lane(), what, reading);
        }
    }

    fn degrade(&mut self, quality: Quality, stamp: Stamp, out: &mut Outbox) {
        self.points.iter_mut().for_each(|point| point.degrade(quality, stamp, out));
        self.find_due();
    }

    fn find_due(&mut self) {
        self.debounce_due_ms = self.points.iter().filter_map(Point::debounce_due_ms).min();
        self.stale_due_ms = self.points.iter().filter_map(Point::stale_due_ms).min();
    }

    /// A bookmark for every group of points in which a number is another one.
    fn keep_changed(&mut self, read: Stamp, out: &mut Outbox) {
        let points = self.points.iter_mut().enumerate();
        let changed = points.filter_map(|(place, point)| point.take_counted_on().then_some(place / GROUP));
        for group in changed.collect::<BTreeSet<usize>>() {
            self.keep(group, read, out);
        }
    }

    /// The numbers are as they were, and have been seen to be.
    fn renew_kept(&mut self, out: &mut Outbox) {
        let Some(read) = self.newest.filter(|_| self.stale_due_ms.is_some()) else {
            return;
        };
        for group in 0..self.kept_ms.len() {
            let due_ms = self.kept_ms[group].map(|kept_ms| kept_ms.saturating_add(RENEW_AFTER_MS));
            if due_ms.is_some_and(|due_ms| read.mono_ms >= due_ms) {
                self.keep(group, read, out);
            }
        }
    }

    fn keep(&mut self, group: usize, read: Stamp, out: &mut Outbox) {
        let named = self.profile.points.iter().zip(&self.points).skip(group * GROUP).take(GROUP);
        let numbers = named
            .filter_map(|(spec, point)| Some(Numbered { point: spec.name.clone(), number: point.number()? }));
        out.found.bookmarks.push(Page::new(read, numbers.collect()).bookmark(&self.id, group));
        self.kept_ms[group] = Some(read.mono_ms);
    }
}
