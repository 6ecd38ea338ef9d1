//! The gatekeeper of redb: two tables, one kind of commit. A commit is durable when it returns, or the store is never
//! used again.

use std::ops::{ControlFlow, RangeInclusive};

use redb::{
    AccessGuard, Database, DatabaseError, ReadOnlyTable, ReadableDatabase, ReadableTable, StorageBackend,
    StorageError, TableDefinition, TableError, WriteTransaction,
};
use wire::{Lane, Seq, TableVersion};

use crate::bookmark::Bookmark;

use super::backend::{Metered, Written};
use super::bookmarks::{BookmarkRow, Slot, SlotChange};
use super::meta::{Meta, TableMeta};
use super::seal::Laned;

/// Envelopes by lane and first record; inside a lane they follow each other without a hole. And [`STATE`].
const ENVELOPES: TableDefinition<'static, Key, &'static [u8]> = TableDefinition::new("envelopes");
/// Envelopes of an epoch that is being left, for the one transaction in which that happens.
const LEFT: TableDefinition<'static, Key, &'static [u8]> = TableDefinition::new("left");
const TABLES: TableDefinition<'static, u64, &'static [u8]> = TableDefinition::new("tables");
/// The queue's state stands behind the newest routine envelope, and shares its page: every page of a commit wears the flash.
const STATE: Key = (2, 0);

/// Bookmarks by slot. They follow the state, and the first of them share its page.
const BOOKMARK: u8 = 3;

/// redb's own page cache. Its default of 1 GiB is more memory than an edge has.
const CACHE_BYTES: usize = 4 << 20;

