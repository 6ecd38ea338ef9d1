//! One file of the buffer.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::line::Checksum;
use super::{BufferError, Dropped, Position, SEGMENT_BYTES, line};
use crate::field::report::REPORT_BYTES_MAX;
use crate::field::report::format::Incoming;

const ENDING: &str = ".reports";
/// A segment is closed once it has its size; the report that made it full may stand over.
const FILE_BYTES_MAX: u64 = SEGMENT_BYTES + REPORT_BYTES_MAX as u64 + line::OVERHEAD_BYTES;

#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    number: u64,
    /// Of the whole file, with what is damaged.
    bytes: u64,
    records: Vec<Record>,
    /// The position behind its last report.
    end: Position,
    file: File,
    state: State,
}

/// Where a report stands.
#[derive(Clone, Copy, Debug)]
struct Record {
    position: Position,
    offset: u64,
    bytes: usize,
    events: u32,
    checksum: Checksum,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Sound,
    /// Its end is torn or damaged, or nobody knows what of it is on the disk: nothing is written behind it.
    Closed,
}

/// The number of a segment by the name of its file.
pub(super) fn number(name: &str) -> Option<u64> {
    u64::from_str_radix(name.strip_suffix(ENDING)?, 16).ok()
}

impl Segment {
    /// A new segment, which a crash does not unmake. A file that is there already is what is left of a vain attempt.
    pub(super) fn create(folder: &Path, number: u64, end: Position) -> Result<Self, BufferError> {
        let path = path(folder, number);
        let create = || {
            let mut options = OpenOptions::new();
            let file = options.read(true).append(true).create(true).mode(0o600).open(&path)?;
            file.set_len(0)?;
            Ok(file)
        };
        let file = create().map_err(|source| BufferError::Write { path: path.clone(), source })?;
        sync_folder(folder)?;
        Ok(Self { path, number, bytes: 0, records: Vec::new(), end, file, state: State::Sound })
    }

    /// Reads a segment, and counts what is damaged in it. A torn end was never kept and does not count.
    pub(super) fn open(folder: &Path, number: u64, first: Position) -> Result<(Self, Dropped), BufferError> {
        let path = path(folder, number);
        let failed = |source| BufferError::Read { path: path.clone(), source };
        let file = OpenOptions::new().read(true).append(true).open(&path).map_err(failed)?;
        let mut content = Vec::new();
        (&file).take(FILE_BYTES_MAX).read_to_end(&mut content).map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        let mut state =
            if content.last().is_none_or(|last| *last == b'\n') { State::Sound } else { State::Closed };
        let (mut records, mut damaged, mut offset, mut end) = (Vec::new(), 0, 0, first);
        for whole in content.split_inclusive(|byte| *byte == b'\n') {
            match whole.strip_suffix(b"\n").map(line::json) {
                Some(Some(json)) => {
                    records.push(Record {
                        position: end,
                        offset,
                        bytes: whole.len(),
                        events: events_in(json),
                        checksum: line::checksum(json),
                    });
                    end = end.next();
                }
                Some(None) => {
                    damaged += 1;
                    state = State::Closed;
                }
                None => {}
            }
            offset += whole.len() as u64;
        }
        // What lies behind the limit was not written by us.
        if bytes > offset {
            damaged += 1;
            state = State::Closed;
        }
        let dropped = Dropped { reports: damaged, events: 0 };
        Ok((Self { path, number, bytes, records, end, file, state }, dropped))
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn end(&self) -> Position {
        self.end
    }

    pub(super) fn is_sound(&self) -> bool {
        self.state == State::Sound
    }

    pub(super) fn append(&mut self, json: &[u8], events: u32, position: Position) -> Result<(), BufferError> {
        let line = line::line(json);
        self.write(&line).map_err(|source| BufferError::Write { path: self.path.clone(), source })?;
        let checksum = line::checksum(json);
        self.records.push(Record { position, offset: self.bytes, bytes: line.len(), events, checksum });
        self.bytes += line.len() as u64;
        self.end = position.next();
        Ok(())
    }

    /// All of it, or nothing.
    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        let Err(error) = self.file.write_all(line) else {
            // After a sync that failed the kernel may take for written what is not: nothing more goes behind it.
            return self.file.sync_data().inspect_err(|_| self.undo(State::Closed));
        };
        self.undo(State::Sound);
        Err(error)
    }

    /// What was written of a line that failed is no part of the segment.
    fn undo(&mut self, state: State) {
        self.state = if self.file.set_len(self.bytes).is_ok() { state } else { State::Closed };
    }

