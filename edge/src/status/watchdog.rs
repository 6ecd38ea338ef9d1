//! Tells the service manager how the edge is, and that it still makes progress: only while the watch, the spool and the
//! field do. A stage that stands still starves the watchdog, and the service manager starts the edge anew.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use runtime::service::{Notice, Notifier};
use runtime::shutdown::Shutdown;
use tokio::time::{MissedTickBehavior, interval};
use tracing::error;

use super::board::Board;
use super::report::Report;
use super::verdict::Fault;

/// How often the line of status is renewed where no watchdog sets the pace.
const PACE: Duration = Duration::from_secs(10);

pub struct Watchdog {
    board: Board,
    notifier: Arc<Notifier>,
}

impl Watchdog {
    pub fn new(board: Board, notifier: Arc<Notifier>) -> Self {
        Self { board, notifier }
    }

    pub async fn run(self, shutdown: Shutdown) -> Result<(), Infallible> {
        // Three times within the limit: one late answer is no reason to be killed.
        let pace = self.notifier.watchdog().map_or(PACE, |limit| (limit / 3).min(PACE));
        let mut looks = interval(pace.max(Duration::from_millis(10)));
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut starving = false;
        loop {
            tokio::select! {
                () = shutdown.wait() => return Ok(()),
                _ = looks.tick() => {}
            }
            let (report, faults) = tokio::select! {
                () = shutdown.wait() => return Ok(()),
                judged = self.board.judged() => judged,
            };
            let was_starving = starving;
            starving = faults.into_iter().any(Fault::stands_still);
            if starving && !was_starving {
                error!(
                    faults = report.faults.join("; "),
                    "a stage stands still; the watchdog is not fed any more"
                );
            }
            let mut notices = vec![Notice::Status(line(&report))];
            notices.extend((!starving).then_some(Notice::Alive));
            self.notifier.tell(&notices);
        }
    }
}

fn line(report: &Report) -> String {
    let online = report.devices.iter().filter(|device| device.link == "online").count();
    let hub = if report.uplink.connected { "connected to the hub" } else { "no connection to the hub" };
    let waiting =
        report.spool.as_ref().map_or(0, |spool| spool.urgent.unconfirmed + spool.routine.unconfirmed);
    let concerns = report.faults.len() + report.warnings.len();
    let more = if concerns == 0 { String::new() } else { format!("; {concerns} things to look at") };
    format!("{online} of {} devices online, {hub}, {waiting} records wait{more}", report.devices.len())
}
