//! The spool's file as redb sees it, with everything that is written to it counted: flash is the scarce part of an edge.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Bound;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use metrics::{Counter, counter};
use redb::backends::FileBackend;
use redb::{BackendError, DatabaseError, StorageBackend};

/// Only the edge itself reads its spool.
const FILE_MODE: u32 = 0o600;

pub(super) struct MeteredFile {
    file: FileBackend,
    written_bytes: Counter,
    syncs: Counter,
}

impl MeteredFile {
    /// Opens the file or makes it. A new file's name is made durable too: without that a power cut could take the whole
    /// file back.
    pub(super) fn open(path: &Path) -> Result<Self, DatabaseError> {
        let is_new = !path.exists();
        let file = OpenOptions::new().read(true).write(true).create(true).mode(FILE_MODE).open(path)?;
        if is_new {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(Self {
            file: FileBackend::new(file)?,
            written_bytes: counter!("spool_written_bytes_total"),
            syncs: counter!("spool_syncs_total"),
        })
    }
}

impl std::fmt::Debug for MeteredFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MeteredFile").field("file", &self.file).finish_non_exhaustive()
    }
}

impl StorageBackend for MeteredFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.syncs.increment(1);
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.written_bytes.increment(data.len() as u64);
        self.file.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}
