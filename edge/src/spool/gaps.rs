//! Gap records: what was given up, as the hub is told. Pure.

use wire::{Digest, Epoch, Gap, GapReason, Lane, Seq};

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

    /// The envelope `[first, next)` goes; `before` is what it names as the one before it.
    pub(super) fn add(&mut self, first: Seq, next: Seq, before: Digest, digest: Digest) {
        let gap = self.gap.get_or_insert(Gap {
            epoch: self.epoch,
            lane: self.lane,
            first,
            next,
            before,
            after: digest,
            reason: self.reason,
        });
        gap.next = next;
        gap.after = digest;
    }

    pub(super) fn finish(self) -> Option<Gap> {
        self.gap
    }
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
    use super::*;

    fn gap(lane: Lane, first: u64, next: u64) -> Gap {
        let digest = |seq: u64| Digest::of(&seq.to_be_bytes());
        let mut builder = GapBuilder::new(Epoch([1; 16]), lane, GapReason::SpoolFull);
        (first..next).for_each(|seq| builder.add(Seq(seq), Seq(seq + 1), digest(seq), digest(seq + 1)));
        builder.finish().unwrap()
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
    }
}
