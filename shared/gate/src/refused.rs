//! The one way in which a refusal, a cut or a loss is made known: counted always, logged at a bounded rate.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tracing::warn;

use crate::log_limit::{LogLimit, Verdict};

pub(crate) struct Refused {
    log_limit: Mutex<LogLimit>,
}

impl Refused {
    pub(crate) fn new(logged_per_s: u32) -> Self {
        Self { log_limit: Mutex::new(LogLimit::new(logged_per_s)) }
    }

    /// `who` and `detail` are only formatted when the line is written.
    pub(crate) fn note(&self, reason: &'static str, who: &dyn fmt::Display, detail: &dyn fmt::Display) {
        metrics::counter!("gate_refused_total", "reason" => reason).increment(1);
        let verdict = self.lock().judge(reason, Instant::now());
        match verdict {
            Verdict::Log { suppressed: 0 } => warn!(reason, peer = %who, %detail, "refused by the gate"),
            Verdict::Log { suppressed } => {
                warn!(reason, peer = %who, %detail, suppressed, "refused by the gate; others before it were not logged");
            }
            Verdict::Suppress => {}
        }
    }

    /// Called from time to time, so that a sum does not wait for the next refusal to be told.
    pub(crate) fn sum_up(&self) {
        let sums = self.lock().sums(Instant::now());
        for (reason, suppressed) in sums {
            warn!(reason, suppressed, "refused by the gate; too many to log each");
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LogLimit> {
        self.log_limit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
