//! One connection, from its beginning to its end: waits for what comes, lets the session decide, and carries that out.

use std::collections::VecDeque;

use runtime::backoff::Backoff;
use runtime::shutdown::Shutdown;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};
use wire::{Lane, Resume, Topic};

use super::Uplink;
use super::advice::SOUND_AFTER;
use super::heartbeat::heartbeat;
use super::link::{Incoming, Link, LinkError};
use super::probe::{Answered, Look, Prober};
use super::reason::Reason;
use super::route::Lasted;
use super::session::{Input, Output, Session};
use crate::clock::{OFF_MS, Tie};
use crate::spool::{SpoolGone, Tails};

/// Why a connection ended, or did not come about.
pub(super) enum End {
    Shutdown,
    SpoolGone,
    /// No connection came about.
    Refused(LinkError),
    /// Whatever came before, the hub behind this address does not do its work now.
    GivenUp(Reason),
    Broken(LinkError, Lasted),
    /// The preferred way answers again; this connection is exchanged for that one.
    Returned(Box<Answered>),
}

/// Why there is no next step.
enum Stop {
    SpoolGone,
    GivenUp(Reason),
    Broken(LinkError),
    Returned(Box<Answered>),
}

impl From<SpoolGone> for Stop {
    fn from(_: SpoolGone) -> Self {
        Stop::SpoolGone
    }
}

impl From<LinkError> for Stop {
    fn from(error: LinkError) -> Self {
        Stop::Broken(error)
    }
}

impl Uplink {
    /// `first` is what came over this connection already.
    pub(super) async fn converse(
        &mut self,
        mut link: Link,
        first: Option<Incoming>,
        backoff: &mut Backoff,
        shutdown: &Shutdown,
    ) -> End {
        let mut talk = self.begin();
        let mut stop = first.and_then(|first| self.receive(&mut talk, &link, first).err());
        while stop.is_none() {
            let step = tokio::select! {
                () = shutdown.wait() => {
                    link.close().await;
                    return End::Shutdown;
                }
                step = self.step(&mut talk, &mut link) => step,
            };
            // A hub that accepts an edge and drops it right away is not to be asked ever faster.
            if talk.lasted() == Lasted::Long {
                backoff.reset();
                self.adviser.sound();
                self.outage.over();
            }
            stop = step.err();
        }
        match stop.expect("the loop ends with a reason") {
            Stop::SpoolGone => End::SpoolGone,
            Stop::GivenUp(reason) => End::GivenUp(reason),
            Stop::Returned(answered) => {
                info!("the preferred way to the hub answers again and is taken");
                link.close().await;
                End::Returned(answered)
            }
            Stop::Broken(error) => tokio::select! {
                () = shutdown.wait() => End::Shutdown,
                answered = talk.prober.taken_over() => match answered {
                    Some(answered) => End::Returned(answered),
                    None => End::Broken(error, talk.lasted()),
                },
            },
        }
    }

    fn begin(&mut self) -> Talk {
        let hub = &self.hubs[self.routes.at()];
        // Of a hub that accepts an edge and drops it again and again, this too is soon told less often.
        if let Some(left_out) = self.outage.tells(format!("connected to {hub}"), self.now_ms()) {
            info!(%hub, left_out, "connected to the hub");
        }
        self.metrics.connected();
        self.meter.connected(self.now_ms());
        self.show_quality();
        // Without randomness all edges look at once, which a hub survives.
        let random = getrandom::u64().unwrap_or(0);
        Talk {
            session: Session::new(self.heartbeat_interval, self.now_ms()),
            outputs: VecDeque::new(),
            tails: self.spool.tails(),
            prober: Prober::new(self.hubs[0].clone(), self.routes.probe_after(random)),
            sound_at: Instant::now() + SOUND_AFTER,
            beat_ms: None,
        }
    }

    /// Waits for whatever comes next, and does what follows from it.
    async fn step(&mut self, talk: &mut Talk, link: &mut Link) -> Result<(), Stop> {
        let wake = self.at_ms(talk.session.wake_ms());
        tokio::select! {
            incoming = link.next() => {
                self.receive(talk, link, incoming?)?;
                while let Some(incoming) = link.next_ready() {
                    self.receive(talk, link, incoming?)?;
                }
            }
            changed = talk.tails.changed() => {
                changed.map_err(|_| Stop::SpoolGone)?;
                talk.look_at_tails(self.now_ms());
            }
            look = talk.prober.next() => match look {
                Look::Due => talk.prober.probe(self.target(0)),
                Look::Answered(answered) => return Err(Stop::Returned(answered)),
            },
            () = sleep_until(wake) => talk.tell(Input::Tick, self.now_ms()),
        }
        while let Some(output) = talk.outputs.pop_front() {
            self.act(talk, link, output).await?;
        }
        Ok(())
    }

