//! What correlation knows of one edge: its point tables, its clocks, the gaps it has explained and those it has not.

use std::collections::HashMap;
use std::sync::Arc;

use wire::{EdgeId, Gap, PartId, PointTable, TableVersion};

use crate::journal::Missing;
use crate::situation::memory::{EdgeMemory, Unexplained, Unread};
use crate::situation::{Attachment, EdgeState, LivenessView};

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
    ready: Vec<(TableVersion, Arc<Vec<u32>>)>,
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
        };
        Self::restore(state, EdgeMemory::default(), part, Vec::new())
    }

    pub fn restore(state: EdgeState, memory: EdgeMemory, part: usize, tables: Vec<PointTable>) -> Self {
        let tables = tables.into_iter().map(|table| (table.version(), table.bytes().into())).collect();
        Self { state, memory, part, ready: Vec::new(), tables, changed: true }
    }

    pub fn places(&mut self, version: TableVersion) -> Option<Arc<Vec<u32>>> {
        let place = self.ready.iter().rposition(|(ready, _)| *ready == version)?;
        if place + 1 < self.ready.len() {
            let used = self.ready.remove(place);
            self.ready.push(used);
        }
        self.ready.last().map(|(_, places)| places.clone())
    }

    pub fn table(&self, version: TableVersion) -> Option<PointTable> {
        let bytes = self.tables.get(&version)?;
        Some(PointTable::decode(bytes).expect("only tables are learnt"))
    }

    pub fn has_table(&self, version: TableVersion) -> bool {
        self.tables.contains_key(&version)
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

    pub fn ready(&mut self, version: TableVersion, places: Vec<u32>) -> Arc<Vec<u32>> {
        if self.ready.len() == TABLES_READY_MAX {
            self.ready.remove(0);
        }
        let places = Arc::new(places);
        self.ready.push((version, places.clone()));
        places
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

    /// An edge says honestly what it lost.
    pub fn explain(&mut self, gap: &Gap) {
        self.changed = true;
        if self.memory.explained.len() == EXPLAINED_MAX {
            self.memory.explained.remove(0);
        }
        self.memory.explained.push(gap.clone());
        let EdgeMemory { explained, unexplained, .. } = &mut self.memory;
        unexplained.retain(|unexplained| !are_explained(explained, &unexplained.missing));
    }

    pub fn is_explained(&self, missing: &Missing) -> bool {
        are_explained(&self.memory.explained, missing)
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

/// Whether gap records together name every record that is missing.
fn are_explained(gaps: &[Gap], missing: &Missing) -> bool {
    let mut reached = missing.first;
    while reached < missing.next {
        let on = gaps.iter().find(|gap| {
            gap.epoch == missing.epoch
                && gap.lane == missing.lane
                && gap.first <= reached
                && reached < gap.next
        });
        match on {
            Some(gap) => reached = gap.next,
            None => return false,
        }
    }
    true
}
