//! The uplink's task: it connects over the best way there is, and keeps the connection until it ends or a better way
//! answers again.

use std::convert::Infallible;
use std::iter::successors;
use std::time::Duration;

use runtime::backoff::Backoff;
use runtime::shutdown::Shutdown;
use runtime::tls::ClientFiles;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tracing::warn;
use wire::heartbeat::Health;
use wire::{Lane, Topic};

use super::advice::{Adviser, advice};
use super::converse::End;
use super::heartbeat::Identity;
use super::link::{Link, Target};
use super::metrics::Metrics;
use super::outage::Outage;
use super::probe::Answered;
use super::quality::{Meter, Quality};
use super::reason::Reason;
use super::route::Routes;
use super::{Hub, Settings};
use crate::clock::{Clock, HubTime, Tie};
use crate::spool::SpoolHandle;

/// Between two rounds of attempts, with full jitter: a whole fleet does not come back at the same moment. A thousand edges
/// that lose their hub together ask for it at most some hundred times in any second (see the simulation beside).
pub(super) const RECONNECT_FIRST: Duration = Duration::from_secs(2);
/// The hub's `liveness.after_start` (60 s) waits for it.
pub(super) const RECONNECT_MAX: Duration = Duration::from_secs(30);
/// Before the next address of the same round.
const NEXT_WAY: Duration = Duration::from_millis(500);

pub struct Uplink {
    pub(super) hubs: Vec<Hub>,
    interface: Option<Box<str>>,
    files: ClientFiles,
    /// What the hub's commands are asked for with.
    filter: String,
    pub(super) routes: Routes,
    pub(super) identity: Identity,
    pub(super) heartbeat_interval: Duration,
    pub(super) topics: Topics,
    pub(super) spool: SpoolHandle,
    pub(super) clock: Clock,
    pub(super) health: watch::Receiver<Option<Health>>,
    started: Instant,
    pub(super) adviser: Adviser,
    pub(super) outage: Outage,
    pub(super) metrics: Metrics,
    pub(super) meter: Meter,
    quality: watch::Sender<Quality>,
    pub(super) ties: watch::Sender<Option<Tie>>,
    pub(super) hub_time: HubTime,
}

/// Built once; they do not change.
pub(super) struct Topics {
    pub(super) envelopes: [String; 2],
    pub(super) heartbeat: String,
}

impl Uplink {
    pub fn new(settings: Settings, spool: SpoolHandle, clock: Clock) -> Self {
        let Settings { edge, hubs, files, heartbeat_interval, .. } = settings;
        let Settings { software, config_hash, health, hub_time, stay, interface, .. } = settings;
        let envelopes = Lane::ALL.map(|lane| Topic::Envelopes(edge.clone(), lane).to_string());
        let hub_time = HubTime::load(hub_time);
        Self {
            routes: Routes::new(hubs.len(), stay),
            hubs,
            interface,
            files,
            filter: Topic::commands_filter(&edge),
            topics: Topics { envelopes, heartbeat: Topic::Heartbeat(edge.clone()).to_string() },
            identity: Identity { edge, software, config_hash },
            heartbeat_interval,
            spool,
            clock,
            health,
            started: Instant::now(),
            adviser: Adviser::default(),
            outage: Outage::default(),
            metrics: Metrics::new(),
            meter: Meter::new(0),
            quality: watch::Sender::default(),
            ties: watch::Sender::default(),
            hub_time,
        }
    }

    /// How good the link is; renewed with every heartbeat, and when a connection begins or ends.
    pub fn quality(&self) -> watch::Receiver<Quality> {
        self.quality.subscribe()
    }

    /// What the hub's clock said last.
    pub fn ties(&self) -> watch::Receiver<Option<Tie>> {
        self.ties.subscribe()
    }

