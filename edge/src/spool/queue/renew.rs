//! Leaving an epoch: this spool is an old image of itself, so its numbers may stand for other records at the hub.
//!
//! What the image held when it came back is at the hub already, for the hub went on from it. What was written since is not,
//! and is written again in the new epoch, with the times at which it was read.

use tracing::{error, warn};
use wire::{
    Envelope, Lane, Opened, OpenedReason, PointTable, PreviousEpoch, Record, Seq, Stamp, TableVersion,
};

use crate::spool::account::{Account, LaneAccount};
use crate::spool::bookmarks::SlotChange;
use crate::spool::error::SpoolError;
use crate::spool::meta::{TableMeta, previous_epoch};
use crate::spool::seal::{Draft, Laned, Sealer};
use crate::spool::store::{Changes, Renewal, StoreError};

use super::begin::{parts, random_epoch};
use super::{Queue, meta};

impl Queue {
    /// Begins a new epoch. `fork` is what the hub expects next, per lane.
    pub(crate) fn renew(&mut self, fork: [Seq; 2], now: &Stamp) -> Result<(), SpoolError> {
        let carry_from = Lane::ALL.map(|lane| self.carry_from(lane, fork[lane.index()]));
        let sealer = Sealer::new(self.settings.edge.clone(), random_epoch()?);
        let account = Account::new(self.settings.bytes_max, [LaneAccount::default(); 2]);
        warn!(
            left = %self.epoch(), epoch = %sealer.epoch(), hub_urgent = fork[0].0, hub_routine = fork[1].0,
            "the hub holds another history than this spool, which must be an old image: a new epoch begins"
        );
        let mut renewal = NewEpoch {
            opened: previous_epoch(self.epoch(), Lane::ALL.map(|lane| self.sealer.head(lane))),
            edge: self.settings.edge.clone(),
            sealer,
            account,
            in_force: self.table,
            left: std::mem::take(&mut self.tables),
            written: Vec::new(),
            last_written: None,
            bookmarks: self.bookmarks.rows(),
            now: *now,
        };
        self.store.renew(carry_from, &mut renewal)?;
        let NewEpoch { sealer, account, written, .. } = renewal;
        self.sealer = sealer;
        self.account = account;
        self.tables = written;
        self.unproven = None;
        self.explained.clear();
        self.checkpoints.sealed(1, true);
        self.metrics.renewed();
        Ok(())
    }

    fn carry_from(&self, lane: Lane, fork: Seq) -> Seq {
        let account = self.account.lane(lane);
        let proven = self.unproven.map_or(account.confirmed, |unproven| unproven[lane.index()]);
        proven.min(fork).max(account.oldest)
    }
}

struct NewEpoch {
    opened: PreviousEpoch,
    edge: wire::EdgeId,
    sealer: Sealer,
    account: Account,
    in_force: TableVersion,
    /// The tables of the epoch that is left.
    left: Vec<TableMeta>,
    /// The tables of this epoch so far.
    written: Vec<TableMeta>,
    last_written: Option<TableVersion>,
    /// The sources stand where they stood: what was read from them is carried along.
    bookmarks: Vec<SlotChange>,
    now: Stamp,
}

impl NewEpoch {
    /// Writes the parts of the table unless they were the last ones written.
    fn take_up(&mut self, version: TableVersion, changes: &mut Changes) {
        if self.last_written == Some(version) {
            return;
        }
        let row = self.left.iter().find(|table| table.version == version);
        let Some((row, table)) = row.and_then(|row| Some((row, PointTable::decode(&row.bytes).ok()?))) else {
            warn!(table = %version, "a point table is gone: the hub has to know it already");
            return;
        };
        let written = self.sealer.head(Lane::Urgent).next;
        let row = TableMeta { version, written, until: None, bytes: row.bytes.clone() };
        let sealed = self.sealer.seal(Lane::Urgent, version, parts(&table, &self.now)).sealed;
        self.put(sealed, changes);
        self.last_written = Some(version);
        self.written.retain(|table| table.version != version);
        self.written.push(row);
    }

    fn put(&mut self, sealed: Vec<Laned>, changes: &mut Changes) {
        for Laned { lane, sealed } in &sealed {
            self.account.appended(*lane, sealed);
        }
        changes.put.extend(sealed);
    }

    fn changes(&self) -> Changes {
        let meta = meta(&self.edge, &self.sealer, &self.account, None);
        Changes {
            put: Vec::new(),
            remove: Vec::new(),
            put_tables: Vec::new(),
            remove_tables: Vec::new(),
            bookmarks: Vec::new(),
            meta,
        }
    }
}

impl Renewal for NewEpoch {
    fn opening(&mut self) -> Changes {
        let mut changes = self.changes();
        let opened = Opened { reason: OpenedReason::RolledBack, previous: Some(self.opened.clone()) };
        let draft = Draft::note(Record::Opened(opened), self.now);
        let sealed = self.sealer.seal(Lane::Urgent, self.in_force, [draft]).sealed;
        self.put(sealed, &mut changes);
        changes
    }

    fn carry(&mut self, lane: Lane, envelope: &[u8]) -> Result<Changes, StoreError> {
        let envelope = Envelope::decode(envelope)
            .map_err(|error| StoreError::damaged(format!("an envelope: {error}")))?;
        let mut changes = self.changes();
        let header = envelope.header;
        let unknown =
            envelope.records.iter().filter(|record| matches!(record, Record::Unknown { .. })).count();
        if unknown > 0 {
            error!(%lane, records = unknown, "records of a newer software cannot be carried into the new epoch");
        }
        let drafts: Vec<Draft> =
            envelope.records.into_iter().filter_map(|record| Draft::again(&header, record)).collect();
        if !drafts.is_empty() {
            self.take_up(header.table, &mut changes);
            let sealed = self.sealer.seal(lane, header.table, drafts).sealed;
            self.put(sealed, &mut changes);
        }
        Ok(changes)
    }

    fn closing(&mut self) -> Changes {
        let mut changes = self.changes();
        self.take_up(self.in_force, &mut changes);
        let tails = Lane::ALL.map(|lane| self.sealer.head(lane).next);
        for table in self.written.iter_mut().filter(|table| table.version != self.in_force) {
            table.until = Some(tails);
        }
        changes.remove_tables = self.left.iter().map(|table| table.version).collect();
        changes.put_tables = self.written.clone();
        changes.bookmarks = std::mem::take(&mut self.bookmarks);
        changes.meta = meta(&self.edge, &self.sealer, &self.account, None);
        changes
    }
}
