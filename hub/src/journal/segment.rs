//! One segment: a redb file that holds a run of the journal. The only file of the journal that knows redb's tables.

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction};
use wire::{EdgeId, Epoch, Lane, Seq};

use super::held::EdgeLanes;
use super::reader::LaneRun;
use super::writer::LaneSpan;
use super::{Entry, JournalError, Position};

/// A row of entries stays below the page size that redb would double for it.
pub const CHUNK_BYTES_MAX: usize = 16_300;

const CHUNKS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("chunks");
const TIMES: TableDefinition<'_, u64, i64> = TableDefinition::new("times");
/// Edge, lane, epoch, first record.
type LaneKey<'a> = (&'a str, u8, [u8; 16], u64);
/// → number of the entry, record after the last.
const LANES: TableDefinition<'_, LaneKey<'_>, (u64, u64)> = TableDefinition::new("lanes");
const EDGES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("edges");
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");

const NEXT: &str = "next";
const HUB_MS: &str = "hub_ms";

#[derive(Debug)]
pub(super) struct Segment {
    pub(super) name: String,
    pub(super) first: u64,
    db: Database,
}

/// Where a segment ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) next: u64,
    pub(super) hub_ms: i64,
}

/// A chunk that is being filled.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) first: u64,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn name_of(first: u64) -> String {
    format!("segment-{first:016x}.redb")
}

pub(super) fn first_of(name: &str) -> Option<u64> {
    u64::from_str_radix(name.strip_prefix("segment-")?.strip_suffix(".redb")?, 16).ok()
}

impl Segment {
    pub(super) fn new(name: String, first: u64, db: Database) -> Self {
        Self { name, first, db }
    }

    pub(super) fn begin_write(&self) -> Result<WriteTransaction, JournalError> {
        let mut transaction = self
            .db
            .begin_write()
            .map_err(|source| JournalError::Begin { name: self.name.clone(), source: Box::new(source) })?;
        // Quick repair: a hub that was killed serves again at once, however large its journal is. Two phases: a torn
        // commit can be told from a whole one without trusting a checksum alone.
        transaction.set_quick_repair(true);
        transaction.set_two_phase_commit(true);
        Ok(transaction)
    }

    fn begin_read(&self) -> Result<redb::ReadTransaction, JournalError> {
        self.db
            .begin_read()
            .map_err(|source| JournalError::Begin { name: self.name.clone(), source: Box::new(source) })
    }

    pub(super) fn storage(&self, source: redb::StorageError) -> JournalError {
        JournalError::Storage { name: self.name.clone(), source }
    }

    pub(super) fn table(&self, source: redb::TableError) -> JournalError {
        JournalError::Table { name: self.name.clone(), source: Box::new(source) }
    }

    pub(super) fn put_chunks(
        &self,
        transaction: &WriteTransaction,
        chunks: &[Chunk],
    ) -> Result<(), JournalError> {
        let mut table = transaction.open_table(CHUNKS).map_err(|e| self.table(e))?;
        for chunk in chunks {
            table.insert(chunk.first, chunk.bytes.as_slice()).map_err(|e| self.storage(e))?;
        }
        Ok(())
    }

    pub(super) fn put_lanes(
        &self,
        transaction: &WriteTransaction,
        spans: &[LaneSpan],
    ) -> Result<(), JournalError> {
        let mut table = transaction.open_table(LANES).map_err(|e| self.table(e))?;
        for span in spans {
            let key = (span.edge.as_str(), span.lane as u8, span.epoch.0, span.first.0);
            table.insert(key, (span.number(), span.next.0)).map_err(|e| self.storage(e))?;
        }
        Ok(())
    }

