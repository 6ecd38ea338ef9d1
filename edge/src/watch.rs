//! The watch: it shows the scans to the detector, tells it of the passing time, and puts what it finds into the spool.

use std::convert::Infallible;
use std::time::Duration;

use runtime::shutdown::Shutdown;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};
use wire::heartbeat::Storage;

use crate::clock::Clock;
use crate::detect::{Detected, Detector, What};
use crate::field::Scan;
use crate::spool::{self, Entry, SpoolGone, SpoolHandle};

/// Scans that share an append, and so a commit: more than a large room delivers while the disk is busy.
const SCANS_MAX: usize = 64;

/// A detector that has nothing to do before long is asked again anyway.
const TICK_MAX: Duration = Duration::from_secs(60);

pub struct Watch {
    detector: Detector,
    snapshot_interval: Duration,
    scans: mpsc::Receiver<Scan>,
    spool: SpoolHandle,
    clock: Clock,
}

impl Watch {
    pub fn new(
        detector: Detector,
        snapshot_interval: Duration,
        scans: mpsc::Receiver<Scan>,
        spool: SpoolHandle,
        clock: Clock,
    ) -> Self {
        Self { detector, snapshot_interval, scans, spool, clock }
    }

    /// Works until nobody scans any more. A spool that is gone says by itself why, and ends the others.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), Infallible> {
        if let Err(SpoolGone) = self.work().await {
            shutdown.wait().await;
        }
        Ok(())
    }

    async fn work(&mut self) -> Result<(), SpoolGone> {
        let durable = self.spool.status().await?.storage == Storage::Durable;
        let found = self.detector.storage(durable, (self.clock)());
        self.put(found).await?;

        let mut snapshots = interval_at(Instant::now() + self.snapshot_interval, self.snapshot_interval);
        snapshots.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut scans = Vec::with_capacity(SCANS_MAX);
        loop {
            let mut found = Vec::new();
            let until_tick = self.until_tick();
            tokio::select! {
                received = self.scans.recv_many(&mut scans, SCANS_MAX) => {
                    if received == 0 {
                        return Ok(());
                    }
                    for scan in scans.drain(..) {
                        found.extend(self.detector.scan(&scan, (self.clock)()));
                    }
                }
                () = sleep(until_tick) => found = self.detector.tick((self.clock)()),
                _ = snapshots.tick() => found = self.detector.snapshot((self.clock)()),
            }
            self.put(found).await?;
        }
    }

    fn until_tick(&self) -> Duration {
        let now_ms = (self.clock)().mono_ms;
        let due =
            self.detector.next_tick_ms().map(|due_ms| Duration::from_millis(due_ms.saturating_sub(now_ms)));
        due.map_or(TICK_MAX, |due| due.min(TICK_MAX))
    }

    async fn put(&self, found: Vec<Detected>) -> Result<(), SpoolGone> {
        if found.is_empty() {
            return Ok(());
        }
        self.spool.append(found.into_iter().map(entry).collect()).await
    }
}

fn entry(Detected { point, lane, what, reading }: Detected) -> Entry {
    let what = match what {
        What::Event => spool::What::Event,
        What::Snapshot => spool::What::Snapshot,
    };
    Entry { lane, what, point, reading }
}
