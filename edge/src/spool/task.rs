//! The spool's thread and its handle. The thread owns the queue; whoever waits for durability shares a commit with
//! everyone who waits at the same moment.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tracing::{error, info};
use wire::{Epoch, Lane, Resume, Seq, Stamp};

use crate::bookmark::Bookmark;
use crate::clock::Clock;

use super::aside::{FailureMark, set_aside};
use super::entry::{Batch, Wait};
use super::error::{SpoolError, SpoolGone};
use super::past::Past;
use super::queue::{Limit, Positions, Queue, Status, Stored};
use super::store::StoreError;

/// Commands that may wait: a burst of every device at once, and little memory.
const COMMANDS_MAX: usize = 256;

/// Once the disk has worked for so long, earlier failures do not count as *in a row* any more.
const HEALTHY_AFTER: Duration = Duration::from_secs(600);

/// How far the spool reaches. Changes after every commit that added something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tails {
    pub epoch: Epoch,
    /// Per lane, urgent first: the number that the next record gets.
    pub next: [Seq; 2],
}

enum Command {
    Append { batch: Batch, durable: oneshot::Sender<()> },
    Confirmed { lane: Lane, next: Seq },
    Read { lane: Lane, from: Seq, limit: Limit, reply: oneshot::Sender<Vec<Stored>> },
    Resume { resume: Resume, reply: oneshot::Sender<Positions> },
    Bookmarks { reply: oneshot::Sender<Vec<Bookmark>> },
    Status { reply: oneshot::Sender<Status> },
}

/// The way to the spool.
#[derive(Clone, Debug)]
pub struct SpoolHandle {
    commands: mpsc::Sender<Command>,
    tails: watch::Receiver<Tails>,
}

impl SpoolHandle {
    /// Resolves when all of the batch is durable that it waits for.
    pub async fn append(&self, batch: impl Into<Batch>) -> Result<(), SpoolGone> {
        self.submit(batch).await?.durable().await
    }

    /// Hands a batch in, behind all that were handed in before. Whoever must not wait for one before handing in the next
    /// keeps what comes back.
    pub async fn submit(&self, batch: impl Into<Batch>) -> Result<Submitted, SpoolGone> {
        let (durable, answer) = oneshot::channel();
        let command = Command::Append { batch: batch.into(), durable };
        self.commands.send(command).await.map_err(|_| SpoolGone)?;
        Ok(Submitted { answer })
    }

    /// How far the sources have been read, as far as it is durable.
    pub async fn bookmarks(&self) -> Result<Vec<Bookmark>, SpoolGone> {
        self.ask(|reply| Command::Bookmarks { reply }).await
    }

    /// The hub has everything of `lane` before `next`.
    pub async fn confirmed(&self, lane: Lane, next: Seq) -> Result<(), SpoolGone> {
        self.commands.send(Command::Confirmed { lane, next }).await.map_err(|_| SpoolGone)
    }

    /// Envelopes of `lane` from `from` on.
    pub async fn read(&self, lane: Lane, from: Seq, limit: Limit) -> Result<Vec<Stored>, SpoolGone> {
        self.ask(|reply| Command::Read { lane, from, limit, reply }).await
    }

    /// Where to go on, after what the hub said.
    pub async fn resume(&self, resume: Resume) -> Result<Positions, SpoolGone> {
        self.ask(|reply| Command::Resume { resume, reply }).await
    }

    pub async fn status(&self) -> Result<Status, SpoolGone> {
        self.ask(|reply| Command::Status { reply }).await
    }

    /// Tells when there is more to send.
    pub fn tails(&self) -> watch::Receiver<Tails> {
        self.tails.clone()
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, SpoolGone> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.map_err(|_| SpoolGone)?;
        answer.await.map_err(|_| SpoolGone)
    }
}

/// A batch on its way to the disk.
#[derive(Debug)]
#[must_use = "whoever does not wait does not know whether the batch became durable"]
pub struct Submitted {
    answer: oneshot::Receiver<()>,
}

impl Submitted {
    /// Resolves when all of the batch is durable that it waits for.
    pub async fn durable(self) -> Result<(), SpoolGone> {
        self.answer.await.map_err(|_| SpoolGone)
    }
}

/// Where the spool's file lies, how often it failed, and what became of earlier ones.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) path: PathBuf,
    pub(super) mark: FailureMark,
    pub(super) past: Past,
}

/// The spool; `run` it on a thread of its own.
pub struct Spool {
    queue: Queue,
    clock: Clock,
    commands: mpsc::Receiver<Command>,
    /// Appends that wait until all is durable. Who appends limits them.
    waiting: Vec<oneshot::Sender<()>>,
    tails: watch::Sender<Tails>,
    /// `None` if no file was asked for.
    site: Option<Site>,
}

pub(super) fn pair(queue: Queue, clock: Clock, site: Option<Site>) -> (Spool, SpoolHandle) {
    let (sender, commands) = mpsc::channel(COMMANDS_MAX);
    let (tails, watcher) = watch::channel(Tails { epoch: queue.epoch(), next: queue.tails() });
    let handle = SpoolHandle { commands: sender, tails: watcher };
    (Spool { queue, clock, commands, waiting: Vec::new(), tails, site }, handle)
}

impl Spool {
    /// Works until the last handle is gone, then seals what still waits. After a failed write the file is not touched any
    /// more: an fsync that is tried again may claim what it lost.
    pub fn run(mut self) -> Result<(), SpoolError> {
        let outcome = self.work();
        self.turn_away();
        if let Err(error) = &outcome {
            self.give_up_file(error);
        }
        outcome
    }

