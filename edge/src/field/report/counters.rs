//! What is counted and logged of an agent's reports.

use metrics::Counter;
use runtime::causes::in_full;
use tracing::warn;
use wire::DeviceId;

use super::order::Arrived;
use super::parse::Rejected;

pub(super) struct Counters {
    device: String,
    taken: Counter,
    duplicates: Counter,
    missed: Counter,
    rolled_back: Counter,
    unreadable: Counter,
    unmapped: Counter,
    /// What was logged about the last report; the same reason is not logged again and again.
    rejecting: Option<&'static str>,
    /// Whether something was wrong with the report before this one, and with this one: a faulty agent logs once.
    before: Fault,
    now: Fault,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Found,
    None,
}

impl Counters {
    pub(super) fn new(device: &DeviceId) -> Self {
        let device = device.to_string();
        let counter = |name: &'static str| metrics::counter!(name, "device" => device.clone());
        Self {
            taken: counter("edge_host_reports_total"),
            duplicates: counter("edge_host_reports_duplicate_total"),
            missed: counter("edge_host_reports_missed_total"),
            rolled_back: counter("edge_host_reports_rolled_back_total"),
            unreadable: counter("edge_host_events_unreadable_total"),
            unmapped: counter("edge_host_samples_without_point_total"),
            device,
            rejecting: None,
            before: Fault::None,
            now: Fault::None,
        }
    }

    pub(super) fn taken(&mut self) {
        self.taken.increment(1);
        self.rejecting = None;
        self.before = std::mem::replace(&mut self.now, Fault::None);
    }

    /// Whether the fault is to be logged.
    fn is_news(&mut self) -> bool {
        self.now = Fault::Found;
        self.before == Fault::None
    }

    pub(super) fn rejected(&mut self, device: &DeviceId, rejected: &Rejected) {
        let reason = rejected.name();
        metrics::counter!("edge_host_reports_rejected_total", "device" => self.device.clone(), "reason" => reason)
            .increment(1);
        if self.rejecting.replace(reason) != Some(reason) {
            warn!(%device, reason, "a host report was refused: {}", in_full(rejected));
        }
    }

    pub(super) fn arrived(&mut self, arrived: Arrived) {
        match arrived {
            Arrived::Duplicate => self.duplicates.increment(1),
            Arrived::New { missed, rolled_back } => {
                if missed > 0 {
                    self.missed.increment(missed);
                    if self.is_news() {
                        warn!(device = self.device, missed, "reports of a host are missing");
                    }
                }
                if rolled_back {
                    self.rolled_back.increment(1);
                    if self.is_news() {
                        warn!(device = self.device, "a host numbers its reports from anew within one boot");
                    }
                }
            }
        }
    }

    pub(super) fn unreadable(&mut self, events: u64) {
        if events > 0 {
            self.unreadable.increment(events);
            if self.is_news() {
                warn!(device = self.device, events, "events of a host report could not be read");
            }
        }
    }

    pub(super) fn unmapped(&mut self, samples: u64) {
        if samples > 0 {
            self.unmapped.increment(samples);
            if self.is_news() {
                warn!(
                    device = self.device,
                    samples, "the profile of a host has no point for what it reports"
                );
            }
        }
    }
}

impl std::fmt::Debug for Counters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Counters({})", self.device)
    }
}