    pub(super) fn put_edges<'a>(
        &self,
        transaction: &WriteTransaction,
        edges: impl Iterator<Item = (&'a EdgeId, &'a EdgeLanes)>,
    ) -> Result<(), JournalError> {
        let mut table = transaction.open_table(EDGES).map_err(|e| self.table(e))?;
        for (edge, lanes) in edges {
            let bytes = minicbor::to_vec(lanes).expect("writing to memory cannot fail");
            table.insert(edge.as_str(), bytes.as_slice()).map_err(|e| self.storage(e))?;
        }
        Ok(())
    }

    pub(super) fn put_end(
        &self,
        transaction: &WriteTransaction,
        first: u64,
        end: End,
    ) -> Result<(), JournalError> {
        let mut times = transaction.open_table(TIMES).map_err(|e| self.table(e))?;
        times.insert(first, end.hub_ms).map_err(|e| self.storage(e))?;
        let mut meta = transaction.open_table(META).map_err(|e| self.table(e))?;
        meta.insert(NEXT, end.next).map_err(|e| self.storage(e))?;
        // Milliseconds since 1970 are positive; the table holds unsigned numbers.
        meta.insert(HUB_MS, end.hub_ms.max(0) as u64).map_err(|e| self.storage(e))?;
        Ok(())
    }

    /// What a segment holds from its first moment: every table, how far each edge is held, and where it begins.
    pub(super) fn begin<'a>(
        &self,
        edges: impl Iterator<Item = (&'a EdgeId, &'a EdgeLanes)>,
        hub_ms: i64,
    ) -> Result<(), JournalError> {
        let transaction = self.begin_write()?;
        self.put_chunks(&transaction, &[])?;
        self.put_lanes(&transaction, &[])?;
        self.put_edges(&transaction, edges)?;
        self.put_end(&transaction, self.first, End { next: self.first, hub_ms })?;
        self.commit(transaction)
    }

    pub(super) fn commit(&self, transaction: WriteTransaction) -> Result<(), JournalError> {
        transaction
            .commit()
            .map_err(|source| JournalError::Commit { name: self.name.clone(), source: Box::new(source) })
    }

    pub(super) fn end(&self) -> Result<End, JournalError> {
        let transaction = self.begin_read()?;
        let meta = transaction.open_table(META).map_err(|e| self.table(e))?;
        let next = meta.get(NEXT).map_err(|e| self.storage(e))?.map_or(self.first, |row| row.value());
        let hub_ms = meta.get(HUB_MS).map_err(|e| self.storage(e))?.map_or(0, |row| row.value());
        Ok(End { next, hub_ms: i64::try_from(hub_ms).unwrap_or(i64::MAX) })
    }

    pub(super) fn edges(&self) -> Result<Vec<(EdgeId, EdgeLanes)>, JournalError> {
        let transaction = self.begin_read()?;
        let table = transaction.open_table(EDGES).map_err(|e| self.table(e))?;
        let mut edges = Vec::new();
        for row in table.iter().map_err(|e| self.storage(e))? {
            let (edge, lanes) = row.map_err(|e| self.storage(e))?;
            let decode =
                |source| JournalError::Decode { name: self.name.clone(), number: self.first, source };
            let lanes = minicbor::decode(lanes.value()).map_err(decode)?;
            let edge = EdgeId::parse(edge.value()).map_err(|e| decode(minicbor::decode::Error::custom(e)))?;
            edges.push((edge, lanes));
        }
        Ok(edges)
    }

    /// Calls `each` for every entry from `from` on, until it says stop or the segment ends.
    pub(super) fn read(
        &self,
        from: u64,
        mut each: impl FnMut(u64, Entry) -> Next,
    ) -> Result<Next, JournalError> {
        let transaction = self.begin_read()?;
        let chunks = transaction.open_table(CHUNKS).map_err(|e| self.table(e))?;
        let floor = chunks.range(..=from).map_err(|e| self.storage(e))?.next_back();
        let start = floor.transpose().map_err(|e| self.storage(e))?.map_or(from, |(first, _)| first.value());
        for row in chunks.range(start..).map_err(|e| self.storage(e))? {
            let (first, bytes) = row.map_err(|e| self.storage(e))?;
            let mut d = minicbor::Decoder::new(bytes.value());
            let mut number = first.value();
            while d.position() < bytes.value().len() {
                let decode = |source| JournalError::Decode { name: self.name.clone(), number, source };
                if number < from {
                    d.skip().map_err(decode)?;
                } else if each(number, d.decode().map_err(decode)?) == Next::Stop {
                    return Ok(Next::Stop);
                }
                number += 1;
            }
        }
        Ok(Next::GoOn)
    }

    /// The number of the first entry at or after this hub time; `None` if all are earlier.
    pub(super) fn number_at(&self, hub_ms: i64) -> Result<Option<u64>, JournalError> {
        let transaction = self.begin_read()?;
        let times = transaction.open_table(TIMES).map_err(|e| self.table(e))?;
        let first = times.first().map_err(|e| self.storage(e))?.map(|(number, _)| number.value());
        let last = times.last().map_err(|e| self.storage(e))?.map(|(number, _)| number.value());
        let (Some(mut low), Some(last)) = (first, last) else {
            return Ok(None);
        };
        // Rows lie at irregular numbers: the search halves the number space and takes the next row.
        let mut found = None;
        let mut high = last + 1;
        while low < high {
            let middle = low + (high - low) / 2;
            let row = times.range(middle..high).map_err(|e| self.storage(e))?.next();
            match row.transpose().map_err(|e| self.storage(e))? {
                Some((number, ms)) if ms.value() < hub_ms => low = number.value() + 1,
                Some((number, _)) => {
                    found = Some(number.value());
                    high = middle;
                }
                None => high = middle,
            }
        }
        Ok(found)
    }

    /// Hub time of its first append.
    pub(super) fn begin_ms(&self) -> Result<Option<i64>, JournalError> {
        let transaction = self.begin_read()?;
        let times = transaction.open_table(TIMES).map_err(|e| self.table(e))?;
        Ok(times.first().map_err(|e| self.storage(e))?.map(|(_, ms)| ms.value()))
    }

    /// The last run of a lane's records that begins at or before `seq`.
    pub(super) fn lane_run(
        &self,
        edge: &EdgeId,
        lane: Lane,
        epoch: Epoch,
        seq: Seq,
    ) -> Result<Option<LaneRun>, JournalError> {
        let transaction = self.begin_read()?;
        let lanes = transaction.open_table(LANES).map_err(|e| self.table(e))?;
        let from = (edge.as_str(), lane as u8, epoch.0, 0);
        let to = (edge.as_str(), lane as u8, epoch.0, seq.0);
        let row = lanes.range(from..=to).map_err(|e| self.storage(e))?.next_back();
        let row = row.transpose().map_err(|e| self.storage(e))?;
        Ok(row.map(|(key, span)| {
            let (number, next) = span.value();
            LaneRun { position: Position::of(number), first: Seq(key.value().3), next: Seq(next) }
        }))
    }

    /// Whether this record had come when the segment ended: if it is in the journal, it is here or in an older segment.
    pub(super) fn lane_had_come_to(
        &self,
        edge: &EdgeId,
        lane: Lane,
        epoch: Epoch,
        seq: Seq,
    ) -> Result<bool, JournalError> {
        let transaction = self.begin_read()?;
        let edges = transaction.open_table(EDGES).map_err(|e| self.table(e))?;
        let Some(row) = edges.get(edge.as_str()).map_err(|e| self.storage(e))? else { return Ok(false) };
        let lanes: EdgeLanes = minicbor::decode(row.value()).map_err(|source| JournalError::Decode {
            name: self.name.clone(),
            number: self.first,
            source,
        })?;
        let heads = if lanes.epoch == epoch { Some(lanes.heads) } else { lanes.left_heads(epoch) };
        Ok(heads.and_then(|heads| heads[lane.index()]).is_some_and(|head| head.next > seq))
    }
}

/// Whether a reader wants more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    GoOn,
    Stop,
}
