//! The uplink's task: it connects over the best way there is, and keeps the connection until it ends or a better way
//! answers again.

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use runtime::backoff::Backoff;
use runtime::shutdown::Shutdown;
use runtime::tls::ClientFiles;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tracing::warn;
use wire::heartbeat::Health;
use wire::{Lane, Topic};

use super::advice::Adviser;
use super::converse::End;
use super::heartbeat::Identity;
use super::link::{Link, LinkError, Target};
use super::metrics::Metrics;
use super::probe::Answered;
use super::quality::{Meter, Quality};
use super::reason::Reason;
use super::route::Routes;
use super::{Hub, Settings, not_after_s};
use crate::clock::{Clock, HubTime, Tie, certificate_time};
use crate::spool::SpoolHandle;

/// Between two rounds of attempts, with full jitter: a whole fleet does not come back at the same moment. A thousand edges
/// that lose their hub together ask for it at most some hundred times in any second (see the simulation beside).
pub(super) const RECONNECT_FIRST: Duration = Duration::from_secs(2);
pub(super) const RECONNECT_MAX: Duration = Duration::from_secs(30);
/// Before the next address of the same round.
const NEXT_WAY: Duration = Duration::from_millis(500);

pub struct Uplink {
    hubs: Vec<Hub>,
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
                let advice = self.adviser.refused(&error);
                self.reconnect(Reason::Unreachable, Some(&error), advice);
                self.routes.failed();
            }
            End::GivenUp(reason, lasted) => {
                self.reconnect(reason, None, None);
                self.routes.lost(lasted);
            }
            End::Broken(error, lasted) => {
                let advice = self.adviser.broke_off(&error);
                self.reconnect(Reason::Lost, Some(&error), advice);
                self.routes.lost(lasted);
            }
            End::Shutdown | End::SpoolGone => {}
        }
        None
    }

    fn reconnect(&mut self, reason: Reason, error: Option<&LinkError>, advice: Option<&'static str>) {
        self.metrics.reconnect(reason);
        self.meter.reconnect(self.now_ms());
        self.show_quality();
        let hub = &self.hubs[self.routes.at()];
        match (error, advice) {
            (Some(error), Some(advice)) => warn!(%hub, error = error as &dyn Error, "{reason}: {advice}"),
            (Some(error), None) => warn!(%hub, error = error as &dyn Error, "{reason}"),
            (None, _) => warn!(%hub, "{reason}: the connection is given up"),
        }
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
        // Files that cannot be read fail with the connection, which says why.
        let own_end_s = not_after_s(&self.files).ok().flatten();
        let own_end_ms = own_end_s.map(|end_s| end_s.saturating_mul(1_000));
        Target {
            hub: self.hubs[place].clone(),
            interface: self.interface.clone(),
            files: self.files.clone(),
            client_id: self.identity.edge.to_string(),
            filter: self.filter.clone(),
            time: certificate_time((self.clock)().clock, self.hub_time.latest_ms(), own_end_ms),
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
