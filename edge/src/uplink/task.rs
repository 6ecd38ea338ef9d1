//! The uplink's task: it connects, lets a session decide, and carries out what the session wants.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use runtime::backoff::Backoff;
use runtime::shutdown::Shutdown;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{info, warn};
use wire::{Lane, Resume, Topic};

use super::Settings;
use super::advice::{Adviser, SOUND_AFTER};
use super::heartbeat::{Identity, heartbeat};
use super::link::{Incoming, Link, LinkError, Target};
use super::metrics::Metrics;
use super::reason::Reason;
use super::session::{Input, Output, Session};
use crate::clock::Clock;
use crate::spool::{SpoolGone, SpoolHandle, Tails};

/// Between two attempts to connect, with full jitter: a whole fleet does not come back at the same moment.
const RECONNECT_FIRST: Duration = Duration::from_millis(500);
const RECONNECT_MAX: Duration = Duration::from_secs(30);
/// A clock that is further off than this is worth a line in the log.
const CLOCK_SKEW_MS_MAX: u64 = 5_000;

/// Why a session ended.
enum End {
    Shutdown,
    SpoolGone,
    GivenUp(Reason),
    Broken(LinkError),
}

impl From<SpoolGone> for End {
    fn from(_: SpoolGone) -> Self {
        End::SpoolGone
    }
}

impl From<LinkError> for End {
    fn from(error: LinkError) -> Self {
        End::Broken(error)
    }
}

pub struct Uplink {
    target: Target,
    identity: Identity,
    heartbeat_interval: Duration,
    topics: Topics,
    spool: SpoolHandle,
    clock: Clock,
    started: Instant,
    adviser: Adviser,
    metrics: Metrics,
}

/// Built once; they do not change.
struct Topics {
    envelopes: [String; 2],
    heartbeat: String,
}

impl Uplink {
    pub fn new(settings: Settings, spool: SpoolHandle, clock: Clock) -> Self {
        let Settings { edge, host, port, server_name, files, heartbeat_interval, software, config_hash } =
            settings;
        let envelopes = Lane::ALL.map(|lane| Topic::Envelopes(edge.clone(), lane).to_string());
        Self {
            target: Target {
                host,
                port,
                server_name,
                files,
                client_id: edge.to_string(),
                filter: Topic::commands_filter(&edge),
            },
            topics: Topics { envelopes, heartbeat: Topic::Heartbeat(edge.clone()).to_string() },
            identity: Identity { edge, software, config_hash },
            heartbeat_interval,
            spool,
            clock,
            started: Instant::now(),
            adviser: Adviser::default(),
            metrics: Metrics::new(),
        }
    }

