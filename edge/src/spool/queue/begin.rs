//! How a queue begins: in a new epoch, or where the stored one ended. Either way it commits once, so that a storage that
//! cannot be written shows at the start and not with the first alarm.

use wire::heartbeat::Storage;
use wire::{Epoch, Lane, Opened, OpenedReason, PointTable, PreviousEpoch, Record, Seq, Stamp};

use crate::spool::account::{Account, LaneAccount};
use crate::spool::bookmarks::Bookmarks;
use crate::spool::checkpoint::{Schedule, grave_points};
use crate::spool::error::SpoolError;
use crate::spool::meta::{Meta, TableMeta};
use crate::spool::metrics::Metrics;
use crate::spool::routine::Routine;
use crate::spool::seal::{Draft, Sealer};
use crate::spool::store::{Store, StoreError};

use super::{Additions, Queue, Settings};

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
                queue.write_table(table, vec![Draft::note(opened, *now)], now)?;
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
                queue.bookmarks = Bookmarks::stored(queue.store.bookmarks()?);
                queue.unproven = meta.unproven.or(Some(queue.tails()));
                queue.check_ends()?;
                queue.take_up_table(table, now)?;
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

    /// Commits once, with the table's parts if another table was in force before.
    fn take_up_table(&mut self, table: &PointTable, now: &Stamp) -> Result<(), SpoolError> {
        let in_force = self.tables.iter().find(|kept| kept.until.is_none()).map(|kept| kept.version);
        if in_force == Some(table.version()) {
            return self.write_with(Additions::default(), now);
        }
        self.write_table(table, Vec::new(), now)
    }

    /// Writes the parts of `table` after `urgent` and makes it the table in force.
    fn write_table(
        &mut self,
        table: &PointTable,
        mut urgent: Vec<Draft>,
        now: &Stamp,
    ) -> Result<(), SpoolError> {
        let tails = self.tails();
        let mut put_tables: Vec<TableMeta> = Vec::new();
        self.tables.retain(|kept| kept.version != table.version());
        for replaced in self.tables.iter_mut().filter(|kept| kept.until.is_none()) {
            replaced.until = Some(tails);
            put_tables.push(replaced.clone());
        }
        let written = Seq(tails[Lane::Urgent.index()].0 + urgent.len() as u64);
        let row = TableMeta { version: table.version(), written, until: None, bytes: table.bytes().to_vec() };
        put_tables.push(row.clone());
        self.tables.push(row);
        urgent.extend(parts(table, now));
        self.write_with(Additions { urgent, put_tables, ..Additions::default() }, now)
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
