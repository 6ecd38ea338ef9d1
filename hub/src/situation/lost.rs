//! Records of an edge that the hub does not have, as people are shown them: found missing by the hub, or named as given up by
//! the edge, whichever came first; and what was lost with an epoch, of which nobody may know how many they were. Pure.

use std::ops::Range;

use minicbor::{Decode, Encode};
use wire::{Epoch, Gap, GapReason, Lane, Seq};

use crate::journal::LossKind;

/// Runs that are shown of one edge. They are for people, who look at the latest; all of them stand in the journal.
const LOST_MAX: usize = 8;

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Lost {
    #[n(0)]
    pub epoch: Epoch,
    #[n(1)]
    pub lane: Lane,
    /// The first record that is missing.
    #[n(2)]
    pub first: Seq,
    /// The first that is there again; `None`: all from there on, and how many is not known.
    #[n(3)]
    pub next: Option<Seq>,
    /// What the edge says about it. `None`: nothing explains it, or not yet.
    #[n(4)]
    pub reason: Option<GapReason>,
    /// When the last records before it were sealed, if the hub has them.
    #[n(5)]
    pub from_ms: Option<i64>,
    /// When the first record behind it was sealed; as long as that has not come, when the edge told of the gap.
    #[n(6)]
    pub until_ms: i64,
    /// Lost with its epoch, and how.
    #[n(7)]
    pub with_epoch: Option<LossKind>,
}

impl Lost {
    pub fn records(&self) -> Option<u64> {
        self.next.map(|next| next.0.saturating_sub(self.first.0))
    }

    pub fn run(&self) -> Range<Seq> {
        self.first..self.end()
    }

    fn end(&self) -> Seq {
        self.next.unwrap_or(Seq(u64::MAX))
    }

    /// Whether somebody has said why they are missing.
    pub fn is_explained(&self) -> bool {
        self.reason.is_some() || self.with_epoch.is_some_and(|kind| kind != LossKind::Unsaid)
    }

    fn overlaps(&self, epoch: Epoch, lane: Lane, run: &Range<Seq>) -> bool {
        self.epoch == epoch && self.lane == lane && self.first < run.end && run.start < self.end()
    }
}

/// The hub has found a hole. It knows better than the edge what it misses: what the edge told of it before is replaced.
pub fn found(all: &mut Vec<Lost>, lost: Lost) {
    all.retain(|known| !known.overlaps(lost.epoch, lost.lane, &lost.run()));
    push(all, lost);
}

/// An edge goes on in this epoch: what was open-ended in it is found record by record.
pub fn goes_on(all: &mut Vec<Lost>, epoch: Epoch) {
    all.retain(|lost| lost.epoch != epoch || lost.next.is_some());
}

/// The edge tells of a gap, from when to when. `explained` says whether all that it has told explains a run.
pub fn told(
    all: &mut Vec<Lost>,
    gap: &Gap,
    (from_ms, until_ms): (Option<i64>, i64),
    explained: impl Fn(&Lost) -> bool,
) {
    let run = gap.first..gap.next;
    let mut known = false;
    for lost in all.iter_mut().filter(|lost| lost.overlaps(gap.epoch, gap.lane, &run)) {
        known = true;
        if lost.reason.is_none() && explained(lost) {
            lost.reason = Some(gap.reason);
        }
    }
    if !known && !run.is_empty() {
        let Gap { epoch, lane, first, next, reason, .. } = *gap;
        let (next, reason) = (Some(next), Some(reason));
        push(all, Lost { epoch, lane, first, next, reason, from_ms, until_ms, with_epoch: None });
    }
}

fn push(all: &mut Vec<Lost>, lost: Lost) {
    if all.len() == LOST_MAX {
        all.remove(0);
    }
    all.push(lost);
}

#[cfg(test)]
mod tests {
    use wire::Digest;

    use super::*;

    const EPOCH: Epoch = Epoch([1; 16]);

    fn hole(first: u64, next: u64) -> Lost {
        let (first, next) = (Seq(first), Some(Seq(next)));
        let (lane, with_epoch) = (Lane::Routine, None);
        Lost { epoch: EPOCH, lane, first, next, reason: None, from_ms: Some(5), until_ms: 9, with_epoch }
    }

    fn gap(first: u64, next: u64) -> Gap {
        Gap {
            epoch: EPOCH,
            lane: Lane::Routine,
            first: Seq(first),
            next: Seq(next),
            before: Digest([0; 32]),
            after: Digest([1; 32]),
            reason: GapReason::SpoolFull,
            oldest: None,
            newest: None,
        }
    }

    #[test]
    fn a_hole_is_shown_once_whoever_told_of_it_first() {
        let mut all = Vec::new();
        told(&mut all, &gap(0, 4), (None, 7), |_| true);
        told(&mut all, &gap(4, 9), (None, 7), |_| true);
        assert_eq!(all.len(), 2);
        found(&mut all, Lost { reason: Some(GapReason::SpoolFull), ..hole(2, 9) });
        assert_eq!(all, [Lost { reason: Some(GapReason::SpoolFull), ..hole(2, 9) }]);
        found(&mut all, hole(12, 20));
        told(&mut all, &gap(12, 15), (None, 7), |_| false);
        assert_eq!(all[1].reason, None, "a part of it is no explanation");
        told(&mut all, &gap(15, 20), (None, 7), |_| true);
        assert_eq!((all.len(), all[1].reason), (2, Some(GapReason::SpoolFull)));
    }

    #[test]
    fn what_was_lost_with_an_epoch_has_no_end_until_the_edge_goes_on_in_it() {
        let mut all = Vec::new();
        let open = Lost { next: None, with_epoch: Some(LossKind::StorageFailed), ..hole(40, 0) };
        found(&mut all, open.clone());
        assert_eq!((open.records(), open.is_explained()), (None, true));
        found(&mut all, Lost { with_epoch: Some(LossKind::Damaged), ..open.clone() });
        found(&mut all, hole(5, 9));
        assert_eq!(all.len(), 2, "told twice, shown once");
        goes_on(&mut all, Epoch([9; 16]));
        assert_eq!(all.len(), 2);
        goes_on(&mut all, EPOCH);
        assert_eq!(all, [hole(5, 9)]);
    }

    #[test]
    fn the_latest_are_kept() {
        let mut all = Vec::new();
        (0..50).for_each(|n| found(&mut all, hole(10 * n, 10 * n + 1)));
        assert_eq!(all.len(), LOST_MAX);
        assert_eq!(all.last(), Some(&hole(490, 491)));
    }
}
