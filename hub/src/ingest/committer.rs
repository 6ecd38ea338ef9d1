//! The thread that commits: takes what waits, makes it one transaction, and only then confirms. It is the only writer of
//! the journal.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use gate::{Arrival, Confirm, Delivery, GateHandle, durable_all};
use tokio::sync::{mpsc, watch};
use wire::{EdgeId, Heartbeat, Lane, Topic};

use super::archive::JournalArchive;
use super::batch::{Batch, Tally};
use super::edges::Edges;
use super::hub_clock::HubClock;
use super::liveness::LivenessSettings;
use super::queues::{Open, Queues};
use super::signatures::Signatures;
use crate::beats::Beats;
use crate::command::{Request, Waiting};
use crate::correlator::Progress;
use crate::journal::{Body, EdgeLanes, JournalError, LivenessState, Position, Reader, Writer};
use crate::metrics::IngestMetrics;
use crate::pulse::Pulse;
use crate::tail::TailSender;
use runtime::shutdown::Shutdown;

/// Envelopes in one transaction. Larger ones gain nothing more and make those who wait behind them wait longer.
const BATCH_MAX: usize = 1_024;
/// Arrivals taken from the gate at one go.
const RECEIVE_MAX: usize = 4_096;
/// Correlation may lag so far before routine envelopes have to wait.
const LAG_MAX: Duration = Duration::from_secs(1);
/// How often silence and retention are looked at, and held-back lanes asked again.
const HOUSEKEEPING: Duration = Duration::from_millis(500);
/// Housekeeping that is so late tells that this process stood still.
const PAUSE: Duration = Duration::from_secs(2);
const RETENTION_INTERVAL: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error("cannot start the ingest runtime")]
    Runtime(#[source] std::io::Error),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// What the committer works with.
pub struct Committer {
    pub writer: Writer,
    pub reader: Reader,
    pub arrivals: mpsc::Receiver<Arrival>,
    pub requests: mpsc::Receiver<Request>,
    /// Entries that the hub itself has to journal at the start.
    pub first: Vec<Body>,
    pub gate: GateHandle,
    pub tail: TailSender,
    pub waiting: Waiting,
    pub progress: watch::Receiver<Progress>,
    pub expected: Vec<EdgeId>,
    pub liveness: LivenessSettings,
    pub signatures: Signatures,
    pub beats: Beats,
    pub pulse: Pulse,
    pub metrics: IngestMetrics,
}

/// A publish that waits for its turn.
struct Pending {
    topic: String,
    payload: Bytes,
    confirm: Confirm,
    received: Instant,
}

struct State {
    work: Committer,
    edges: Edges,
    queues: Queues<Pending>,
    clock: HubClock,
    /// Commits that correlation has not read yet: where each ended, and when it was made.
    unread: VecDeque<(Position, i64)>,
    /// Changes of liveness that go into the next commit, and the heartbeats behind them.
    notes: Vec<(EdgeId, LivenessState)>,
    noted: Vec<Confirm>,
    retention_due: Instant,
    housekeeping_due: Instant,
}

impl Committer {
    /// Runs on a thread of its own until shutdown or until the journal fails.
    pub fn run(self, shutdown: Shutdown) -> Result<(), IngestError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .map_err(IngestError::Runtime)?;
        let mut state = State::new(self);
        let ended = runtime.block_on(state.run(&shutdown));
        // Whoever depends on this stage is to see a shutdown, not a channel that has broken.
        shutdown.begin();
        ended
    }
}

impl State {
    fn new(work: Committer) -> Self {
        let mono_ms = runtime::clock::boottime_ms();
        let clock = HubClock::new(work.writer.hub_ms(), runtime::clock::wall_ms(), mono_ms);
        let edges = Edges::new(work.writer.edges(), work.expected.iter(), mono_ms);
        let now = Instant::now();
        Self {
            work,
            edges,
            queues: Queues::default(),
            clock,
            unread: VecDeque::new(),
            notes: Vec::new(),
            noted: Vec::new(),
            retention_due: now,
            housekeeping_due: now + HOUSEKEEPING,
        }
    }

