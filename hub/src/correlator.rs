//! The thread around correlation: takes entries as they are committed (or reads them from the journal when it is behind),
//! lets `correlate::World` judge them, and commits what changed together with how far it has come.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::command::Waiting;
use crate::correlate::World;
use crate::incident::Answer;
use crate::journal::{JournalError, Position, Reader};
use crate::metrics::CorrelateMetrics;
use crate::pulse::Pulse;
use crate::store::{StoreError, StoreWriter};
use crate::tail::{Committed, Handed, TailReceiver};
use runtime::shutdown::Shutdown;

/// How long a change that nobody waits for (a value, a cursor) may stay in memory. After a crash it is judged again.
const QUIET_COMMIT_INTERVAL: Duration = Duration::from_millis(500);
/// Entries between two commits, so that neither memory nor a replay after a crash grows without bound.
const ENTRIES_MAX: u64 = 50_000;
/// Entries read from the journal at one go when the tail has run ahead.
const READ_MAX: usize = 4_096;
/// How often an idle correlator looks whether it should end.
const IDLE: Duration = Duration::from_millis(100);

/// How far correlation has come, and when it wants to be woken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub position: Position,
    pub next_due_ms: Option<i64>,
}

#[derive(Debug, thiserror::Error)]
pub enum CorrelatorError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub struct Correlator {
    pub world: World,
    pub tail: TailReceiver,
    pub reader: Reader,
    pub store: StoreWriter,
    pub waiting: Waiting,
    pub progress: watch::Sender<Progress>,
    pub metrics: CorrelateMetrics,
    pub pulse: Pulse,
}

impl Correlator {
    /// Runs on a thread of its own until shutdown or until the store fails.
    pub fn run(mut self, shutdown: Shutdown) -> Result<(), CorrelatorError> {
        let ended = self.follow(&shutdown);
        // Whoever depends on this stage is to see a shutdown, not a channel that has broken.
        shutdown.begin();
        ended
    }

    fn follow(&mut self, shutdown: &Shutdown) -> Result<(), CorrelatorError> {
        self.catch_up(shutdown)?;
        let mut committed_at = Instant::now();
        let mut uncommitted = 0;
        loop {
            let wait = if uncommitted > 0 {
                QUIET_COMMIT_INTERVAL.saturating_sub(committed_at.elapsed())
            } else {
                IDLE
            };
            match self.tail.receive(wait) {
                Handed::Committed(committed) => {
                    // What the tail left out is read first, and told and stored on the way.
                    while self.world.next() < committed.first && !shutdown.begun() {
                        self.read_behind()?;
                        self.tell();
                        self.commit()?;
                    }
                    uncommitted += self.take(&committed);
                }
                Handed::Nothing => uncommitted += self.read_behind()?,
                Handed::Ended => break,
            }
            self.tell();
            let due = uncommitted >= ENTRIES_MAX || committed_at.elapsed() >= QUIET_COMMIT_INTERVAL;
            if self.world.is_urgent() || uncommitted > 0 && due {
                self.commit()?;
                committed_at = Instant::now();
                uncommitted = 0;
            }
            if shutdown.begun() {
                break;
            }
        }
        self.commit()
    }

    /// Judges everything that the journal holds beyond the cursor: after a crash, or when the store was restored.
    fn catch_up(&mut self, shutdown: &Shutdown) -> Result<(), CorrelatorError> {
        let begun = Instant::now();
        let from = self.world.next();
        while !shutdown.begun() {
            let read = self.read_behind()?;
            self.tell();
            if read == 0 {
                break;
            }
            self.commit()?;
        }
        let to = self.world.next();
        tracing::info!(%from, %to, elapsed_ms = begun.elapsed().as_millis() as u64, "correlation has caught up");
        Ok(())
    }

    /// Judges one commit of ingest, as far as it was not read from the journal already. Returns how many entries.
    fn take(&mut self, committed: &Committed) -> u64 {
        let mut judged = 0;
        let begun = Instant::now();
        let mut position = committed.first;
        for (entry, decoded) in committed.entries.iter().zip(&committed.decoded) {
            if position == self.world.next() {
                self.world.apply(position, entry, decoded.as_deref());
                judged += 1;
            }
            position = position.next();
        }
        self.metrics.judged(judged, begun.elapsed());
        judged
    }

    fn read_behind(&mut self) -> Result<u64, CorrelatorError> {
        let from = self.world.next();
        if from >= self.reader.end() {
            return Ok(0);
        }
        let begun = Instant::now();
        let entries = self.reader.read(from, READ_MAX)?;
        let judged = entries.len() as u64;
        for (position, entry) in entries {
            self.world.apply(position, &entry, None);
        }
        self.metrics.judged(judged, begun.elapsed());
        Ok(judged)
    }

    /// Ingest learns how far the journal has been read and when to wake us.
    fn tell(&mut self) {
        self.pulse.beat();
        let progress = Progress { position: self.world.next(), next_due_ms: self.world.next_due_ms() };
        self.progress.send_if_modified(|told| {
            let changed = *told != progress;
            *told = progress;
            changed
        });
    }

    fn commit(&mut self) -> Result<(), CorrelatorError> {
        let mut changes = self.world.take_changes();
        let answers = std::mem::take(&mut changes.answers);
        let begun = Instant::now();
        self.store.commit(&changes)?;
        self.metrics.committed(
            &changes,
            begun.elapsed(),
            self.world.records_judged,
            self.world.records_without_table,
        );
        for (position, answer) in answers {
            let refused = matches!(answer, Answer::Refused(_));
            tracing::info!(%position, refused, "command judged");
            self.waiting.answer(position, answer);
        }
        for incident in &changes.incidents {
            tracing::info!(
                incident = %incident.id,
                rule = %incident.rule,
                severity = %incident.severity,
                part = %incident.part,
                subject = %incident.subject,
                state = incident.state().name(),
                "incident {}",
                incident.title
            );
        }
        Ok(())
    }
}
