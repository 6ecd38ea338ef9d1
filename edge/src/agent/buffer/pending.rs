//! Reports that the disk did not take, in memory until it takes them or until the edge has them. Pure.

use std::collections::VecDeque;

use super::{Dropped, Position};

/// Half a day of heartbeats, and a small part of the memory that the service may have.
pub(super) const PENDING_BYTES_MAX: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct Pending {
    /// Later than all that is on the disk, oldest first.
    reports: VecDeque<Report>,
    bytes: usize,
}

#[derive(Debug)]
pub(super) struct Report {
    pub(super) position: Position,
    pub(super) json: Vec<u8>,
    pub(super) events: u32,
}

impl Pending {
    pub(super) fn new() -> Self {
        Self { reports: VecDeque::new(), bytes: 0 }
    }

    /// Says what had to go for it: the oldest without events first, then the oldest of all.
    pub(super) fn push(&mut self, report: Report) -> Dropped {
        self.bytes += report.json.len();
        self.reports.push_back(report);
        let mut dropped = Dropped::default();
        while self.bytes > PENDING_BYTES_MAX && self.reports.len() > 1 {
            let quiet = self.reports.iter().position(|report| report.events == 0);
            if let Some(gone) = self.reports.remove(quiet.unwrap_or(0)) {
                self.bytes -= gone.json.len();
                dropped.add(Dropped { reports: 1, events: gone.events.into() });
            }
        }
        dropped
    }

    /// Whoever cannot do anything with it gives it back.
    pub(super) fn take_first(&mut self) -> Option<Report> {
        let first = self.reports.pop_front()?;
        self.bytes -= first.json.len();
        Some(first)
    }

    pub(super) fn give_back(&mut self, first: Report) {
        self.bytes += first.json.len();
        self.reports.push_front(first);
    }

    pub(super) fn has_events(&self) -> bool {
        self.reports.iter().any(|report| report.events > 0)
    }

    /// What the edge has needs no disk any more.
    pub(super) fn forget_before(&mut self, confirmed: Position) {
        while self.reports.front().is_some_and(|first| first.position < confirmed) {
            self.take_first();
        }
    }

    pub(super) fn read(&self, from: Position) -> Option<(Position, Vec<u8>)> {
        let report = self.reports.iter().find(|report| report.position >= from)?;
        Some((report.position, report.json.clone()))
    }

    pub(super) fn len(&self) -> u64 {
        self.reports.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_heartbeats_go_first() {
        let (mut pending, mut dropped) = (Pending::new(), Dropped::default());
        for place in 0..3_000 {
            let events = u32::from(place % 3 == 0);
            dropped.add(pending.push(Report { position: Position(place), json: vec![0; 1_000], events }));
            assert!(pending.bytes <= PENDING_BYTES_MAX);
        }
        assert_eq!(dropped, Dropped { reports: 3_000 - pending.len(), events: 0 });
        let kept = pending.reports.iter().filter(|report| report.events > 0).count();
        assert_eq!(kept, 1_000, "no event is lost");
        pending.push(Report { position: Position(3_000), json: vec![0; 2 * PENDING_BYTES_MAX], events: 1 });
        assert_eq!(pending.len(), 1, "the newest stays");
    }
}
