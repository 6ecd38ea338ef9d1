//! How the hub itself stands: for `/healthz`, `/readyz` and the page.

use std::sync::Arc;

use runtime::clock;
use runtime::tls::CrlState;
use tokio::sync::watch;

use crate::correlator::Progress;
use crate::journal::Reader;

/// Correlation that lags further behind than this is a reason not to call the hub ready.
const LAG_READY_MAX_MS: u64 = 10_000;

/// Between the journal's last entry and the start of this process nothing was recorded: the hub was away for at most that
/// long. Exact it is not, for a quiet hub writes seldom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    pub started_ms: i64,
    /// `None`: the journal was empty.
    pub last_entry_ms: Option<i64>,
}

impl Start {
    /// At `wall_ms`, of a hub whose journal ends at `journal_ms` (0: it is empty).
    pub fn new(journal_ms: i64, wall_ms: i64) -> Self {
        Self {
            started_ms: wall_ms.max(journal_ms),
            last_entry_ms: Some(journal_ms).filter(|journal_ms| *journal_ms > 0),
        }
    }

    /// At most.
    pub fn away_s(&self) -> Option<i64> {
        self.last_entry_ms.map(|last_ms| (self.started_ms - last_ms) / 1_000)
    }
}

#[derive(Clone)]
pub struct Status {
    start: Start,
    reader: Reader,
    progress: watch::Receiver<Progress>,
    crl: watch::Receiver<Arc<CrlState>>,
}

impl Status {
    pub fn new(
        start: Start,
        reader: Reader,
        progress: watch::Receiver<Progress>,
        crl: watch::Receiver<Arc<CrlState>>,
    ) -> Self {
        Self { start, reader, progress, crl }
    }

    pub fn start(&self) -> Start {
        self.start
    }

    /// The correlator still runs.
    pub fn live(&self) -> bool {
        self.progress.has_changed().is_ok()
    }

    /// Everything a supervisor relies on works; else the reasons, in words.
    pub fn ready(&self) -> Result<(), Vec<String>> {
        let mut reasons = Vec::new();
        if !self.live() {
            reasons.push("correlation has stopped".to_owned());
        }
        // Taken before the journal's end, which only grows.
        let next = self.progress.borrow().position;
        let end = self.reader.end();
        if next > end {
            reasons.push(format!(
                "the state is ahead of the journal ({next} after {end}): they are not of the same hub"
            ));
        }
        let lag_ms = self.lag_ms();
        if lag_ms > LAG_READY_MAX_MS {
            reasons.push(format!("correlation is {} s behind the journal", lag_ms / 1_000));
        }
        if self.crl.borrow().expired(clock::wall_ms() / 1_000) {
            reasons.push(
                "the revocation list has run out: new edges are refused until `pki renew-crl`".to_owned(),
            );
        }
        if reasons.is_empty() { Ok(()) } else { Err(reasons) }
    }

    /// Age of the oldest journal entry that is not judged yet.
    pub fn lag_ms(&self) -> u64 {
        let next = self.progress.borrow().position;
        if next >= self.reader.end() {
            return 0;
        }
        let oldest =
            self.reader.read(next, 1).ok().and_then(|entries| entries.first().map(|(_, e)| e.hub_ms));
        oldest.map_or(0, |hub_ms| clock::wall_ms().saturating_sub(hub_ms).max(0) as u64)
    }
}
