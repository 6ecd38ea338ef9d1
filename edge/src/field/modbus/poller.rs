//! The task of one device with a connection of its own: polls on its grid, backs off while the device does not answer,
//! and sends one scan per poll. It shares nothing with the other devices, so a dead device delays nobody.
//!
//! Devices behind one gateway each have their connection to it, so that what is wrong with one is dropped without the
//! others. A gateway that accepts fewer connections than it has devices is not served.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};
use wire::Stamp;

use super::inquiry::Inquiry;
use super::schedule::Schedule;
use super::way::TcpWay;
use crate::config::Endpoint;
use crate::field::sample::Scan;
use crate::field::site::Device;

pub(in crate::field) struct Poller<S> {
    inquiry: Inquiry<S>,
    way: TcpWay,
    scans: mpsc::Sender<Scan>,
}

/// The receiver of the scans is gone.
pub(in crate::field) struct ScansClosed;

impl<S: Fn() -> Stamp> Poller<S> {
    pub(in crate::field) fn new(
        device: Device,
        (address, unit): (Endpoint, u8),
        place: usize,
        stamp: S,
        scans: mpsc::Sender<Scan>,
    ) -> Self {
        let way = TcpWay::new(address, unit, device.timeout);
        Self { inquiry: Inquiry::new(device, unit, place, stamp), way, scans }
    }

    /// Polls until the receiver of the scans is gone. `phase` is the device's own place on the grid.
    pub(in crate::field) async fn run(mut self, phase: Duration) -> ScansClosed {
        let Err(closed) = self.poll_always(phase).await;
        closed
    }

    async fn poll_always(&mut self, phase: Duration) -> Result<Infallible, ScansClosed> {
        let start = Instant::now();
        let mut schedule = Schedule::new(self.inquiry.device().poll_interval, phase);
        loop {
            let next = schedule.next(start.elapsed());
            self.inquiry.skipped(next.skipped);
            sleep_until(start + next.at).await;
            let mut again = self.poll_once().await?;
            while let Some(delay) = again {
                sleep(delay).await;
                again = self.poll_once().await?;
                // What passes while the device is out of reach was not skipped: it was tried more often than that.
                schedule.pass(start.elapsed());
            }
        }
    }

    /// One poll and its scan. Gives a delay when the next poll follows the back-off and not the grid.
    async fn poll_once(&mut self) -> Result<Option<Duration>, ScansClosed> {
        let polled = self.inquiry.poll(&mut self.way).await;
        self.scans.send(polled.scan).await.map_err(|_| ScansClosed)?;
        self.inquiry.identify(&mut self.way).await;
        Ok(polled.delay)
    }
}
