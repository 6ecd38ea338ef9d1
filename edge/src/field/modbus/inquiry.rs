//! One device under watch, whatever the way to it: asks what its plan asks, holds the answers against the header, and
//! remembers what earlier polls said.
//!
//! A profile with a header vouches for every block that is read behind it: magic, type, map version, unit and heartbeat.
//! A profile without one, for a device that has none, gets a weaker guarantee: that its answers fit the questions. A
//! device of another model in its place, a unit set twice and a program that stands still are then not found out.

use std::sync::Arc;
use std::time::Duration;

use metrics::Counter;
use runtime::backoff::Backoff;
use tracing::{debug, info, warn};
use wire::Stamp;

use super::decode::{SelfTest, decode, newest};
use super::failure::{ScanFailure, Verdict};
use super::header;
use super::heartbeat::{Beat, Heartbeat};
use super::identity::{Identity, PARTS_MAX};
use super::reply::Reply;
use super::ring::Ring;
use super::way::Way;
use crate::bookmark::Bookmark;
use crate::field::sample::{Receipt, Sample, Scan};
use crate::field::site::Device;

/// A device that was only busy is asked again soon.
const BACKOFF_FIRST: Duration = Duration::from_millis(100);
/// A device that returns is seen within this time, and one that is off costs next to nothing.
const BACKOFF_MAX: Duration = Duration::from_secs(2);

pub(super) struct Inquiry<S> {
    device: Device,
    unit: u8,
    place: usize,
    stamp: S,
    heartbeat: Heartbeat,
    backoff: Backoff,
    /// What was logged about the present failure; the same verdict is not logged again.
    failing: Option<Verdict>,
    /// Whether it ever gave a sound answer.
    has_answered: bool,
    identification: Identification,
    /// `None` also until it is known how far an earlier run has read it.
    ring: Option<Ring>,
    /// How far the ring was read with the poll under way.
    bookmark: Option<Bookmark>,
    counters: Counters,
}

struct Counters {
    polls: Counter,
    retries: Counter,
    skipped: Counter,
}

/// Whether the device was asked what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Identification {
    Wanted,
    Done,
    /// It does not know the question, or falls silent over it.
    GivenUp,
}

/// What came of one poll.
pub(super) struct Polled {
    pub(super) scan: Scan,
    /// When the next poll follows the back-off and not the grid.
    pub(super) delay: Option<Duration>,
}

impl<S: Fn() -> Stamp> Inquiry<S> {
    pub(super) fn new(device: Device, unit: u8, place: usize, stamp: S) -> Self {
        let id = device.id.to_string();
        let counters = Counters {
            polls: metrics::counter!("edge_polls_total", "device" => id.clone()),
            retries: metrics::counter!("edge_poll_retries_total", "device" => id.clone()),
            skipped: metrics::counter!("edge_polls_skipped_total", "device" => id),
        };
        let identification = if device.identify { Identification::Wanted } else { Identification::GivenUp };
        Self {
            device,
            unit,
            place,
            stamp,
            heartbeat: Heartbeat::default(),
            backoff: Backoff::new(BACKOFF_FIRST, BACKOFF_MAX),
            failing: None,
            has_answered: false,
            identification,
            ring: None,
            bookmark: None,
            counters,
        }
    }

    pub(super) fn device(&self) -> &Device {
        &self.device
    }

    pub(super) fn unit(&self) -> u8 {
        self.unit
    }

    pub(super) async fn poll(&mut self, way: &mut impl Way) -> Polled {
        // Noise is an exception. Who was silent before is not asked twice, for each time costs a time-out.
        let retries = if self.failing.is_none() { self.device.retries } else { 0 };
        let mut outcome = self.ask(way).await;
        for _ in 0..retries {
            if !outcome.as_ref().is_err_and(ScanFailure::may_be_noise) {
                break;
            }
            self.counters.retries.increment(1);
            outcome = self.ask(way).await;
        }
        self.conclude(outcome)
    }

    /// For a poll that came to nothing before the device could be asked.
    pub(super) fn unreached(&mut self, failure: ScanFailure) -> Polled {
        self.conclude(Err(failure))
    }

    pub(super) fn skipped(&self, polls: u64) {
        if polls > 0 {
            self.counters.skipped.increment(polls);
            debug!(device = %self.device.id, polls, "polls were skipped: those before them took longer than the interval");
        }
    }

    /// Asks the device what it is, once after it answered, if that is wanted.
    pub(super) async fn identify(&mut self, way: &mut impl Way) {
        if self.identification != Identification::Wanted || self.failing.is_some() || !self.has_answered {
            return;
        }
        let device = &self.device.id;
        match identity(way).await {
            Ok(identity) => {
                self.identification = Identification::Done;
                let Identity { vendor, product, revision } = &identity;
                info!(%device, vendor, product, revision, "device says what it is");
                let label = |text: &Option<String>| text.clone().unwrap_or_default();
                metrics::gauge!(
                    "edge_device_info", "device" => device.to_string(), "vendor" => label(vendor),
                    "product" => label(product), "revision" => label(revision),
                )
                .set(1.0);
            }
            // Asked again when the port is back.
            Err(ScanFailure::Port(_)) => {}
            Err(failure) => {
                self.identification = Identification::GivenUp;
                info!(%device, "device does not say what it is: {failure}");
            }
        }
    }

