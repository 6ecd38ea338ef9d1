//! The queue itself, without its thread: store, chains and account kept in step. Every method that writes is durable when
//! it returns; an error means that the store must not be used again.

mod begin;
mod explain;
mod read;
mod renew;
mod room;

use std::time::Duration;

use tracing::error;
use wire::heartbeat::Storage;
use wire::{EdgeId, Epoch, Gap, Lane, Resume, Seq, Stamp, TableVersion};

use super::account::Account;
use super::entry::Entry;
use super::error::SpoolError;
use super::meta::{FORMAT, LaneMeta, Meta, TableMeta};
use super::metrics::Metrics;
use super::resume::{Verdict, judge};
use super::routine::Routine;
use super::seal::{Draft, Laned, Outcome, Sealer};
use super::store::{Changes, Store};

pub(super) use begin::Beginning;
pub use read::{LaneStatus, Limit, Status, Stored};

/// What the queue has to know from outside.
#[derive(Clone, Debug)]
pub struct Settings {
    pub edge: EdgeId,
    pub bytes_max: u64,
    pub routine_interval: Duration,
}

/// Where the uplink begins to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positions {
    pub epoch: Epoch,
    /// Urgent, then routine.
    pub from: [Seq; 2],
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
    /// See [`Meta::unproven`].
    unproven: Option<[Seq; 2]>,
    /// What a hub that came back without its tail was told last, so that it is not told again on every connect.
    explained: Vec<Gap>,
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

    /// Takes readings in. Urgent ones are durable when this returns; routine ones wait for each other.
    pub(super) fn append(
        &mut self,
        entries: impl IntoIterator<Item = Entry>,
        now: &Stamp,
    ) -> Result<(), SpoolError> {
        let mut urgent: Vec<Draft> = Vec::new();
        for entry in entries {
            match entry.lane {
                Lane::Urgent => urgent.push(entry.into()),
                Lane::Routine => self.routine.push(entry, now),
            }
        }
        // A commit that happens anyway takes the waiting routine records along: commits are what wears the flash.
        let due = !urgent.is_empty() || self.routine.is_due(now);
        let routine = if due { self.routine.take() } else { Vec::new() };
        if urgent.is_empty() && routine.is_empty() { Ok(()) } else { self.write(urgent, routine, now) }
    }

    /// When the waiting routine records have to be sealed, in milliseconds since the boot.
    pub(super) fn routine_due_ms(&self) -> Option<u64> {
        self.routine.due_ms()
    }

    /// Seals what still waits: the last act before the end.
    pub(super) fn seal_routine(&mut self, now: &Stamp) -> Result<(), SpoolError> {
        let routine = self.routine.take();
        if routine.is_empty() { Ok(()) } else { self.write(Vec::new(), routine, now) }
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
    fn write(&mut self, urgent: Vec<Draft>, routine: Vec<Draft>, now: &Stamp) -> Result<(), SpoolError> {
        self.write_with(urgent, routine, Vec::new(), now)
    }

    fn write_with(
        &mut self,
        urgent: Vec<Draft>,
        routine: Vec<Draft>,
        put_tables: Vec<TableMeta>,
        now: &Stamp,
    ) -> Result<(), SpoolError> {
        let mut put = self.seal(Lane::Urgent, urgent);
        put.extend(self.seal(Lane::Routine, routine));
        let room = self.make_room(&put)?;
        let notes = room.notes.into_iter().map(|record| Draft::note(record, *now)).collect();
        put.extend(self.seal(Lane::Urgent, notes));
        for Laned { lane, sealed } in &put {
            self.account.appended(*lane, sealed);
            self.metrics.appended(*lane, sealed);
        }
        let remove_tables = self.forget_spent_tables();
        let changes = Changes { put, remove: room.removed, put_tables, remove_tables, meta: self.meta() };
        self.store.commit(&changes)?;
        self.metrics.committed(&self.account);
        Ok(())
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
