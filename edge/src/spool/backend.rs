//! The spool's storage as redb sees it, with everything that is written to it counted: flash is the scarce part of an edge.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Bound;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics::{Counter, counter};
use redb::backends::FileBackend;
use redb::{BackendError, DatabaseError, StorageBackend};

/// Only the edge itself reads its spool.
const FILE_MODE: u32 = 0o600;

/// What was written through a store since it was opened.
#[derive(Clone, Debug, Default)]
pub(super) struct Written(Arc<AtomicU64>);

impl Written {
    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub(super) struct Metered<B> {
    storage: B,
    written: Written,
    written_bytes: Counter,
    syncs: Counter,
}

/// Opens the file or makes it. A new file's name is made durable too: without that a power cut could take the whole file
/// back.
pub(super) fn file(path: &Path) -> Result<FileBackend, DatabaseError> {
    let is_new = !path.exists();
    let file = OpenOptions::new().read(true).write(true).create(true).mode(FILE_MODE).open(path)?;
    if is_new {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    FileBackend::new(file)
}

impl<B: StorageBackend> Metered<B> {
    pub(super) fn new(storage: B) -> Self {
        Self {
            storage,
            written: Written::default(),
            written_bytes: counter!("spool_written_bytes_total"),
            syncs: counter!("spool_syncs_total"),
        }
    }

    pub(super) fn written(&self) -> Written {
        self.written.clone()
    }
}

impl<B: std::fmt::Debug> std::fmt::Debug for Metered<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metered").field("storage", &self.storage).finish_non_exhaustive()
    }
}

impl<B: StorageBackend> StorageBackend for Metered<B> {
    fn len(&self) -> io::Result<u64> {
        self.storage.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.storage.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.storage.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.syncs.increment(1);
        self.storage.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.written.0.fetch_add(data.len() as u64, Ordering::Relaxed);
        self.written_bytes.increment(data.len() as u64);
        self.storage.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.storage.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.storage.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.storage.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.storage.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.storage.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.storage.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.storage.query_lock_range(start, end)
    }
}
