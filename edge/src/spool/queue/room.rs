//! Making room: whole envelopes go, and the hub is told exactly what it will never get.

use tracing::{debug, error};
use wire::heartbeat::Storage;
use wire::{Digest, Envelope, Epoch, Gap, GapReason, Lane, Record, Seq, Stamp};

use crate::spool::account::{Standing, Victim, cost};
use crate::spool::age::is_too_old;
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

/// Envelopes that go by age with one commit, so that none takes long.
const TOO_OLD_MAX: usize = 256;

/// How often the age of the oldest envelopes is looked at: far finer than any age that makes sense, and seldom enough to
/// let many go with one gap record.
pub(super) const AGE_CHECK_MS: u64 = 10 * 60 * 1_000;

/// What is gathered while envelopes go.
#[derive(Default)]
struct Losses {
    removed: Vec<(Lane, Seq)>,
    /// At most one for each lane and reason: what goes for one reason goes in one stretch.
    gaps: Vec<GapBuilder>,
    /// Gap records inside unconfirmed envelopes that go: what they explain would be unexplained without them.
    earlier: Vec<Gap>,
    /// The epoch's first record, if the hub never got it.
    opened: Option<Record>,
}

impl Queue {
    /// Gives envelopes up that are too old, and others until `incoming` has room. The store itself changes with the commit
    /// that follows.
    pub(super) fn make_room(&mut self, incoming: &[Laned], now: &Stamp) -> Result<Room, SpoolError> {
        let mut losses = Losses::default();
        self.give_up_old(now, &mut losses)?;
        let cost_of = |lane: Lane| -> u64 {
            let of_lane = incoming.iter().filter(|laned| laned.lane == lane);
            of_lane.map(|laned| cost(laned.sealed.bytes.len())).sum()
        };
        let [urgent, routine] = Lane::ALL.map(cost_of);
        let reason = self.gap_reason();
        let mut over = self.account.routine_must_free(routine).unwrap_or(0);
        while let Some(victim) = self.account.oldest(Lane::Routine).filter(|_| over > 0) {
            over = over.saturating_sub(self.give_up(victim, reason, &mut losses)?);
        }
        let mut over = self.account.must_free(urgent + routine).unwrap_or(0);
        while let Some(victim) = self.account.victim().filter(|_| over > 0) {
            over = over.saturating_sub(self.give_up(victim, reason, &mut losses)?);
        }
        if !losses.removed.is_empty() {
            debug!(envelopes = losses.removed.len(), "envelopes were given up");
        }
        Ok(Room { removed: std::mem::take(&mut losses.removed), notes: self.notes(losses) })
    }

    /// What is older than its lane keeps goes, now and then.
    fn give_up_old(&mut self, now: &Stamp, losses: &mut Losses) -> Result<(), SpoolError> {
        if now.mono_ms < self.age_check_ms {
            return Ok(());
        }
        self.age_check_ms = now.mono_ms.saturating_add(AGE_CHECK_MS);
        for lane in Lane::ALL {
            let max = self.settings.age_max[lane.index()];
            while let Some(victim) = self.account.oldest(lane) {
                if losses.removed.len() >= TOO_OLD_MAX {
                    self.age_check_ms = now.mono_ms;
                    return Ok(());
                }
                let (_, envelope) = self.envelope(lane, self.account.lane(lane).oldest)?;
                if !is_too_old(&envelope, now, max, victim.standing) {
                    break;
                }
                self.give_up(victim, GapReason::TooOld, losses)?;
            }
        }
        Ok(())
    }

    fn envelope(&self, lane: Lane, first: Seq) -> Result<(Vec<u8>, Envelope), StoreError> {
        let bytes =
            self.store.envelope(lane, first)?.ok_or_else(|| StoreError::damaged("an envelope is missing"))?;
        let envelope =
            Envelope::decode(&bytes).map_err(|error| StoreError::damaged(format!("an envelope: {error}")))?;
        Ok((bytes, envelope))
    }

    /// Gives the oldest envelope of a lane up; what it cost.
    fn give_up(&mut self, victim: Victim, reason: GapReason, losses: &mut Losses) -> Result<u64, SpoolError> {
        let Victim { lane, standing } = victim;
        let first = self.account.lane(lane).oldest;
        let (bytes, envelope) = self.envelope(lane, first)?;
        let next = envelope.next();
        self.account.gave_up(lane, next, bytes.len());
        self.metrics.gave_up(lane, standing, next.0 - first.0);
        losses.removed.push((lane, first));
        if standing == Standing::Unconfirmed {
            self.given_up[lane.index()].add(next.0 - first.0, envelope.header.base().wall_ms);
            let gap = losses.gap(self.sealer.epoch(), lane, reason);
            gap.add(&envelope, Digest::of(&bytes));
            for record in envelope.records {
                match record {
                    Record::Gap(gap) => losses.earlier.push(gap),
                    Record::Opened(_) => losses.opened = Some(record),
                    Record::Event(_)
                    | Record::Snapshot(_)
                    | Record::TablePart(_)
                    | Record::Checkpoint(_)
                    | Record::Unknown { .. } => {}
                }
            }
        }
        Ok(cost(bytes.len()))
    }

    /// Why records are given up: for want of room, or for want of a disk.
    fn gap_reason(&self) -> GapReason {
        match self.storage {
            Storage::Durable => GapReason::SpoolFull,
            Storage::Memory => GapReason::StorageFailed,
        }
    }

    fn notes(&self, losses: Losses) -> Vec<Record> {
        let new: Vec<Gap> = losses.gaps.into_iter().filter_map(GapBuilder::finish).collect();
        for gap in &new {
            error!(
                lane = %gap.lane, first = gap.first.0, next = gap.next.0, records = gap.records(), reason = %gap.reason,
                "records that the hub does not have were given up"
            );
        }
        let gaps = join(losses.earlier.into_iter().chain(new));
        losses.opened.into_iter().chain(gaps.into_iter().map(Record::Gap)).collect()
    }
}

impl Losses {
    fn gap(&mut self, epoch: Epoch, lane: Lane, reason: GapReason) -> &mut GapBuilder {
        let known = self.gaps.iter().position(|gap| gap.is_about(lane, reason));
        let place = known.unwrap_or_else(|| {
            self.gaps.push(GapBuilder::new(epoch, lane, reason));
            self.gaps.len() - 1
        });
        &mut self.gaps[place]
    }
}
