//! The journal as people read it: events with the names of their points. Bounded work per call; a page that ends early
//! says where to go on.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::str::FromStr;

use wire::{
    DeviceId, EdgeId, Envelope, Epoch, Lane, Marks, Observation, PartId, PointId, PointTable, Quality,
    Record, Seq, TableVersion, Value,
};

use crate::journal::segment::Next;
use crate::journal::{Body, JournalError, Position, Reader};
use crate::situation::{EdgeState, event_time};
use crate::store::{Page, Store, StoreError};

/// Numbers of the journal that one question looks at, whether they still hold an entry or not.
const NUMBERS_MAX: u64 = 20_000;
/// Records that one question looks at: a full envelope holds hundreds. It may be exceeded by those of one block.
const RECORDS_MAX: u64 = 200_000;
/// Entries are read in blocks of this many, newest block first.
const BLOCK: u64 = 128;

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
    /// Snapshots of the routine lane repeat what is known; they are left out unless asked for. Those of the urgent lane are an
    /// edge's first readings after a start, which may tell what happened while it was away.
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
    pub marks: Marks,
}

impl EventRow {
    fn cursor(&self) -> EventCursor {
        EventCursor { position: self.position, index: self.index }
    }
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

/// What one question looks for, and what it has looked up and looked at so far.
struct Reading<'a> {
    filter: &'a EventFilter,
    before: Option<EventCursor>,
    edges: HashMap<EdgeId, EdgeState>,
    tables: HashMap<(EdgeId, TableVersion), Option<PointTable>>,
    store: &'a Store,
    records: u64,
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
        let mut reading =
            Reading { filter, before, edges, tables: HashMap::new(), store: &self.store, records: 0 };
        // A record may have waited in an edge's spool, but it is never journaled before it happened.
        let lowest = match filter.from_ms {
            Some(from_ms) => self.reader.position_at(from_ms)?,
            None => self.reader.oldest(),
        };
        let end = self.reader.end().number();
        let begin = before.map_or(end, |cursor| cursor.position.number().saturating_add(1).min(end));
        let (mut high, lowest) = (begin, lowest.number());
        let limit = limit.max(1);
        let mut page = Page { items: Vec::new(), next: None };
        if before.is_some_and(|cursor| !self.reader.knows(cursor.position)) {
            return Ok(page);
        }
        while high > lowest {
            let low = high.saturating_sub(BLOCK).max(lowest);
            let rows = self.block(&mut reading, low, high, limit - page.items.len())?;
            page.items.extend(rows.into_iter().rev());
            if page.items.len() == limit {
                page.next = page.items.last().map(EventRow::cursor);
                return Ok(page);
            }
            high = low;
            let enough = begin - high >= NUMBERS_MAX || reading.records >= RECORDS_MAX;
            if enough && high > lowest {
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

    /// The last rows of a block, at most `wanted`, oldest first.
    fn block(
        &self,
        reading: &mut Reading<'_>,
        low: u64,
        high: u64,
        wanted: usize,
    ) -> Result<VecDeque<EventRow>, HistoryError> {
        let (mut rows, mut failed) = (VecDeque::new(), None);
        self.reader.visit(Position::of(low), |position, entry| {
            if position.number() >= high {
                return Next::Stop;
            }
            if let Body::Envelope(bytes) = &entry.body
                && let Err(error) = reading.rows(position, entry.hub_ms, bytes, wanted, &mut rows)
            {
                failed = Some(error);
                return Next::Stop;
            }
            Next::GoOn
        })?;
        failed.map_or(Ok(rows), |error| Err(error.into()))
    }
}

impl Reading<'_> {
    fn rows(
        &mut self,
        position: Position,
        hub_ms: i64,
        bytes: &[u8],
        wanted: usize,
        rows: &mut VecDeque<EventRow>,
    ) -> Result<(), StoreError> {
        let Ok(envelope) = Envelope::decode(bytes) else { return Ok(()) };
        self.records += envelope.records.len() as u64;
        let header = &envelope.header;
        let Some(edge) = self.edges.get(&header.edge).cloned() else { return Ok(()) };
        let (filter, before) = (self.filter, self.before);
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
            let row = row(&envelope, &edge, table, observation, place)
                .filter(|row| matches(filter, row) && before.is_none_or(|before| row.cursor() < before));
            // One that does not fit on the page gives way at once: a block may hold far more than a page.
            if row.is_some() && rows.len() == wanted {
                rows.pop_front();
            }
            rows.extend(row);
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
        event_ms: event_time::reckon(&edge.boots, header.stamp(observation.offset_ms), place.hub_ms).0,
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
        marks: observation.marks,
    })
}

fn matches(filter: &EventFilter, row: &EventRow) -> bool {
    (filter.snapshots || !row.snapshot || row.lane == Lane::Urgent)
        && filter.point.as_ref().is_none_or(|point| *point == row.point)
        && filter.device.as_ref().is_none_or(|device| *device == row.point.device)
        && filter.kind.as_ref().is_none_or(|kind| *kind == row.kind)
        && filter.from_ms.is_none_or(|from_ms| row.event_ms >= from_ms)
        && filter.to_ms.is_none_or(|to_ms| row.event_ms < to_ms)
}
