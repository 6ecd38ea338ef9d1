//! What others ask the watch and tell it while it works. An answer also proves that the watch still turns: the watchdog of
//! the service manager is fed from nothing else.

use tokio::sync::{mpsc, oneshot};
use wire::{DeviceId, Stamp};

use crate::clock;
use crate::detect::{Detector, OwnValues};
use crate::field::{Scan, ScanFailure, Site};

/// Questions that may wait: a few status pages and the health task. Further askers wait themselves.
const INQUIRIES_MAX: usize = 16;

#[derive(Debug)]
pub enum Inquiry {
    Standing(oneshot::Sender<Standing>),
    Own(OwnValues),
    Hold(Hold),
}

/// The wish that nothing be detected for a moment.
#[derive(Debug)]
pub struct Hold {
    /// Told once all that was detected is sealed.
    pub held: oneshot::Sender<()>,
    /// The watch goes on when the other end is gone.
    pub until: oneshot::Receiver<()>,
}

/// How the room and the clock stand, as the detectors see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// In the order of the site.
    pub devices: Vec<DeviceStanding>,
    /// `None` before the hub's first word.
    pub clock: Option<clock::Health>,
    /// By how much the clock is ahead of the hub's.
    pub clock_ahead_ms: Option<i64>,
}

/// How a device stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceStanding {
    pub id: DeviceId,
    /// As its `link` point says; `unknown` until something was heard or missed.
    pub link: &'static str,
    pub scans: ScanCount,
    /// Points whose numbers are beyond a limit, too fast or stuck, in words.
    pub marked: Vec<String>,
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

    /// The watch detects nothing more, and all it found is sealed, until what comes back is dropped; `None` if there is no
    /// watch any more. Scans wait meanwhile: whoever holds it keeps to a limit.
    pub async fn hold(&self) -> Option<oneshot::Sender<()>> {
        let ((held, is_held), (release, until)) = (oneshot::channel(), oneshot::channel());
        self.0.send(Inquiry::Hold(Hold { held, until })).await.ok()?;
        is_held.await.ok().map(|()| release)
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

    /// What was counted, for the watch after a reload.
    pub fn leave(self, detector: &Detector) -> Vec<(DeviceId, ScanCount)> {
        detector.links().map(|(id, _)| id).zip(self.counts).collect()
    }

    pub fn take_over(&mut self, detector: &Detector, counted: Vec<(DeviceId, ScanCount)>) {
        for ((id, _), count) in detector.links().zip(&mut self.counts) {
            if let Some((_, known)) = counted.iter().find(|(known, _)| *known == id) {
                *count = known.clone();
            }
        }
    }

    pub fn standing(&self, detector: &Detector, now: Stamp) -> Standing {
        let device =
            |(((id, link), scans), marked): (((DeviceId, &'static str), &ScanCount), Vec<String>)| {
                DeviceStanding { id, link, scans: scans.clone(), marked }
            };
        let devices = detector.links().zip(&self.counts).zip(detector.marked()).map(device).collect();
        Standing { devices, clock: detector.clock_health(), clock_ahead_ms: detector.clock_ahead_ms(now) }
    }
}
