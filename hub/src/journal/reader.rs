//! Reads the journal by position. Readers never hold a transaction longer than one bounded read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};

use wire::{EdgeId, Epoch, Lane, Seq};

use super::medium::Medium;
use super::segment::{Next, Segment, name_of};
use super::{Entry, JournalError, Position};

/// redb's page cache of a segment that is only read, by people now and then.
const READ_CACHE_BYTES: usize = 1 << 20;

/// Segments that stay open beside those that are being read: a search over years of them opens fewer.
const OPEN_MAX: usize = 16;

/// All segments; those that are only read are opened when somebody first asks for them.
pub(super) struct Segments {
    medium: Arc<dyn Medium>,
    by_first: RwLock<BTreeMap<u64, Arc<Slot>>>,
    end: AtomicU64,
}

/// The place of one segment. Its lock is held while the file is opened or closed: redb refuses a file that is open already,
/// and only those who want this segment wait for it.
struct Slot {
    first: u64,
    state: Mutex<State>,
}

enum State {
    Closed,
    Open(Arc<Segment>),
    /// Retention has deleted it; whoever found it in the map before that skips it.
    Deleted,
}

impl Slot {
    fn new(first: u64, state: State) -> Arc<Self> {
        Arc::new(Self { first, state: Mutex::new(state) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with the lock")
    }

    fn is_open(&self) -> bool {
        self.state.try_lock().is_ok_and(|state| matches!(*state, State::Open(_)))
    }

    /// Closes it unless somebody reads it, or is about to.
    fn close_if_idle(&self) {
        if let Ok(mut state) = self.state.try_lock()
            && matches!(&*state, State::Open(segment) if Arc::strong_count(segment) == 1)
        {
            *state = State::Closed;
        }
    }
}

impl Segments {
    pub(super) fn new(medium: Arc<dyn Medium>, firsts: &[u64], current: Arc<Segment>) -> Self {
        let slots = firsts.iter().map(|first| (*first, Slot::new(*first, State::Closed)));
        let segments = Self { medium, by_first: RwLock::new(slots.collect()), end: AtomicU64::new(0) };
        segments.add(current);
        segments
    }

    fn map(&self) -> RwLockReadGuard<'_, BTreeMap<u64, Arc<Slot>>> {
        self.by_first.read().expect("nobody panics with the lock")
    }

    fn map_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<u64, Arc<Slot>>> {
        self.by_first.write().expect("nobody panics with the lock")
    }

    pub(super) fn add(&self, segment: Arc<Segment>) {
        self.map_mut().insert(segment.first, Slot::new(segment.first, State::Open(segment)));
    }

    /// Closes segments that nobody reads just now, but for the two newest: each open one keeps a page cache.
    pub(super) fn close_idle(&self) {
        self.map().values().rev().skip(2).for_each(|slot| slot.close_if_idle());
    }

    /// From here on readers skip it. Those that read it just now keep its file until they have done.
    pub(super) fn remove(&self, first: u64) {
        let slot = self.map_mut().remove(&first);
        if let Some(slot) = slot {
            *slot.lock() = State::Deleted;
        }
    }

    pub(super) fn set_end(&self, next: u64) {
        self.end.store(next, Ordering::Release);
    }

    /// `None`: retention has deleted it.
    pub(super) fn get(&self, first: u64) -> Result<Option<Arc<Segment>>, JournalError> {
        let slot = self.map().get(&first).cloned();
        let Some(slot) = slot else { return Ok(None) };
        let segment = {
            let mut state = slot.lock();
            match &*state {
                State::Open(segment) => return Ok(Some(segment.clone())),
                State::Deleted => return Ok(None),
                State::Closed => {}
            }
            let name = name_of(slot.first);
            let db = self
                .medium
                .open(&name, READ_CACHE_BYTES)
                .map_err(|source| JournalError::Open { name: name.clone(), source })?;
            let segment = Arc::new(Segment::new(name, slot.first, db));
            *state = State::Open(segment.clone());
            segment
        };
        if self.open() > OPEN_MAX {
            self.close_idle();
        }
        Ok(Some(segment))
    }

    fn open(&self) -> usize {
        self.map().values().filter(|slot| slot.is_open()).count()
    }

    /// The oldest segment, unless it is the one that is written.
    pub(super) fn oldest_complete(&self) -> Option<u64> {
        let by_first = self.map();
        let oldest = *by_first.keys().next()?;
        (by_first.len() > 1).then_some(oldest)
    }

    pub(super) fn bytes(&self, medium: &dyn Medium) -> u64 {
        let by_first = self.map();
        by_first.keys().filter_map(|first| medium.size(&name_of(*first)).ok()).sum()
    }

    fn firsts_from(&self, number: u64) -> Vec<u64> {
        let by_first = self.map();
        let start = by_first.range(..=number).next_back().map_or(number, |(first, _)| *first);
        by_first.range(start..).map(|(first, _)| *first).collect()
    }

    fn firsts(&self) -> Vec<u64> {
        self.map().keys().copied().collect()
    }

    /// How many of these segments, oldest first, `is_before` holds for; it must hold for all that are older than one for
    /// which it holds. Asks the newest first and goes back in doubling strides, because most questions are about what is
    /// new; a deleted segment is before everything.
    fn count_before(
        &self,
        firsts: &[u64],
        mut is_before: impl FnMut(&Segment) -> Result<bool, JournalError>,
    ) -> Result<usize, JournalError> {
        let (mut low, mut high, mut stride) = (0, firsts.len(), 1);
        while low < high {
            let middle = if low == 0 { high - high.min(stride) } else { low + (high - low) / 2 };
            stride *= 2;
            let before = match self.get(firsts[middle])? {
                Some(segment) => is_before(&segment)?,
                None => true,
            };
            if before {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

/// A run of a lane's records that were appended together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneRun {
    /// The entry in which it begins.
    pub position: Position,
    pub first: Seq,
    /// The record after the last: this one and all after it are not in the run.
    pub next: Seq,
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

    /// Whether a position is one of this journal, and not of another shard.
    pub fn knows(&self, position: Position) -> bool {
        position == Position::of(position.number())
    }

    /// Calls `each` for the entries from `from` on until it says stop. Entries that retention has deleted are skipped.
    pub fn visit(
        &self,
        from: Position,
        mut each: impl FnMut(Position, Entry) -> Next,
    ) -> Result<(), JournalError> {
        if !self.knows(from) {
            return Ok(());
        }
        for first in self.segments.firsts_from(from.number()) {
            let Some(segment) = self.segments.get(first)? else { continue };
            let wanted = segment.read(from.number(), |number, entry| each(Position::of(number), entry))?;
            if wanted == Next::Stop {
                break;
            }
        }
        Ok(())
    }

    /// The first entry at or after this hub time, or the end of the journal.
    pub fn position_at(&self, hub_ms: i64) -> Result<Position, JournalError> {
        // Hub time never runs backwards: the entry lies in the last segment that begins before this time, or is the first of
        // the one after it.
        let firsts = self.segments.firsts();
        let before = self.segments.count_before(&firsts, |segment| {
            Ok(segment.begin_ms()?.is_none_or(|begin_ms| begin_ms < hub_ms))
        })?;
        if let Some(last) = before.checked_sub(1)
            && let Some(segment) = self.segments.get(firsts[last])?
            && let Some(number) = segment.number_at(hub_ms)?
        {
            return Ok(Position::of(number));
        }
        Ok(firsts.get(before).map_or(self.end(), |first| Position::of(*first)))
    }

    /// The position after the last entry.
    pub fn end(&self) -> Position {
        Position::of(self.segments.end.load(Ordering::Acquire))
    }

    /// The oldest position that is kept.
    pub fn oldest(&self) -> Position {
        Position::of(self.segments.firsts().first().copied().unwrap_or(0))
    }

    /// The last run of records that begins at or before `seq`, in the only segment that can hold this record. It holds it
    /// only if it goes on beyond it.
    pub fn lane_run(
        &self,
        edge: &EdgeId,
        lane: Lane,
        epoch: Epoch,
        seq: Seq,
    ) -> Result<Option<LaneRun>, JournalError> {
        let firsts = self.segments.firsts();
        if let Some(newest) = firsts.last()
            && let Some(segment) = self.segments.get(*newest)?
            && let Some(run) = segment.lane_run(edge, lane, epoch, seq)?
        {
            return Ok(Some(run));
        }
        let before = self
            .segments
            .count_before(&firsts, |segment| Ok(!segment.lane_had_come_to(edge, lane, epoch, seq)?))?;
        let Some(first) = firsts.get(before) else { return Ok(None) };
        let Some(segment) = self.segments.get(*first)? else { return Ok(None) };
        segment.lane_run(edge, lane, epoch, seq)
    }
}
