//! The way back from memory: an edge that found no disk at its start goes on to it once there is room again, and nothing is
//! lost by it. It looks every few seconds, and then goes the way of a reload.
//!
//! No loop: room has to last, a file has to be written and synced beside the spool first, and each return that ended in
//! memory again doubles the wait for the next one.

use std::convert::Infallible;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use runtime::shutdown::Shutdown;
use runtime::tasks::TaskGroup;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, info, warn};
use wire::heartbeat::Storage;

use super::{Life, Plan};
use crate::health::Disk;
use crate::inquiry::WatchHandle;
use crate::spool::SpoolHandle;

/// As much as memory may hold: with less, the disk would be full again with the next burst. The file itself may have to grow.
const ROOM_BYTES: u64 = 16 << 20;
/// Room is looked for so often while it has to last.
const LOOKS: u32 = 4;
/// No device is looked at meanwhile. Longer than a hub needs to confirm what a room says in a moment: that it confirms at all
/// is known before.
const HOLD_MAX: Duration = Duration::from_secs(2);
const CONFIRM_WAIT: Duration = Duration::from_secs(10);
const CONFIRM_POLL: Duration = Duration::from_millis(20);
/// However often it was in vain.
const WAIT_MAX: Duration = Duration::from_secs(60 * 60);
const TRIAL_BYTES: usize = 64 << 10;

/// Outlives the stages, which the return ends.
#[derive(Debug, Default)]
pub(super) struct Returning {
    wish: Notify,
    /// Returns in a row that ended in memory again.
    in_vain: AtomicU32,
}

impl Returning {
    /// Resolves when the stages are to be built anew. Safe to use in `select!`.
    pub(super) async fn wished(&self) {
        self.wish.notified().await;
        self.in_vain.fetch_add(1, Ordering::Relaxed);
    }

    fn wait(&self, base: Duration) -> Duration {
        wait(base, self.in_vain.load(Ordering::Relaxed))
    }
}

fn wait(base: Duration, in_vain: u32) -> Duration {
    base.saturating_mul(2_u32.saturating_pow(in_vain)).min(WAIT_MAX.max(base))
}

/// Looks for the disk as long as the stages work from memory.
struct Lookout {
    spool: SpoolHandle,
    watch: WatchHandle,
    path: PathBuf,
    room_bytes: u64,
    returning: Arc<Returning>,
    wait: Duration,
}

pub(super) fn spawn(
    tasks: &mut TaskGroup,
    plan: &Plan,
    life: &Life,
    (spool, watch): (SpoolHandle, WatchHandle),
    shutdown: &Shutdown,
) {
    let config = &plan.config.spool;
    let returning = Arc::clone(&life.returning);
    let wait = returning.wait(config.return_after);
    let room_bytes = ROOM_BYTES.min(config.bytes_max);
    let lookout = Lookout { spool, watch, path: config.path.clone(), room_bytes, returning, wait };
    tasks.spawn("memory", lookout.run(shutdown.clone()));
}

impl Lookout {
    async fn run(self, shutdown: Shutdown) -> Result<(), Infallible> {
        tokio::select! {
            () = shutdown.wait() => {}
            () = self.work() => {}
        }
        // The spool ends once nobody can reach it any more.
        drop((self.spool, self.watch));
        shutdown.wait().await;
        Ok(())
    }

    async fn work(&self) {
        if !self.is_in_memory().await {
            self.returning.in_vain.store(0, Ordering::Relaxed);
            return;
        }
        let mut room_since = None;
        loop {
            sleep(self.wait / LOOKS).await;
            if !self.has_room().await {
                room_since = None;
                continue;
            }
            let since = *room_since.get_or_insert_with(Instant::now);
            if since.elapsed() < self.wait / 2 {
                continue;
            }
            // Without a hub the room is not left unwatched for a moment.
            if timeout(CONFIRM_WAIT, self.all_confirmed()).await.is_err() {
                continue;
            }
            let Some(held) = self.watch.hold().await else { return };
            if timeout(HOLD_MAX, self.all_confirmed()).await.is_ok() {
                info!(path = %self.path.display(), "the disk has room again: the spool goes back to it");
                self.returning.wish.notify_one();
                // Held until the stages end.
                std::future::pending::<()>().await;
            }
            drop(held);
            debug!("the disk has room again; the spool stays in memory until the hub has confirmed all");
        }
    }

    async fn is_in_memory(&self) -> bool {
        self.spool.status().await.is_ok_and(|status| status.storage == Storage::Memory)
    }

    async fn has_room(&self) -> bool {
        if Disk::under(&self.path).is_none_or(|disk| disk.free_bytes < self.room_bytes) {
            return false;
        }
        let path = self.path.clone();
        let tried = tokio::task::spawn_blocking(move || try_disk(&path)).await;
        match tried.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())) {
            Ok(()) => true,
            Err(error) => {
                warn!(path = %self.path.display(), %error, "the disk has room, but cannot be written: the spool stays in memory");
                false
            }
        }
    }

    async fn all_confirmed(&self) {
        loop {
            match self.spool.status().await {
                Ok(status) if status.lanes.iter().all(|lane| lane.unconfirmed == 0) => return,
                _ => sleep(CONFIRM_POLL).await,
            }
        }
    }
}

/// Writes and syncs a file beside the spool, and takes it away again.
fn try_disk(spool: &Path) -> io::Result<()> {
    let mut name = spool.as_os_str().to_owned();
    name.push(".trial");
    let trial = PathBuf::from(name);
    let written = File::create(&trial).and_then(|mut file| {
        file.write_all(&[0x5A; TRIAL_BYTES])?;
        file.sync_all()
    });
    let removed = fs::remove_file(&trial);
    written.and(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_in_vain_is_tried_less_and_less_often() {
        let base = Duration::from_secs(180);
        assert_eq!([0, 1, 2, 30].map(|in_vain| wait(base, in_vain).as_secs()), [180, 360, 720, 3_600]);
        assert_eq!(wait(Duration::from_secs(86_400), 3).as_secs(), 86_400);
    }

    #[test]
    fn a_disk_is_tried_and_nothing_stays_behind() {
        let folder = tempfile::tempdir().unwrap();
        try_disk(&folder.path().join("spool.redb")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(try_disk(&folder.path().join("nowhere/spool.redb")).is_err());
    }
}
