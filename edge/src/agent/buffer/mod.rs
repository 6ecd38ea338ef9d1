//! Reports on the disk until the edge has confirmed them.
//!
//! A folder of segments, files of lines `checksum json`. The promise: what `append` is content with is on the disk. The end of
//! a segment that a crash tore is not read; a line that is damaged otherwise is counted as dropped. What is confirmed goes by
//! whole segments; the last one stays in any case, for from its last report the agent goes on. A note beside the segments says
//! up to which report all is confirmed. It is not synced: if it is lost, some reports are sent again, and the edge drops them
//! by their numbers.
//!
//! A full buffer drops the oldest reports without events first, then the oldest of all. What is dropped is said.
//!
//! A disk that takes nothing ends nobody: what it does not take is pending, in memory and within a limit, goes to the edge
//! from there, and is written before the next report.

mod line;
mod pending;
mod segment;

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pending::{Pending, Report};
use runtime::causes::in_full;
use segment::Segment;
use tracing::warn;

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
    #[error("{} cannot be written", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("the segment {} cannot be removed", path.display())]
    Remove { path: PathBuf, source: io::Error },
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
    pending: Pending,
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
            pending: Pending::new(),
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

    /// Durable once it returns `Ok`. Otherwise the report is pending, as all those before it that the disk did not take.
    pub fn append(&mut self, json: &[u8], events: u32) -> Result<(), BufferError> {
        let dropped = self.pending.push(Report { position: self.next, json: json.to_vec(), events });
        self.dropped.add(dropped);
        self.next = self.next.next();
        self.write_pending()
    }

    /// In their order. For an event, and not for a heartbeat, the oldest segment makes way, once: the rest of the disk may
    /// be anybody's, and what it is full of may be full again in a moment.
    fn write_pending(&mut self) -> Result<(), BufferError> {
        let mut makes_way = self.pending.has_events();
        while let Some(report) = self.pending.take_first() {
            let mut written = self.write(&report);
            if written.is_err() && makes_way && self.segments.len() > 1 {
                makes_way = false;
                written = self.drop_oldest().and_then(|()| self.write(&report));
            }
            if let Err(error) = written {
                self.pending.give_back(report);
                return Err(error);
            }
        }
        Ok(())
    }

    fn write(&mut self, report: &Report) -> Result<(), BufferError> {
        self.make_room(report.json.len())?;
        let full = |segment: &Segment| segment.bytes() >= SEGMENT_BYTES || !segment.is_sound();
        if self.segments.back().is_none_or(full) {
            let number = self.segments.back().map_or(0, |segment| segment.number() + 1);
            self.segments.push_back(Segment::create(&self.folder, number, report.position)?);
        }
        let segment = self.segments.back_mut().expect("there is a segment now");
        let written = segment.append(&report.json, report.events, report.position);
        if !segment.is_sound() && segment.bytes() == 0 {
            // With every attempt on a disk that does not sync there would be one more. If its file stays, the next one takes it.
            let _ = segment.remove();
            self.segments.pop_back();
        }
        written
    }

    /// The first report that is kept at this position or behind it, and its position. Not those that were confirmed. One
    /// that the disk does not give back any more is dropped.
    pub fn read(&mut self, from: Position) -> Option<(Position, Vec<u8>)> {
        let from = from.max(self.confirmed);
        for segment in self.segments.iter_mut().filter(|segment| segment.end() > from) {
            while let Some(position) = segment.first_from(from) {
                match segment.read(position) {
                    Ok(json) => return Some((position, json)),
                    Err(error) => {
                        warn!("a report is lost: {}", in_full(&error));
                        self.dropped.add(segment.lose(position));
                    }
                }
            }
        }
        self.pending.read(from)
    }

    /// The report that was written last, confirmed or not.
    pub fn last(&self) -> Result<Option<Vec<u8>>, BufferError> {
        self.segments.iter().rev().find_map(|segment| segment.last().transpose()).transpose()
    }

    /// Everything up to this position is with the edge. What fails here costs some repetitions after a restart.
    pub fn confirm(&mut self, position: Position) -> Result<(), BufferError> {
        self.confirmed = self.confirmed.max(position.next());
        self.pending.forget_before(self.confirmed);
        if let Some(checksum) =
            self.segments.iter().rev().find_map(|segment| segment.checksum_up_to(position))
        {
            self.note(&checksum)?;
        }
        self.forget_confirmed()
    }

    /// How many reports wait.
    pub fn waiting(&self) -> u64 {
        let written: u64 = self.segments.iter().map(|segment| segment.reports_from(self.confirmed)).sum();
        written + self.pending.len()
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
            self.remove_first()?;
        }
        Ok(())
    }

    /// The oldest segment loses its heartbeats; if none but the last has any, or if there is no room to write one anew, the
    /// oldest goes as a whole.
    fn drop_oldest(&mut self) -> Result<(), BufferError> {
        let confirmed = self.confirmed;
        let older = self.segments.len().saturating_sub(1);
        let quiet = self.segments.iter_mut().take(older).find(|segment| segment.has_quiet());
        if let Some(Ok(dropped)) = quiet.map(|segment| segment.drop_quiet(confirmed)) {
            self.dropped.add(dropped);
            return Ok(());
        }
        let dropped = self.segments.front().map(|segment| segment.dropped_from(confirmed));
        self.remove_first()?;
        self.dropped.add(dropped.unwrap_or_default());
        Ok(())
    }

    /// A file that cannot be removed stays where it stands in the order.
    fn remove_first(&mut self) -> Result<(), BufferError> {
        if let Some(first) = self.segments.front() {
            first.remove()?;
            self.segments.pop_front();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
