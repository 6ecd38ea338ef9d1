//! Tells the service manager how the hub is, and that it still makes progress: only while ingest and correlation go round. One
//! that stands still starves the watchdog, and the service manager starts the hub anew.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use runtime::service::{Notice, Notifier};
use runtime::shutdown::Shutdown;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::pulse::Pulse;
use crate::status::Status;

/// How often the line of status is renewed where no watchdog sets the pace. An idle thread goes round several times in it.
const PACE: Duration = Duration::from_secs(10);

pub(super) struct Watchdog {
    pub(super) status: Status,
    pub(super) notifier: Arc<Notifier>,
    /// Of ingest, of correlation.
    pub(super) pulses: [Pulse; 2],
}

impl Watchdog {
    pub(super) async fn run(self, shutdown: Shutdown) -> Result<(), Infallible> {
        // Three times within the limit: one late answer is no reason to be killed.
        let pace = self.notifier.watchdog().map_or(PACE, |limit| (limit / 3).min(PACE));
        let pace = pace.max(Duration::from_millis(10));
        // Not at once: the threads have only begun.
        let mut looks = interval_at(Instant::now() + pace, pace);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut counted = [0; 2];
        let mut starving = false;
        loop {
            tokio::select! {
                () = shutdown.wait() => break,
                _ = looks.tick() => {}
            }
            let now = [self.pulses[0].count(), self.pulses[1].count()];
            let alive = has_progressed(counted, now);
            if !alive && !starving {
                tracing::error!("ingest or correlation stands still; the watchdog is not fed any more");
            }
            (starving, counted) = (!alive, now);
            let mut notices = vec![Notice::Status(self.line().await)];
            notices.extend(alive.then_some(Notice::Alive));
            self.notifier.tell(&notices);
        }
        self.notifier.tell(&[Notice::Stopping]);
        Ok(())
    }

    async fn line(&self) -> String {
        let status = self.status.clone();
        match tokio::task::spawn_blocking(move || status.ready()).await {
            Ok(Ok(())) => "everything works".to_owned(),
            Ok(Err(reasons)) => reasons.join("; "),
            Err(_) => "the status cannot be read".to_owned(),
        }
    }
}

fn has_progressed(before: [u64; 2], now: [u64; 2]) -> bool {
    before.iter().zip(now).all(|(before, now)| *before != now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thread_that_stands_still_is_enough_to_starve() {
        let (ingest, correlation) = (Pulse::default(), Pulse::default());
        let counts = || [ingest.count(), correlation.count()];
        let before = counts();
        ingest.beat();
        assert!(!has_progressed(before, counts()));
        correlation.beat();
        assert!(has_progressed(before, counts()));
    }
}
