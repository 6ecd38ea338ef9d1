//! Samples that come after their time, because their sender kept them while nobody could take them. Pure.

use wire::{Marks, Quality, Reading, Stamp};

use super::{Point, each_that_happened};
use crate::detect::outbox::{Outbox, What};
use crate::detect::sequence::Counted;
use crate::field::{Novelty, Sample};

impl Point {
    /// What happened is told, however late. How something stood is not: the value that is held is newer, or nothing says
    /// that it still stands so. Behind what is told stands again how the point stands now, so that nobody takes the late
    /// value for the present one.
    pub(in crate::detect) fn read_late(
        &mut self,
        sample: &Sample,
        stamp: Stamp,
        now: Stamp,
        out: &mut Outbox,
    ) {
        let Some(value) = sample.value.clone() else {
            return out.overtaken += 1;
        };
        let counted = match sample.novelty {
            Novelty::Happened => Counted::New { missed: 0 },
            Novelty::Counted(number) => self.sequence.seen_late(number),
            Novelty::Level | Novelty::Kept => Counted::Same,
        };
        let Counted::New { missed } = counted else {
            return out.overtaken += 1;
        };
        out.missed += missed;
        let standing = self.standing().unwrap_or_else(|| {
            self.held = Some((value.clone(), stamp));
            self.happened = Some(sample.quality);
            Reading { value: Some(value.clone()), quality: Quality::Stale, stamp: now, marks: Marks::NONE }
        });
        let marks = sample.marks.with(Marks::LATE);
        let late = Reading { value: Some(value), quality: sample.quality, stamp, marks };
        for reading in each_that_happened(late, missed) {
            out.tell(self.no, self.lane, What::Event, reading);
        }
        out.tell(self.no, self.lane, What::Snapshot, standing.clone());
        self.told = Some(standing);
    }
}
