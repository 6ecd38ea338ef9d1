//! The messages of one device, laid over its profile.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use metrics::Counter;
use wire::{ClockState, DeviceId, Marks, PointNo, Quality, Stamp};

use super::order::{Order, Seen};
use super::sparkplug::{self, News, Node, Payload};
use super::topics::{OwnTopics, Parts};
use super::{PAYLOAD_BYTES_MAX, Rejected, Taken, json, plain};
use crate::bookmark::{Bookmark, Part};
use crate::field::ScanFailure;
use crate::field::profile::{Bounds, Field, KeptBy, PointSpec, Profile, Protocol, Raw};
use crate::field::sample::{Novelty, Sample};

/// A message that its sender made so long ago is late. Clocks of small devices are wrong by seconds.
const LATE_AFTER_MS: i64 = 60_000;

#[derive(Debug)]
pub struct Mapper {
    device: DeviceId,
    profile: Arc<Profile>,
    topics: OwnTopics,
    /// The number of the profile's first point.
    first: PointNo,
    order: Order,
    node: Node,
    /// The places of the points that each metric of Sparkplug has.
    by_metric: HashMap<Box<str>, Vec<usize>>,
    /// Whether a message renews more than it carries.
    keeps: bool,
    counters: Counters,
}

#[derive(Debug)]
struct Counters {
    repeated: Counter,
    missed: Counter,
    unmapped: Counter,
    overtaken: Counter,
}

/// How all values of one message are to be taken.
#[derive(Clone, Copy)]
struct Light {
    marks: Marks,
    doubtful: bool,
}

impl Mapper {
    pub fn new(device: DeviceId, profile: Arc<Profile>, topics: OwnTopics, first: PointNo) -> Self {
        let id = device.to_string();
        let counters = Counters {
            repeated: metrics::counter!("edge_messages_repeated_total", "device" => id.clone()),
            missed: metrics::counter!("edge_messages_missed_total", "device" => id.clone()),
            unmapped: metrics::counter!("edge_messages_unmapped_total", "device" => id.clone()),
            overtaken: metrics::counter!("edge_values_overtaken_total", "device" => id),
        };
        let chosen = match &topics {
            OwnTopics::Sparkplug(node) => node.device.clone(),
            OwnTopics::Below(_) | OwnTopics::Listed(_) => None,
        };
        let (order, node) = (Order::default(), Node::new(chosen));
        let mut by_metric: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        for (place, point) in profile.points.iter().enumerate() {
            if let Some(Field::Metric { name }) = point.source.field() {
                by_metric.entry(name.clone()).or_default().push(place);
            }
        }
        let keeps = profile.points.iter().any(|point| point.keeping.kept_by != KeptBy::Value);
        Self { device, profile, topics, first, order, node, by_metric, keeps, counters }
    }

    /// Goes on behind what was durable before the start. False: the bytes are no bookmark of ours.
    pub fn restore(&mut self, bookmark: &[u8]) -> bool {
        Order::restored(bookmark).map(|order| self.order = order).is_some()
    }

