//! The task of one serial bus: asks its units in their turns, sends one scan per poll, and grants what annunciators wish.
//! While the port is not there, every unit is out of reach, every wish is refused, and the port is tried again.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use runtime::backoff::Backoff;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::{error, info};
use wire::Stamp;

use super::failure::ScanFailure;
use super::inquiry::{Inquiry, Polled};
use super::line::Line;
use super::poller::ScansClosed;
use super::shared_line::SharedLine;
use super::turns::{Next, Spent, Turns};
use super::way::RtuWay;
use super::wish::Wishes;
use crate::config::BusConfig;
use crate::field::sample::Scan;
use crate::field::site::Device;

/// An adapter that was pulled and put back is there within a moment.
const REOPEN_FIRST: Duration = Duration::from_millis(250);
const REOPEN_MAX: Duration = Duration::from_secs(2);

pub(in crate::field) struct Bus<S> {
    config: BusConfig,
    units: Vec<Inquiry<S>>,
    scans: mpsc::Sender<Scan>,
    wishes: Wishes,
    reopen: Backoff,
    /// Whether it was said that the port is not there.
    gone: bool,
}

/// A device of the bus: its unit, and its place in the site.
pub(in crate::field) struct Member {
    pub(in crate::field) device: Device,
    pub(in crate::field) unit: u8,
    pub(in crate::field) place: usize,
}

impl<S: Fn() -> Stamp + Clone> Bus<S> {
    pub(in crate::field) fn new(
        config: BusConfig,
        members: Vec<Member>,
        stamp: S,
        scans: mpsc::Sender<Scan>,
        wishes: Wishes,
    ) -> Self {
        let inquiry = |Member { device, unit, place }| Inquiry::new(device, unit, place, stamp.clone());
        let units = members.into_iter().map(inquiry).collect();
        Self { config, units, scans, wishes, reopen: Backoff::new(REOPEN_FIRST, REOPEN_MAX), gone: false }
    }

    /// Serves the bus until the receiver of the scans is gone.
    pub(in crate::field) async fn run(mut self) -> ScansClosed {
        let Err(closed) = self.serve_always().await;
        closed
    }

    async fn serve_always(&mut self) -> Result<Infallible, ScansClosed> {
        loop {
            let broken = match Line::open(&self.config) {
                Ok(line) => {
                    self.returned();
                    self.serve(line).await?
                }
                Err(error) => error,
            };
            self.lost(&broken);
            for unit in &mut self.units {
                let failure = ScanFailure::Port(again(&broken));
                let Polled { scan, .. } = unit.unreached(failure);
                self.scans.send(scan).await.map_err(|_| ScansClosed)?;
            }
            self.wishes.refuse(|| again(&broken), self.reopen.next_delay()).await;
        }
    }

    /// Asks the units in their turns until the port breaks. Gives the reason.
    async fn serve(&mut self, line: Line) -> Result<io::Error, ScansClosed> {
        let start = Instant::now();
        let intervals: Vec<Duration> = self.units.iter().map(|unit| unit.device().poll_interval).collect();
        let mut turns = Turns::new(&intervals);
        let mut line = SharedLine::new(line, &mut self.wishes);
        loop {
            let next = turns.next();
            // A bus that no device is on may still have sirens.
            if let Err(ScanFailure::Port(error)) = line.idle(next.map(|next| start + next.at)).await {
                return Ok(error);
            }
            let Some(Next { unit, .. }) = next else { continue };
            let from = start.elapsed();
            let inquiry = &mut self.units[unit];
            let mut way = RtuWay { unit: inquiry.unit(), limit: inquiry.device().timeout, line: &mut line };
            let Polled { scan, delay } = inquiry.poll(&mut way).await;
            if let Err(ScanFailure::Port(error)) = scan.outcome {
                return Ok(error);
            }
            self.scans.send(scan).await.map_err(|_| ScansClosed)?;
            inquiry.identify(&mut way).await;
            // The bus is drained at the expense of whoever made it necessary.
            if let Err(ScanFailure::Port(error)) = line.settle().await {
                return Ok(error);
            }
            let skipped = turns.polled(unit, Spent { from, to: start.elapsed() }, delay);
            inquiry.skipped(skipped);
        }
    }

    fn returned(&mut self) {
        let BusConfig { id, path, mode, .. } = &self.config;
        self.reopen.reset();
        if std::mem::take(&mut self.gone) {
            info!(bus = %id, path = %path.display(), "the serial port is back");
        } else {
            info!(bus = %id, path = %path.display(), baud = mode.baud, units = self.units.len(), "serving the bus");
        }
    }

    fn lost(&mut self, cause: &io::Error) {
        let BusConfig { id, path, .. } = &self.config;
        metrics::counter!("edge_bus_port_failures_total", "bus" => id.to_string()).increment(1);
        if !std::mem::replace(&mut self.gone, true) {
            error!(
                bus = %id, path = %path.display(), units = self.units.len(),
                "the serial port is not there, and none of its units is watched: {cause}"
            );
        }
    }
}

/// An error cannot be copied, and every unit and every wish gets its own.
pub(super) fn again(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}
