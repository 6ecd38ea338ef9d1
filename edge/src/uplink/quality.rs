//! How good the link to the hub is, measured on what it carries anyway. Pure: time comes in as an argument.

use std::collections::{BTreeMap, VecDeque};

use tokio::time::Instant;

/// PUBACKs that minimum, mean and 95th percentile are taken of.
const TRIPS_MAX: usize = 256;
/// What was confirmed in this time makes the throughput.
const THROUGHPUT_MS: u64 = 60_000;
/// The share of time connected is kept by the hour, for a day.
const HOUR_MS: u64 = 3_600_000;
const HOURS_MAX: usize = 24;

/// The link as it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quality {
    /// The address in use, or the one that is tried.
    pub hub: String,
    /// Its place in the configuration, from 0.
    pub place: usize,
    pub connected: bool,
    /// `None` while there is a connection, and before the first attempt has failed.
    pub down: Option<Down>,
    /// From publish to PUBACK, which is sent once the hub has it on its disk. `None` before the first.
    pub round_trip: Option<RoundTrip>,
    /// How long the latest heartbeat's confirm took: what the way itself and the hub's disk need.
    pub heartbeat_ms: Option<u64>,
    /// Bytes per second that the hub confirmed in the last minute.
    pub throughput: u64,
    /// Bytes per second that the link was seen to take when there was enough to send; 0 while nothing is known.
    pub rate: u64,
    /// Bytes of MQTT payload since the start.
    pub bytes_sent: u64,
    pub bytes_confirmed: u64,
    /// Connections that broke or were given up, and attempts that failed, since the start. A change to the preferred way and
    /// the end of the process are neither.
    pub reconnects: u64,
    /// Parts per thousand of the last day, or of the time since the start.
    pub connected_permille: u16,
}

impl Quality {
    /// Whether the address in use is the first one of the configuration.
    pub fn is_preferred(&self) -> bool {
        self.place == 0
    }
}

/// There is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Down {
    pub since: Instant,
    /// By address: why the latest attempt there came to nothing, and what a person can do about it.
    pub failures: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    pub min_ms: u64,
    pub mean_ms: u64,
    pub p95_ms: u64,
}

/// Keeps the measure.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    quality: Quality,
    trips_ms: VecDeque<u64>,
    /// What was confirmed, and when.
    confirmed: VecDeque<(u64, u64)>,
    /// The latest hour last: when it began, and the time connected in it.
    hours: VecDeque<(u64, u64)>,
    began_ms: u64,
    counted_ms: u64,
}

impl Meter {
    pub(super) fn new(now_ms: u64) -> Self {
        Self {
            quality: Quality::default(),
            trips_ms: VecDeque::new(),
            confirmed: VecDeque::new(),
            hours: VecDeque::from([(now_ms, 0)]),
            began_ms: now_ms,
            counted_ms: now_ms,
        }
    }

    /// This address is tried from now on.
    pub(super) fn tries(&mut self, hub: String, place: usize) {
        self.quality.hub = hub;
        self.quality.place = place;
    }

    pub(super) fn connected(&mut self, now_ms: u64) {
        self.count(now_ms);
        self.quality.connected = true;
        self.quality.down = None;
    }

    /// The connection to the address in use ended, or none came about.
    pub(super) fn reconnect(&mut self, failure: String, now: Instant, now_ms: u64) {
        self.count(now_ms);
        self.quality.connected = false;
        let down = self.quality.down.get_or_insert(Down { since: now, failures: BTreeMap::new() });
        down.failures.insert(self.quality.hub.clone(), failure);
        self.quality.reconnects += 1;
    }

    pub(super) fn sent(&mut self, bytes: usize) {
        self.quality.bytes_sent += bytes as u64;
    }

    pub(super) fn heartbeat(&mut self, trip_ms: u64) {
        self.quality.heartbeat_ms = Some(trip_ms);
    }

    pub(super) fn confirmed(&mut self, trip_ms: u64, bytes: usize, rate: u64, now_ms: u64) {
        if self.trips_ms.len() == TRIPS_MAX {
            self.trips_ms.pop_front();
        }
        self.trips_ms.push_back(trip_ms);
        self.quality.bytes_confirmed += bytes as u64;
        self.quality.rate = rate;
        match self.confirmed.back_mut() {
            // By the second: a minute of a fast link would be a long list otherwise.
            Some((at_ms, sum)) if now_ms.saturating_sub(*at_ms) < 1_000 => *sum += bytes as u64,
            _ => self.confirmed.push_back((now_ms, bytes as u64)),
        }
    }

