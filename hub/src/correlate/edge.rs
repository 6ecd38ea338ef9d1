//! What correlation knows of one edge: its point tables, its clocks, the gaps it has explained and those it has not.

use std::collections::HashMap;
use std::ops::Range;

use wire::{EdgeId, Epoch, Gap, GapReason, Lane, PartId, PointTable, Seq, Stamp, TableVersion};

use crate::journal::{Loss, LossKind, Missing};
use crate::situation::memory::{EdgeMemory, Unexplained, Unread};
use crate::situation::{Attachment, EdgeState, LivenessView, Lost, event_time, lost};

/// Gap records that are remembered to explain what is found missing later.
const EXPLAINED_MAX: usize = 64;
/// Missing runs that wait for an explanation. An edge with more has lost its evidence in any case: the oldest fires at once.
const UNEXPLAINED_MAX: usize = 64;
/// Table versions that are kept ready; the store keeps all.
const TABLES_READY_MAX: usize = 8;
/// Tables of one edge in its life. A table changes when a technician changes the edge's devices.
const TABLES_MAX: usize = 256;
/// Envelopes that wait for their table: it comes within moments, or behind a backlog.
const UNREAD_MAX: usize = 64;

#[derive(Debug)]
pub struct Edge {
    pub state: EdgeState,
    pub memory: EdgeMemory,
    /// Place of the part in the world.
    pub part: usize,
    /// Places in the part of each table's points, most recently used last.
    ready: Vec<(TableVersion, Vec<u32>)>,
    /// Encoded: a decoded table takes many times the memory and is wanted seldom.
    tables: HashMap<TableVersion, Box<[u8]>>,
    pub changed: bool,
}

impl Edge {
    pub fn new(edge: EdgeId, part_id: PartId, part: usize, registered: bool, hub_ms: i64) -> Self {
        let state = EdgeState {
            edge,
            part: part_id,
            liveness: LivenessView::Unknown,
            since_ms: hub_ms,
            boots: Vec::new(),
            registered,
            attachment: Attachment::Detached,
            proved: None,
            unproved: None,
            lost: Vec::new(),
        };
        Self::restore(state, EdgeMemory::default(), part, Vec::new())
    }

    pub fn restore(state: EdgeState, memory: EdgeMemory, part: usize, tables: Vec<PointTable>) -> Self {
        let tables = tables.into_iter().map(|table| (table.version(), table.bytes().into())).collect();
        Self { state, memory, part, ready: Vec::new(), tables, changed: true }
    }

    /// Makes a table the most recently used; false if its places are not known.
    pub fn make_ready(&mut self, version: TableVersion) -> bool {
        let Some(place) = self.ready.iter().rposition(|(ready, _)| *ready == version) else { return false };
        if place + 1 < self.ready.len() {
            let used = self.ready.remove(place);
            self.ready.push(used);
        }
        true
    }

    /// The places of the table that was used last.
    pub fn places(&self) -> Option<&[u32]> {
        self.ready.last().map(|(_, places)| places.as_slice())
    }

    pub fn table(&self, version: TableVersion) -> Option<PointTable> {
        let bytes = self.tables.get(&version)?;
        Some(PointTable::decode(bytes).expect("only tables are learnt"))
    }

    pub fn has_table(&self, version: TableVersion) -> bool {
        // What was used last is looked at first: this is asked for every envelope.
        self.ready.last().is_some_and(|(ready, _)| *ready == version) || self.tables.contains_key(&version)
    }

    /// Keeps an envelope until its table comes. False if there is no room: it stays in the journal, unjudged.
    pub fn keep_unread(&mut self, unread: Unread) -> bool {
        if self.memory.unread.len() == UNREAD_MAX {
            return false;
        }
        self.changed = true;
        self.memory.unread.push(unread);
        true
    }

    /// What waited for this table, in the order in which it came.
    pub fn take_unread(&mut self, version: TableVersion) -> Vec<Unread> {
        self.memory.unread.extract_if(.., |unread| unread.table == version).collect()
    }

    pub fn table_in_force(&self) -> Option<PointTable> {
        self.table(self.memory.in_force?)
    }

    pub fn ready(&mut self, version: TableVersion, places: Vec<u32>) {
        if self.ready.len() == TABLES_READY_MAX {
            self.ready.remove(0);
        }
        self.ready.push((version, places));
    }