    /// Keeps a connection to the hub until the shutdown begins. A hub that cannot be reached is no error: the spool waits.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), Infallible> {
        let mut backoff = Backoff::new(RECONNECT_FIRST, RECONNECT_MAX);
        loop {
            let link = tokio::select! {
                () = shutdown.wait() => return Ok(()),
                link = Link::connect(&self.target) => link,
            };
            let end = match link {
                Ok(link) => self.converse(link, &mut backoff, &shutdown).await,
                Err(error) => {
                    let advice = self.adviser.refused(&error);
                    self.reconnect(Reason::Unreachable, Some(&error), advice);
                    End::GivenUp(Reason::Unreachable)
                }
            };
            match end {
                End::Shutdown => return Ok(()),
                End::SpoolGone => {
                    // The spool's own task says why, and begins the shutdown.
                    shutdown.wait().await;
                    return Ok(());
                }
                End::GivenUp(Reason::Unreachable) => {}
                End::GivenUp(reason) => self.reconnect(reason, None, None),
                End::Broken(error) => {
                    let advice = self.adviser.broke_off(&error);
                    self.reconnect(Reason::Lost, Some(&error), advice);
                }
            }
            let delay = backoff.next_delay();
            tokio::select! {
                () = shutdown.wait() => return Ok(()),
                () = sleep(delay) => {}
            }
        }
    }

    fn reconnect(&self, reason: Reason, error: Option<&LinkError>, advice: Option<&'static str>) {
        self.metrics.reconnect(reason);
        let hub = format_args!("{}:{}", self.target.host, self.target.port);
        match (error, advice) {
            (Some(error), Some(advice)) => warn!(%hub, error = error as &dyn Error, "{reason}: {advice}"),
            (Some(error), None) => warn!(%hub, error = error as &dyn Error, "{reason}"),
            (None, _) => warn!(%hub, "{reason}: the connection is given up"),
        }
    }

    /// One connection, from its beginning to its end.
    async fn converse(&mut self, mut link: Link, backoff: &mut Backoff, shutdown: &Shutdown) -> End {
        info!(host = self.target.host, port = self.target.port, "connected to the hub");
        self.metrics.connected();
        let sound_at = Instant::now() + SOUND_AFTER;
        let mut talk = Talk {
            session: Session::new(self.heartbeat_interval, self.now_ms()),
            outputs: VecDeque::new(),
            tails: self.spool.tails(),
        };
        loop {
            let step = tokio::select! {
                () = shutdown.wait() => {
                    link.close().await;
                    return End::Shutdown;
                }
                step = self.step(&mut talk, &mut link) => step,
            };
            // A hub that accepts an edge and drops it right away is not to be asked ever faster.
            if talk.session.is_sending() && Instant::now() >= sound_at {
                backoff.reset();
                self.adviser.sound();
            }
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Waits for whatever comes next, and does what follows from it.
    async fn step(&mut self, talk: &mut Talk, link: &mut Link) -> Result<(), End> {
        let wake = self.started + Duration::from_millis(talk.session.wake_ms());
        tokio::select! {
            incoming = link.next() => {
                self.receive(talk, incoming?)?;
                while let Some(incoming) = link.next_ready() {
                    self.receive(talk, incoming?)?;
                }
            }
            changed = talk.tails.changed() => {
                changed.map_err(|_| End::SpoolGone)?;
                talk.look_at_tails(self.now_ms());
            }
            () = sleep_until(wake) => talk.tell(Input::Tick, self.now_ms()),
        }
        while let Some(output) = talk.outputs.pop_front() {
            self.act(talk, link, output).await?;
        }
        Ok(())
    }

    fn receive(&mut self, talk: &mut Talk, incoming: Incoming) -> Result<(), End> {
        match incoming {
            Incoming::Puback { packet_id, at } => {
                talk.tell(Input::Puback { packet_id }, self.ms_at(at));
                Ok(())
            }
            Incoming::Command { topic, payload } => self.command(talk, &topic, &payload),
        }
    }

    fn command(&self, talk: &mut Talk, topic: &str, payload: &[u8]) -> Result<(), End> {
        match topic.parse() {
            Ok(Topic::Resume(edge)) if edge == self.identity.edge => {
                let resume = Resume::decode(payload).map_err(|error| {
                    warn!(%error, "the hub's resume cannot be decoded");
                    End::GivenUp(Reason::WrongResume)
                })?;
                self.compare_clocks(&resume);
                talk.tell(Input::Resume(resume), self.now_ms());
            }
            // A newer hub may know commands that this edge does not.
            Ok(_) | Err(_) => warn!(topic, "a command that this edge does not know is ignored"),
        }
        Ok(())
    }

    fn compare_clocks(&self, resume: &Resume) {
        let skew_ms = (self.clock)().wall_ms.abs_diff(resume.hub_ms);
        if skew_ms > CLOCK_SKEW_MS_MAX {
            warn!(skew_ms, "this edge's clock and the hub's differ");
        }
    }

    async fn act(&mut self, talk: &mut Talk, link: &Link, output: Output) -> Result<(), End> {
        match output {
            Output::Judge(resume) => {
                let positions = self.spool.resume(resume).await?;
                let [urgent, routine] = positions.from;
                info!(epoch = %positions.epoch, urgent = urgent.0, routine = routine.0, "the hub is sent what it lacks");
                talk.tell(Input::Judged(positions), self.now_ms());
                talk.look_at_tails(self.now_ms());
            }
            Output::Read { lane, from, limit } => {
                let envelopes = self.spool.read(lane, from, limit).await?;
                talk.tell(Input::Read { lane, envelopes }, self.now_ms());
            }
            Output::Publish { packet_id, lane, envelope } => {
                let epoch = talk.tails.borrow().epoch;
                self.metrics.sent(epoch, lane, envelope.first, envelope.next);
                link.publish(&self.topics.envelopes[lane.index()], packet_id, envelope.bytes)?;
            }
            Output::Heartbeat { packet_id } => {
                let status = self.spool.status().await?;
                let heartbeat = heartbeat(&self.identity, &status, &(self.clock)());
                link.publish(&self.topics.heartbeat, packet_id, heartbeat.encode().into())?;
                self.metrics.heartbeat();
            }
            Output::Confirmed { lane, next } => {
                self.spool.confirmed(lane, next).await?;
                self.metrics.confirmed(lane, talk.session.window());
            }
            Output::Reconnect(reason) => return Err(End::GivenUp(reason)),
        }
        Ok(())
    }

    fn now_ms(&self) -> u64 {
        self.ms_at(Instant::now())
    }

    fn ms_at(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.started).as_millis()).unwrap_or(u64::MAX)
    }
}

/// A session, and what it still wants.
struct Talk {
    session: Session,
    outputs: VecDeque<Output>,
    tails: watch::Receiver<Tails>,
}

impl Talk {
    fn tell(&mut self, input: Input, now_ms: u64) {
        self.outputs.extend(self.session.on(input, now_ms));
    }

    fn look_at_tails(&mut self, now_ms: u64) {
        let tails = *self.tails.borrow_and_update();
        self.tell(Input::Tails(tails), now_ms);
    }
}