    /// Whoever waits learns that nobody works here any more, also one who hands something in at this moment: a channel that
    /// is merely dropped may keep what comes in between, and its sender would wait for ever.
    fn turn_away(&mut self) {
        self.waiting.clear();
        self.commands.close();
        while self.commands.blocking_recv().is_some() {}
    }

    fn work(&mut self) -> Result<(), SpoolError> {
        let timer = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a timer needs nothing from the system");
        let started_ms = (self.clock)().mono_ms;
        let mut healthy_ms = self.queue.is_durable().then(|| started_ms + HEALTHY_AFTER.as_millis() as u64);
        let mut batch = Vec::with_capacity(COMMANDS_MAX);
        loop {
            let wait = self.queue.due_ms().map(|due_ms| due_ms.saturating_sub((self.clock)().mono_ms));
            let received = timer.block_on(receive(&mut self.commands, &mut batch, wait));
            if received == Received::Closed {
                self.queue.seal_all(&(self.clock)())?;
                self.tell_waiting();
                info!("the spool is sealed");
                return Ok(());
            }
            self.handle(&mut batch)?;
            let is_healthy = |healthy_ms: &mut u64| (self.clock)().mono_ms >= *healthy_ms;
            if let Some((_, site)) = healthy_ms.take_if(is_healthy).zip(self.site.as_ref()) {
                site.mark.clear();
            }
        }
    }

    /// One round: everything that waits to be appended shares a commit; the rest is answered after it.
    fn handle(&mut self, batch: &mut Vec<Command>) -> Result<(), SpoolError> {
        let now = (self.clock)();
        let mut joined = Batch::default();
        let mut urgent_only = Vec::new();
        let mut questions = Vec::new();
        for command in batch.drain(..) {
            match command {
                Command::Append { batch, durable } => {
                    match batch.waits_for() {
                        Wait::Urgent => urgent_only.push(durable),
                        Wait::All | Wait::AllNow => self.waiting.push(durable),
                    }
                    joined.join(batch);
                }
                Command::Confirmed { lane, next } => self.queue.confirmed(lane, next),
                question => questions.push(question),
            }
        }
        self.queue.append(joined, &now)?;
        self.publish_tails();
        tell(urgent_only);
        if self.queue.is_settled() {
            self.tell_waiting();
        }
        questions.into_iter().try_for_each(|question| self.answer(question, &now))
    }

    fn answer(&mut self, question: Command, now: &Stamp) -> Result<(), SpoolError> {
        // An answer that nobody waits for any more is not an error: the uplink reconnects at any time.
        match question {
            Command::Read { lane, from, limit, reply } => {
                let _ = reply.send(self.queue.read(lane, from, limit)?);
            }
            Command::Resume { resume, reply } => {
                let epoch = self.queue.epoch();
                let positions = self.queue.resume(&resume, now)?;
                if positions.epoch != epoch {
                    self.rolled_back(now);
                }
                self.publish_tails();
                let _ = reply.send(positions);
            }
            Command::Bookmarks { reply } => {
                let _ = reply.send(self.queue.bookmarks());
            }
            Command::Status { reply } => {
                let loss = self.site.as_ref().and_then(|site| site.past.loss(now.wall_ms));
                let _ = reply.send(Status { loss, ..self.queue.status(now)? });
            }
            Command::Append { .. } | Command::Confirmed { .. } => {}
        }
        Ok(())
    }

    fn tell_waiting(&mut self) {
        tell(self.waiting.drain(..));
    }

    fn publish_tails(&self) {
        let tails = Tails { epoch: self.queue.epoch(), next: self.queue.tails() };
        self.tails.send_if_modified(|known| std::mem::replace(known, tails) != tails);
    }

    /// The file was an old image, and has left its epoch.
    fn rolled_back(&mut self, now: &Stamp) {
        if let Some(site) = self.site.as_mut().filter(|_| self.queue.is_durable()) {
            site.past.rolled_back(now.wall_ms);
            site.past.holds(self.queue.epoch());
        }
    }

    fn give_up_file(&mut self, error: &SpoolError) {
        let Some(site) = self.site.as_mut().filter(|_| self.queue.is_durable()) else { return };
        match error {
            SpoolError::Storage(StoreError::Damaged { what }) => {
                error!(path = %site.path.display(), what, "the spool file is damaged");
                if let Err(error) = set_aside(&site.path, &mut site.past, (self.clock)().wall_ms) {
                    error!(path = %site.path.display(), %error, "the damaged spool file could not be set aside");
                }
            }
            error => {
                let error = error as &dyn std::error::Error;
                error!(path = %site.path.display(), error, "the spool stops: its storage failed");
                site.mark.add();
            }
        }
    }
}

fn tell(durable: impl IntoIterator<Item = oneshot::Sender<()>>) {
    for durable in durable {
        // Whoever gave up waiting has its records all the same.
        let _ = durable.send(());
    }
}

#[derive(PartialEq)]
enum Received {
    Commands,
    Closed,
}

/// Waits for commands, at most `wait_ms`, and takes all that are there.
async fn receive(
    commands: &mut mpsc::Receiver<Command>,
    batch: &mut Vec<Command>,
    wait_ms: Option<u64>,
) -> Received {
    let receiving = commands.recv_many(batch, COMMANDS_MAX);
    let received = match wait_ms {
        None => receiving.await,
        Some(wait_ms) => match tokio::time::timeout(Duration::from_millis(wait_ms), receiving).await {
            Ok(received) => received,
            Err(_) => return Received::Commands,
        },
    };
    if received == 0 { Received::Closed } else { Received::Commands }
}
