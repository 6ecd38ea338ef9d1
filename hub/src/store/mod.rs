//! The store: what the hub has judged, in one redb file, `state.redb`.
//!
//! The promise. One transaction holds the cursor (the next journal entry to be judged), everything that judging changed,
//! and the feed of the live stream. So a crash neither loses nor repeats: after a restart the entries behind the cursor
//! are judged again and give the same. If this file is lost, the journal gives it back as far as the journal reaches.
//!
//! `tables.rs` names the tables, `write.rs` commits, `load.rs` reads everything at the start, the other files answer
//! people's questions. Reads are bounded; nobody holds a transaction for longer than one answer.

pub mod feed;
pub mod incidents;
mod load;
mod read;
mod tables;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::{Database, ReadableDatabase};
use tokio::sync::watch;

use crate::journal::Position;

pub use feed::{Feed, FeedItem, FeedKind};
pub use incidents::{Counts, IncidentCursor, IncidentFilter, Page};
pub use read::{PartRow, QuarantineRow};
pub use write::StoreWriter;

/// What the store's page cache may take: correlation has everything in memory and reads nothing back, so it only serves
/// people's questions.
const CACHE_BYTES: usize = 8 << 20;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("cannot open the store {}", path.display())]
    Open { path: PathBuf, source: redb::DatabaseError },
    #[error("cannot give the new store {} its name", path.display())]
    Publish { path: PathBuf, source: std::io::Error },
    #[error("cannot begin a transaction in the store")]
    Begin(#[source] Box<redb::TransactionError>),
    #[error("cannot use the store's table {table}")]
    Table { table: &'static str, source: Box<redb::TableError> },
    #[error("cannot read or write the store")]
    Storage(#[from] redb::StorageError),
    #[error("the store could not be committed")]
    Commit(#[source] Box<redb::CommitError>),
    #[error("the store's table {table} holds something that cannot be decoded")]
    Decode { table: &'static str, source: minicbor::decode::Error },
    #[error("the store's table {table} holds a wrong id")]
    Id { table: &'static str, source: wire::IdError },
}

/// Reads; cheap to clone. Every call is blocking disk work.
#[derive(Clone)]
pub struct Store {
    db: Arc<Database>,
    head: watch::Receiver<u64>,
    cursor: watch::Receiver<Position>,
}

impl Store {
    pub fn open(path: &Path) -> Result<(Store, StoreWriter), StoreError> {
        if !path.exists() {
            create(path)?;
        }
        let db = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .open(path)
            .map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
        Self::with(db)
    }

    /// Over any redb database, for tests of power cuts.
    pub fn with(db: Database) -> Result<(Store, StoreWriter), StoreError> {
        let db = Arc::new(db);
        tables::create(&db)?;
        let (head_sender, head) = watch::channel(0);
        let (cursor_sender, cursor) = watch::channel(Position::FIRST);
        let store = Store { db: db.clone(), head, cursor };
        head_sender.send_replace(store.feed_newest()?);
        if let Some(next) = store.saved_cursor()? {
            cursor_sender.send_replace(next.0);
        }
        Ok((store, StoreWriter::new(db, head_sender, cursor_sender)))
    }

    fn begin(&self) -> Result<redb::ReadTransaction, StoreError> {
        self.db.begin_read().map_err(|e| StoreError::Begin(Box::new(e)))
    }

    /// Wakes those who follow the feed: the number of its newest item.
    pub fn feed_head(&self) -> watch::Receiver<u64> {
        self.head.clone()
    }

    /// The next journal entry to be judged.
    pub fn cursor(&self) -> Position {
        *self.cursor.borrow()
    }
}

/// Makes an empty store under another name first: what a power cut leaves of one that is half made is never opened.
fn create(path: &Path) -> Result<(), StoreError> {
    let unpublished = path.with_extension("redb.new");
    let open = |source| StoreError::Open { path: unpublished.clone(), source };
    match std::fs::remove_file(&unpublished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(open(redb::DatabaseError::Storage(error.into())));
        }
        Ok(()) | Err(_) => {}
    }
    let db = Database::builder().create(&unpublished).map_err(open)?;
    tables::create(&db)?;
    drop(db);
    let publish = |source| StoreError::Publish { path: path.to_owned(), source };
    std::fs::rename(&unpublished, path).map_err(publish)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(publish)
}