    async fn run(&mut self, shutdown: &Shutdown) -> Result<(), IngestError> {
        let first = std::mem::take(&mut self.work.first);
        self.commit(|batch, _| first.into_iter().for_each(|body| batch.other(body)))?;
        let mut arrivals = Vec::with_capacity(RECEIVE_MAX);
        let mut requests = Vec::new();
        loop {
            self.work.pulse.beat();
            let wake = self.wake();
            tokio::select! {
                biased;
                () = shutdown.wait() => return Ok(()),
                received = self.work.arrivals.recv_many(&mut arrivals, RECEIVE_MAX) => {
                    if received == 0 {
                        return Ok(());
                    }
                }
                Some(request) = self.work.requests.recv() => requests.push(request),
                () = tokio::time::sleep_until(wake.into()) => {}
            }
            while let Ok(request) = self.work.requests.try_recv() {
                requests.push(request);
            }
            for arrival in arrivals.drain(..) {
                self.arrive(arrival)?;
            }
            self.commit_waiting(&mut requests)?;
            self.keep_house()?;
        }
    }

    /// When there is something to do although nothing comes: a timer of correlation, or housekeeping.
    fn wake(&mut self) -> Instant {
        let next_due = self.work.progress.borrow_and_update().next_due_ms;
        let Some(due_ms) = next_due.filter(|due_ms| *due_ms > self.work.writer.hub_ms()) else {
            return self.housekeeping_due;
        };
        let wait_ms = due_ms.saturating_sub(self.now_ms()).max(0) as u64;
        self.housekeeping_due.min(Instant::now() + Duration::from_millis(wait_ms))
    }

    fn now_ms(&mut self) -> i64 {
        self.clock.read(runtime::clock::wall_ms(), runtime::clock::boottime_ms())
    }

    fn arrive(&mut self, arrival: Arrival) -> Result<(), IngestError> {
        match arrival {
            Arrival::Published(delivery) => self.publish(delivery),
            Arrival::Subscribed { peer, .. } => {
                self.resume(&peer.identity.id);
                Ok(())
            }
            Arrival::Connected { .. } => Ok(()),
            Arrival::Disconnected { peer, .. } => self.detach(&peer.identity.id),
        }
    }

    fn publish(&mut self, delivery: Delivery) -> Result<(), IngestError> {
        let Delivery { peer, topic, payload, received, confirm, .. } = delivery;
        let Ok(id) = EdgeId::parse(&peer.identity.id) else {
            // The gate's policy admits only edge ids; without one there is nobody to keep this for.
            tracing::error!(identity = %peer.identity, "an identity without an edge id passed the gate's policy");
            return Ok(());
        };
        let place = self.edges.place(&id, runtime::clock::boottime_ms());
        match topic.parse() {
            Ok(Topic::Envelopes(_, lane)) => {
                let topic = topic.to_string();
                self.queues.push(place, lane, Pending { topic, payload, confirm, received });
                Ok(())
            }
            Ok(Topic::Heartbeat(_)) => self.heartbeat(place, &topic, &payload, confirm),
            Ok(Topic::Resume(_)) | Err(_) => {
                tracing::error!(edge = %id, %topic, "a topic that edges may not use passed the gate's policy");
                Ok(())
            }
        }
    }

