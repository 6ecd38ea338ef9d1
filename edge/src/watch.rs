//! The watch: it shows the scans to the detector, tells it of the passing time, and puts what it finds into the spool.
//! Whoever sent a report hears that it arrived once all that follows from it is durable.

use std::convert::Infallible;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use gate::Confirm;
use runtime::shutdown::Shutdown;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};
use wire::heartbeat::Storage;
use wire::{DeviceId, Lane};

use crate::annunciator::Tap;
use crate::clock::{Clock, Tie};
use crate::detect::{Detected, Detector, Found, What};
use crate::field::{Receipt, Scan};
use crate::inquiry::{Hold, Inquiries, Inquiry, ScanCount};
use crate::spool::{self, Batch, Entry, SpoolGone, SpoolHandle, Submitted, Wait};

/// Scans that share an append, and so a commit: more than a large room delivers while the disk is busy.
const SCANS_MAX: usize = 64;

/// A detector that has nothing to do before long is asked again anyway: a step of the clock is not to wait for a scan.
const TICK_MAX: Duration = Duration::from_secs(5);

/// Reports that may wait for their confirms; beyond it the spool seals at once. Their senders keep as many in flight only
/// if they are many.
const CONFIRMS_MAX: usize = 4_096;

/// What a watch knew when it ended, for the one that takes its place.
pub struct Legacy {
    pub detector: Detector,
    pub counted: Vec<(DeviceId, ScanCount)>,
}

impl Legacy {
    /// Without what is not true any more.
    #[must_use]
    pub fn of_devices(self, is_unchanged: impl Fn(&DeviceId) -> bool) -> Self {
        let mut detector = self.detector;
        detector.keep(&is_unchanged);
        let counted = self.counted.into_iter().filter(|(id, _)| is_unchanged(id)).collect();
        Self { detector, counted }
    }
}

pub struct Watch {
    detector: Detector,
    snapshot_interval: Duration,
    scans: mpsc::Receiver<Scan>,
    spool: SpoolHandle,
    receipts: Receipts,
    clock: Clock,
    inquiries: Inquiries,
    tap: Tap,
    ties: Option<watch::Receiver<Option<Tie>>>,
    before: Option<Legacy>,
    leaves: Option<oneshot::Sender<Legacy>>,
}

impl Watch {
    pub fn new(
        detector: Detector,
        snapshot_interval: Duration,
        scans: mpsc::Receiver<Scan>,
        spool: SpoolHandle,
        clock: Clock,
        inquiries: Inquiries,
        tap: Tap,
    ) -> Self {
        let receipts = Receipts::default();
        Self {
            detector,
            snapshot_interval,
            scans,
            spool,
            receipts,
            clock,
            inquiries,
            tap,
            ties: None,
            before: None,
            leaves: None,
        }
    }

    /// What the hub's clock says, for the judgement of this machine's.
    #[must_use]
    pub fn tied(mut self, ties: watch::Receiver<Option<Tie>>) -> Self {
        self.ties = Some(ties);
        self
    }

    /// Goes on where another one ended, and leaves to the next one what it knows.
    #[must_use]
    pub fn between(mut self, before: Option<Legacy>, leaves: oneshot::Sender<Legacy>) -> Self {
        (self.before, self.leaves) = (before, Some(leaves));
        self
    }

