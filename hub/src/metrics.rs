//! The hub's own counters. Names and labels stand here and nowhere else.

use std::time::Duration;

use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::incident::StepKind;
use crate::ingest::batch::Tally;
use crate::situation::Changes;

#[derive(Clone)]
pub struct IngestMetrics {
    envelopes: Counter,
    records: Counter,
    duplicates: Counter,
    duplicates_unverified: Counter,
    forks: Counter,
    gaps: Counter,
    losses: Counter,
    quarantined: Counter,
    quarantine_dropped: Counter,
    /// Proved, wrong, not compared, of an unknown signatory, not counted.
    checkpoints: [Counter; 5],
    commits: Counter,
    entries: Counter,
    commit_seconds: Histogram,
    confirm_seconds: Histogram,
    waiting_urgent: Gauge,
    waiting_routine: Gauge,
}

impl Default for IngestMetrics {
    fn default() -> Self {
        Self {
            envelopes: counter!("ingest_envelopes_total"),
            records: counter!("ingest_records_total"),
            duplicates: counter!("ingest_duplicates_total"),
            duplicates_unverified: counter!("ingest_duplicates_unverified_total"),
            forks: counter!("ingest_forks_total"),
            gaps: counter!("ingest_gaps_total"),
            losses: counter!("ingest_losses_total"),
            quarantined: counter!("ingest_quarantined_total"),
            quarantine_dropped: counter!("ingest_quarantine_dropped_total"),
            checkpoints: ["proved", "wrong", "not_compared", "unknown_signatory", "not_counted"]
                .map(|outcome| counter!("ingest_checkpoints_total", "outcome" => outcome)),
            commits: counter!("journal_commits_total"),
            entries: counter!("journal_entries_total"),
            commit_seconds: histogram!("journal_commit_seconds"),
            confirm_seconds: histogram!("ingest_confirm_seconds"),
            waiting_urgent: gauge!("ingest_waiting_envelopes", "lane" => "urgent"),
            waiting_routine: gauge!("ingest_waiting_envelopes", "lane" => "routine"),
        }
    }
}

impl IngestMetrics {
    pub fn tally(&self, tally: Tally) {
        self.envelopes.increment(tally.envelopes);
        self.records.increment(tally.records);
        self.duplicates.increment(tally.duplicates);
        self.duplicates_unverified.increment(tally.duplicates_unverified);
        self.forks.increment(tally.forks);
        self.gaps.increment(tally.gaps);
        self.losses.increment(tally.losses);
        self.quarantined.increment(tally.quarantined);
        self.quarantine_dropped.increment(tally.quarantine_dropped);
        let checkpoints = [
            tally.checkpoints_proved,
            tally.checkpoints_wrong,
            tally.checkpoints_not_compared,
            tally.checkpoints_unknown_signatory,
            tally.checkpoints_not_counted,
        ];
        self.checkpoints.iter().zip(checkpoints).for_each(|(counter, count)| counter.increment(count));
    }

    pub fn commit(&self, entries: usize, elapsed: Duration) {
        self.commits.increment(1);
        self.entries.increment(entries as u64);
        self.commit_seconds.record(elapsed);
    }

    /// From the socket to the confirm: the longest of a commit.
    pub fn confirm_latency(&self, elapsed: Duration) {
        self.confirm_seconds.record(elapsed);
    }

    pub fn waiting(&self, urgent: usize, routine: usize) {
        self.waiting_urgent.set(urgent as f64);
        self.waiting_routine.set(routine as f64);
    }
}

#[derive(Clone)]
pub struct CorrelateMetrics {
    entries: Counter,
    busy_seconds: Histogram,
    commits: Counter,
    commit_seconds: Histogram,
    records: Counter,
    records_without_table: Counter,
    opened: Counter,
    closed: Counter,
}

impl Default for CorrelateMetrics {
    fn default() -> Self {
        Self {
            entries: counter!("correlate_entries_total"),
            busy_seconds: histogram!("correlate_busy_seconds"),
            commits: counter!("store_commits_total"),
            commit_seconds: histogram!("store_commit_seconds"),
            records: counter!("correlate_records_total"),
            records_without_table: counter!("correlate_records_without_table_total"),
            opened: counter!("incidents_opened_total"),
            closed: counter!("incidents_closed_total"),
        }
    }
}

impl CorrelateMetrics {
    pub fn judged(&self, entries: u64, elapsed: Duration) {
        self.entries.increment(entries);
        self.busy_seconds.record(elapsed);
    }

    pub fn committed(&self, changes: &Changes, elapsed: Duration, records: u64, without_table: u64) {
        self.commits.increment(1);
        self.commit_seconds.record(elapsed);
        self.records.absolute(records);
        self.records_without_table.absolute(without_table);
        for incident in &changes.incidents {
            if incident.timeline.len() == 1 && matches!(incident.timeline[0].what, StepKind::Opened(_)) {
                self.opened.increment(1);
            }
            if !incident.is_open() {
                self.closed.increment(1);
            }
        }
    }
}