    fn heartbeat(
        &mut self,
        place: usize,
        topic: &str,
        payload: &Bytes,
        confirm: Confirm,
    ) -> Result<(), IngestError> {
        let (now_ms, mono_ms) = (self.now_ms(), runtime::clock::boottime_ms());
        let edge = self.edges.get_mut(place);
        let refused = match Heartbeat::decode(payload) {
            Ok(heartbeat) if heartbeat.edge == edge.id => {
                let changed = edge.liveness.heartbeat(&heartbeat, now_ms, mono_ms);
                self.work.beats.note(heartbeat, now_ms);
                match changed {
                    Some(state) => {
                        self.notes.push((edge.id.clone(), state));
                        self.noted.push(confirm);
                    }
                    None => confirm.durable(),
                }
                return Ok(());
            }
            Ok(heartbeat) => format!("the heartbeat names the edge {}", heartbeat.edge),
            Err(error) => format!("the heartbeat cannot be decoded: {error}"),
        };
        let payload = payload.clone();
        self.commit(|batch, edges| {
            batch.quarantine(edges.get_mut(place), topic, refused, payload);
        })?;
        confirm.durable();
        Ok(())
    }

    fn detach(&mut self, identity: &str) -> Result<(), IngestError> {
        let Ok(id) = EdgeId::parse(identity) else { return Ok(()) };
        let place = self.edges.place(&id, runtime::clock::boottime_ms());
        if let Some(state) = self.edges.get_mut(place).liveness.detach() {
            self.notes.push((id, state));
        }
        Ok(())
    }

    /// Tells an edge what the hub holds of it. Nothing of an earlier connection is passed over: what still waits here will
    /// come again and be recognised.
    fn resume(&mut self, identity: &str) {
        let Ok(id) = EdgeId::parse(identity) else { return };
        let place = self.edges.place(&id, runtime::clock::boottime_ms());
        let now_ms = self.now_ms();
        let resume = EdgeLanes::resume(self.edges.get(place).lanes.as_ref(), now_ms);
        let topic = Topic::Resume(id).to_string();
        if let Err(error) = self.work.gate.command(&topic, resume.encode().into()) {
            tracing::warn!(%topic, %error, "resume could not be sent; the edge will connect again and ask again");
        }
    }

    fn commit_waiting(&mut self, requests: &mut Vec<Request>) -> Result<(), IngestError> {
        loop {
            let open = self.open_lanes();
            let mut taken = Vec::new();
            self.queues.take(BATCH_MAX, open, |place, lane, pending| taken.push((place, lane, pending)));
            let requests = std::mem::take(requests);
            if taken.is_empty() && requests.is_empty() && self.notes.is_empty() {
                return Ok(());
            }
            self.commit_taken(taken, requests)?;
            // What came meanwhile takes its turn: an alarm does not wait behind a whole backlog.
            for _ in 0..RECEIVE_MAX {
                match self.work.arrivals.try_recv() {
                    Ok(arrival) => self.arrive(arrival)?,
                    Err(_) => break,
                }
            }
        }
    }

