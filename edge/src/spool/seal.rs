//! Sealing: records become envelopes, once. Pure: it knows both chains and no store.
//!
//! Records share an envelope as long as they share a boot, a clock state and a point table, their times fit the
//! envelope's base, and there is room. Otherwise the next envelope begins.

use wire::envelope::{EnvelopeBuilder, Full};
use wire::record::LaneHead;
use wire::{
    Digest, EdgeId, Epoch, Header, Lane, Observation, Reading, Record, Sealed, Seq, Stamp, TableVersion,
};

use super::entry::{Entry, What};

/// How far the wall clock may have been stepped between two records of one envelope. The envelope carries one wall time
/// only; a record's own is derived from the monotonic clock, and may be wrong by no more than this.
const WALL_STEP_MS_MAX: i64 = 50;

/// The end of a lane's chain: the next number, and the hash of the last envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub next: Seq,
    pub digest: Digest,
}

impl From<Head> for LaneHead {
    fn from(Head { next, digest }: Head) -> Self {
        Self { next, head: digest }
    }
}

/// A record that waits to be sealed, and its moment.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Draft {
    record: Record,
    stamp: Stamp,
}

impl Draft {
    /// A record that is no reading: it has no time of its own and takes the moment of its writing.
    pub(super) fn note(record: Record, stamp: Stamp) -> Self {
        Self { record, stamp }
    }

    /// A record of an envelope that is given up, so that it can travel anew with its own time. `None` for what only means
    /// something where it stood.
    pub(super) fn again(header: &Header, record: Record) -> Option<Draft> {
        let stamp = match &record {
            Record::Event(observation) | Record::Snapshot(observation) => header.stamp(observation.offset_ms),
            Record::Gap(_) => header.base(),
            Record::Opened(_) | Record::TablePart(_) | Record::Checkpoint(_) | Record::Unknown { .. } => {
                return None;
            }
        };
        Some(Self { record, stamp })
    }
}

impl From<Entry> for Draft {
    fn from(Entry { what, point, reading, .. }: Entry) -> Self {
        let Reading { value, quality, stamp, marks } = reading;
        let observation = Observation { point, value, quality, offset_ms: 0, marks };
        let record = match what {
            What::Event => Record::Event(observation),
            What::Snapshot => Record::Snapshot(observation),
        };
        Self { record, stamp }
    }
}

/// An envelope on its way into the store, and the lane it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Laned {
    pub lane: Lane,
    pub sealed: Sealed,
}

/// What became of the drafts.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outcome {
    pub sealed: Vec<Laned>,
    /// Records that no envelope can hold. Nothing that this software makes is that large.
    pub refused: usize,
}

/// Keeps both chains of one epoch.
#[derive(Clone, Debug)]
pub(super) struct Sealer {
    edge: EdgeId,
    epoch: Epoch,
    heads: [Head; 2],
}

impl Sealer {
    /// The beginning of an epoch.
    pub(super) fn new(edge: EdgeId, epoch: Epoch) -> Self {
        let head = |lane| Head { next: Seq::FIRST, digest: Digest::origin(&edge, epoch, lane) };
        let heads = Lane::ALL.map(head);
        Self { edge, epoch, heads }
    }

    /// Goes on where the stored chains end.
    pub(super) fn going_on(edge: EdgeId, epoch: Epoch, heads: [Head; 2]) -> Self {
        Self { edge, epoch, heads }
    }

    pub(super) fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub(super) fn head(&self, lane: Lane) -> Head {
        self.heads[lane.index()]
    }

    /// Seals all drafts into envelopes of `lane`.
    pub(super) fn seal(
        &mut self,
        lane: Lane,
        table: TableVersion,
        drafts: impl IntoIterator<Item = Draft>,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let mut open: Option<EnvelopeBuilder> = None;
        for Draft { record, stamp } in drafts {
            let mut builder = match open.take() {
                Some(builder) => builder,
                None => self.begin(lane, table, &stamp),
            };
            let pushed = match offset_ms(builder.header(), &stamp) {
                Some(offset_ms) => builder.push(at_offset(record, offset_ms)),
                None => Err(Full(record)),
            };
            if let Err(Full(record)) = pushed {
                self.close(builder, &mut outcome);
                builder = self.begin(lane, table, &stamp);
                outcome.refused += usize::from(builder.push(at_offset(record, 0)).is_err());
            }
            open = Some(builder);
        }
        if let Some(builder) = open {
            self.close(builder, &mut outcome);
        }
        outcome
    }

    fn begin(&self, lane: Lane, table: TableVersion, base: &Stamp) -> EnvelopeBuilder {
        let head = self.head(lane);
        EnvelopeBuilder::new(Header {
            edge: self.edge.clone(),
            lane,
            epoch: self.epoch,
            first: head.next,
            previous: head.digest,
            boot: base.boot,
            mono_ms: base.mono_ms,
            wall_ms: base.wall_ms,
            clock: base.clock,
            table,
            watermark: self.head(lane.other()).next,
        })
    }

    fn close(&mut self, builder: EnvelopeBuilder, outcome: &mut Outcome) {
        let lane = builder.header().lane;
        if let Some(sealed) = builder.seal() {
            self.heads[lane.index()] = Head { next: sealed.next, digest: sealed.digest };
            outcome.sealed.push(Laned { lane, sealed });
        }
    }
}

/// The distance of `stamp` from the envelope's base; `None` if it does not belong into this envelope.
fn offset_ms(header: &Header, stamp: &Stamp) -> Option<i32> {
    if header.boot != stamp.boot || header.clock != stamp.clock {
        return None;
    }
    let mono_ms = i128::from(stamp.mono_ms) - i128::from(header.mono_ms);
    let wall_ms = i128::from(stamp.wall_ms) - i128::from(header.wall_ms);
    if (mono_ms - wall_ms).abs() > i128::from(WALL_STEP_MS_MAX) {
        return None;
    }
    i32::try_from(mono_ms).ok()
}

fn at_offset(record: Record, offset_ms: i32) -> Record {
    match record {
        Record::Event(observation) => Record::Event(Observation { offset_ms, ..observation }),
        Record::Snapshot(observation) => Record::Snapshot(Observation { offset_ms, ..observation }),
        other => other,
    }
}

#[cfg(test)]
mod tests;
