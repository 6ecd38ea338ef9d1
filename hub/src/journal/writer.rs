//! Appends to the journal, begins new segments and deletes old ones. There is one writer, and ingest owns it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use redb::{DatabaseError, StorageError};
use wire::{EdgeId, Epoch, Lane, Seq};

use super::held::EdgeLanes;
use super::medium::Medium;
use super::reader::{Reader, Segments};
use super::segment::{CHUNK_BYTES_MAX, Chunk, End, Segment, first_of, name_of};
use super::{Entry, JournalError, Position};

/// How long and how much the journal keeps, and when it begins a new file.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// A segment that has grown so far is followed by a new one.
    pub segment_bytes: u64,
    /// A segment that is so old is followed by a new one.
    pub segment_age: Duration,
    /// Oldest segments are deleted while all together are larger.
    pub bytes_max: u64,
    /// Segments whose last entry is older are deleted.
    pub age_max: Duration,
}

/// redb's page cache of the segment that is written. What correlation reads comes to it from memory; the cache only holds
/// the upper pages of the tables.
const WRITE_CACHE_BYTES: usize = 8 << 20;

/// Where a run of a lane's records lies.
#[derive(Clone, Debug)]
pub struct LaneSpan {
    pub edge: EdgeId,
    pub lane: Lane,
    pub epoch: Epoch,
    pub first: Seq,
    pub next: Seq,
    number: u64,
}

impl LaneSpan {
    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

/// What one transaction appends.
#[derive(Debug, Default)]
pub struct Append {
    entries: Vec<Entry>,
    spans: Vec<LaneSpan>,
    edges: BTreeMap<EdgeId, EdgeLanes>,
}

impl Append {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Says where a run of a lane's records begins: with the entry that is pushed next. Returns the run's handle.
    pub fn begin_span(&mut self, edge: EdgeId, lane: Lane, epoch: Epoch, first: Seq, next: Seq) -> usize {
        let number = self.entries.len() as u64;
        self.spans.push(LaneSpan { edge, lane, epoch, first, next, number });
        self.spans.len() - 1
    }

    /// Whether a record of this epoch with this number is the next of the run.
    pub fn span_goes_on(&self, span: usize, epoch: Epoch, first: Seq) -> bool {
        self.spans.get(span).is_some_and(|span| span.epoch == epoch && span.next == first)
    }

    /// The run goes on to `next`.
    pub fn extend_span(&mut self, span: usize, next: Seq) {
        self.spans[span].next = next;
    }

    /// How far the hub holds this edge after this append.
    pub fn set_edge(&mut self, edge: EdgeId, lanes: EdgeLanes) {
        self.edges.insert(edge, lanes);
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}

pub struct Writer {
    medium: Arc<dyn Medium>,
    segments: Arc<Segments>,
    current: Arc<Segment>,
    current_begun_ms: i64,
    current_bytes: u64,
    edges: BTreeMap<EdgeId, EdgeLanes>,
    next: u64,
    hub_ms: i64,
    retention: Retention,
    poisoned: bool,
}

impl Writer {
    /// Opens the journal, or makes an empty one.
    pub fn open(medium: Arc<dyn Medium>, retention: Retention) -> Result<(Self, Reader), JournalError> {
        let names =
            medium.names().map_err(|source| JournalError::List { folder: medium.folder(), source })?;
        let firsts: Vec<u64> = names.iter().filter_map(|name| first_of(name)).collect();
        let newest = firsts.iter().copied().max();
        let current = match newest {
            Some(newest) => open_segment(&*medium, newest)?,
            None => begin_segment(&*medium, 0, &BTreeMap::new(), 0)?,
        };
        let end = current.end()?;
        let edges: BTreeMap<EdgeId, EdgeLanes> = current.edges()?.into_iter().collect();
        let segments = Arc::new(Segments::new(medium.clone(), &firsts, current.clone()));
        let current_bytes = medium.size(&current.name).unwrap_or(0);
        let writer = Self {
            medium,
            segments: segments.clone(),
            current,
            current_begun_ms: end.hub_ms,
            current_bytes,
            edges,
            next: end.next,
            hub_ms: end.hub_ms,
            retention,
            poisoned: false,
        };
        segments.set_end(writer.next);
        Ok((writer, Reader::new(segments)))
    }

    /// How far the hub holds each edge.
    pub fn edges(&self) -> &BTreeMap<EdgeId, EdgeLanes> {
        &self.edges
    }

    /// Position of the next entry.
    pub fn next(&self) -> Position {
        Position::of(self.next)
    }

    /// Hub time of the last entry; 0 in an empty journal.
    pub fn hub_ms(&self) -> i64 {
        self.hub_ms
    }

    /// Makes all of it durable, or none. After an error the journal accepts nothing any more.
    pub fn append(&mut self, append: &mut Append) -> Result<Position, JournalError> {
        if self.poisoned {
            return Err(JournalError::Poisoned);
        }
        let result = self.try_append(append);
        self.poisoned = result.is_err();
        result
    }