    fn commit_taken(
        &mut self,
        taken: Vec<(usize, Lane, Pending)>,
        requests: Vec<Request>,
    ) -> Result<(), IngestError> {
        let mut confirms = std::mem::take(&mut self.noted);
        let notes = std::mem::take(&mut self.notes);
        let received = taken.iter().map(|(_, _, pending)| pending.received).min();
        let mut failed = None;
        let mono_ms = runtime::clock::boottime_ms();
        let now_ms = self.now_ms();
        self.commit(|batch, edges| {
            // First, for they tie the clock of the records behind them.
            notes.into_iter().for_each(|(edge, state)| batch.liveness(edge, state));
            for request in requests {
                batch.command(request);
            }
            for (place, lane, pending) in taken {
                edges.get_mut(place).liveness.heard(now_ms, mono_ms);
                let judged = batch.envelope(edges, place, lane, &pending.topic, pending.payload);
                failed = failed.take().or(judged.err());
                confirms.push(pending.confirm);
            }
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        let committed = Instant::now();
        if let Some(longest) = received {
            self.work.metrics.confirm_latency(committed.saturating_duration_since(longest));
        }
        durable_all(confirms);
        Ok(())
    }

    /// One transaction: `fill` says what is in it. When this returns, it is durable.
    fn commit(&mut self, fill: impl FnOnce(&mut Batch<'_>, &mut Edges)) -> Result<(), IngestError> {
        let hub_ms = self.now_ms();
        let archive = JournalArchive::new(self.work.reader.clone());
        let mut batch = Batch::new(&archive, &self.work.signatures, hub_ms, runtime::clock::boottime_ms());
        fill(&mut batch, &mut self.edges);
        batch.finish(&mut self.edges);
        let Batch { mut append, answers, decoded, tally, .. } = batch;
        self.count(tally);
        if append.is_empty() {
            return Ok(());
        }
        let begun = Instant::now();
        // Before anybody can see the commands, so that no answer comes too early to be heard.
        let first = self.work.writer.next();
        for (index, answer) in answers {
            self.work.waiting.enter(first.plus(index), answer);
        }
        self.work.writer.append(&mut append)?;
        self.work.metrics.commit(append.len(), begun.elapsed());
        self.unread.push_back((self.work.writer.next(), hub_ms));
        let entries = append.into_entries();
        let bytes = entries.iter().map(|entry| entry.body.bytes()).sum();
        self.work.tail.send(first, entries, decoded, bytes);
        Ok(())
    }

    fn count(&self, tally: Tally) {
        self.work.metrics.tally(tally);
    }

    /// Whether routine envelopes may be taken, or correlation lags too far behind.
    fn open_lanes(&mut self) -> Open {
        let read = self.work.progress.borrow().position;
        while self.unread.front().is_some_and(|(end, _)| *end <= read) {
            self.unread.pop_front();
        }
        let Some((_, since_ms)) = self.unread.front().copied() else { return Open::Both };
        let lag_ms = self.now_ms().saturating_sub(since_ms).max(0) as u128;
        if lag_ms > LAG_MAX.as_millis() { Open::UrgentOnly } else { Open::Both }
    }

    fn keep_house(&mut self) -> Result<(), IngestError> {
        let now = Instant::now();
        self.forgive_pause(now);
        let now_ms = self.now_ms();
        let due_ms = self.work.progress.borrow().next_due_ms;
        if due_ms.is_some_and(|due_ms| due_ms > self.work.writer.hub_ms() && due_ms <= now_ms) {
            self.commit(|batch, _| batch.other(Body::Tick))?;
        }
        if now < self.housekeeping_due {
            return Ok(());
        }
        self.housekeeping_due = now + HOUSEKEEPING;
        self.check_liveness()?;
        if now >= self.retention_due {
            self.retention_due = now + RETENTION_INTERVAL;
            let read = self.work.progress.borrow().position;
            self.work.writer.delete_old(now_ms, read)?;
        }
        self.work.metrics.waiting(self.queues.waiting(Lane::Urgent), self.queues.waiting(Lane::Routine));
        Ok(())
    }

    /// A machine that was suspended, or a disk that stood still, must not look like silence of all edges at once.
    fn forgive_pause(&mut self, now: Instant) {
        let late = now.saturating_duration_since(self.housekeeping_due);
        if late < PAUSE {
            return;
        }
        tracing::warn!(
            pause_ms = late.as_millis() as u64,
            "ingest stood still; nobody is called silent for it"
        );
        let (mono_ms, settings) = (runtime::clock::boottime_ms(), self.work.liveness);
        self.edges.iter_mut().for_each(|edge| edge.liveness.forgive(&settings, late, mono_ms));
    }

    fn check_liveness(&mut self) -> Result<(), IngestError> {
        let mono_ms = runtime::clock::boottime_ms();
        let settings = self.work.liveness;
        let changes: Vec<_> = self
            .edges
            .iter_mut()
            .filter_map(|edge| Some((edge.id.clone(), edge.liveness.check(&settings, mono_ms)?)))
            .collect();
        self.commit(|batch, _| changes.into_iter().for_each(|(edge, state)| batch.liveness(edge, state)))
    }
}
