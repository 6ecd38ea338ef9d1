//! What the spool counts.

use metrics::{Counter, Gauge, counter, gauge};
use wire::{Lane, Sealed};

use super::account::{Account, Standing};

/// Handles are looked up once, not with every record.
pub(super) struct Metrics {
    records: [Counter; 2],
    envelopes: [Counter; 2],
    given_up: [[Counter; 2]; 2],
    refused: Counter,
    refused_bookmarks: Counter,
    checkpoints: [Counter; 2],
    commits: Counter,
    epochs: Counter,
    bytes: Gauge,
    unconfirmed: [Gauge; 2],
}

impl Metrics {
    pub(super) fn new() -> Self {
        let given_up = |lane: Lane, standing: Standing| counter!("spool_records_given_up_total", "lane" => lane.name(), "standing" => standing.name());
        Self {
            records: Lane::ALL.map(|lane| counter!("spool_records_total", "lane" => lane.name())),
            envelopes: Lane::ALL.map(|lane| counter!("spool_envelopes_total", "lane" => lane.name())),
            given_up: Lane::ALL
                .map(|lane| [given_up(lane, Standing::Confirmed), given_up(lane, Standing::Unconfirmed)]),
            refused: counter!("spool_records_refused_total"),
            checkpoints: ["signed", "failed"]
                .map(|outcome| counter!("spool_checkpoints_total", "outcome" => outcome)),
            refused_bookmarks: counter!("spool_bookmarks_refused_total"),
            commits: counter!("spool_commits_total"),
            epochs: counter!("spool_epochs_renewed_total"),
            bytes: gauge!("spool_bytes"),
            unconfirmed: Lane::ALL.map(|lane| gauge!("spool_unconfirmed_records", "lane" => lane.name())),
        }
    }

    pub(super) fn appended(&self, lane: Lane, sealed: &Sealed) {
        self.records[lane.index()].increment(sealed.next.0 - sealed.first.0);
        self.envelopes[lane.index()].increment(1);
    }

    pub(super) fn gave_up(&self, lane: Lane, standing: Standing, records: u64) {
        self.given_up[lane.index()][standing as usize].increment(records);
    }

    pub(super) fn refused(&self, records: usize) {
        self.refused.increment(records as u64);
    }

    pub(super) fn refused_bookmark(&self) {
        self.refused_bookmarks.increment(1);
    }

    pub(super) fn signed(&self) {
        self.checkpoints[0].increment(1);
    }

    pub(super) fn not_signed(&self) {
        self.checkpoints[1].increment(1);
    }

    pub(super) fn committed(&self, account: &Account) {
        self.commits.increment(1);
        self.bytes.set(account.bytes() as f64);
        for lane in Lane::ALL {
            self.unconfirmed[lane.index()].set(account.lane(lane).unconfirmed() as f64);
        }
    }

    pub(super) fn renewed(&self) {
        self.epochs.increment(1);
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}
