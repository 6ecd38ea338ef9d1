//! Reports on the disk until the edge has confirmed them.
//!
//! A folder of segments, files of lines `checksum json`. The promise: what `append` returned for is on the disk. The end of
//! a segment that a crash tore is not read; a line that is damaged otherwise is counted as dropped. What is confirmed goes by
//! whole segments; the last one stays in any case, for from its last report the agent goes on. A note beside the segments says
//! up to which report all is confirmed. It is not synced: if it is lost, some reports are sent again, and the edge drops them
//! by their numbers.
//!
//! A full buffer drops the oldest reports without events first, then the oldest of all. What is dropped is said.

mod line;
mod segment;

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use segment::Segment;

/// Without the note a restart sends about this much again.
const SEGMENT_BYTES: u64 = 64 << 10;
/// Holds the checksum of the last confirmed report.
const NOTE: &str = "confirmed";

/// The place of a report since the buffer was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(u64);

impl Position {
    pub const FIRST: Position = Position(0);

    pub fn next(self) -> Position {
        Position(self.0 + 1)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum BufferError {
    #[error("the folder {} of the buffer cannot be used", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("the segment {} cannot be read", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the segment {} cannot be written", path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// What had to go, or was found damaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    pub reports: u64,
    pub events: u64,
}

impl Dropped {
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    fn add(&mut self, more: Dropped) {
        self.reports += more.reports;
        self.events += more.events;
    }
}

#[derive(Debug)]
pub struct Buffer {
    folder: PathBuf,
    bytes_max: u64,
    /// Oldest first, with positions that rise. The last one is written to.
    segments: VecDeque<Segment>,
    next: Position,
    /// Everything before it is confirmed.
    confirmed: Position,
    /// Not said yet.
    dropped: Dropped,
}

impl Buffer {
    /// Opens the folder, or makes it.
    pub fn open(folder: &Path, bytes_max: u64) -> Result<Self, BufferError> {
        let failed = |source| BufferError::Folder { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let mut numbers = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            numbers.extend(entry.file_name().to_str().and_then(segment::number));
        }
        numbers.sort_unstable();
        let mut buffer = Self {
            folder: folder.to_owned(),
            bytes_max,
            segments: VecDeque::new(),
            next: Position::FIRST,
            confirmed: Position::FIRST,
            dropped: Dropped::default(),
        };
        for number in numbers {
            let (segment, damaged) = Segment::open(folder, number, buffer.next)?;
            buffer.next = segment.end();
            buffer.dropped.add(damaged);
            buffer.segments.push_back(segment);
        }
        if let Ok(note) = fs::read(folder.join(NOTE)) {
            let noted = buffer.segments.iter().find_map(|segment| segment.position(&note));
            buffer.confirmed = noted.map_or(Position::FIRST, Position::next);
        }
        Ok(buffer)
    }

    /// What was dropped and not said yet. Whoever takes it says it in the next report.
    pub fn take_dropped(&mut self) -> Dropped {
        std::mem::take(&mut self.dropped)
    }

    /// Makes room for so many bytes, before it is decided what the next report says.
    pub fn make_room(&mut self, bytes: usize) -> Result<(), BufferError> {
        let wanted = bytes as u64 + line::OVERHEAD_BYTES;
        while self.bytes() + wanted > self.bytes_max && self.segments.len() > 1 {
            self.drop_oldest()?;
        }
        Ok(())
    }

    /// Durable once it returns.
    pub fn append(&mut self, json: &[u8], events: u32) -> Result<(), BufferError> {
        if self.segments.back().is_none_or(|segment| segment.bytes() >= SEGMENT_BYTES || !segment.is_sound())
        {
            let number = self.segments.back().map_or(0, |segment| segment.number() + 1);
            self.segments.push_back(Segment::create(&self.folder, number, self.next)?);
        }
        let segment = self.segments.back_mut().expect("there is a segment now");
        segment.append(json, events, self.next)?;
        self.next = self.next.next();
        self.forget_confirmed()
    }

    /// The first report that is kept at this position or behind it, and its position. Not those that were confirmed.
    pub fn read(&mut self, from: Position) -> Result<Option<(Position, Vec<u8>)>, BufferError> {
        let from = from.max(self.confirmed);
        for segment in self.segments.iter().filter(|segment| segment.end() > from) {
            if let Some(read) = segment.read(from)? {
                return Ok(Some(read));
            }
        }
        Ok(None)
    }

    /// The report that was appended last, confirmed or not.
    pub fn last(&self) -> Result<Option<Vec<u8>>, BufferError> {
        self.segments.iter().rev().find_map(|segment| segment.last().transpose()).transpose()
    }

    /// Everything up to this position is with the edge.
    pub fn confirm(&mut self, position: Position) -> Result<(), BufferError> {
        if let Some(checksum) = self.segments.iter().find_map(|segment| segment.checksum(position)) {
            self.note(&checksum)?;
        }
        self.confirmed = self.confirmed.max(position.next());
        self.forget_confirmed()
    }

    /// How many reports wait.
    pub fn waiting(&self) -> u64 {
        self.segments.iter().map(|segment| segment.reports_from(self.confirmed)).sum()
    }

    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(Segment::bytes).sum()
    }

    fn note(&self, checksum: &[u8]) -> Result<(), BufferError> {
        let (path, fresh) = (self.folder.join(NOTE), self.folder.join("confirmed.new"));
        let written = fs::write(&fresh, checksum).and_then(|()| fs::rename(&fresh, &path));
        written.map_err(|source| BufferError::Write { path, source })
    }

    fn forget_confirmed(&mut self) -> Result<(), BufferError> {
        while self.segments.len() > 1
            && self.segments.front().is_some_and(|first| first.end() <= self.confirmed)
        {
            if let Some(segment) = self.segments.pop_front() {
                segment.remove()?;
            }
        }
        Ok(())
    }

    /// The oldest segment loses its heartbeats; if none but the last has any, the oldest goes as a whole.
    fn drop_oldest(&mut self) -> Result<(), BufferError> {
        let confirmed = self.confirmed;
        let older = self.segments.len().saturating_sub(1);
        let quiet = self.segments.iter_mut().take(older).find(|segment| segment.has_quiet());
        let dropped = match quiet {
            Some(segment) => segment.drop_quiet(confirmed)?,
            None => match self.segments.pop_front() {
                Some(segment) => {
                    let dropped = segment.dropped_from(confirmed);
                    segment.remove()?;
                    dropped
                }
                None => return Ok(()),
            },
        };
        self.dropped.add(dropped);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
