//! Gap records: what was given up, as the hub is told. Pure.

use wire::{Digest, Envelope, Epoch, Gap, GapReason, Lane, Record, Stamp};

/// Collects the unconfirmed envelopes of one lane that are given up, oldest first, into one gap.
#[derive(Debug)]
pub(super) struct GapBuilder {
    epoch: Epoch,
    lane: Lane,
    reason: GapReason,
    gap: Option<Gap>,
}

impl GapBuilder {
    pub(super) fn new(epoch: Epoch, lane: Lane, reason: GapReason) -> Self {
        Self { epoch, lane, reason, gap: None }
    }

    pub(super) fn is_about(&self, lane: Lane, reason: GapReason) -> bool {
        self.lane == lane && self.reason == reason
    }

    pub(super) fn add(&mut self, envelope: &Envelope, digest: Digest) {
        let (oldest, newest) = times(envelope);
        let gap = self.gap.get_or_insert(Gap {
            epoch: self.epoch,
            lane: self.lane,
            first: envelope.header.first,
            next: envelope.next(),
            before: envelope.header.previous,
            after: digest,
            reason: self.reason,
            oldest: Some(oldest),
            newest: None,
        });
        gap.next = envelope.next();
        gap.after = digest;
        gap.newest = Some(newest);
    }

    pub(super) fn finish(self) -> Option<Gap> {
        self.gap
    }
}

/// When the envelope's oldest and newest records were read.
fn times(envelope: &Envelope) -> (Stamp, Stamp) {
    let offsets = envelope.records.iter().map(|record| match record {
        Record::Event(observation) | Record::Snapshot(observation) => observation.offset_ms,
        _ => 0,
    });
    let (oldest, newest) =
        offsets.fold((i32::MAX, i32::MIN), |(least, most), ms| (least.min(ms), most.max(ms)));
    (envelope.header.stamp(oldest), envelope.header.stamp(newest))
}

/// Joins gaps that touch, so that a long time without a hub does not fill the urgent lane with them. They come in the order
/// in which they arose.
pub(super) fn join(gaps: impl IntoIterator<Item = Gap>) -> Vec<Gap> {
    let mut joined: Vec<Gap> = Vec::new();
    for gap in gaps {
        match joined.iter_mut().find(|earlier| touches(earlier, &gap)) {
            Some(earlier) => {
                earlier.next = gap.next;
                earlier.after = gap.after;
                earlier.newest = gap.newest;
            }
            None => joined.push(gap),
        }
    }
    joined
}

fn touches(earlier: &Gap, later: &Gap) -> bool {
    let same_lane = earlier.epoch == later.epoch && earlier.lane == later.lane;
    same_lane
        && earlier.reason == later.reason
        && earlier.next == later.first
        && earlier.after == later.before
}

#[cfg(test)]
mod tests {
    use wire::{BootId, ClockState, EdgeId, Header, Marks, Observation, PointNo, Quality, Seq, TableVersion};

    use super::*;

    fn gap(lane: Lane, first: u64, next: u64) -> Gap {
        let digest = |seq: u64| Digest::of(&seq.to_be_bytes());
        let mut builder = GapBuilder::new(Epoch([1; 16]), lane, GapReason::SpoolFull);
        (first..next).for_each(|seq| builder.add(&envelope(lane, seq, digest(seq)), digest(seq + 1)));
        builder.finish().unwrap()
    }

    /// One record, read 100 ms before the envelope's base.
    fn envelope(lane: Lane, seq: u64, previous: Digest) -> Envelope {
        let header = Header {
            edge: EdgeId::parse("edge-1").unwrap(),
            lane,
            epoch: Epoch([1; 16]),
            first: Seq(seq),
            previous,
            boot: BootId([1; 16]),
            mono_ms: 1_000 * (seq + 1),
            wall_ms: 0,
            clock: ClockState::Free,
            table: TableVersion(0),
            watermark: Seq(0),
        };
        let (point, quality, marks) = (PointNo(0), Quality::Good, Marks::NONE);
        let read = Observation { point, value: None, quality, offset_ms: -100, marks };
        Envelope { header, records: vec![Record::Event(read)] }
    }

    #[test]
    fn gaps_that_touch_become_one() {
        let gaps = [
            gap(Lane::Routine, 0, 4),
            gap(Lane::Urgent, 0, 2),
            gap(Lane::Routine, 4, 9),
            gap(Lane::Routine, 12, 13),
        ];
        let joined = join(gaps);
        assert_eq!(joined, [gap(Lane::Routine, 0, 9), gap(Lane::Urgent, 0, 2), gap(Lane::Routine, 12, 13)]);
        assert_eq!(joined[0].records(), 9);
        let times = [joined[0].oldest, joined[0].newest].map(|stamp| stamp.map(|stamp| stamp.mono_ms));
        assert_eq!(times, [Some(900), Some(8_900)]);
    }
}
