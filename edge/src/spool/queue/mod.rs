//! The queue itself, without its thread: store, chains and account kept in step. Every method that writes is durable when
//! it returns; an error means that the store must not be used again.

mod begin;
mod explain;
mod read;
mod renew;
mod room;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tracing::error;
use wire::checkpoint::Heads;
use wire::heartbeat::Storage;
use wire::{EdgeId, Epoch, Gap, Lane, PointNo, Record, Resume, Seq, Stamp, TableVersion};

use crate::bookmark::Bookmark;

use super::account::Account;
use super::bookmarks::{Bookmarks, SlotChange};
use super::checkpoint::{Schedule, Sign};
use super::entry::{Batch, Wait, What};
use super::error::SpoolError;
use super::meta::{FORMAT, LaneMeta, Meta, TableMeta};
use super::metrics::Metrics;
use super::resume::{Verdict, judge};
use super::routine::Routine;
use super::seal::{Draft, Laned, Outcome, Sealer};
use super::store::{Changes, Store};

pub(super) use begin::Beginning;
pub use read::{GivenUp, LaneStatus, Limit, Status, Stored};

/// What the queue has to know from outside.
#[derive(Clone, Debug)]
pub struct Settings {
    pub edge: EdgeId,
    pub bytes_max: u64,
    pub routine_interval: Duration,
    /// How old a record may become, urgent, then routine, confirmed or not. How that is known: see `age`.
    pub age_max: [Duration; 2],
    /// Who signs checkpoints; without it there are none.
    pub signer: Option<Arc<dyn Sign>>,
}

/// Where the uplink begins to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positions {
    pub epoch: Epoch,
    /// Urgent, then routine.
    pub from: [Seq; 2],
}

/// What one commit adds.
#[derive(Debug, Default)]
struct Additions {
    urgent: Vec<Draft>,
    routine: Vec<Draft>,
    bookmarks: Vec<SlotChange>,
    put_tables: Vec<TableMeta>,
    /// A checkpoint over all that stands already: it comes before everything else.
    checkpoint: Option<Draft>,
    /// Whether a grave event is among the urgent ones.
    grave: bool,
}

#[derive(Debug)]
pub(super) struct Queue {
    settings: Settings,
    storage: Storage,
    store: Store,
    sealer: Sealer,
    account: Account,
    routine: Routine,
    /// The table that new readings belong to.
    table: TableVersion,
    /// Every table that a kept envelope names, the present one too.
    tables: Vec<TableMeta>,
    bookmarks: Bookmarks,
    checkpoints: Schedule,
    /// The points whose events do not stay unsigned.
    grave: HashSet<PointNo>,
    /// When the ages are looked at next, in milliseconds since the boot.
    age_check_ms: u64,
    /// See [`Meta::unproven`].
    unproven: Option<[Seq; 2]>,
    /// What a hub that came back without its tail was told last, so that it is not told again on every connect.
    explained: Vec<Gap>,
    /// Urgent, then routine.
    given_up: [GivenUp; 2],
    metrics: Metrics,
}

impl Queue {
    pub(super) fn epoch(&self) -> Epoch {
        self.sealer.epoch()
    }

    pub(super) fn is_durable(&self) -> bool {
        self.storage == Storage::Durable
    }

    /// Per lane, the number that the next record gets.
    pub(super) fn tails(&self) -> [Seq; 2] {
        Lane::ALL.map(|lane| self.sealer.head(lane).next)
    }

    /// Takes a batch in. Its urgent entries are durable when this returns; routine ones and bookmarks wait for each other,
    /// unless a commit happens anyway.
    pub(super) fn append(&mut self, batch: Batch, now: &Stamp) -> Result<(), SpoolError> {
        let Batch { entries, bookmarks, wait } = batch;
        let mut urgent: Vec<Draft> = Vec::new();
        let mut grave = false;
        for entry in entries {
            match entry.lane {
                Lane::Urgent => {
                    grave |= entry.what == What::Event && self.grave.contains(&entry.point);
                    urgent.push(entry.into());
                }
                Lane::Routine => self.routine.push(entry, now),
            }
        }
        for bookmark in bookmarks {
            self.put_bookmark(bookmark, now);
        }
        // A commit that happens anyway takes all along that waits: commits are what wears the flash.
        if urgent.is_empty() && wait < Wait::AllNow && !self.is_due(now) {
            return Ok(());
        }
        self.seal_with(urgent, grave, now)
    }

    /// When what waits has to be sealed, or a checkpoint is due, in milliseconds since the boot.
    pub(super) fn due_ms(&self) -> Option<u64> {
        let checkpoint = self.settings.signer.as_ref().and_then(|_| self.checkpoints.due_ms());
        [self.waiting_due_ms(), checkpoint].into_iter().flatten().min()
    }

    fn waiting_due_ms(&self) -> Option<u64> {
        let bookmarks = self.bookmarks.waiting_since_ms();
        let bookmarks = bookmarks.map(|since_ms| self.routine.due_if_since_ms(since_ms));
        [self.routine.due_ms(), bookmarks].into_iter().flatten().min()
    }

    fn is_due(&self, now: &Stamp) -> bool {
        self.routine.is_full() || self.due_ms().is_some_and(|due_ms| due_ms <= now.mono_ms)
    }

    /// Whether all that was taken in is durable.
    pub(super) fn is_settled(&self) -> bool {
        self.waiting_due_ms().is_none()
    }

    /// Seals what still waits, and signs it: the last act before the end.
    pub(super) fn seal_all(&mut self, now: &Stamp) -> Result<(), SpoolError> {
        self.checkpoints.hurry();
        self.seal_with(Vec::new(), false, now)
    }

