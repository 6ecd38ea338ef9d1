//! What the load counts, for all edges together.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;

/// Confirm latencies beyond this all count as this.
const LATENCY_MAX_US: u64 = 60_000_000;

pub(crate) struct Tally {
    events: AtomicU64,
    envelopes: AtomicU64,
    payload_bytes: AtomicU64,
    measuring: AtomicBool,
    latency_us: Mutex<Histogram<u64>>,
}

/// Everything confirmed so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Confirmed {
    pub(crate) events: u64,
    pub(crate) envelopes: u64,
    pub(crate) payload_bytes: u64,
}

/// p50, p99 and the longest.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Latency {
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub(crate) max_ms: f64,
    pub(crate) samples: u64,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            events: AtomicU64::new(0),
            envelopes: AtomicU64::new(0),
            payload_bytes: AtomicU64::new(0),
            measuring: AtomicBool::new(false),
            latency_us: Mutex::new(histogram()),
        }
    }

    pub(crate) fn measure(&self, on: bool) {
        self.measuring.store(on, Ordering::Relaxed);
    }

    pub(crate) fn confirmed(&self, more: Confirmed, latencies: impl Iterator<Item = Duration>) {
        self.events.fetch_add(more.events, Ordering::Relaxed);
        self.envelopes.fetch_add(more.envelopes, Ordering::Relaxed);
        self.payload_bytes.fetch_add(more.payload_bytes, Ordering::Relaxed);
        if self.measuring.load(Ordering::Relaxed) {
            let mut histogram = self.latency_us.lock().unwrap_or_else(PoisonError::into_inner);
            latencies.for_each(|latency| histogram.saturating_record(latency.as_micros() as u64));
        }
    }

    pub(crate) fn so_far(&self) -> Confirmed {
        Confirmed {
            events: self.events.load(Ordering::Relaxed),
            envelopes: self.envelopes.load(Ordering::Relaxed),
            payload_bytes: self.payload_bytes.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn latency(&self) -> Latency {
        Latency::of(&self.latency_us.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Latency {
    pub(crate) fn of(microseconds: &Histogram<u64>) -> Self {
        let ms = |us: u64| us as f64 / 1_000.0;
        Self {
            p50_ms: ms(microseconds.value_at_quantile(0.5)),
            p99_ms: ms(microseconds.value_at_quantile(0.99)),
            max_ms: ms(microseconds.max()),
            samples: microseconds.len(),
        }
    }
}

pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATENCY_MAX_US, 2).expect("the bounds are constants that fit")
}
