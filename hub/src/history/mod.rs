//! The journal as people read it: events with the names of their points. Bounded work per call; a page that ends early
//! says where to go on.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use wire::{
    DeviceId, EdgeId, Envelope, Epoch, Lane, Observation, PartId, PointId, PointTable, Quality, Record, Seq,
    TableVersion, Value,
};

use crate::journal::segment::Next;
use crate::journal::{Body, JournalError, Position, Reader};
use crate::situation::{EdgeState, event_time};
use crate::store::{Page, Store, StoreError};

/// Entries that one question reads at most.
const ENTRIES_MAX: usize = 20_000;
/// Entries are read in blocks of this many, newest block first.
const BLOCK: u64 = 512;

#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventFilter {
    pub part: Option<PartId>,
    pub edge: Option<EdgeId>,
    pub device: Option<DeviceId>,
    /// The name of a kind, also of one that this hub does not know.
    pub kind: Option<String>,
    pub lane: Option<Lane>,
    pub point: Option<PointId>,
    /// Snapshots repeat what is known; they are left out unless asked for.
    pub snapshots: bool,
    /// Happened at or after, as the hub reckons it.
    pub from_ms: Option<i64>,
    /// Happened before.
    pub to_ms: Option<i64>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct EventRow {
    pub position: Position,
    /// Place of the record within the entry.
    pub index: u32,
    pub hub_ms: i64,
    pub event_ms: i64,
    pub edge: EdgeId,
    pub part: PartId,
    pub lane: Lane,
    pub epoch: Epoch,
    pub seq: Seq,
    pub snapshot: bool,
    pub point: PointId,
    pub kind: String,
    pub value: Option<Value>,
    pub quality: Quality,
}

/// A place in the order of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventCursor {
    position: Position,
    index: u32,
}

impl fmt::Display for EventCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.position, self.index)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a cursor that a page of events gave")]
pub struct EventCursorError;

impl FromStr for EventCursor {
    type Err = EventCursorError;
    fn from_str(text: &str) -> Result<Self, EventCursorError> {
        let (position, index) = text.split_once('_').ok_or(EventCursorError)?;
        let position = position.parse().map_err(|_| EventCursorError)?;
        let index = index.parse().map_err(|_| EventCursorError)?;
        Ok(Self { position, index })
    }
}

#[derive(Clone)]
pub struct History {
    reader: Reader,
    store: Store,
}

/// How far back the reading of a page goes before it is sure that nothing more can belong to it: a record may have waited
/// in an edge's spool, but it is never journaled before it happened.
struct Reading<'a> {
    filter: &'a EventFilter,
    edges: HashMap<EdgeId, EdgeState>,
    tables: HashMap<(EdgeId, TableVersion), Option<PointTable>>,
    store: &'a Store,
}

impl History {
    pub fn new(reader: Reader, store: Store) -> Self {
        Self { reader, store }
    }

    /// Newest first, in the order of the journal.
    pub fn events(
        &self,
        filter: &EventFilter,
        before: Option<EventCursor>,
        limit: usize,
    ) -> Result<Page<EventRow, EventCursor>, HistoryError> {
        let edges = self.store.edges()?.into_iter().map(|edge| (edge.edge.clone(), edge)).collect();
        let mut reading = Reading { filter, edges, tables: HashMap::new(), store: &self.store };
        let lowest = match filter.from_ms {
            Some(from_ms) => self.reader.position_at(from_ms)?,
            None => self.reader.oldest(),
        };
        let end = before.map_or(self.reader.end(), |cursor| cursor.position.next());
        let mut high = end.number();
        let mut page = Page { items: Vec::new(), next: None };
        let mut read = 0;
        while high > lowest.number() {
            let low = high.saturating_sub(BLOCK).max(lowest.number());
            let rows = self.block(&mut reading, low, high, before, &mut read)?;
            for row in rows.into_iter().rev() {
                let cursor = EventCursor { position: row.position, index: row.index };
                page.items.push(row);
                if page.items.len() == limit {
                    page.next = Some(cursor);
                    return Ok(page);
                }
            }
            high = low;
            if read >= ENTRIES_MAX && high > lowest.number() {
                page.next = Some(EventCursor { position: Position::of(high), index: 0 });
                return Ok(page);
            }
        }
        Ok(page)
    }