    /// Works until nobody scans any more. A spool that is gone says by itself why, and ends the others.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), Infallible> {
        if let Err(SpoolGone) = self.work(&shutdown).await {
            shutdown.wait().await;
        }
        if let Some(leaves) = self.leaves {
            let counted = self.inquiries.leave(&self.detector);
            // At the end of the process there is nobody.
            let _ = leaves.send(Legacy { detector: self.detector, counted });
        }
        Ok(())
    }

    async fn work(&mut self, shutdown: &Shutdown) -> Result<(), SpoolGone> {
        let bookmarks = self.spool.bookmarks().await?;
        self.detector.restore(&bookmarks, (self.clock)());
        let goes_on = self.before.take().map(|before| {
            self.inquiries.take_over(&self.detector, before.counted);
            self.detector.take_over(before.detector);
        });
        let durable = self.spool.status().await?.storage == Storage::Durable;
        let found = self.detector.storage(durable, (self.clock)());
        self.put(Round::of(found)).await?;

        if goes_on.is_some() {
            // Nobody would tell what stands under the numbers of a new table until it changes.
            let found = self.detector.snapshot((self.clock)());
            self.put(Round::of(found)).await?;
        }

        let mut snapshots = interval_at(Instant::now() + self.snapshot_interval, self.snapshot_interval);
        snapshots.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut scans = Vec::with_capacity(SCANS_MAX);
        loop {
            self.look_at_tie();
            let mut round = Round::default();
            let until_tick = self.until_tick();
            if until_tick.is_zero() {
                // Where scans are always waiting, a timer that is made anew for each round never rings, and nobody's silence
                // would be noticed for the noise of another.
                let found = self.detector.tick((self.clock)());
                self.put(Round::of(found)).await?;
            }
            let until_tick = self.until_tick();
            tokio::select! {
                received = self.scans.recv_many(&mut scans, SCANS_MAX) => {
                    if received == 0 {
                        return self.receipts.settle(&self.spool).await;
                    }
                    for scan in scans.drain(..) {
                        self.inquiries.count(&scan);
                        round.found.join(self.detector.scan(&scan, (self.clock)()));
                        round.receipts.extend(scan.receipt);
                    }
                }
                settled = self.receipts.next() => settled?,
                () = sleep(until_tick) => round.found = self.detector.tick((self.clock)()),
                inquiry = self.inquiries.next() => match inquiry {
                    Inquiry::Own(values) => round.found = self.detector.own(&values, (self.clock)()),
                    Inquiry::Standing(reply) => {
                        // Whoever asked may have given up waiting.
                        let _ = reply.send(self.inquiries.standing(&self.detector, (self.clock)()));
                    }
                    Inquiry::Hold(hold) => {
                        if self.hold(hold, shutdown).await? == Held::ToTheEnd {
                            return Ok(());
                        }
                    }
                },
                _ = snapshots.tick() => round.found = self.detector.snapshot((self.clock)()),
            }
            self.put(round).await?;
        }
    }

    fn look_at_tie(&mut self) {
        if let Some(ties) = &mut self.ties
            && ties.has_changed().is_ok_and(|changed| changed)
            && let Some(tie) = *ties.borrow_and_update()
        {
            self.detector.tied(tie);
        }
    }

    fn until_tick(&self) -> Duration {
        let now_ms = (self.clock)().mono_ms;
        let due =
            self.detector.next_tick_ms().map(|due_ms| Duration::from_millis(due_ms.saturating_sub(now_ms)));
        due.map_or(TICK_MAX, |due| due.min(TICK_MAX))
    }

    /// What waits in the channel of the scans at the end is not looked at any more: whoever is asked is asked again by those
    /// that take over, and whoever reports sends again what was not confirmed.
    async fn hold(&mut self, Hold { held, until }: Hold, shutdown: &Shutdown) -> Result<Held, SpoolGone> {
        self.spool.append(Batch { wait: Wait::AllNow, ..Batch::default() }).await?;
        self.receipts.drain().await?;
        // Whoever gave up waiting has dropped the other end, too.
        let _ = held.send(());
        tokio::select! {
            () = shutdown.wait() => Ok(Held::ToTheEnd),
            _ = until => Ok(Held::AndReleased),
        }
    }

    /// Hands a round to the spool. A round that nobody waits to hear of is waited for: until it is durable if something urgent
    /// is in it, else until it is taken in. One with reports, or with bookmarks and nothing urgent, may become durable with
    /// the next routine records only: its answer is kept, for the next alarm may stand behind it. Beyond the limit of those
    /// all is sealed at once and waited for.
    async fn put(&mut self, round: Round) -> Result<(), SpoolGone> {
        if round.is_empty() {
            return Ok(());
        }
        // Before the disk: a siren does not wait for it, nor for the hub.
        self.tap.see(&round.found.detected);
        let (mut batch, confirms) = round.into_batch();
        let urgent = batch.entries.iter().any(|entry| entry.lane == Lane::Urgent);
        if confirms.is_empty() && (urgent || batch.bookmarks.is_empty()) {
            return self.spool.append(batch).await;
        }
        if !self.receipts.has_room() {
            batch.wait = Wait::AllNow;
            self.receipts.keep(self.spool.submit(batch).await?, confirms);
            return self.receipts.drain().await;
        }
        self.receipts.keep(self.spool.submit(batch).await?, confirms);
        Ok(())
    }
}