    fn conclude(&mut self, outcome: Result<(Vec<Sample>, Stamp), ScanFailure>) -> Polled {
        let (outcome, stamp) = match outcome {
            Ok((samples, stamp)) => (Ok(samples), stamp),
            Err(failure) => (Err(failure), (self.stamp)()),
        };
        self.counters.polls.increment(1);
        let delay = self.judge(outcome.as_ref().err());
        let bookmark = self.bookmark.take();
        let receipt = bookmark.map(|bookmark| Receipt { bookmark: Some(bookmark), confirm: None });
        Polled { scan: Scan { device: self.place, stamp, outcome, receipt }, delay }
    }

    /// Asks all that the plan asks, the header first. Gives the time of the first reply: a poll of several reads may take
    /// long on a slow bus, and no value of it may seem newer than it is.
    async fn ask(&mut self, way: &mut impl Way) -> Result<(Vec<Sample>, Stamp), ScanFailure> {
        let plan = Arc::clone(&self.device.plan);
        let mut replies = Vec::with_capacity(plan.requests().len());
        let mut self_test = SelfTest::Passed;
        let mut first = None;
        for (number, request) in plan.requests().iter().enumerate() {
            replies.push(way.read(*request).await?);
            first.get_or_insert_with(&self.stamp);
            if plan.header().is_some_and(|header| header.request == number) {
                self_test = self.check_header(&replies).inspect_err(|failure| {
                    // A foreign device is asked nothing further, and the way that led to it is not trusted again.
                    if matches!(failure, ScanFailure::Foreign(_)) {
                        way.distrust();
                    }
                })?;
            }
        }
        let profile = Arc::clone(&self.device.profile);
        let mut samples = decode(&profile, &plan, &replies, self_test, self.device.first);
        if let Some(newest) = newest(&profile, &plan, &replies) {
            samples.extend(self.read_ring(way, newest, self_test).await?);
        }
        Ok((samples, first.unwrap_or_else(&self.stamp)))
    }

    /// The events of the device's log that are new since the last poll.
    async fn read_ring(
        &mut self,
        way: &mut impl Way,
        newest: u64,
        self_test: SelfTest,
    ) -> Result<Vec<Sample>, ScanFailure> {
        if self.ring.is_none() {
            self.ring = self.device.ring();
        }
        let Some(ring) = &mut self.ring else {
            return Ok(Vec::new());
        };
        let mut slots = Vec::new();
        for request in ring.wanted(newest) {
            slots.push((request, way.read(request).await?));
        }
        let taken = ring.take(newest, &slots, self_test.quality(), (self.stamp)().mono_ms);
        taken.note(&self.device.id);
        self.bookmark = taken.bookmark;
        Ok(taken.samples)
    }

    fn check_header(&mut self, replies: &[Reply]) -> Result<SelfTest, ScanFailure> {
        let Device { profile, plan, .. } = &self.device;
        let Some((spec, place)) = profile.header.as_ref().zip(plan.header()) else {
            return Ok(SelfTest::Passed);
        };
        let header = header::check(spec, self.unit, replies, place).map_err(ScanFailure::Foreign)?;
        match self.heartbeat.read(header.heartbeat, (self.stamp)().mono_ms) {
            Beat::Alive if header.self_test_failed => Ok(SelfTest::Failed),
            Beat::Alive => Ok(SelfTest::Passed),
            Beat::Still { still_ms } => Err(ScanFailure::Still { still_ms }),
            Beat::Frozen { still_ms } => Err(ScanFailure::Frozen { still_ms }),
        }
    }

    /// Counts and logs, and says how long to wait if the next poll does not follow the grid.
    fn judge(&mut self, failure: Option<&ScanFailure>) -> Option<Duration> {
        let device = &self.device.id;
        let Some(failure) = failure else {
            if let Some(verdict) = self.failing.take() {
                info!(%device, after = ?verdict, "device answers again");
            }
            self.has_answered = true;
            self.backoff.reset();
            return None;
        };
        let (name, verdict) = (failure.name(), failure.verdict());
        metrics::counter!("edge_poll_failures_total", "device" => device.to_string(), "failure" => name)
            .increment(1);
        // A port that is gone concerns the whole bus, which says so itself.
        if self.failing.replace(verdict) != Some(verdict) && !matches!(failure, ScanFailure::Port(_)) {
            let address = &self.device.access;
            let source = std::error::Error::source(failure).map(ToString::to_string);
            let (unit, question) = (self.unit, failure.question(self.has_answered));
            warn!(%device, %address, unit, failure = name, source, "poll failed: {failure}{question}");
        }
        if !matches!(verdict, Verdict::Still | Verdict::Frozen) {
            self.heartbeat.missed();
        }
        match verdict {
            // Each of these costs a new connection or a time-out, or asks a device that is busy already. What returns
            // may be another device.
            Verdict::Unreached | Verdict::Gone | Verdict::Foreign | Verdict::Disconnected => {
                if self.identification == Identification::Done {
                    self.identification = Identification::Wanted;
                }
                Some(self.backoff.next_delay())
            }
            // It answers. Asking on the grid is often enough, and not too often.
            Verdict::Misconfigured
            | Verdict::Defective
            | Verdict::Still
            | Verdict::Frozen
            | Verdict::Returned => None,
        }
    }
}

/// Asks for the basic identification in as many parts as the device makes of it.
pub(in crate::field) async fn identity(way: &mut impl Way) -> Result<Identity, ScanFailure> {
    let mut identity = Identity::default();
    let mut object = 0;
    for _ in 0..PARTS_MAX {
        let part = way.identify(object).await?;
        identity.add(&part);
        match part.next {
            // Going back would go round in a circle.
            Some(next) if next > object => object = next,
            _ => break,
        }
    }
    Ok(identity)
}
