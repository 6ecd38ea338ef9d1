//! What others ask the watch and tell it while it works. An answer also proves that the watch still turns: the watchdog of
//! the service manager is fed from nothing else.

use tokio::sync::{mpsc, oneshot};
use wire::DeviceId;

use crate::clock;
use crate::detect::{Detector, OwnValues};
use crate::field::{Scan, ScanFailure, Site};

/// Questions that may wait: a few status pages and the health task. Further askers wait themselves.
const INQUIRIES_MAX: usize = 16;

#[derive(Debug)]
pub enum Inquiry {
    Standing(oneshot::Sender<Standing>),
    Own(OwnValues),
}

/// How the room and the clock stand, as the detectors see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// In the order of the site.
    pub devices: Vec<DeviceStanding>,
    /// `None` before the hub's first word.
    pub clock: Option<clock::Health>,
}

/// How a device stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceStanding {
    pub id: DeviceId,
    /// As its `link` point says; `unknown` until something was heard or missed.
    pub link: &'static str,
    pub scans: ScanCount,
}

/// What the watch counted of a device's scans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanCount {
    pub good: u64,
    pub failed: u64,
    /// By the monotonic clock of the machine.
    pub last_ms: Option<u64>,
    pub last_good_ms: Option<u64>,
    /// Why the last scan failed, if it did.
    pub failure: Option<String>,
}

/// The way to the watch.
#[derive(Clone, Debug)]
pub struct WatchHandle(mpsc::Sender<Inquiry>);

/// The other end: the watch answers it between two scans.
#[derive(Debug)]
pub struct Inquiries {
    receiver: mpsc::Receiver<Inquiry>,
    counts: Vec<ScanCount>,
}

pub fn inquiries(site: &Site) -> (WatchHandle, Inquiries) {
    let (sender, receiver) = mpsc::channel(INQUIRIES_MAX);
    let counts = vec![ScanCount::default(); site.devices.len()];
    (WatchHandle(sender), Inquiries { receiver, counts })
}

impl WatchHandle {
    /// `None`: there is no watch any more.
    pub async fn standing(&self) -> Option<Standing> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Inquiry::Standing(reply)).await.ok()?;
        answer.await.ok()
    }

    /// A watch that is gone has ended the others already.
    pub async fn tell(&self, own: OwnValues) {
        let _ = self.0.send(Inquiry::Own(own)).await;
    }
}

impl Inquiries {
    /// Never resolves once nobody can ask any more. Safe to use in `select!`.
    pub async fn next(&mut self) -> Inquiry {
        match self.receiver.recv().await {
            Some(inquiry) => inquiry,
            None => std::future::pending().await,
        }
    }

    pub fn count(&mut self, scan: &Scan) {
        let Some(count) = self.counts.get_mut(scan.device) else { return };
        count.last_ms = Some(scan.stamp.mono_ms);
        match &scan.outcome {
            Ok(_) => {
                count.good += 1;
                count.last_good_ms = count.last_ms;
                count.failure = None;
            }
            // That it is back is no failure; why it does not count as heard it is told all the same.
            Err(failure @ ScanFailure::Returned) => count.failure = Some(failure.to_string()),
            Err(failure) => {
                count.failed += 1;
                count.failure = Some(failure.to_string());
            }
        }
    }

    pub fn standing(&self, detector: &Detector) -> Standing {
        let device = |((id, link), scans): ((DeviceId, &'static str), &ScanCount)| DeviceStanding {
            id,
            link,
            scans: scans.clone(),
        };
        let devices = detector.links().zip(&self.counts).map(device).collect();
        Standing { devices, clock: detector.clock_health() }
    }
}