    fn receive(&mut self, talk: &mut Talk, link: &Link, incoming: Incoming) -> Result<(), Stop> {
        match incoming {
            Incoming::Puback { packet_id, at } => {
                talk.tell(Input::Puback { packet_id }, self.ms_at(at));
                Ok(())
            }
            Incoming::Command { topic, payload } => self.command(talk, link, &topic, &payload),
        }
    }

    fn command(&mut self, talk: &mut Talk, link: &Link, topic: &str, payload: &[u8]) -> Result<(), Stop> {
        match topic.parse() {
            Ok(Topic::Resume(edge)) if edge == self.identity.edge => {
                let resume = Resume::decode(payload).map_err(|error| {
                    warn!(%error, "the hub's resume cannot be decoded");
                    Stop::GivenUp(Reason::WrongResume)
                })?;
                self.take_time(&resume, link);
                talk.tell(Input::Resume(resume), self.now_ms());
            }
            // A newer hub may know commands that this edge does not.
            Ok(_) | Err(_) => warn!(topic, "a command that this edge does not know is ignored"),
        }
        Ok(())
    }

    /// The hub's word about the time was under way for half a round trip.
    fn take_time(&mut self, resume: &Resume, link: &Link) {
        let now = (self.clock)();
        let way_ms = link.round_trip().as_millis() as i64 / 2;
        let tie = Tie { mono_ms: now.mono_ms, hub_ms: resume.hub_ms.saturating_add(way_ms) };
        let offset_ms = tie.offset_ms(&now);
        if offset_ms.saturating_abs() > OFF_MS {
            let told = self.outage.tells("the clocks differ".to_owned(), self.now_ms());
            if let Some(left_out) = told {
                warn!(offset_ms, left_out, "this edge's clock and the hub's differ");
            }
        }
        self.hub_time.said(tie.hub_ms, link.hub_end_ms());
        self.ties.send_replace(Some(tie));
    }

    async fn act(&mut self, talk: &mut Talk, link: &Link, output: Output) -> Result<(), Stop> {
        match output {
            Output::Judge(resume) => {
                let positions = self.spool.resume(resume).await?;
                let [urgent, routine] = positions.from;
                let told = self.outage.tells("the hub is sent what it lacks".to_owned(), self.now_ms());
                if let Some(left_out) = told {
                    info!(epoch = %positions.epoch, urgent = urgent.0, routine = routine.0, left_out, "the hub is sent what it lacks");
                }
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
                self.meter.sent(envelope.bytes.len());
                link.publish(lane, &self.topics.envelopes[lane.index()], packet_id, envelope.bytes)?;
            }
            Output::Heartbeat { packet_id } => {
                let status = self.spool.status().await?;
                let mut health = self.health.borrow().clone();
                if let Some(health) = &mut health {
                    health.hub = u8::try_from(self.routes.at()).ok();
                    health.rtt_ms = talk.beat_ms;
                }
                let heartbeat = heartbeat(&self.identity, &status, health, &(self.clock)()).encode();
                self.meter.sent(heartbeat.len());
                link.publish(Lane::Urgent, &self.topics.heartbeat, packet_id, heartbeat.into())?;
                self.metrics.heartbeat();
                self.show_quality();
            }
            Output::Confirmed { lane, next } => {
                self.spool.confirmed(lane, next).await?;
                self.metrics.confirmed(lane, talk.session.window());
            }
            Output::Measured { trip_ms, bytes } => {
                self.meter.confirmed(trip_ms, bytes, talk.session.rate(), self.now_ms());
            }
            Output::Beat { trip_ms } => {
                talk.beat_ms = Some(u32::try_from(trip_ms).unwrap_or(u32::MAX));
                self.meter.heartbeat(trip_ms);
            }
            Output::Reconnect(reason) => return Err(Stop::GivenUp(reason)),
        }
        Ok(())
    }
}

/// A session, what it still wants, and the look-out for a better way.
struct Talk {
    session: Session,
    outputs: VecDeque<Output>,
    tails: watch::Receiver<Tails>,
    prober: Prober,
    sound_at: Instant,
    /// How long the latest heartbeat's confirm took.
    beat_ms: Option<u32>,
}

impl Talk {
    fn tell(&mut self, input: Input, now_ms: u64) {
        self.outputs.extend(self.session.on(input, now_ms));
    }

    fn look_at_tails(&mut self, now_ms: u64) {
        let tails = *self.tails.borrow_and_update();
        self.tell(Input::Tails(tails), now_ms);
    }

    fn lasted(&self) -> Lasted {
        let sound = self.session.is_sending() && Instant::now() >= self.sound_at;
        if sound { Lasted::Long } else { Lasted::Briefly }
    }
}
