//! What the checkpoints prove that came with an envelope, or that waited for it.

use wire::{Envelope, Lane, Record, Seq};

use runtime::causes::in_full;

use super::{Batch, SIGNATURES_MAX};
use crate::ingest::edges::Edge;
use crate::ingest::proofs::{Follows, Outcome};
use crate::ingest::signatures::Signed;
use crate::journal::{Body, Fork, ForkKind, NotCounted, Unproved};

impl Batch<'_> {
    /// Only findings are journaled.
    pub(super) fn checkpoints(
        &mut self,
        edge: &mut Edge,
        envelope: &Envelope,
        follows: Follows,
    ) -> Vec<Body> {
        let outcomes = match (envelope.header.lane, edge.lanes.as_ref()) {
            (_, None) => Vec::new(),
            // Edges sign in the urgent lane only; routine brings what an earlier signature speaks of.
            (Lane::Routine, Some(lanes)) => edge.proofs.routine_came(lanes, &edge.recent),
            (Lane::Urgent, Some(_)) => self.signed(edge, envelope, follows),
        };
        outcomes.into_iter().filter_map(|outcome| self.finding(edge, envelope, outcome)).collect()
    }

    /// Judges the checkpoints of an urgent envelope.
    fn signed(&mut self, edge: &mut Edge, envelope: &Envelope, follows: Follows) -> Vec<Outcome> {
        let header = &envelope.header;
        let mut outcomes = Vec::new();
        for (seq, record) in envelope.numbered() {
            let (Record::Checkpoint(bytes), Some(lanes)) = (record, &edge.lanes) else { continue };
            if self.signatures_checked == SIGNATURES_MAX {
                outcomes.push(Outcome::NotCompared);
                continue;
            }
            self.signatures_checked += 1;
            match self.signatures.check(&edge.id, header.epoch, bytes, self.hub_ms) {
                Ok(Signed::ByTheEdge(heads)) => {
                    outcomes.extend(edge.proofs.signed(seq, heads, header, follows, lanes, &edge.recent));
                }
                Ok(Signed::NotCounted(why)) => outcomes.push(Outcome::NotCounted(why)),
                Err(error) => {
                    tracing::error!(edge = %edge.id, %seq, reason = %in_full(&error), "a checkpoint is not genuine");
                    outcomes.push(Outcome::Forged(seq));
                }
            }
        }
        outcomes
    }

    fn finding(&mut self, edge: &mut Edge, envelope: &Envelope, outcome: Outcome) -> Option<Body> {
        let fork = |seq: Seq, how| {
            let (edge, epoch) = (edge.id.clone(), envelope.header.epoch);
            Some(Body::Fork(Fork { edge, lane: Lane::Urgent, epoch, seq, how }))
        };
        match outcome {
            Outcome::Proved(proved) => {
                self.tally.checkpoints_proved += 1;
                edge.not_counted = None;
                Some(Body::Proved(proved))
            }
            Outcome::Contradicts(seq) => {
                tracing::error!(edge = %edge.id, %seq, "a signed checkpoint contradicts what is held");
                self.tally.checkpoints_wrong += 1;
                fork(seq, ForkKind::ContradictingCheckpoint)
            }
            Outcome::Forged(seq) => {
                self.tally.checkpoints_wrong += 1;
                fork(seq, ForkKind::ForgedCheckpoint)
            }
            Outcome::NotCounted(why) => {
                match why {
                    NotCounted::UnknownSignatory => self.tally.checkpoints_unknown_signatory += 1,
                    NotCounted::Revoked | NotCounted::Expired => self.tally.checkpoints_not_counted += 1,
                }
                // One comes every minute; it is told when it begins.
                (edge.not_counted.replace(why) != Some(why)).then(|| {
                    tracing::warn!(edge = %edge.id, reason = why.text(), "the edge's checkpoints prove nothing: {}", why.remedy());
                    Body::Unproved(Unproved { edge: edge.id.clone(), why })
                })
            }
            Outcome::NotCompared => {
                tracing::debug!(edge = %edge.id, "a checkpoint could not be compared");
                self.tally.checkpoints_not_compared += 1;
                None
            }
        }
    }
}