    /// Commits `urgent` and all that waits, if there is anything. A checkpoint alone is signed before there is a commit: each
    /// attempt of an edge without a usable key would cost one otherwise, for nothing.
    fn seal_with(&mut self, urgent: Vec<Draft>, grave: bool, now: &Stamp) -> Result<(), SpoolError> {
        let routine = self.routine.take();
        let bookmarks = self.bookmarks.commit();
        let nothing = urgent.is_empty() && routine.is_empty() && bookmarks.is_empty();
        let checkpoint = if nothing { self.checkpoint(now) } else { None };
        if nothing && checkpoint.is_none() {
            return Ok(());
        }
        let additions = Additions { urgent, routine, bookmarks, checkpoint, grave, ..Additions::default() };
        self.write_with(additions, now)
    }

    fn put_bookmark(&mut self, bookmark: Bookmark, now: &Stamp) {
        let name = bookmark.name.clone();
        if let Err(refused) = self.bookmarks.put(bookmark, now) {
            self.metrics.refused_bookmark();
            error!(bookmark = %name.get(..Bookmark::NAME_BYTES_MAX).unwrap_or(&name), "a bookmark is not kept: {refused}");
        }
    }

    /// How far the sources have been read, durably.
    pub(super) fn bookmarks(&self) -> Vec<Bookmark> {
        self.bookmarks.all()
    }

    /// The hub has everything of `lane` before `next`. It stays in memory until the next write: what the hub holds is
    /// learnt from the hub on every connect anyway.
    pub(super) fn confirmed(&mut self, lane: Lane, next: Seq) {
        self.account.confirm(lane, next);
    }

    /// The hub said what it holds: where to go on from, in this epoch or in a new one.
    pub(super) fn resume(&mut self, resume: &Resume, now: &Stamp) -> Result<Positions, SpoolError> {
        match judge(&self.kept(), resume) {
            Verdict::GoOn { from, lacks_older } => self.go_on(resume, from, &lacks_older, now)?,
            Verdict::FromOldest { hub } => self.send_all_kept(hub, now)?,
            Verdict::RolledBack { fork } => self.renew(fork, now)?,
        }
        Ok(Positions { epoch: self.epoch(), from: Lane::ALL.map(|lane| self.account.lane(lane).confirmed) })
    }

    /// Seals both lanes, makes room, and commits all of it at once.
    fn write_with(&mut self, additions: Additions, now: &Stamp) -> Result<(), SpoolError> {
        let Additions { urgent, routine, bookmarks, put_tables, checkpoint, grave } = additions;
        let mut put = self.seal(Lane::Urgent, checkpoint.into_iter().collect());
        let checkpoints = put.len();
        put.extend(self.seal(Lane::Urgent, urgent));
        put.extend(self.seal(Lane::Routine, routine));
        let room = self.make_room(&put, now)?;
        let notes = room.notes.into_iter().map(|record| Draft::note(record, *now)).collect();
        put.extend(self.seal(Lane::Urgent, notes));
        self.checkpoints.sealed(put.len() - checkpoints, grave);
        let checkpoint = self.checkpoint(now);
        put.extend(self.seal(Lane::Urgent, checkpoint.into_iter().collect()));
        for Laned { lane, sealed } in &put {
            self.account.appended(*lane, sealed);
            self.metrics.appended(*lane, sealed);
        }
        let remove_tables = self.forget_spent_tables();
        let meta = self.meta();
        let changes = Changes { put, remove: room.removed, put_tables, remove_tables, bookmarks, meta };
        self.store.commit(&changes)?;
        self.metrics.committed(&self.account);
        Ok(())
    }

    /// A signature under everything that is sealed so far, if one is due.
    fn checkpoint(&mut self, now: &Stamp) -> Option<Draft> {
        let signer = self.settings.signer.as_ref().filter(|_| self.checkpoints.is_due(now.mono_ms))?;
        let Stamp { boot, mono_ms, wall_ms, clock } = *now;
        let lanes = Lane::ALL.map(|lane| self.sealer.head(lane).into());
        let (edge, epoch) = (self.settings.edge.clone(), self.epoch());
        match signer.sign(&Heads { edge, epoch, lanes, boot, mono_ms, wall_ms, clock }) {
            Ok(bytes) => {
                self.checkpoints.written(mono_ms);
                self.metrics.signed();
                Some(Draft::note(Record::Checkpoint(bytes), *now))
            }
            Err(error) => {
                self.metrics.not_signed();
                if self.checkpoints.failed(mono_ms) {
                    let error = &error as &dyn std::error::Error;
                    error!(error, "checkpoints cannot be signed: the records travel without signatures");
                }
                None
            }
        }
    }

    fn seal(&mut self, lane: Lane, drafts: Vec<Draft>) -> Vec<Laned> {
        let Outcome { sealed, refused } = self.sealer.seal(lane, self.table, drafts);
        if refused > 0 {
            self.metrics.refused(refused);
            error!(%lane, records = refused, "records that no envelope can hold were refused");
        }
        sealed
    }

    fn forget_spent_tables(&mut self) -> Vec<TableVersion> {
        let oldest = Lane::ALL.map(|lane| self.account.lane(lane).oldest);
        let spent = self.tables.extract_if(.., |table| table.is_spent(oldest));
        spent.map(|table| table.version).collect()
    }

    fn meta(&self) -> Meta {
        meta(&self.settings.edge, &self.sealer, &self.account, self.unproven)
    }
}

fn meta(edge: &EdgeId, sealer: &Sealer, account: &Account, unproven: Option<[Seq; 2]>) -> Meta {
    let lanes = Lane::ALL.map(|lane| LaneMeta::new(account.lane(lane), sealer.head(lane)));
    Meta { format: FORMAT, edge: edge.clone(), epoch: sealer.epoch(), lanes, unproven }
}
