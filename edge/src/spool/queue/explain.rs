//! Going on after a connect: where the hub stands becomes where the lanes stand, and what the hub will miss is explained
//! to it. A hub that was restored from a backup may lack records that were given up here long ago, because they were
//! confirmed, and the point tables among them.

use tracing::{info, warn};
use wire::{Digest, Gap, GapReason, Lane, PointTable, Record, Resume, Seq, Stamp};

use crate::spool::error::SpoolError;
use crate::spool::meta::TableMeta;
use crate::spool::resume::{HubEpoch, Kept};
use crate::spool::seal::Draft;
use crate::spool::store::StoreError;

use super::begin::parts;
use super::{Additions, Queue};

impl Queue {
    /// Both sides live in the same history.
    pub(super) fn go_on(
        &mut self,
        resume: &Resume,
        from: [Seq; 2],
        lacks_older: &[Lane],
        now: &Stamp,
    ) -> Result<(), SpoolError> {
        self.unproven = None;
        for lane in Lane::ALL {
            self.account.resume(lane, from[lane.index()]);
        }
        let gap = |lane: &Lane| {
            let held = &resume.lanes[lane.index()];
            self.missing(*lane, held.next, held.head)
        };
        let gaps = lacks_older.iter().map(gap).collect();
        self.explain(gaps, resume.lanes[Lane::Urgent.index()].next, now)
    }

    /// The hub has nothing of this epoch, or spoke of another one.
    pub(super) fn send_all_kept(&mut self, hub: HubEpoch, now: &Stamp) -> Result<(), SpoolError> {
        for lane in Lane::ALL {
            self.account.resume(lane, self.account.lane(lane).oldest);
        }
        match hub {
            // It may still hold the beginning of ours: nothing is claimed about what it lacks.
            HubEpoch::Other(other) => {
                info!(hub_epoch = %other, epoch = %self.epoch(), "the hub last heard of another epoch: everything kept is sent");
                Ok(())
            }
            HubEpoch::None => {
                let lanes = Lane::ALL.into_iter().filter(|lane| self.account.lane(*lane).oldest > Seq::FIRST);
                let gaps = lanes.map(|lane| self.missing(lane, Seq::FIRST, None)).collect();
                self.explain(gaps, Seq::FIRST, now)
            }
        }
    }

    /// The gap between what the hub holds and the oldest record that is kept.
    fn missing(&self, lane: Lane, first: Seq, head: Option<Digest>) -> Gap {
        let next = self.account.lane(lane).oldest;
        let origin = Digest::origin(&self.settings.edge, self.epoch(), lane);
        let after = self.kept().digest_before(lane, next).unwrap_or(origin);
        let before = head.unwrap_or(origin);
        // Some may have been given up unconfirmed: of those there is a record that says so.
        let reason = GapReason::NotKept;
        Gap { epoch: self.epoch(), lane, first, next, before, after, reason, oldest: None, newest: None }
    }

    /// Writes gap records and point tables that the hub cannot get otherwise. `urgent_next` is what it expects.
    fn explain(&mut self, gaps: Vec<Gap>, urgent_next: Seq, now: &Stamp) -> Result<(), SpoolError> {
        let new: Vec<Gap> = gaps.into_iter().filter(|gap| !self.explained.contains(gap)).collect();
        let mut urgent: Vec<Draft> = Vec::new();
        for gap in &new {
            warn!(lane = %gap.lane, first = gap.first.0, next = gap.next.0, "the hub lacks records that are not kept any more");
            urgent.push(Draft::note(Record::Gap(gap.clone()), *now));
        }
        let put_tables = self.tables_again(urgent_next, &mut urgent, now)?;
        self.explained.extend(new);
        if urgent.is_empty() {
            return Ok(());
        }
        self.write_with(Additions { urgent, put_tables, ..Additions::default() }, now)
    }

    /// Appends the parts of every table that the hub missed and cannot get from the lane any more.
    fn tables_again(
        &mut self,
        urgent_next: Seq,
        urgent: &mut Vec<Draft>,
        now: &Stamp,
    ) -> Result<Vec<TableMeta>, SpoolError> {
        let oldest = self.account.lane(Lane::Urgent).oldest;
        let tail = self.sealer.head(Lane::Urgent).next;
        let mut put_tables = Vec::new();
        for kept in self.tables.iter_mut().filter(|kept| urgent_next <= kept.written && kept.written < oldest)
        {
            let table = PointTable::decode(&kept.bytes)
                .map_err(|error| StoreError::damaged(format!("point table {}: {error}", kept.version)))?;
            kept.written = Seq(tail.0 + urgent.len() as u64);
            urgent.extend(parts(&table, now));
            put_tables.push(kept.clone());
            info!(table = %kept.version, "the hub lacks a point table: it is written again");
        }
        Ok(put_tables)
    }
}
