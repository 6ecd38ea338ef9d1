//! Making room: whole envelopes go, and the hub is told exactly what it will never get.

use tracing::{debug, error};
use wire::heartbeat::Storage;
use wire::{Digest, Envelope, Gap, GapReason, Lane, Record, Seq};

use crate::spool::account::{Standing, Victim, cost};
use crate::spool::error::SpoolError;
use crate::spool::gaps::{GapBuilder, join};
use crate::spool::seal::Laned;
use crate::spool::store::StoreError;

use super::Queue;

/// What making room did.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// First records of the envelopes that go.
    pub removed: Vec<(Lane, Seq)>,
    /// What has to be written about it, in the urgent lane.
    pub notes: Vec<Record>,
}

/// What is gathered while envelopes go.
struct Losses {
    gaps: [GapBuilder; 2],
    /// Gap records inside unconfirmed envelopes that go: what they explain would be unexplained without them.
    earlier: Vec<Gap>,
    /// The epoch's first record, if the hub never got it.
    opened: Option<Record>,
}

impl Queue {
    /// Gives envelopes up until `incoming` has room. The store itself changes with the commit that follows.
    pub(super) fn make_room(&mut self, incoming: &[Laned]) -> Result<Room, SpoolError> {
        let incoming_bytes = incoming.iter().map(|laned| cost(laned.sealed.bytes.len())).sum();
        let Some(mut over) = self.account.must_free(incoming_bytes) else { return Ok(Room::default()) };
        let reason = self.gap_reason();
        let gap = |lane| GapBuilder::new(self.epoch(), lane, reason);
        let mut losses = Losses { gaps: Lane::ALL.map(gap), earlier: Vec::new(), opened: None };
        let mut removed = Vec::new();
        while over > 0 {
            let Some(victim) = self.account.victim() else { break };
            let (first, bytes) = self.give_up(victim, &mut losses)?;
            removed.push((victim.lane, first));
            over = over.saturating_sub(cost(bytes));
        }
        debug!(envelopes = removed.len(), "room was made in the spool");
        Ok(Room { removed, notes: self.notes(losses) })
    }

    fn give_up(&mut self, victim: Victim, losses: &mut Losses) -> Result<(Seq, usize), SpoolError> {
        let Victim { lane, standing } = victim;
        let first = self.account.lane(lane).oldest;
        let bytes =
            self.store.envelope(lane, first)?.ok_or_else(|| StoreError::damaged("an envelope is missing"))?;
        let envelope =
            Envelope::decode(&bytes).map_err(|error| StoreError::damaged(format!("an envelope: {error}")))?;
        let next = envelope.next();
        self.account.gave_up(lane, next, bytes.len());
        self.metrics.gave_up(lane, standing, next.0 - first.0);
        if standing == Standing::Unconfirmed {
            losses.gaps[lane.index()].add(first, next, envelope.header.previous, Digest::of(&bytes));
            for record in envelope.records {
                match record {
                    Record::Gap(gap) => losses.earlier.push(gap),
                    Record::Opened(_) => losses.opened = Some(record),
                    Record::Event(_)
                    | Record::Snapshot(_)
                    | Record::TablePart(_)
                    | Record::Unknown { .. } => {}
                }
            }
        }
        Ok((first, bytes.len()))
    }

    /// Why records are given up: for want of room, or for want of a disk.
    pub(super) fn gap_reason(&self) -> GapReason {
        match self.storage {
            Storage::Durable => GapReason::SpoolFull,
            Storage::Memory => GapReason::StorageFailed,
        }
    }

    fn notes(&self, losses: Losses) -> Vec<Record> {
        let new: Vec<Gap> = losses.gaps.into_iter().filter_map(GapBuilder::finish).collect();
        for gap in &new {
            error!(
                lane = %gap.lane, first = gap.first.0, next = gap.next.0, records = gap.records(),
                "the spool is full: records that the hub does not have were given up"
            );
        }
        let gaps = join(losses.earlier.into_iter().chain(new));
        losses.opened.into_iter().chain(gaps.into_iter().map(Record::Gap)).collect()
    }
}