    /// The position of the first report that stands there or behind it.
    pub(super) fn first_from(&self, from: Position) -> Option<Position> {
        self.records.iter().map(|record| record.position).find(|position| *position >= from)
    }

    pub(super) fn read(&self, position: Position) -> Result<Vec<u8>, BufferError> {
        let record = self.records.iter().find(|record| record.position == position);
        self.json(*record.expect("a position that this segment gave"))
    }

    /// It cannot be read any more.
    pub(super) fn lose(&mut self, position: Position) -> Dropped {
        let lost = self.records.extract_if(.., |record| record.position == position);
        sum(lost.collect::<Vec<_>>().iter())
    }

    /// That of the last report up to there.
    pub(super) fn checksum_up_to(&self, position: Position) -> Option<Checksum> {
        let known = self.records.iter().rev().find(|record| record.position <= position);
        known.map(|record| record.checksum)
    }

    pub(super) fn position(&self, checksum: &[u8]) -> Option<Position> {
        self.records.iter().find(|record| record.checksum == checksum).map(|record| record.position)
    }

    pub(super) fn last(&self) -> Result<Option<Vec<u8>>, BufferError> {
        self.records.last().map(|record| self.json(*record)).transpose()
    }

    pub(super) fn reports_from(&self, confirmed: Position) -> u64 {
        self.records.iter().filter(|record| record.position >= confirmed).count() as u64
    }

    /// Whether it holds reports without events.
    pub(super) fn has_quiet(&self) -> bool {
        self.records.iter().any(|record| record.events == 0)
    }

    /// What is lost if it goes.
    pub(super) fn dropped_from(&self, confirmed: Position) -> Dropped {
        sum(self.records.iter().filter(|record| record.position >= confirmed))
    }

    /// Writes itself anew without its reports without events.
    pub(super) fn drop_quiet(&mut self, confirmed: Position) -> Result<Dropped, BufferError> {
        let kept: Vec<Record> = self.records.iter().copied().filter(|record| record.events > 0).collect();
        let mut content = Vec::new();
        let mut records = Vec::new();
        for record in &kept {
            let offset = content.len() as u64;
            content.extend(line::line(&self.json(*record)?));
            records.push(Record { offset, ..*record });
        }
        let quiet = self.records.iter().filter(|record| record.events == 0 && record.position >= confirmed);
        let dropped = Dropped { reports: quiet.count() as u64, events: 0 };
        self.file = self.replaced(&content)?;
        self.bytes = content.len() as u64;
        self.records = records;
        Ok(dropped)
    }

    pub(super) fn remove(&self) -> Result<(), BufferError> {
        fs::remove_file(&self.path).map_err(|source| BufferError::Remove { path: self.path.clone(), source })
    }

    /// Either the old content or the new one is there after a crash.
    fn replaced(&self, content: &[u8]) -> Result<File, BufferError> {
        let fresh = self.path.with_extension("new");
        let write = || -> io::Result<File> {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
            file.write_all(content)?;
            file.sync_data()?;
            fs::rename(&fresh, &self.path)?;
            OpenOptions::new().read(true).append(true).open(&self.path)
        };
        let file = write().map_err(|source| {
            // Half a file would hold the room that was missing.
            let _ = fs::remove_file(&fresh);
            BufferError::Write { path: self.path.clone(), source }
        })?;
        if let Some(folder) = self.path.parent() {
            sync_folder(folder)?;
        }
        Ok(file)
    }

    fn json(&self, record: Record) -> Result<Vec<u8>, BufferError> {
        let failed = |source| BufferError::Read { path: self.path.clone(), source };
        let mut whole = vec![0; record.bytes];
        self.file.read_exact_at(&mut whole, record.offset).map_err(failed)?;
        let json = whole.strip_suffix(b"\n").and_then(line::json);
        json.map(<[u8]>::to_vec).ok_or_else(|| {
            failed(io::Error::new(io::ErrorKind::InvalidData, "a report has changed on the disk"))
        })
    }
}

fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:016x}{ENDING}"))
}

fn sync_folder(folder: &Path) -> Result<(), BufferError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|source| BufferError::Folder { path: folder.to_owned(), source })
}

fn sum<'a>(records: impl Iterator<Item = &'a Record>) -> Dropped {
    records.fold(Dropped::default(), |dropped, record| Dropped {
        reports: dropped.reports + 1,
        events: dropped.events + u64::from(record.events),
    })
}

/// What cannot be read as a report counts as one with an event, so that it is not dropped as the first.
fn events_in(json: &[u8]) -> u32 {
    let report: Result<Incoming, _> = serde_json::from_slice(json);
    report.map_or(1, |report| u32::try_from(report.events.len()).unwrap_or(u32::MAX))
}