/// What went wrong, and with what. `Damaged` means that the file is not what was written; everything else is the storage.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the spool is in use by another process")]
    InUse,
    #[error("the spool is damaged: {what}")]
    Damaged { what: String },
    #[error("the spool could not be opened")]
    Open(#[source] Box<redb::Error>),
    #[error("the spool could not be read")]
    Read(#[source] Box<redb::Error>),
    #[error("the spool could not be written")]
    Write(#[source] Box<redb::Error>),
    #[error("the spool could not be committed durably")]
    Commit(#[source] Box<redb::Error>),
}

impl StoreError {
    pub fn from_open(error: DatabaseError) -> Self {
        sort(error.into(), StoreError::Open)
    }

    pub fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }
}

/// Everything that one commit changes.
#[derive(Debug)]
pub(super) struct Changes {
    pub put: Vec<Laned>,
    /// The first records of the envelopes that go.
    pub remove: Vec<(Lane, Seq)>,
    pub put_tables: Vec<TableMeta>,
    pub remove_tables: Vec<TableVersion>,
    pub bookmarks: Vec<SlotChange>,
    pub meta: Meta,
}

/// What is written while one epoch is left for another.
pub(super) trait Renewal {
    fn opening(&mut self) -> Changes;
    fn carry(&mut self, lane: Lane, envelope: &[u8]) -> Result<Changes, StoreError>;
    fn closing(&mut self) -> Changes;
}

#[derive(Debug)]
pub(super) struct Store {
    db: Database,
    written: Written,
}

impl Store {
    pub(super) fn open(backend: impl StorageBackend) -> Result<Self, StoreError> {
        let backend = Metered::new(backend);
        let written = backend.written();
        let opened = Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(backend);
        Ok(Self { db: opened.map_err(StoreError::from_open)?, written })
    }

    /// What was written to the storage since it was opened.
    pub(super) fn written_bytes(&self) -> u64 {
        self.written.bytes()
    }

    /// `None` if the store is new.
    pub(super) fn meta(&self) -> Result<Option<Meta>, StoreError> {
        let Some(table) = self.table(ENVELOPES)? else { return Ok(None) };
        let Some(row) = table.get(STATE).map_err(read_error)? else {
            return Err(StoreError::damaged("its state is missing"));
        };
        Meta::decode(row.value()).map(Some).ok_or_else(|| StoreError::damaged("its state cannot be read"))
    }

    pub(super) fn tables(&self) -> Result<Vec<TableMeta>, StoreError> {
        let Some(table) = self.table(TABLES)? else { return Ok(Vec::new()) };
        let mut tables = Vec::new();
        for row in table.iter().map_err(read_error)? {
            let (_, bytes) = row.map_err(read_error)?;
            let table = TableMeta::decode(bytes.value());
            tables.push(table.ok_or_else(|| StoreError::damaged("a point table cannot be read"))?);
        }
        Ok(tables)
    }

    pub(super) fn bookmarks(&self) -> Result<Vec<(Slot, Bookmark)>, StoreError> {
        let Some(table) = self.table(ENVELOPES)? else { return Ok(Vec::new()) };
        let mut bookmarks = Vec::new();
        for row in table.range((BOOKMARK, 0)..=(BOOKMARK, u64::MAX)).map_err(read_error)? {
            let (key, bytes) = row.map_err(read_error)?;
            let bookmark = BookmarkRow::decode(bytes.value());
            let bookmark = bookmark.ok_or_else(|| StoreError::damaged("a bookmark cannot be read"))?;
            bookmarks.push((Slot(key.value().1), bookmark.into()));
        }
        Ok(bookmarks)
    }

    /// Shows the envelopes of `lane` from `from` on, oldest first, until the visitor has seen enough.
    pub(super) fn visit(
        &self,
        lane: Lane,
        from: Seq,
        mut visitor: impl FnMut(Seq, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let Some(table) = self.table(ENVELOPES)? else { return Ok(()) };
        for row in table.range(all_from(lane, from)).map_err(read_error)? {
            let (key, bytes) = row.map_err(read_error)?;
            if visitor(Seq(key.value().1), bytes.value()).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The envelope that begins with `first`.
    pub(super) fn envelope(&self, lane: Lane, first: Seq) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(table) = self.table(ENVELOPES)? else { return Ok(None) };
        let row = table.get((lane as u8, first.0)).map_err(read_error)?;
        Ok(row.map(|row| row.value().to_vec()))
    }

    /// The oldest envelope of `lane`.
    pub(super) fn first(&self, lane: Lane) -> Result<Option<(Seq, Vec<u8>)>, StoreError> {
        let Some(table) = self.table(ENVELOPES)? else { return Ok(None) };
        let mut rows = table.range(all_from(lane, Seq::FIRST)).map_err(read_error)?;
        rows.next().map(owned).transpose()
    }

    /// The newest envelope of `lane`.
    pub(super) fn last(&self, lane: Lane) -> Result<Option<(Seq, Vec<u8>)>, StoreError> {
        let Some(table) = self.table(ENVELOPES)? else { return Ok(None) };
        let mut rows = table.range(all_from(lane, Seq::FIRST)).map_err(read_error)?;
        rows.next_back().map(owned).transpose()
    }

    /// Durable when it returns.
    pub(super) fn commit(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let txn = self.begin()?;
        write(&txn, changes)?;
        commit(txn)
    }

    /// Leaves the epoch and begins another one in a single commit. The renewal is shown every kept envelope from `from` on
    /// and says what is written in its place.
    pub(super) fn renew(&mut self, from: [Seq; 2], renewal: &mut impl Renewal) -> Result<(), StoreError> {
        let txn = self.begin()?;
        txn.rename_table(ENVELOPES, LEFT).map_err(write_table_error)?;
        write(&txn, &renewal.opening())?;
        {
            let left = txn.open_table(LEFT).map_err(write_table_error)?;
            for lane in Lane::ALL {
                for row in left.range(all_from(lane, from[lane.index()])).map_err(read_error)? {
                    let (_, bytes) = row.map_err(read_error)?;
                    write(&txn, &renewal.carry(lane, bytes.value())?)?;
                }
            }
        }
        txn.delete_table(LEFT).map_err(write_table_error)?;
        write(&txn, &renewal.closing())?;
        commit(txn)
    }

    fn begin(&mut self) -> Result<WriteTransaction, StoreError> {
        let mut txn = self.db.begin_write().map_err(|error| sort(error.into(), StoreError::Write))?;
        // Two syncs: a commit whose pages rotted on the medium is then told as damage. With one sync redb would take it for
        // a torn one and go back to the commit before it, and what was durable would be gone in silence.
        txn.set_two_phase_commit(true);
        // No quick repair: it writes the map of the whole file with every commit, more than twice of all the rest. Without
        // it a file that was not closed is read from end to end when it is opened again; the field polls meanwhile.
        txn.set_quick_repair(false);
        Ok(txn)
    }

    fn table<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        definition: TableDefinition<'_, K, V>,
    ) -> Result<Option<ReadOnlyTable<K, V>>, StoreError> {
        let txn = self.db.begin_read().map_err(|error| sort(error.into(), StoreError::Read))?;
        match txn.open_table(definition) {
            Ok(table) => Ok(Some(table)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(sort(error.into(), StoreError::Read)),
        }
    }
}

type Key = (u8, u64);
type Row<'a> = Result<(AccessGuard<'a, Key>, AccessGuard<'a, &'static [u8]>), StorageError>;

fn all_from(lane: Lane, from: Seq) -> RangeInclusive<Key> {
    (lane as u8, from.0)..=(lane as u8, u64::MAX)
}

fn owned(row: Row<'_>) -> Result<(Seq, Vec<u8>), StoreError> {
    let (key, bytes) = row.map_err(read_error)?;
    Ok((Seq(key.value().1), bytes.value().to_vec()))
}

fn write(txn: &WriteTransaction, changes: &Changes) -> Result<(), StoreError> {
    let mut envelopes = txn.open_table(ENVELOPES).map_err(write_table_error)?;
    for Laned { lane, sealed } in &changes.put {
        let key = (*lane as u8, sealed.first.0);
        let replaced = envelopes.insert(key, sealed.bytes.as_slice()).map_err(write_error)?;
        if replaced.is_some() {
            return Err(StoreError::damaged("an envelope stands where the next one belongs"));
        }
    }
    for (lane, first) in &changes.remove {
        envelopes.remove((*lane as u8, first.0)).map_err(write_error)?;
    }
    for (slot, bookmark) in &changes.bookmarks {
        match bookmark {
            Some(row) => envelopes.insert((BOOKMARK, slot.0), row.encode().as_slice()),
            None => envelopes.remove((BOOKMARK, slot.0)),
        }
        .map_err(write_error)?;
    }
    envelopes.insert(STATE, changes.meta.encode().as_slice()).map_err(write_error)?;
    // A table that is not opened costs no write.
    if !changes.put_tables.is_empty() || !changes.remove_tables.is_empty() {
        write_tables(txn, changes)?;
    }
    Ok(())
}

fn write_tables(txn: &WriteTransaction, changes: &Changes) -> Result<(), StoreError> {
    let mut tables = txn.open_table(TABLES).map_err(write_table_error)?;
    for version in &changes.remove_tables {
        tables.remove(version.0).map_err(write_error)?;
    }
    for table in &changes.put_tables {
        tables.insert(table.version.0, table.encode().as_slice()).map_err(write_error)?;
    }
    Ok(())
}

fn commit(txn: WriteTransaction) -> Result<(), StoreError> {
    txn.commit().map_err(|error| sort(error.into(), StoreError::Commit))
}

fn read_error(error: StorageError) -> StoreError {
    sort(error.into(), StoreError::Read)
}

fn write_error(error: StorageError) -> StoreError {
    sort(error.into(), StoreError::Write)
}

fn write_table_error(error: TableError) -> StoreError {
    sort(error.into(), StoreError::Write)
}

/// Tells a file that is not what was written from a storage that fails.
fn sort(error: redb::Error, otherwise: fn(Box<redb::Error>) -> StoreError) -> StoreError {
    use std::io::ErrorKind::{InvalidData, UnexpectedEof};
    match error {
        redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => StoreError::InUse,
        redb::Error::Corrupted(what) => StoreError::Damaged { what },
        redb::Error::Io(error) if matches!(error.kind(), InvalidData | UnexpectedEof) => {
            StoreError::damaged(error.to_string())
        }
        error @ (redb::Error::UpgradeRequired(_)
        | redb::Error::RepairAborted
        | redb::Error::TableTypeMismatch { .. }
        | redb::Error::TableIsMultimap(_)
        | redb::Error::TypeDefinitionChanged { .. }) => StoreError::damaged(error.to_string()),
        error => otherwise(Box::new(error)),
    }
}
