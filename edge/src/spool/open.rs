//! Opening: the stored spool, or a new one, or memory. An edge whose disk is bad still watches.

use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::StorageBackend;
use redb::backends::InMemoryBackend;
use tracing::{error, info};
use wire::heartbeat::Storage;
use wire::{OpenedReason, PointTable, PreviousEpoch, Stamp};

use super::aside::{FailureMark, set_aside};
use super::backend::file;
use super::error::SpoolError;
use super::past::Past;
use super::queue::{Beginning, Queue, Settings};
use super::store::{Store, StoreError};

/// How much is kept in memory when there is no disk: hours of events, and little of an edge's memory.
const MEMORY_BYTES_MAX: u64 = 16 << 20;

/// An opening that did not work, and what could still be read of the epoch before.
struct Failure {
    error: SpoolError,
    previous: Option<Box<PreviousEpoch>>,
}

impl From<SpoolError> for Failure {
    fn from(error: SpoolError) -> Self {
        Self { error, previous: None }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        SpoolError::Storage(error).into()
    }
}

/// Opens the file, and does without it if it must.
pub(super) fn on_file(
    path: &Path,
    past: &mut Past,
    settings: &Settings,
    table: &PointTable,
    now: &Stamp,
) -> Result<Queue, SpoolError> {
    let mut queue = on_file_or_memory(path, past, settings, table, now)?;
    if queue.is_durable() {
        if past.has_left(queue.epoch()) {
            // Its numbers were given out, and it is no word of the hub that would say so: the hub speaks of a later epoch.
            past.rolled_back(now.wall_ms);
            queue.renew(queue.tails(), now)?;
        }
        past.holds(queue.epoch());
    }
    Ok(queue)
}

fn on_file_or_memory(
    path: &Path,
    past: &mut Past,
    settings: &Settings,
    table: &PointTable,
    now: &Stamp,
) -> Result<Queue, SpoolError> {
    let mark = FailureMark::of(path);
    if mark.is_hopeless() {
        // The next start gives the disk another chance.
        mark.clear();
        error!(path = %path.display(), "the spool file failed twice in a row");
        return in_memory(settings, table, now);
    }
    if matches!(std::fs::metadata(path), Err(error) if error.kind() == ErrorKind::NotFound) {
        past.no_file(now.wall_ms);
    }
    let if_new = (past.reason_if_new(), None);
    let Failure { error, previous } = match try_file(path, settings, table, if_new, now) {
        Ok(queue) => return Ok(queue),
        Err(failure) => failure,
    };
    match error {
        SpoolError::Storage(StoreError::InUse) => Err(SpoolError::InUse { path: path.to_owned() }),
        SpoolError::Storage(damage @ StoreError::Damaged { .. }) => {
            error!(path = %path.display(), %damage, "the spool file is damaged");
            if let Err(error) = set_aside(path, past, now.wall_ms) {
                error!(path = %path.display(), %error, "the damaged spool file could not be set aside");
                return in_memory(settings, table, now);
            }
            let again = try_file(
                path,
                settings,
                table,
                (OpenedReason::Damaged, previous.map(|previous| *previous)),
                now,
            );
            again.or_else(|failure| without_disk(path, failure.error, settings, table, now))
        }
        error => without_disk(path, error, settings, table, now),
    }
}

/// Opens a store on any backend. Nothing is set aside, and nothing replaces it.
pub(super) fn on_backend(
    backend: impl StorageBackend,
    settings: &Settings,
    table: &PointTable,
    now: &Stamp,
) -> Result<Queue, SpoolError> {
    let opened = open_store(Store::open(backend), settings, table, (OpenedReason::FirstStart, None), now);
    opened.map_err(|failure| failure.error)
}

fn try_file(
    path: &Path,
    settings: &Settings,
    table: &PointTable,
    if_new: (OpenedReason, Option<PreviousEpoch>),
    now: &Stamp,
) -> Result<Queue, Failure> {
    // redb would take it for a new one. A file system may give a file back empty after a power cut, and what was in it is
    // then as lost as in a damaged one.
    if std::fs::metadata(path).is_ok_and(|file| file.len() == 0) {
        return Err(StoreError::damaged("it is empty").into());
    }
    // redb may panic on a file that something else wrote into. Nothing outlives the closure, so nothing is seen half done.
    let attempt = catch_unwind(AssertUnwindSafe(|| {
        let store = file(path).map_err(StoreError::from_open).and_then(Store::open);
        open_store(store, settings, table, if_new, now)
    }));
    let failure = match attempt {
        Ok(Ok(queue)) => return Ok(queue),
        Ok(Err(failure)) => failure,
        Err(_) => StoreError::damaged("reading it stopped with a panic").into(),
    };
    Err(match failure.error {
        SpoolError::ForeignEdge { found, expected, .. } => {
            SpoolError::ForeignEdge { path: path.to_owned(), found, expected }.into()
        }
        error => Failure { error, previous: failure.previous },
    })
}

fn open_store(
    store: Result<Store, StoreError>,
    settings: &Settings,
    table: &PointTable,
    (reason, previous): (OpenedReason, Option<PreviousEpoch>),
    now: &Stamp,
) -> Result<Queue, Failure> {
    let store = store?;
    let Some(meta) = store.meta()? else {
        info!(edge = %settings.edge, ?reason, "a new spool epoch begins");
        let beginning = Beginning::NewEpoch { reason, previous };
        return Ok(Queue::begin((store, Storage::Durable), settings.clone(), table, beginning, now)?);
    };
    if meta.edge != settings.edge {
        let (found, expected) = (meta.edge, settings.edge.clone());
        return Err(SpoolError::ForeignEdge { path: Default::default(), found, expected }.into());
    }
    let previous = meta.as_previous();
    info!(
        edge = %settings.edge, epoch = %meta.epoch, urgent = meta.lanes[0].tail.0, routine = meta.lanes[1].tail.0,
        "the spool goes on"
    );
    Queue::begin((store, Storage::Durable), settings.clone(), table, Beginning::GoOn(meta), now)
        .map_err(|error| Failure { error, previous: Some(Box::new(previous)) })
}

fn without_disk(
    path: &Path,
    error: SpoolError,
    settings: &Settings,
    table: &PointTable,
    now: &Stamp,
) -> Result<Queue, SpoolError> {
    let SpoolError::Storage(storage) = error else { return Err(error) };
    error!(path = %path.display(), error = &storage as &dyn std::error::Error, "the spool cannot be opened");
    in_memory(settings, table, now)
}

fn in_memory(settings: &Settings, table: &PointTable, now: &Stamp) -> Result<Queue, SpoolError> {
    let bytes_max = settings.bytes_max.min(MEMORY_BYTES_MAX);
    error!(bytes_max, "records are kept in memory only: they are lost with the process");
    let settings = Settings { bytes_max, ..settings.clone() };
    let store = Store::open(InMemoryBackend::new())?;
    let beginning = Beginning::NewEpoch { reason: OpenedReason::StorageFailed, previous: None };
    Queue::begin((store, Storage::Memory), settings, table, beginning, now)
}