    fn try_append(&mut self, append: &mut Append) -> Result<Position, JournalError> {
        self.roll_if_due()?;
        let first = self.next;
        let end = self.end_after(append);
        for span in &mut append.spans {
            span.number += first;
        }
        let chunks = chunks(first, &append.entries);
        let transaction = self.current.begin_write()?;
        self.current.put_chunks(&transaction, &chunks)?;
        self.current.put_lanes(&transaction, &append.spans)?;
        self.current.put_edges(&transaction, append.edges.iter())?;
        self.current.put_end(&transaction, first, end)?;
        self.current.commit(transaction)?;

        if first == self.current.first {
            self.current_begun_ms = end.hub_ms;
        }
        self.current_bytes += chunks.iter().map(|chunk| chunk.bytes.len() as u64).sum::<u64>();
        self.next = end.next;
        self.hub_ms = end.hub_ms;
        self.edges.append(&mut std::mem::take(&mut append.edges));
        self.segments.set_end(end.next);
        Ok(Position::of(first))
    }

    fn end_after(&self, append: &Append) -> End {
        let latest = append.entries.last().map_or(self.hub_ms, |entry| entry.hub_ms);
        debug_assert!(latest >= self.hub_ms, "hub time never runs backwards inside the journal");
        End { next: self.next + append.entries.len() as u64, hub_ms: latest.max(self.hub_ms) }
    }

    fn roll_if_due(&mut self) -> Result<(), JournalError> {
        let age_ms = self.hub_ms.saturating_sub(self.current_begun_ms).max(0) as u128;
        let due = self.current_bytes >= self.retention.segment_bytes
            || age_ms >= self.retention.segment_age.as_millis();
        if !due || self.next == self.current.first {
            return Ok(());
        }
        let segment = begin_segment(&*self.medium, self.next, &self.edges, self.hub_ms)?;
        self.segments.add(segment.clone());
        self.segments.close_idle();
        tracing::info!(segment = %segment.name, "journal begins a new segment");
        self.current = segment;
        self.current_begun_ms = self.hub_ms;
        self.current_bytes = 0;
        Ok(())
    }

    /// Deletes the oldest segments that retention does not want any more; those that end after `read_to` stay in any case.
    pub fn delete_old(&mut self, now_ms: i64, read_to: Position) -> Result<usize, JournalError> {
        let mut deleted = 0;
        while let Some(oldest) = self.segments.oldest_complete() {
            let segment = match self.segments.get(oldest) {
                Ok(Some(segment)) => segment,
                Ok(None) => continue,
                Err(error) if is_gone(&error) => {
                    tracing::error!(segment = %name_of(oldest), "a journal segment has gone from the disk");
                    self.segments.remove(oldest);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let end = segment.end()?;
            let too_old =
                now_ms.saturating_sub(end.hub_ms).max(0) as u128 > self.retention.age_max.as_millis();
            let too_large = self.segments.bytes(&*self.medium) > self.retention.bytes_max;
            if end.next > read_to.number() || !(too_old || too_large) {
                break;
            }
            let name = segment.name.clone();
            drop(segment);
            self.segments.remove(oldest);
            match self.medium.remove(&name) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(JournalError::Delete { name, source });
                }
                Ok(()) | Err(_) => {}
            }
            tracing::info!(segment = %name, too_old, too_large, "retention deleted a journal segment");
            deleted += 1;
        }
        Ok(deleted)
    }
}

/// Somebody else has deleted the file: nothing is left that retention could keep or delete.
fn is_gone(error: &JournalError) -> bool {
    let JournalError::Open { source: DatabaseError::Storage(StorageError::Io(source)), .. } = error else {
        return false;
    };
    source.kind() == io::ErrorKind::NotFound
}

fn open_segment(medium: &dyn Medium, first: u64) -> Result<Arc<Segment>, JournalError> {
    let name = name_of(first);
    let db = medium
        .open(&name, WRITE_CACHE_BYTES)
        .map_err(|source| JournalError::Open { name: name.clone(), source })?;
    Ok(Arc::new(Segment::new(name, first, db)))
}

/// A new segment stands alone: it begins with how far the hub holds every edge.
fn begin_segment(
    medium: &dyn Medium,
    first: u64,
    edges: &BTreeMap<EdgeId, EdgeLanes>,
    hub_ms: i64,
) -> Result<Arc<Segment>, JournalError> {
    let name = name_of(first);
    let db = medium
        .create(&name, WRITE_CACHE_BYTES)
        .map_err(|source| JournalError::Open { name: name.clone(), source })?;
    let segment = Segment::new(name.clone(), first, db);
    segment.begin(edges.iter(), hub_ms)?;
    medium.publish(&name).map_err(|source| JournalError::Publish { name, source })?;
    Ok(Arc::new(segment))
}

fn chunks(first: u64, entries: &[Entry]) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut one = Vec::with_capacity(512);
    for (index, entry) in entries.iter().enumerate() {
        one.clear();
        minicbor::encode(entry, &mut one).expect("writing to memory cannot fail");
        match chunks.last_mut() {
            Some(chunk) if chunk.bytes.len() + one.len() <= CHUNK_BYTES_MAX => {
                chunk.bytes.extend_from_slice(&one)
            }
            _ => {
                let mut bytes = Vec::with_capacity(CHUNK_BYTES_MAX);
                bytes.extend_from_slice(&one);
                chunks.push(Chunk { first: first + index as u64, bytes });
            }
        }
    }
    chunks
}