    /// False if the edge has had so many tables that something is wrong with it.
    pub fn learn(&mut self, table: &PointTable) -> bool {
        if self.tables.len() >= TABLES_MAX && !self.tables.contains_key(&table.version()) {
            return false;
        }
        self.changed = true;
        self.tables.insert(table.version(), table.bytes().into());
        true
    }

    /// The part's layout has moved: the places are looked up anew.
    pub fn forget_places(&mut self) {
        self.ready.clear();
    }

    /// An edge says honestly what it lost, at this time.
    pub fn explain(&mut self, gap: &Gap, at_ms: i64, hub_ms: i64) {
        self.changed = true;
        let reckon =
            |stamp: Option<Stamp>| stamp.map(|at| event_time::reckon(&self.state.boots, at, hub_ms).0);
        let times = (reckon(gap.oldest), reckon(gap.newest).unwrap_or(at_ms));
        if self.memory.explained.len() == EXPLAINED_MAX {
            self.memory.explained.remove(0);
        }
        self.memory.explained.push(gap.clone());
        let EdgeMemory { explained, unexplained, .. } = &mut self.memory;
        unexplained.retain(|Unexplained { missing, .. }| {
            explanation(explained, missing.epoch, missing.lane, missing.first..missing.next).is_none()
        });
        lost::told(&mut self.state.lost, gap, times, |lost| {
            explanation(explained, lost.epoch, lost.lane, lost.run()).is_some()
        });
    }

    /// The hub has found a hole. Returns why it is there, if the edge has said so before.
    pub fn miss(&mut self, missing: &Missing, hub_ms: i64) -> Option<GapReason> {
        self.changed = true;
        let Missing { lane, epoch, first, next, before, after, .. } = *missing;
        let reason = explanation(&self.memory.explained, epoch, lane, first..next);
        let reckon = |stamp| event_time::reckon(&self.state.boots, stamp, hub_ms).0;
        let (from_ms, until_ms) = (before.map(reckon), after.map_or(hub_ms, reckon));
        lost::found(
            &mut self.state.lost,
            Lost { epoch, lane, first, next: Some(next), reason, from_ms, until_ms, with_epoch: None },
        );
        reason
    }

    /// The edge has left an epoch, and what the hub lacks of that is lost.
    pub fn lose(&mut self, loss: &Loss, hub_ms: i64) {
        self.changed = true;
        if loss.kind == LossKind::Returned {
            lost::goes_on(&mut self.state.lost, loss.goes_on);
        }
        let Some(epoch) = loss.left else { return };
        for (lane, tail) in Lane::ALL.into_iter().zip(loss.lanes) {
            if tail.next == Some(tail.first) {
                continue;
            }
            let from_ms = tail.before.map(|stamp| event_time::reckon(&self.state.boots, stamp, hub_ms).0);
            let (first, next, with_epoch) = (tail.first, tail.next, Some(loss.kind));
            let until_ms = hub_ms;
            let lost = Lost { epoch, lane, first, next, reason: None, from_ms, until_ms, with_epoch };
            lost::found(&mut self.state.lost, lost);
        }
    }

    /// Remembers a missing run until it is explained or due; returns the one that must fire now because there are too many.
    pub fn wait_for_explanation(&mut self, unexplained: Unexplained) -> Option<Unexplained> {
        self.changed = true;
        self.memory.unexplained.push(unexplained);
        (self.memory.unexplained.len() > UNEXPLAINED_MAX).then(|| self.memory.unexplained.remove(0))
    }

    pub fn next_due_ms(&self) -> Option<i64> {
        self.memory.unexplained.iter().map(|unexplained| unexplained.due_ms).min()
    }

    pub fn take_due(&mut self, hub_ms: i64) -> Vec<Unexplained> {
        let due = |unexplained: &mut Unexplained| unexplained.due_ms <= hub_ms;
        let taken: Vec<Unexplained> = self.memory.unexplained.extract_if(.., due).collect();
        self.changed |= !taken.is_empty();
        taken
    }
}

/// Why these records are missing, if gap records together name every one of them: the reason of the first.
fn explanation(gaps: &[Gap], epoch: Epoch, lane: Lane, run: Range<Seq>) -> Option<GapReason> {
    let covers =
        |gap: &&Gap, seq: Seq| gap.epoch == epoch && gap.lane == lane && gap.first <= seq && seq < gap.next;
    let (mut reached, mut reason) = (run.start, None);
    while reached < run.end {
        let gap = gaps.iter().find(|gap| covers(gap, reached))?;
        reached = gap.next;
        reason = reason.or(Some(gap.reason));
    }
    reason
}
