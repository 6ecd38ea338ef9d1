//! The task of one device: connects, polls on its grid, backs off while the device does not answer, and sends one scan
//! per poll. It shares nothing with the other devices, so a dead device delays nobody.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use metrics::Counter;
use runtime::backoff::Backoff;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{debug, info, warn};
use wire::Stamp;

use super::decode::{SelfTest, decode};
use super::failure::{ScanFailure, Verdict};
use super::header;
use super::heartbeat::{Beat, Heartbeat};
use super::modbus_tcp::{Read, Session};
use super::reply::Reply;
use super::sample::{Sample, Scan};
use super::schedule::Schedule;
use super::site::Device;

/// A device that was only busy is asked again soon.
const BACKOFF_FIRST: Duration = Duration::from_millis(100);
/// A device that returns is seen within this time, and one that is off costs next to nothing.
const BACKOFF_MAX: Duration = Duration::from_secs(2);

pub(super) struct Poller<S> {
    device: Device,
    place: usize,
    stamp: S,
    scans: mpsc::Sender<Scan>,
    session: Option<Session>,
    heartbeat: Heartbeat,
    backoff: Backoff,
    /// What was logged about the present failure; the same verdict is not logged again.
    failing: Option<Verdict>,
    /// Whether it ever gave a sound answer.
    has_answered: bool,
    counters: Counters,
}

struct Counters {
    polls: Counter,
    skipped: Counter,
}

/// The receiver of the scans is gone.
pub(super) struct ScansClosed;

impl<S: Fn() -> Stamp> Poller<S> {
    pub(super) fn new(device: Device, place: usize, stamp: S, scans: mpsc::Sender<Scan>) -> Self {
        let id = device.id.to_string();
        let counters = Counters {
            polls: metrics::counter!("edge_polls_total", "device" => id.clone()),
            skipped: metrics::counter!("edge_polls_skipped_total", "device" => id),
        };
        Self {
            device,
            place,
            stamp,
            scans,
            session: None,
            heartbeat: Heartbeat::default(),
            backoff: Backoff::new(BACKOFF_FIRST, BACKOFF_MAX),
            failing: None,
            has_answered: false,
            counters,
        }
    }

    /// Polls until the receiver of the scans is gone. `phase` is the device's own place on the grid.
    pub(super) async fn run(mut self, phase: Duration) -> ScansClosed {
        let Err(closed) = self.poll_always(phase).await;
        closed
    }

    async fn poll_always(&mut self, phase: Duration) -> Result<Infallible, ScansClosed> {
        let start = Instant::now();
        let mut schedule = Schedule::new(self.device.poll_interval, phase);
        loop {
            let next = schedule.next(start.elapsed());
            self.skipped(next.skipped);
            sleep_until(start + next.at).await;
            let mut again = self.poll_once().await?;
            while let Some(delay) = again {
                sleep(delay).await;
                again = self.poll_once().await?;
                // What passes while the device is out of reach was not skipped: it was tried more often than that.
                schedule.pass(start.elapsed());
            }
        }
    }

    fn skipped(&self, polls: u64) {
        if polls > 0 {
            self.counters.skipped.increment(polls);
            debug!(device = %self.device.id, polls, "polls were skipped: the one before them took longer than the interval");
        }
    }

    /// One poll and its scan. Gives a delay when the next poll follows the back-off and not the grid.
    async fn poll_once(&mut self) -> Result<Option<Duration>, ScansClosed> {
        let outcome = self.poll().await;
        let stamp = (self.stamp)();
        self.counters.polls.increment(1);
        let delay = self.judge(outcome.as_ref().err());
        let scan = Scan { device: self.place, stamp, outcome, receipt: None };
        self.scans.send(scan).await.map_err(|_| ScansClosed)?;
        Ok(delay)
    }

    async fn poll(&mut self) -> Result<Vec<Sample>, ScanFailure> {
        let session = match self.session.take() {
            Some(session) => session,
            None => Session::connect(&self.device.address, self.device.unit, self.device.timeout).await?,
        };
        let (session, outcome) = self.ask(session).await;
        self.session = session;
        outcome
    }

    /// Asks all that the plan asks. The session survives sound answers and honest refusals only.
    async fn ask(&mut self, mut session: Session) -> (Option<Session>, Result<Vec<Sample>, ScanFailure>) {
        let plan = Arc::clone(&self.device.plan);
        let mut replies = Vec::with_capacity(plan.requests().len());
        let mut self_test = SelfTest::Passed;
        for (number, request) in plan.requests().iter().enumerate() {
            session = match session.read(*request).await {
                Read::Answered(session, reply) => {
                    replies.push(reply);
                    session
                }
                Read::Refused(session, refusal) => return (Some(session), Err(refusal)),
                Read::Failed(failure) => return (None, Err(failure)),
            };
            if plan.header().is_some_and(|header| header.request == number) {
                self_test = match self.check_header(&replies) {
                    Ok(self_test) => self_test,
                    // A foreign device is asked nothing further, and the way that led to it is not trusted again.
                    Err(foreign @ ScanFailure::Foreign(_)) => return (None, Err(foreign)),
                    Err(failure) => return (Some(session), Err(failure)),
                };
            }
        }
        let samples = decode(&self.device.profile, &plan, &replies, self_test, self.device.first);
        (Some(session), Ok(samples))
    }

    fn check_header(&mut self, replies: &[Reply]) -> Result<SelfTest, ScanFailure> {
        let Device { profile, plan, unit, .. } = &self.device;
        let Some((spec, place)) = profile.header.as_ref().zip(plan.header()) else {
            return Ok(SelfTest::Passed);
        };
        let header = header::check(spec, *unit, replies, place).map_err(ScanFailure::Foreign)?;
        match self.heartbeat.read(header.heartbeat, (self.stamp)().mono_ms) {
            Beat::Alive if header.self_test_failed => Ok(SelfTest::Failed),
            Beat::Alive => Ok(SelfTest::Passed),
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
        if self.failing.replace(verdict) != Some(verdict) {
            let address = &self.device.address;
            let source = std::error::Error::source(failure).map(ToString::to_string);
            let (unit, question) = (self.device.unit, failure.question(self.has_answered));
            warn!(%device, %address, unit, failure = name, source, "poll failed: {failure}{question}");
        }
        if verdict != Verdict::Frozen {
            self.heartbeat.missed();
        }
        match verdict {
            // Each of these costs a new connection, or asks a device that is busy already.
            Verdict::Unreached | Verdict::Foreign => Some(self.backoff.next_delay()),
            // It answers. Asking on the grid is often enough, and not too often.
            Verdict::Misconfigured | Verdict::Defective | Verdict::Frozen => None,
        }
    }
}
