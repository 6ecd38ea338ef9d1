//! Reads the journal by position. Readers never hold a transaction longer than one bounded read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use wire::{EdgeId, Epoch, Lane, Seq};

use super::medium::Medium;
use super::segment::{Next, Segment, name_of};
use super::{Entry, JournalError, Position};

/// redb's page cache of a segment that is only read, by people now and then.
const READ_CACHE_BYTES: usize = 1 << 20;

/// All segments; those that are only read are opened when somebody first asks for them.
pub(super) struct Segments {
    medium: Arc<dyn Medium>,
    by_first: RwLock<BTreeMap<u64, Option<Arc<Segment>>>>,
    end: AtomicU64,
}

impl Segments {
    pub(super) fn new(medium: Arc<dyn Medium>, firsts: &[u64], current: Arc<Segment>) -> Self {
        let mut by_first: BTreeMap<u64, Option<Arc<Segment>>> =
            firsts.iter().map(|first| (*first, None)).collect();
        by_first.insert(current.first, Some(current));
        Self { medium, by_first: RwLock::new(by_first), end: AtomicU64::new(0) }
    }

    pub(super) fn add(&self, segment: Arc<Segment>) {
        self.by_first.write().expect("no reader panics with the lock").insert(segment.first, Some(segment));
    }

    /// Closes segments that nobody reads just now, but for the two newest: each open one keeps a page cache.
    pub(super) fn close_idle(&self) {
        let mut by_first = self.by_first.write().expect("no reader panics with the lock");
        for segment in by_first.values_mut().rev().skip(2) {
            if segment.as_ref().is_some_and(|segment| Arc::strong_count(segment) == 1) {
                *segment = None;
            }
        }
    }

    pub(super) fn remove(&self, first: u64) {
        self.by_first.write().expect("no reader panics with the lock").remove(&first);
    }

    pub(super) fn set_end(&self, next: u64) {
        self.end.store(next, Ordering::Release);
    }

    pub(super) fn get(&self, first: u64) -> Result<Arc<Segment>, JournalError> {
        let known =
            self.by_first.read().expect("no reader panics with the lock").get(&first).cloned().flatten();
        if let Some(segment) = known {
            return Ok(segment);
        }
        let mut by_first = self.by_first.write().expect("no reader panics with the lock");
        let slot = by_first.entry(first).or_default();
        if let Some(segment) = slot {
            return Ok(segment.clone());
        }
        let name = name_of(first);
        let db = self
            .medium
            .open(&name, READ_CACHE_BYTES)
            .map_err(|source| JournalError::Open { name: name.clone(), source })?;
        let segment = Arc::new(Segment::new(name, first, db));
        *slot = Some(segment.clone());
        Ok(segment)
    }

    /// The oldest segment, unless it is the one that is written.
    pub(super) fn oldest_complete(&self) -> Option<u64> {
        let by_first = self.by_first.read().expect("no reader panics with the lock");
        let oldest = *by_first.keys().next()?;
        (by_first.len() > 1).then_some(oldest)
    }

    pub(super) fn bytes(&self, medium: &dyn Medium) -> u64 {
        let by_first = self.by_first.read().expect("no reader panics with the lock");
        by_first.keys().filter_map(|first| medium.size(&name_of(*first)).ok()).sum()
    }

    fn firsts_from(&self, number: u64) -> Vec<u64> {
        let by_first = self.by_first.read().expect("no reader panics with the lock");
        let start = by_first.range(..=number).next_back().map_or(number, |(first, _)| *first);
        by_first.range(start..).map(|(first, _)| *first).collect()
    }

    fn firsts(&self) -> Vec<u64> {
        self.by_first.read().expect("no reader panics with the lock").keys().copied().collect()
    }
}

#[derive(Clone)]
pub struct Reader {
    segments: Arc<Segments>,
}

impl Reader {
    pub(super) fn new(segments: Arc<Segments>) -> Self {
        Self { segments }
    }

    /// Entries from `from` on, at most `max`. Fewer means that there are no more.
    pub fn read(&self, from: Position, max: usize) -> Result<Vec<(Position, Entry)>, JournalError> {
        let mut entries = Vec::new();
        self.visit(from, |position, entry| {
            entries.push((position, entry));
            if entries.len() < max { Next::GoOn } else { Next::Stop }
        })?;
        Ok(entries)
    }

    /// Calls `each` for the entries from `from` on until it says stop.
    pub fn visit(
        &self,
        from: Position,
        mut each: impl FnMut(Position, Entry) -> Next,
    ) -> Result<(), JournalError> {
        for first in self.segments.firsts_from(from.number()) {
            let segment = self.segments.get(first)?;
            let wanted = segment.read(from.number(), |number, entry| each(Position::of(number), entry))?;
            if wanted == Next::Stop {
                break;
            }
        }
        Ok(())
    }

    /// The first entry at or after this hub time, or the end of the journal.
    pub fn position_at(&self, hub_ms: i64) -> Result<Position, JournalError> {
        for first in self.segments.firsts() {
            if let Some(number) = self.segments.get(first)?.number_at(hub_ms)? {
                return Ok(Position::of(number));
            }
        }
        Ok(self.end())
    }

    /// The position after the last entry.
    pub fn end(&self) -> Position {
        Position::of(self.segments.end.load(Ordering::Acquire))
    }

    /// The oldest position that is kept.
    pub fn oldest(&self) -> Position {
        Position::of(self.segments.firsts().first().copied().unwrap_or(0))
    }

    /// Where the run of records lies that holds `seq`, if it is still kept: its position, and whether the run goes so far.
    pub fn lane_floor(
        &self,
        edge: &EdgeId,
        lane: Lane,
        epoch: Epoch,
        seq: Seq,
    ) -> Result<Option<Position>, JournalError> {
        for first in self.segments.firsts().into_iter().rev() {
            if let Some((number, _)) = self.segments.get(first)?.lane_floor(edge, lane, epoch, seq)? {
                return Ok(Some(Position::of(number)));
            }
        }
        Ok(None)
    }
}