    pub fn point(
        &self,
        point: &PointId,
        from_ms: i64,
        to_ms: i64,
        before: Option<EventCursor>,
        limit: usize,
    ) -> Result<Page<EventRow, EventCursor>, HistoryError> {
        let filter = EventFilter {
            edge: Some(point.edge.clone()),
            point: Some(point.clone()),
            snapshots: true,
            from_ms: Some(from_ms),
            to_ms: Some(to_ms),
            ..EventFilter::default()
        };
        self.events(&filter, before, limit)
    }

    /// The rows of a block, oldest first.
    fn block(
        &self,
        reading: &mut Reading<'_>,
        low: u64,
        high: u64,
        before: Option<EventCursor>,
        read: &mut usize,
    ) -> Result<Vec<EventRow>, HistoryError> {
        let (mut rows, mut failed) = (Vec::new(), None);
        self.reader.visit(Position::of(low), |position, entry| {
            if position.number() >= high {
                return Next::Stop;
            }
            *read += 1;
            if let Body::Envelope(bytes) = &entry.body
                && let Err(error) = reading.rows(position, entry.hub_ms, bytes, &mut rows)
            {
                failed = Some(error);
                return Next::Stop;
            }
            Next::GoOn
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        if let Some(before) = before {
            rows.retain(|row| EventCursor { position: row.position, index: row.index } < before);
        }
        Ok(rows)
    }
}

impl Reading<'_> {
    fn rows(
        &mut self,
        position: Position,
        hub_ms: i64,
        bytes: &[u8],
        rows: &mut Vec<EventRow>,
    ) -> Result<(), StoreError> {
        let Ok(envelope) = Envelope::decode(bytes) else { return Ok(()) };
        let header = &envelope.header;
        let Some(edge) = self.edges.get(&header.edge).cloned() else { return Ok(()) };
        let filter = self.filter;
        if filter.edge.as_ref().is_some_and(|edge| *edge != header.edge)
            || filter.part.as_ref().is_some_and(|part| *part != edge.part)
            || filter.lane.is_some_and(|lane| lane != header.lane)
        {
            return Ok(());
        }
        let Some(table) = self.table(&header.edge, header.table)? else { return Ok(()) };
        for (index, (seq, record)) in envelope.numbered().enumerate() {
            let (observation, snapshot) = match record {
                Record::Event(observation) => (observation, false),
                Record::Snapshot(observation) => (observation, true),
                _ => continue,
            };
            let place = Place { position, index: index as u32, hub_ms, seq, snapshot };
            rows.extend(row(&envelope, &edge, table, observation, place).filter(|row| wanted(filter, row)));
        }
        Ok(())
    }

    fn table(&mut self, edge: &EdgeId, version: TableVersion) -> Result<Option<&PointTable>, StoreError> {
        let key = (edge.clone(), version);
        if !self.tables.contains_key(&key) {
            let table = self.store.point_table(edge, version)?;
            self.tables.insert(key.clone(), table);
        }
        Ok(self.tables.get(&key).and_then(Option::as_ref))
    }
}

struct Place {
    position: Position,
    index: u32,
    hub_ms: i64,
    seq: Seq,
    snapshot: bool,
}

fn row(
    envelope: &Envelope,
    edge: &EdgeState,
    table: &PointTable,
    observation: &Observation,
    place: Place,
) -> Option<EventRow> {
    let header = &envelope.header;
    let entry = table.point(observation.point)?;
    let device = table.device_of(entry).device.clone();
    Some(EventRow {
        position: place.position,
        index: place.index,
        hub_ms: place.hub_ms,
        event_ms: event_time::reckon(&edge.boots, header.stamp(observation.offset_ms), place.hub_ms),
        edge: header.edge.clone(),
        part: edge.part.clone(),
        lane: header.lane,
        epoch: header.epoch,
        seq: place.seq,
        snapshot: place.snapshot,
        point: PointId { edge: header.edge.clone(), device, point: entry.point.clone() },
        kind: entry.kind.to_string(),
        value: observation.value.clone(),
        quality: observation.quality,
    })
}

fn wanted(filter: &EventFilter, row: &EventRow) -> bool {
    (filter.snapshots || !row.snapshot)
        && filter.point.as_ref().is_none_or(|point| *point == row.point)
        && filter.device.as_ref().is_none_or(|device| *device == row.point.device)
        && filter.kind.as_ref().is_none_or(|kind| *kind == row.kind)
        && filter.from_ms.is_none_or(|from_ms| row.event_ms >= from_ms)
        && filter.to_ms.is_none_or(|to_ms| row.event_ms < to_ms)
}