    /// What a message says. A will is taken like any other.
    pub fn take(&mut self, topic: &str, payload: &[u8], now: Stamp) -> Result<Taken, Rejected> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return Err(Rejected::TooLarge { bytes: payload.len() });
        }
        match self.profile.protocol {
            Protocol::Json => self.json(topic, payload, now),
            Protocol::Plain => self.plain(topic, payload, now),
            Protocol::Sparkplug => self.sparkplug(topic, payload, now),
            // Reports have a reader of their own, and whoever is asked does not speak.
            Protocol::Report | Protocol::Modbus => Ok(Taken::default()),
        }
    }

    /// The connection is over.
    pub fn disconnected(&mut self) {
        self.node.disconnected();
    }

    fn json(&mut self, topic: &str, payload: &[u8], now: Stamp) -> Result<Taken, Rejected> {
        let tree = json::parse(payload).map_err(Rejected::Json)?;
        let mut light = Light { marks: Marks::NONE, doubtful: false };
        let mut bookmark = None;
        if let Some(sequence) = &self.profile.sender.sequence {
            let seq = tree
                .at(sequence)
                .flatten()
                .and_then(counted)
                .ok_or(Rejected::Sender { field: "sequence" })?;
            let boot = match &self.profile.sender.boot {
                Some(boot) => {
                    tree.at(boot).flatten().and_then(named).ok_or(Rejected::Sender { field: "boot" })?
                }
                None => String::new(),
            };
            match self.order.seen(&boot, seq) {
                Seen::New { marks } => light.marks = marks,
                Seen::Twice => {
                    self.counters.repeated.increment(1);
                    // It may have come again before the first was durable, so it is confirmed behind that one.
                    return Ok(Taken { scans: vec![(now, Ok(Vec::new()))], bookmark: None });
                }
            }
            if light.marks.contains(Marks::MISSED) {
                self.counters.missed.increment(1);
            }
            bookmark = Some(Bookmark::of(&self.device, Part::Messages, self.order.bookmark()));
        }
        let made =
            self.profile.sender.time.as_ref().and_then(|time| tree.at(time).flatten()).and_then(counted);
        let late = made.is_some_and(|made| is_late(made, now));
        if late {
            light = Light { marks: light.marks.with(Marks::LATE), doubtful: true };
        }
        let name = self.topics.name(topic);
        let mut samples = self.samples(|field| match field {
            Field::Json { topic: own, pointer } => {
                let here = own.as_ref().is_none_or(|own| name == Some(own.as_str()));
                if here { tree.at(pointer) } else { None }
            }
            _ => None,
        });
        samples.iter_mut().for_each(|sample| light.falls_on(sample));
        if !late {
            self.keep(&mut samples, |point| is_kept_by(name, point));
        }
        Ok(self.taken(samples, bookmark, now))
    }

    fn plain(&self, topic: &str, payload: &[u8], now: Stamp) -> Result<Taken, Rejected> {
        let value = plain::parse(payload)?;
        let name = self.topics.name(topic);
        let mut samples = self.samples(|field| match field {
            Field::Plain { topic: own } => (name == Some(own.as_str())).then_some(value),
            _ => None,
        });
        self.keep(&mut samples, |point| is_kept_by(name, point));
        Ok(self.taken(samples, None, now))
    }

    fn sparkplug(&mut self, topic: &str, payload: &[u8], now: Stamp) -> Result<Taken, Rejected> {
        let parts = Parts::of(topic).ok_or(Rejected::SparkplugTopic)?;
        let payload = Payload::parse(payload).map_err(Rejected::Protobuf)?;
        let (metrics, marks, doubtful) = match self.node.take(parts, payload).map_err(Rejected::Sparkplug)? {
            News::NodeDied => {
                return Ok(Taken { scans: vec![(now, Err(ScanFailure::Gone))], bookmark: None });
            }
            News::DeviceDied { names } => return Ok(self.device_died(&names, now)),
            News::Told { metrics, marks, doubtful } => (metrics, marks, doubtful),
        };
        if marks.contains(Marks::MISSED) {
            self.counters.missed.increment(1);
        }
        let mut samples = Vec::new();
        for told in &metrics {
            if told.is_historical {
                // It was kept while the way was broken, and may come behind what stands now.
                self.counters.overtaken.increment(1);
                continue;
            }
            for place in self.by_metric.get(&*told.name).into_iter().flatten() {
                let mut sample = self.sample(*place, sparkplug::raw(told.held, told.datatype));
                Light { marks, doubtful }.falls_on(&mut sample);
                samples.push(sample);
            }
        }
        // A message that was lost may have told of any of them.
        if !doubtful {
            self.keep(&mut samples, |point| match point.source.field() {
                Some(Field::Metric { name }) => self.node.vouches_for(name),
                _ => false,
            });
        }
        Ok(self.taken(samples, None, now))
    }

    /// The node lives on, so its link stays; what the device told is out of reach.
    fn device_died(&self, names: &BTreeSet<Box<str>>, now: Stamp) -> Taken {
        let mut samples = self.samples(|field| match field {
            Field::Metric { name } if names.contains(name) => Some(None),
            _ => None,
        });
        samples.iter_mut().for_each(|sample| sample.quality = Quality::CommFailure);
        self.taken(samples, None, now)
    }

    /// Beside what a message carries it renews what its profile lets it keep.
    fn keep(&self, samples: &mut Vec<Sample>, is_kept: impl Fn(&PointSpec) -> bool) {
        if !self.keeps {
            return;
        }
        let carried: BTreeSet<PointNo> = samples.iter().map(|sample| sample.point).collect();
        let points = (self.first.0..).map(PointNo).zip(&self.profile.points);
        let kept = points.filter(|(point, spec)| {
            spec.keeping.kept_by != KeptBy::Value && !carried.contains(point) && is_kept(spec)
        });
        samples.extend(kept.map(|(point, _)| Sample {
            point,
            value: None,
            quality: Quality::Good,
            novelty: Novelty::Kept,
            marks: Marks::NONE,
        }));
    }

    /// A sample for every point of which the message speaks, in the profile's order.
    fn samples<'a>(&'a self, mut find: impl FnMut(&'a Field) -> Option<Option<Raw<'a>>>) -> Vec<Sample> {
        let points = self.profile.points.iter().enumerate();
        let sample = |(place, spec): (usize, &'a PointSpec)| {
            let said = find(spec.source.field()?)?;
            Some(self.sample(place, said))
        };
        points.filter_map(sample).collect()
    }

    /// What is said of one point of the profile.
    fn sample(&self, place: usize, said: Option<Raw<'_>>) -> Sample {
        let (value, quality) = match said.and_then(|raw| self.profile.points[place].value(raw)) {
            Some((value, Bounds::Inside)) => (Some(value), Quality::Good),
            Some((value, Bounds::Outside)) => (Some(value), Quality::Uncertain),
            None => (None, Quality::DeviceFailure),
        };
        let point = PointNo(self.first.0.saturating_add(place as u16));
        Sample { point, value, quality, novelty: Novelty::Level, marks: Marks::NONE }
    }

    fn taken(&self, samples: Vec<Sample>, bookmark: Option<Bookmark>, now: Stamp) -> Taken {
        if samples.iter().all(|sample| sample.novelty == Novelty::Kept) {
            self.counters.unmapped.increment(1);
        }
        if samples.is_empty() && bookmark.is_none() {
            // Nothing follows from it, not even that its device is well.
            return Taken::default();
        }
        Taken { scans: vec![(now, Ok(samples))], bookmark }
    }
}

