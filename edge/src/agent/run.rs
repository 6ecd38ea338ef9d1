//! The task of an agent: looks, compares, keeps, hands over. And the two things that a person may ask of it.

use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use runtime::config::ConfigError;
use runtime::shutdown::{Shutdown, on_signals};
use runtime::tasks::{TaskFailure, TaskGroup};
use runtime::{clock, telemetry, tls};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};
use wire::{BootId, ClockState, Stamp};

use super::buffer::{Buffer, BufferError, Position};
use super::compare;
use super::config::Config;
use super::kept::Kept;
use super::observe::{is_shutting_down, observe};
use super::probe::{Reached, probe};
use super::reporter::{Last, Reporter};
use super::sender::{Outgoing, Sender, WINDOW};
use super::wake;
use crate::clock::{Step, Steps};
use crate::field::report::format::{Agent as AgentName, Boot, Event, Moment, Sent, State, Text};

const NAME: &str = "strongroom-host-agent";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const DRAIN_MAX: Duration = Duration::from_secs(5);
/// After the kernel's word, until the drivers have made their entries. Words in between are one.
const SETTLE: Duration = Duration::from_millis(200);

#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    #[error(transparent)]
    Config(ConfigError),
    #[error("the async runtime cannot be started")]
    Runtime(#[source] io::Error),
    #[error("the boot of this machine cannot be read")]
    Boot(#[source] io::Error),
    #[error("the buffer cannot be opened")]
    Buffer(#[source] BufferError),
    #[error("the agent stopped")]
    Stopped(#[source] TaskFailure),
}

impl AgentError {
    /// What the process says to whoever started it; explained in `--help`.
    pub fn exit_code(&self) -> u8 {
        match self {
            AgentError::Config(_) => 2,
            AgentError::Buffer(_) => 74,
            _ => 1,
        }
    }
}

/// Reads the configuration, and nothing else.
pub fn check(path: &Path) -> Result<Config, AgentError> {
    Config::load(path).map_err(AgentError::Config)
}

/// What would be reported now, as JSON for a person.
pub fn once(path: &Path) -> Result<String, AgentError> {
    let config = check(path)?;
    let state = observe(&config.observe, config.media.as_deref());
    let (mut reporter, _) = Reporter::new(&host(&config), agent(&config), boot()?, moment(), None);
    let made = reporter.report(&[], &state, moment());
    let report: Option<serde_json::Value> =
        made.first().and_then(|made| serde_json::from_slice(&made.json).ok());
    Ok(report.map_or_else(String::new, |report| format!("{report:#}\n")))
}

/// Observes and reports until told to stop.
pub async fn run(path: &Path) -> Result<(), AgentError> {
    let config = check(path)?;
    telemetry::init_logs(config.log);
    tls::install_provider();
    let boot = boot()?;
    let buffer = Buffer::open(&config.buffer.folder, config.buffer.bytes_max).map_err(AgentError::Buffer)?;
    let shutdown = Shutdown::new();
    let (handing, queue) = mpsc::channel(WINDOW);
    let (sender, confirms) = Sender::new(config.edge.clone(), config.device.to_string(), boot, sent, queue);
    let agent = Agent::new(config, boot, buffer, handing).map_err(AgentError::Buffer)?;
    let mut tasks = TaskGroup::new(shutdown.clone());
    tasks.spawn("signals", on_signals(shutdown.clone()));
    tasks.spawn("sender", sender.run(shutdown.clone()));
    tasks.spawn("agent", agent.run(confirms, shutdown));
    tasks.run(DRAIN_MAX).await.map_err(AgentError::Stopped)
}

struct Agent {
    config: Config,
    boot: Boot,
    reporter: Reporter,
    kept: Kept,
    handing: mpsc::Sender<Outgoing>,
    /// The first report that was not handed over.
    next: Position,
    /// How things stood at the last report.
    state: State,
    /// Of the wall clock.
    steps: Steps,
    reached: Reached,
    reported: Instant,
}

impl Agent {
    fn new(
        config: Config,
        boot: Boot,
        buffer: Buffer,
        handing: mpsc::Sender<Outgoing>,
    ) -> Result<Self, BufferError> {
        let newest = buffer.last()?;
        let (reporter, last) =
            Reporter::new(&host(&config), agent(&config), boot, moment(), newest.as_deref());
        let state = observe(&config.observe, config.media.as_deref());
        let mut events = Vec::new();
        if last.as_ref().is_some_and(|last| last.between == compare::Between::Boots) {
            events.push(Event::Boot);
        }
        events.push(Event::AgentStart);
        if let Some(Last { state: before, between }) = &last {
            events.extend(compare::events(before, &state, *between));
        }
        let waiting = buffer.waiting();
        info!(device = %config.device, edge = %config.edge.address, waiting, "the agent starts");
        let mut agent = Self {
            config,
            boot,
            reporter,
            kept: Kept::new(buffer),
            handing,
            next: Position::FIRST,
            state,
            steps: Steps::default(),
            reached: Reached::default(),
            reported: Instant::now(),
        };
        agent.keep(events);
        Ok(agent)
    }

    async fn run(
        mut self,
        mut confirms: mpsc::UnboundedReceiver<Position>,
        shutdown: Shutdown,
    ) -> Result<(), Infallible> {
        let mut words = wake::listen().unwrap_or_else(|error| {
            let interval_ms = self.config.observe.interval.as_millis() as u64;
            warn!(%error, interval_ms, "the kernel does not tell of new devices; they are seen at the next look");
            mpsc::channel(1).1
        });
        let mut look_at = Instant::now();
        let mut probe_at = Instant::now();
        let mut probes = JoinSet::new();
        loop {
            self.hand_over();
            tokio::select! {
                () = shutdown.wait() => break,
                Some(position) = confirms.recv() => self.kept.confirm(position, &mut confirms),
                Some(()) = words.recv() => look_at = look_at.min(Instant::now() + SETTLE),
                () = sleep_until(look_at) => {
                    self.look(Vec::new());
                    look_at = Instant::now() + self.config.observe.interval;
                }
                () = sleep_until(probe_at), if probes.is_empty() && !self.config.probe.addresses.is_empty() => {
                    let probe_config = self.config.probe.clone();
                    probes.spawn(probe(probe_config.addresses, probe_config.timeout));
                    probe_at = Instant::now() + probe_config.interval;
                }
                Some(Ok(reached)) = probes.join_next(), if !probes.is_empty() => {
                    let events = self.reached.probed(reached);
                    self.look(events);
                }
            }
        }
        let goodbye = if is_shutting_down(&self.config.observe) { Event::Shutdown } else { Event::AgentStop };
        self.look(vec![goodbye]);
        self.hand_over();
        // The sender ends when it has brought away what it was given, or when its time is over.
        drop(self.handing);
        while let Some(position) = confirms.recv().await {
            self.kept.confirm(position, &mut confirms);
        }
        Ok(())
    }

    /// Observes, and keeps a report if something happened or the next heartbeat is due.
    fn look(&mut self, mut events: Vec<Event>) {
        let state = observe(&self.config.observe, self.config.media.as_deref());
        let mut happened = compare::events(&self.state, &state, compare::Between::OneBoot);
        happened.extend(self.steps.look(&stamp(self.boot)).map(clock_change));
        happened.append(&mut events);
        self.state = state;
        if !happened.is_empty() || self.reported.elapsed() >= self.config.observe.heartbeat {
            self.keep(happened);
        }
    }

    fn keep(&mut self, mut events: Vec<Event>) {
        let dropped = self.kept.make_room();
        if !dropped.is_none() {
            events.push(Event::BufferDropped { reports: dropped.reports, events: dropped.events });
        }
        for made in self.reporter.report(&events, &self.state, moment()) {
            self.kept.append(&made);
        }
        self.reported = Instant::now();
    }

    /// As much as the sender takes.
    fn hand_over(&mut self) {
        while let Ok(place) = self.handing.try_reserve() {
            let Some((position, json)) = self.kept.read(self.next) else { return };
            self.next = position.next();
            place.send(Outgoing { position, json });
        }
    }
}

fn agent(config: &Config) -> AgentName {
    let policy = config.policy.as_deref().map(Text::cut);
    AgentName { name: Text::cut(NAME), version: Text::cut(VERSION), policy }
}

fn host(config: &Config) -> String {
    let file = || PathBuf::from("/proc/sys/kernel/hostname");
    let name = config.host.clone().or_else(|| std::fs::read_to_string(file()).ok());
    name.map_or_else(|| config.device.to_string(), |name| name.trim().to_owned())
}

fn boot() -> Result<Boot, AgentError> {
    clock::boot_id().map(Boot).map_err(AgentError::Boot)
}

/// Whether a time source is followed nobody asks: any step is told.
fn stamp(Boot(boot): Boot) -> Stamp {
    let Moment { mono_ms, wall_ms } = moment();
    Stamp { boot: BootId(boot), mono_ms, wall_ms, clock: ClockState::Free }
}

pub(super) fn clock_change(step: Step) -> Event {
    Event::ClockChange { seconds: step.by_ms / 1_000 }
}

fn moment() -> Moment {
    Moment { mono_ms: clock::boottime_ms(), wall_ms: clock::wall_ms() }
}

fn sent(boot: Boot) -> Sent {
    let Moment { mono_ms, wall_ms } = moment();
    Sent { boot, mono_ms, wall_ms }
}