#[derive(PartialEq)]
enum Held {
    ToTheEnd,
    AndReleased,
}

/// What one round of scans brought.
#[derive(Default)]
struct Round {
    found: Found,
    receipts: Vec<Receipt>,
}

impl Round {
    fn of(found: Found) -> Self {
        Self { found, ..Self::default() }
    }

    fn is_empty(&self) -> bool {
        self.found.is_empty() && self.receipts.is_empty()
    }

    fn into_batch(self) -> (Batch, Vec<Confirm>) {
        let wait = if self.receipts.is_empty() { Wait::Urgent } else { Wait::All };
        let Found { detected, mut bookmarks } = self.found;
        let mut confirms = Vec::with_capacity(self.receipts.len());
        for Receipt { bookmark, confirm } in self.receipts {
            bookmarks.extend(bookmark);
            confirms.extend(confirm);
        }
        let entries = detected.into_iter().map(entry).collect();
        (Batch { entries, bookmarks, wait }, confirms)
    }
}

/// Whether a batch became durable, and who waits for it.
type Settled = (Result<(), SpoolGone>, Vec<Confirm>);

/// Senders that wait to hear that their reports are durable.
#[derive(Default)]
struct Receipts {
    pending: FuturesUnordered<BoxFuture<'static, Settled>>,
    confirms: usize,
}

impl Receipts {
    fn has_room(&self) -> bool {
        self.confirms < CONFIRMS_MAX
    }

    fn keep(&mut self, submitted: Submitted, confirms: Vec<Confirm>) {
        self.confirms += weight(&confirms);
        self.pending.push(Box::pin(async move { (submitted.durable().await, confirms) }));
    }

    /// Confirms the next reports that became durable; never ready if none wait.
    async fn next(&mut self) -> Result<(), SpoolGone> {
        match self.pending.next().await {
            Some((durable, confirms)) => {
                self.confirms -= weight(&confirms);
                // Dropped unused, a confirm ends its session, and the report is sent again.
                durable?;
                gate::durable_all(confirms);
                Ok(())
            }
            None => std::future::pending().await,
        }
    }

    async fn drain(&mut self) -> Result<(), SpoolGone> {
        while !self.pending.is_empty() {
            self.next().await?;
        }
        Ok(())
    }

    /// The end: what is still on its way is sealed and confirmed.
    async fn settle(&mut self, spool: &SpoolHandle) -> Result<(), SpoolGone> {
        if self.pending.is_empty() {
            return Ok(());
        }
        spool.append(Batch { wait: Wait::AllNow, ..Batch::default() }).await?;
        self.drain().await
    }
}

/// What an append that is waited for counts towards the limit: a bookmark without a report as much as one report.
fn weight(confirms: &[Confirm]) -> usize {
    confirms.len().max(1)
}

fn entry(Detected { point, lane, what, reading }: Detected) -> Entry {
    let what = match what {
        What::Event => spool::What::Event,
        What::Snapshot => spool::What::Snapshot,
    };
    Entry { lane, what, point, reading }
}