impl Light {
    fn falls_on(self, sample: &mut Sample) {
        sample.marks = sample.marks.with(self.marks);
        if self.doubtful && sample.quality == Quality::Good {
            sample.quality = Quality::Uncertain;
        }
    }
}

/// Whether a message on this topic of the profile shows that the point stands as before.
fn is_kept_by(name: Option<&str>, point: &PointSpec) -> bool {
    match (point.keeping.kept_by, point.source.field()) {
        (KeptBy::Device, _) => true,
        (KeptBy::Topic, Some(Field::Json { topic: Some(own), .. })) => name == Some(own.as_str()),
        _ => false,
    }
}

/// A number that only rises.
fn counted(raw: Raw<'_>) -> Option<u64> {
    match raw {
        Raw::Whole(whole) => u64::try_from(whole).ok(),
        Raw::Text(text) => text.parse().ok(),
        // A clock with a fraction.
        Raw::Number(number) if (0.0..1e15).contains(&number) => Some(number as u64),
        _ => None,
    }
}

/// What a device calls one of its boots.
fn named(raw: Raw<'_>) -> Option<String> {
    match raw {
        Raw::Text(text) => Some(text.to_owned()),
        Raw::Whole(whole) => Some(whole.to_string()),
        _ => None,
    }
}

/// By a clock that can be trusted only if ours can. Seconds since 1970 have ten digits, milliseconds thirteen.
fn is_late(made: u64, now: Stamp) -> bool {
    let made_ms = if made < 100_000_000_000 { made.saturating_mul(1_000) } else { made };
    let age_ms = now.wall_ms.saturating_sub(i64::try_from(made_ms).unwrap_or(i64::MAX));
    now.clock == ClockState::Synchronised && age_ms > LATE_AFTER_MS
}