    pub(super) fn quality(&mut self, now_ms: u64) -> Quality {
        self.count(now_ms);
        while self.confirmed.front().is_some_and(|(at_ms, _)| now_ms.saturating_sub(*at_ms) > THROUGHPUT_MS) {
            self.confirmed.pop_front();
        }
        let confirmed: u64 = self.confirmed.iter().map(|(_, bytes)| bytes).sum();
        let since_ms = now_ms.saturating_sub(self.began_ms).clamp(1_000, THROUGHPUT_MS);
        self.quality.throughput = confirmed.saturating_mul(1_000) / since_ms;
        self.quality.round_trip = self.round_trip();
        let connected_ms: u64 = self.hours.iter().map(|(_, connected_ms)| connected_ms).sum();
        let first_ms = self.hours.front().map_or(now_ms, |(began_ms, _)| *began_ms);
        let all_ms = now_ms.saturating_sub(first_ms).max(1);
        self.quality.connected_permille = (connected_ms.min(all_ms) * 1_000 / all_ms) as u16;
        self.quality.clone()
    }

    fn round_trip(&self) -> Option<RoundTrip> {
        let mut sorted: Vec<u64> = self.trips_ms.iter().copied().collect();
        sorted.sort_unstable();
        let sum: u64 = sorted.iter().sum();
        Some(RoundTrip {
            min_ms: *sorted.first()?,
            mean_ms: sum / sorted.len() as u64,
            p95_ms: sorted[(sorted.len() - 1) * 95 / 100],
        })
    }

    /// Books the time since the last look.
    fn count(&mut self, now_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.counted_ms);
        self.counted_ms = now_ms;
        let (began_ms, connected_ms) = self.hours.back_mut().expect("there is always an hour");
        if self.quality.connected {
            *connected_ms += passed_ms;
        }
        if now_ms.saturating_sub(*began_ms) >= HOUR_MS {
            self.hours.push_back((now_ms, 0));
        }
        if self.hours.len() > HOURS_MAX {
            self.hours.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn round_trips_are_summed_up_over_the_latest() {
        let mut meter = Meter::new(0);
        assert_eq!(meter.quality(0).round_trip, None);
        meter.confirmed(9_999, 100, 0, 0);
        (1..=256).for_each(|trip_ms| meter.confirmed(trip_ms, 100, 7, trip_ms));
        let quality = meter.quality(300);
        assert_eq!(quality.round_trip, Some(RoundTrip { min_ms: 1, mean_ms: 128, p95_ms: 243 }));
        assert_eq!((quality.bytes_confirmed, quality.rate), (25_700, 7));
    }

    #[test]
    fn throughput_is_of_the_last_minute() {
        let mut meter = Meter::new(0);
        (0..120).for_each(|second| meter.confirmed(5, 800, 0, second * 1_000));
        assert_eq!(meter.quality(119_000).throughput, 813);
        assert_eq!(meter.quality(300_000).throughput, 0);
    }

    #[test]
    fn while_there_is_no_connection_each_address_says_why() {
        let (mut meter, since) = (Meter::new(0), Instant::now());
        for (second, hub, failure) in [(0, "a:1", "silent"), (1, "b:2", "revoked"), (2, "a:1", "refused")] {
            meter.tries(hub.to_owned(), 0);
            meter.reconnect(failure.to_owned(), since + Duration::from_secs(second), second * 1_000);
        }
        let failures = [("a:1", "refused"), ("b:2", "revoked")];
        let failures = failures.map(|(hub, failure)| (hub.to_owned(), failure.to_owned()));
        assert_eq!(meter.quality(3_000).down, Some(Down { since, failures: BTreeMap::from(failures) }));
        meter.connected(4_000);
        assert_eq!(meter.quality(5_000).down, None);
    }

    #[test]
    fn the_share_of_time_connected_is_of_the_last_day() {
        let mut meter = Meter::new(0);
        meter.connected(1_000);
        meter.reconnect("refused".to_owned(), Instant::now(), 3_000);
        let quality = meter.quality(4_000);
        assert_eq!((quality.connected_permille, quality.reconnects, quality.connected), (500, 1, false));
        // A good day later the bad beginning is forgotten.
        meter.connected(4_000);
        (1..=30).for_each(|hour| drop(meter.quality(4_000 + hour * HOUR_MS)));
        assert_eq!(meter.quality(4_000 + 31 * HOUR_MS).connected_permille, 1_000);
    }
}
