//! What the uplink counts.

use metrics::{Counter, Gauge, counter, gauge};
use wire::{Epoch, Lane, Seq};

use super::quality::{Quality, RoundTrip};
use super::reason::Reason;

pub(super) struct Metrics {
    sent: [Counter; 2],
    resent: [Counter; 2],
    confirmed: [Counter; 2],
    heartbeats: Counter,
    connected: Gauge,
    window: Gauge,
    /// Minimum, mean and 95th percentile.
    trips: [Gauge; 3],
    throughput: Gauge,
    connected_share: Gauge,
    preferred: Gauge,
    /// How far each lane was ever sent: what is sent again lies before it.
    reached: [Option<(Epoch, Seq)>; 2],
}

impl Metrics {
    pub(super) fn new() -> Self {
        let per_lane = |name: &'static str| Lane::ALL.map(|lane| counter!(name, "lane" => lane.name()));
        Self {
            sent: per_lane("uplink_envelopes_sent_total"),
            resent: per_lane("uplink_envelopes_resent_total"),
            confirmed: per_lane("uplink_envelopes_confirmed_total"),
            heartbeats: counter!("uplink_heartbeats_sent_total"),
            connected: gauge!("uplink_connected"),
            window: gauge!("uplink_window"),
            trips: ["min", "mean", "p95"].map(|part| gauge!("uplink_puback_seconds", "part" => part)),
            throughput: gauge!("uplink_throughput_bytes_per_second"),
            connected_share: gauge!("uplink_connected_share"),
            preferred: gauge!("uplink_preferred_hub"),
            reached: [None; 2],
        }
    }

    pub(super) fn connected(&self) {
        self.connected.set(1);
    }

    pub(super) fn reconnect(&self, reason: Reason) {
        self.connected.set(0);
        counter!("uplink_reconnects_total", "reason" => reason.name()).increment(1);
    }

    pub(super) fn sent(&mut self, epoch: Epoch, lane: Lane, first: Seq, next: Seq) {
        self.sent[lane.index()].increment(1);
        let reached = &mut self.reached[lane.index()];
        match reached {
            Some((known, reached)) if *known == epoch && first < *reached => {
                self.resent[lane.index()].increment(1);
                *reached = next.max(*reached);
            }
            _ => *reached = Some((epoch, next)),
        }
    }

    pub(super) fn confirmed(&self, lane: Lane, window: usize) {
        self.confirmed[lane.index()].increment(1);
        self.window.set(window as f64);
    }

    pub(super) fn quality(&self, quality: &Quality) {
        if let Some(RoundTrip { min_ms, mean_ms, p95_ms }) = quality.round_trip {
            let parts = self.trips.iter().zip([min_ms, mean_ms, p95_ms]);
            parts.for_each(|(gauge, ms)| gauge.set(ms as f64 / 1_000.0));
        }
        self.throughput.set(quality.throughput as f64);
        self.connected_share.set(f64::from(quality.connected_permille) / 1_000.0);
        self.preferred.set(f64::from(u8::from(quality.is_preferred())));
    }

    pub(super) fn heartbeat(&self) {
        self.heartbeats.increment(1);
    }
}