    /// Keeps a connection to the hub until the shutdown begins. A hub that cannot be reached is no error: the spool waits.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), Infallible> {
        let mut backoff = Backoff::new(RECONNECT_FIRST, RECONNECT_MAX);
        let mut next_way = Backoff::new(NEXT_WAY, NEXT_WAY);
        let mut answered: Option<Answered> = None;
        loop {
            self.show_way();
            let end = match answered.take() {
                Some(Answered { link, first }) => {
                    self.converse(link, Some(first), &mut backoff, &shutdown).await
                }
                None => {
                    let target = self.target(self.routes.at());
                    let link = tokio::select! {
                        () = shutdown.wait() => return Ok(()),
                        link = Link::connect(&target) => link,
                    };
                    match link {
                        Ok(link) => self.converse(link, None, &mut backoff, &shutdown).await,
                        Err(error) => End::Refused(error),
                    }
                }
            };
            if let End::Shutdown | End::SpoolGone = end {
                // A spool that is gone says itself why, and begins the shutdown.
                shutdown.wait().await;
                return Ok(());
            }
            answered = self.ended(end);
            if answered.is_some() {
                continue;
            }
            let delay = if self.routes.round_begins() { backoff.next_delay() } else { next_way.next_delay() };
            tokio::select! {
                () = shutdown.wait() => return Ok(()),
                () = sleep(delay) => {}
            }
        }
    }

    /// Draws the lesson for the next attempt; a better way that has answered is one already.
    fn ended(&mut self, end: End) -> Option<Answered> {
        match end {
            End::Returned(answered) => {
                self.routes.returned();
                return Some(*answered);
            }
            End::Refused(error) => {
                if error.is_expired_hub() {
                    self.hub_time.shut_out(&(self.clock)());
                }
                self.reconnect(Reason::Unreachable, advised(in_full(&error), advice(&error)));
                self.routes.failed();
            }
            End::GivenUp(reason) => {
                self.reconnect(reason, reason.to_string());
                self.routes.failed();
            }
            End::Broken(error, lasted) => {
                let advice = self.adviser.lost(&error, lasted);
                self.reconnect(
                    Reason::Lost,
                    advised(format!("{}: {}", Reason::Lost, in_full(&error)), advice),
                );
                self.routes.lost(lasted);
            }
            End::Shutdown | End::SpoolGone => {}
        }
        None
    }

    fn reconnect(&mut self, reason: Reason, failure: String) {
        self.metrics.reconnect(reason);
        let (now_ms, hub) = (self.now_ms(), &self.hubs[self.routes.at()]);
        if let Some(left_out) = self.outage.tells(format!("{hub}: {failure}"), now_ms) {
            warn!(%hub, left_out, reason = reason.name(), "no connection to the hub: {failure}");
        }
        self.meter.reconnect(failure, Instant::now(), now_ms);
        self.show_quality();
    }

    fn show_way(&mut self) {
        let at = self.routes.at();
        self.meter.tries(self.hubs[at].to_string(), at);
        self.show_quality();
    }

    pub(super) fn show_quality(&mut self) {
        let quality = self.meter.quality(self.now_ms());
        self.metrics.quality(&quality);
        self.quality.send_replace(quality);
    }

    /// What a connection to the address at this place needs, as things are now.
    pub(super) fn target(&self, place: usize) -> Target {
        Target {
            hub: self.hubs[place].clone(),
            interface: self.interface.clone(),
            files: self.files.clone(),
            client_id: self.identity.edge.to_string(),
            filter: self.filter.clone(),
            time: self.hub_time.certificate_time((self.clock)().clock),
        }
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.ms_at(Instant::now())
    }

    pub(super) fn ms_at(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.started).as_millis()).unwrap_or(u64::MAX)
    }

    pub(super) fn at_ms(&self, ms: u64) -> Instant {
        self.started + Duration::from_millis(ms)
    }
}

fn advised(failure: String, advice: Option<&'static str>) -> String {
    match advice {
        Some(advice) => format!("{failure}; {advice}"),
        None => failure,
    }
}

/// The error with all its causes.
fn in_full(error: &dyn std::error::Error) -> String {
    let causes = successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
