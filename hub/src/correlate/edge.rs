//! What correlation knows of one edge: its point tables, its clocks, the gaps it has explained and those it has not.

use std::collections::HashMap;
use std::sync::Arc;

use wire::{EdgeId, Gap, PartId, PointTable, TableVersion};

use crate::journal::Missing;
use crate::situation::memory::{EdgeMemory, Unexplained};
use crate::situation::{Attachment, EdgeState, LivenessView};

/// Gap records that are remembered to explain what is found missing later.
const EXPLAINED_MAX: usize = 64;
/// Missing runs that wait for an explanation. An edge with more has lost its evidence in any case: the oldest fires at once.
const UNEXPLAINED_MAX: usize = 64;
/// Table versions that are kept ready; the store keeps all.
const TABLES_READY_MAX: usize = 8;

#[derive(Debug)]
pub struct Edge {
    pub state: EdgeState,
    pub memory: EdgeMemory,
    /// Place of the part in the world.
    pub part: usize,
    /// Places in the part of each table's points, most recently used last.
    ready: Vec<(TableVersion, Arc<Vec<u32>>)>,
    tables: HashMap<TableVersion, PointTable>,
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
        };
        Self::restore(state, EdgeMemory::default(), part, Vec::new())
    }

    pub fn restore(state: EdgeState, memory: EdgeMemory, part: usize, tables: Vec<PointTable>) -> Self {
        let tables = tables.into_iter().map(|table| (table.version(), table)).collect();
        Self { state, memory, part, ready: Vec::new(), tables, changed: true }
    }

    pub fn places(&mut self, version: TableVersion) -> Option<Arc<Vec<u32>>> {
        if let Some(place) = self.ready.iter().position(|(ready, _)| *ready == version) {
            return Some(self.ready[place].1.clone());
        }
        None
    }

    pub fn table(&self, version: TableVersion) -> Option<&PointTable> {
        self.tables.get(&version)
    }

    pub fn ready(&mut self, version: TableVersion, places: Vec<u32>) -> Arc<Vec<u32>> {
        if self.ready.len() == TABLES_READY_MAX {
            self.ready.remove(0);
        }
        let places = Arc::new(places);
        self.ready.push((version, places.clone()));
        places
    }

    pub fn learn(&mut self, table: PointTable) {
        self.changed = true;
        self.tables.insert(table.version(), table);
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
