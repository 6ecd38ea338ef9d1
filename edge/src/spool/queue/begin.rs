//! How a queue begins: in a new epoch, or where the stored one ended. Either way it commits once, so that a storage that
//! cannot be written shows at the start and not with the first alarm.

use std::collections::{BTreeSet, HashSet};

use tracing::info;
use wire::heartbeat::Storage;
use wire::{Epoch, Lane, Opened, OpenedReason, PointTable, PreviousEpoch, Record, Seq, Stamp};

use crate::spool::account::{Account, LaneAccount};
use crate::spool::bookmarks::{Bookmarks, SlotChange};
use crate::spool::checkpoint::{Schedule, grave_points};
use crate::spool::error::SpoolError;
use crate::spool::meta::{Meta, TableMeta};
use crate::spool::metrics::Metrics;
use crate::spool::routine::Routine;
use crate::spool::seal::{Draft, Sealer};
use crate::spool::store::{Store, StoreError};

use super::{Additions, GivenUp, Queue, Settings};

#[derive(Debug)]
pub(crate) enum Beginning {
    NewEpoch { reason: OpenedReason, previous: Option<PreviousEpoch> },
    GoOn(Meta),
}

impl Queue {
    pub(crate) fn begin(
        store: (Store, Storage),
        settings: Settings,
        table: &PointTable,
        beginning: Beginning,
        now: &Stamp,
    ) -> Result<Self, SpoolError> {
        match beginning {
            Beginning::NewEpoch { reason, previous } => {
                let sealer = Sealer::new(settings.edge.clone(), random_epoch()?);
                let account = Account::new(settings.bytes_max, [LaneAccount::default(); 2]);
                let mut queue = Self::with(store, settings, table, sealer, account);
                let opened = Record::Opened(Opened { reason, previous });
                let urgent = vec![Draft::note(opened, *now)];
                queue.write_table(table, Additions { urgent, ..Additions::default() }, now)?;
                Ok(queue)
            }
            Beginning::GoOn(meta) => {
                let sealer = Sealer::going_on(
                    meta.edge.clone(),
                    meta.epoch,
                    meta.lanes.each_ref().map(|lane| lane.head()),
                );
                let accounts = meta.lanes.each_ref().map(|lane| lane.account());
                let account = Account::new(settings.bytes_max, accounts);
                let mut queue = Self::with(store, settings, table, sealer, account);
                queue.tables = queue.store.tables()?;
                queue.unproven = meta.unproven.or(Some(queue.tails()));
                queue.check_ends()?;
                let bookmarks = queue.take_up_bookmarks(table)?;
                queue.take_up_table(table, bookmarks, now)?;
                Ok(queue)
            }
        }
    }

    fn with(
        (store, storage): (Store, Storage),
        settings: Settings,
        table: &PointTable,
        sealer: Sealer,
        account: Account,
    ) -> Self {
        Self {
            routine: Routine::new(settings.routine_interval),
            settings,
            storage,
            store,
            sealer,
            account,
            table: table.version(),
            tables: Vec::new(),
            bookmarks: Bookmarks::default(),
            checkpoints: Schedule::default(),
            grave: grave_points(table),
            age_check_ms: 0,
            unproven: None,
            explained: Vec::new(),
            given_up: [GivenUp::default(); 2],
            metrics: Metrics::new(),
        }
    }

    /// The stored state and the envelopes have to fit: the first one stands where the account begins, and the last one is
    /// the head of its chain.
    fn check_ends(&self) -> Result<(), StoreError> {
        for lane in Lane::ALL {
            let (account, head) = (self.account.lane(lane), self.sealer.head(lane));
            let (first, last) = (self.store.first(lane)?, self.store.last(lane)?);
            let fits = match (first, last) {
                (None, None) => account.is_empty(),
                (Some((first, _)), Some((_, bytes))) => {
                    first == account.oldest && wire::Digest::of(&bytes) == head.digest
                }
                _ => false,
            };
            if !fits {
                return Err(StoreError::damaged(format!("the {lane} lane does not fit the stored state")));
            }
        }
        Ok(())
    }

    /// Those of devices that left the configuration go with the first commit.
    fn take_up_bookmarks(&mut self, table: &PointTable) -> Result<Vec<SlotChange>, StoreError> {
        let devices: HashSet<&str> = table.devices().iter().map(|entry| entry.device.as_str()).collect();
        let stored = self.store.bookmarks()?.into_iter();
        let (kept, gone): (Vec<_>, Vec<_>) =
            stored.partition(|(_, bookmark)| devices.contains(bookmark.source().0));
        self.bookmarks = Bookmarks::stored(kept);
        if !gone.is_empty() {
            let names: BTreeSet<&str> = gone.iter().map(|(_, bookmark)| bookmark.source().0).collect();
            info!(devices = ?names, bookmarks = gone.len(), "devices are gone: how far they were read is forgotten");
        }
        Ok(gone.into_iter().map(|(slot, _)| (slot, None)).collect())
    }

    /// Commits once, with the table's parts if another table was in force before.
    fn take_up_table(
        &mut self,
        table: &PointTable,
        bookmarks: Vec<SlotChange>,
        now: &Stamp,
    ) -> Result<(), SpoolError> {
        let additions = Additions { bookmarks, ..Additions::default() };
        let in_force = self.tables.iter().find(|kept| kept.until.is_none()).map(|kept| kept.version);
        if in_force == Some(table.version()) {
            return self.write_with(additions, now);
        }
        self.write_table(table, additions, now)
    }

    /// Writes the parts of `table` behind the additions and makes it the table in force.
    fn write_table(
        &mut self,
        table: &PointTable,
        mut additions: Additions,
        now: &Stamp,
    ) -> Result<(), SpoolError> {
        let tails = self.tails();
        self.tables.retain(|kept| kept.version != table.version());
        for replaced in self.tables.iter_mut().filter(|kept| kept.until.is_none()) {
            replaced.until = Some(tails);
            additions.put_tables.push(replaced.clone());
        }
        let written = Seq(tails[Lane::Urgent.index()].0 + additions.urgent.len() as u64);
        let row = TableMeta { version: table.version(), written, until: None, bytes: table.bytes().to_vec() };
        additions.put_tables.push(row.clone());
        self.tables.push(row);
        additions.urgent.extend(parts(table, now));
        self.write_with(additions, now)
    }
}

/// The parts of a table as records of the urgent lane.
pub(super) fn parts(table: &PointTable, now: &Stamp) -> impl Iterator<Item = Draft> {
    let now = *now;
    table.parts().into_iter().map(move |part| Draft::note(Record::TablePart(part), now))
}

pub(super) fn random_epoch() -> Result<Epoch, SpoolError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(SpoolError::Random)?;
    Ok(Epoch(bytes))
}
