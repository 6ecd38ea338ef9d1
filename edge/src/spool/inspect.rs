//! Looks into a spool file that no edge has open, and changes nothing.

use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use wire::checkpoint::Heads;
use wire::{Checkpoint, EdgeId, Envelope, Epoch, Gap, Lane, Record, Seq, Stamp};

use crate::bookmark::Bookmark;

use super::aside::damaged;
use super::meta::LaneMeta;
use super::overlay::Overlay;
use super::store::{Store, StoreError};

/// What a spool file holds.
#[derive(Debug)]
pub struct Inspection {
    pub edge: EdgeId,
    pub epoch: Epoch,
    /// Urgent, then routine.
    pub lanes: [LaneInspection; 2],
    /// Gap records that are still in the urgent lane.
    pub gaps: Vec<Gap>,
    /// What the newest checkpoint covers.
    pub signed: Option<Heads>,
    pub bookmarks: Vec<Bookmark>,
    pub tables: usize,
    /// What the file takes on the disk, which is more than its envelopes.
    pub file_bytes: u64,
    /// Damaged files that were set aside, oldest first.
    pub damaged: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug)]
pub struct LaneInspection {
    pub oldest: Seq,
    pub confirmed: Seq,
    pub next: Seq,
    pub envelopes: u64,
    pub bytes: u64,
    /// When the oldest record was read, and the oldest that the hub lacks.
    pub oldest_at: Option<Stamp>,
    pub unconfirmed_at: Option<Stamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    #[error("there is no spool file {}: no edge has run with this configuration yet", path.display())]
    Missing { path: PathBuf },
    #[error("the edge is running with the spool {}; ask it by `strongroom-edge status`", path.display())]
    Running { path: PathBuf },
    #[error("the spool {} cannot be opened", path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error("the spool {} cannot be read; the next start of the edge decides what becomes of it", path.display())]
    Read { path: PathBuf, source: StoreError },
    #[error("the spool {} was made, and nothing was ever written into it", path.display())]
    Empty { path: PathBuf },
}

/// Reads the whole urgent lane; of a full spool that was not closed, the whole file.
pub fn inspect(path: &Path) -> Result<Inspection, InspectError> {
    let own = || path.to_owned();
    let overlay = Overlay::over(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => InspectError::Missing { path: own() },
        _ => InspectError::Open { path: own(), source },
    })?;
    // redb may panic on a file that something else wrote into.
    let read = catch_unwind(AssertUnwindSafe(|| read(path, overlay)));
    match read.unwrap_or_else(|_| Err(StoreError::damaged("reading it stopped with a panic"))) {
        Ok(Some(inspection)) => Ok(inspection),
        Ok(None) => Err(InspectError::Empty { path: own() }),
        Err(StoreError::InUse) => Err(InspectError::Running { path: own() }),
        Err(source) => Err(InspectError::Read { path: own(), source }),
    }
}

fn read(path: &Path, overlay: Overlay) -> Result<Option<Inspection>, StoreError> {
    let store = Store::open(overlay)?;
    let Some(meta) = store.meta()? else { return Ok(None) };
    let (mut gaps, mut signed) = (Vec::new(), None);
    let urgent = lane(&store, Lane::Urgent, &meta.lanes[0], |record| match record {
        Record::Gap(gap) => gaps.push(gap),
        Record::Checkpoint(bytes) => signed = Checkpoint::decode(&bytes).ok().map(|it| it.heads().clone()),
        _ => {}
    })?;
    let routine = lane(&store, Lane::Routine, &meta.lanes[1], |_| {})?;
    Ok(Some(Inspection {
        edge: meta.edge,
        epoch: meta.epoch,
        lanes: [urgent, routine],
        gaps,
        signed,
        bookmarks: store.bookmarks()?.into_iter().map(|(_, bookmark)| bookmark).collect(),
        tables: store.tables()?.len(),
        file_bytes: std::fs::metadata(path).map_or(0, |file| file.len()),
        damaged: damaged(path).unwrap_or_default(),
    }))
}

fn lane(
    store: &Store,
    lane: Lane,
    meta: &LaneMeta,
    mut record: impl FnMut(Record),
) -> Result<LaneInspection, StoreError> {
    let mut envelopes = 0;
    let (mut oldest_at, mut unconfirmed_at, mut damage) = (None, None, None);
    store.visit(lane, Seq::FIRST, |first, bytes| {
        envelopes += 1;
        // Of the routine lane only two envelopes matter, and it may be long.
        let is_confirmed = first < meta.confirmed;
        if lane == Lane::Routine && oldest_at.is_some() && (is_confirmed || unconfirmed_at.is_some()) {
            return ControlFlow::Continue(());
        }
        let envelope = match Envelope::decode(bytes) {
            Ok(envelope) => envelope,
            Err(error) => {
                damage = Some(StoreError::damaged(format!("an envelope: {error}")));
                return ControlFlow::Break(());
            }
        };
        oldest_at.get_or_insert(envelope.header.base());
        if !is_confirmed {
            unconfirmed_at.get_or_insert(envelope.header.base());
        }
        envelope.records.into_iter().for_each(&mut record);
        ControlFlow::Continue(())
    })?;
    let LaneMeta { oldest, confirmed, tail, bytes, .. } = *meta;
    match damage {
        Some(damage) => Err(damage),
        None => {
            Ok(LaneInspection { oldest, confirmed, next: tail, envelopes, bytes, oldest_at, unconfirmed_at })
        }
    }
}
