//! How far the hub holds an edge, and what a new envelope is in that light. Pure.
//!
//! Next in its lane and fitting the chain: accepted. Held already: a duplicate. The same numbers with another content, or
//! a hash that does not continue the chain: a fork. Later than expected: accepted, and what is missing is named.

use std::collections::VecDeque;

use wire::{Digest, EdgeId, Envelope, Epoch, Header, Lane, Seq};

use crate::journal::held::{EdgeLanes, Head};
use crate::journal::{ForkKind, Missing};

/// The latest envelopes of each lane, so that a duplicate is recognised without reading the journal. In memory only.
#[derive(Debug, Default)]
pub struct Recent([VecDeque<Held>; 2]);

#[derive(Clone, Copy, Debug)]
struct Held {
    epoch: Epoch,
    first: Seq,
    next: Seq,
    digest: Digest,
}

impl Recent {
    /// More than an edge can have in flight.
    const ENVELOPES_MAX: usize = 512;

    /// An envelope that reaches to `next`.
    pub fn push(&mut self, header: &Header, next: Seq, digest: Digest) {
        let lane = &mut self.0[header.lane.index()];
        if lane.len() == Self::ENVELOPES_MAX {
            lane.pop_front();
        }
        lane.push_back(Held { epoch: header.epoch, first: header.first, next, digest });
    }

    /// The hash of the envelope that ends before `next`.
    pub fn ending(&self, epoch: Epoch, lane: Lane, next: Seq) -> Option<Digest> {
        let lane = &self.0[lane.index()];
        lane.iter().rev().find(|held| held.epoch == epoch && held.next == next).map(|held| held.digest)
    }

    fn find(&self, header: &Header) -> Option<Digest> {
        let lane = &self.0[header.lane.index()];
        let same = |held: &&Held| held.epoch == header.epoch && held.first == header.first;
        lane.iter().rev().find(same).map(|held| held.digest)
    }
}

/// What an envelope is.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Accept {
        missing: Option<Missing>,
    },
    Duplicate,
    Fork(ForkKind),
    /// Older than what is remembered: the journal must be asked what was held under these numbers.
    LookUp,
}

impl Verdict {
    fn accepts(&self) -> bool {
        matches!(self, Verdict::Accept { .. })
    }
}

/// Judges an envelope against what is held, and, if it is accepted, moves what is held.
pub fn judge(
    lanes: &mut Option<EdgeLanes>,
    recent: &mut Recent,
    envelope: &Envelope,
    digest: Digest,
) -> Verdict {
    let header = &envelope.header;
    let place = header.lane.index();
    let Some(held) = lanes else {
        let mut begun = EdgeLanes::new(header.epoch);
        let verdict = judge_in(&mut begun.heads[place], recent, envelope, digest);
        if verdict.accepts() {
            *lanes = Some(begun);
        }
        return verdict;
    };
    if held.epoch == header.epoch {
        return judge_in(&mut held.heads[place], recent, envelope, digest);
    }
    // Only what is accepted moves the edge to another epoch. An edge that ran from memory and has its disk again returns to
    // an epoch that it had left: nothing is wrong with that as long as it goes on exactly where it was.
    let mut heads = held.left_heads(header.epoch).unwrap_or_default();
    let verdict = judge_in(&mut heads[place], recent, envelope, digest);
    if verdict.accepts() {
        held.enter(header.epoch, heads);
    }
    verdict
}

fn judge_in(head: &mut Option<Head>, recent: &mut Recent, envelope: &Envelope, digest: Digest) -> Verdict {
    let header = &envelope.header;
    let expected = head.map_or(Seq::FIRST, |head| head.next);
    if header.first < expected {
        return match recent.find(header) {
            Some(held) if held == digest => Verdict::Duplicate,
            Some(_) => Verdict::Fork(ForkKind::AnotherContent),
            None => Verdict::LookUp,
        };
    }
    if header.first == expected {
        let previous =
            head.map_or_else(|| Digest::origin(&header.edge, header.epoch, header.lane), |head| head.digest);
        if header.previous != previous {
            return Verdict::Fork(ForkKind::BrokenChain);
        }
    }
    let missing = (header.first > expected).then(|| Missing {
        edge: header.edge.clone(),
        lane: header.lane,
        epoch: header.epoch,
        first: expected,
        next: header.first,
        before: head.and_then(|head| head.stamp),
        after: Some(header.base()),
    });
    *head = Some(Head { next: envelope.next(), digest, stamp: Some(header.base()) });
    recent.push(header, envelope.next(), digest);
    Verdict::Accept { missing }
}

/// For messages and quotas: whose envelope it claims to be.
pub fn claims(envelope: &Envelope, edge: &EdgeId, lane: Lane) -> Result<(), String> {
    if envelope.header.edge != *edge {
        return Err(format!("the envelope names the edge {}", envelope.header.edge));
    }
    if envelope.header.lane != lane {
        return Err(format!("the envelope belongs to the {} lane", envelope.header.lane));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::envelope::EnvelopeBuilder;
    use wire::resume::Held;
    use wire::{BootId, ClockState, Record, Sealed, TableVersion};

    struct Lanes {
        lanes: Option<EdgeLanes>,
        recent: Recent,
    }

    impl Lanes {
        fn new() -> Self {
            Self { lanes: None, recent: Recent::default() }
        }
        fn judge(&mut self, sealed: &Sealed) -> Verdict {
            let envelope = Envelope::decode(&sealed.bytes).unwrap();
            judge(&mut self.lanes, &mut self.recent, &envelope, sealed.digest)
        }
    }

    fn edge() -> EdgeId {
        EdgeId::parse("edge-1").unwrap()
    }

    fn sealed(epoch: u8, first: u64, previous: Digest, marker: u32) -> Sealed {
        sealed_in(Lane::Urgent, epoch, first, previous, marker)
    }

    fn sealed_in(lane: Lane, epoch: u8, first: u64, previous: Digest, marker: u32) -> Sealed {
        let mut builder = EnvelopeBuilder::new(Header {
            edge: edge(),
            lane,
            epoch: Epoch([epoch; 16]),
            first: Seq(first),
            previous,
            boot: BootId([1; 16]),
            mono_ms: 5,
            wall_ms: 5,
            clock: ClockState::Free,
            table: TableVersion(0),
            watermark: Seq(0),
        });
        builder.push(Record::Unknown { record_type: marker }).unwrap();
        builder.push(Record::Unknown { record_type: marker }).unwrap();
        builder.seal().unwrap()
    }

    fn origin(epoch: u8) -> Digest {
        Digest::origin(&edge(), Epoch([epoch; 16]), Lane::Urgent)
    }

    #[test]
    fn a_chain_is_accepted_once() {
        let mut lanes = Lanes::new();
        let one = sealed(1, 0, origin(1), 100);
        let two = sealed(1, 2, one.digest, 100);
        assert_eq!(lanes.judge(&one), Verdict::Accept { missing: None });
        assert_eq!(lanes.judge(&two), Verdict::Accept { missing: None });
        assert_eq!(lanes.judge(&one), Verdict::Duplicate);
        assert_eq!(lanes.judge(&two), Verdict::Duplicate);
    }

    #[test]
    fn another_content_under_the_same_number_is_a_fork() {
        let mut lanes = Lanes::new();
        let one = sealed(1, 0, origin(1), 100);
        assert_eq!(lanes.judge(&one), Verdict::Accept { missing: None });
        assert_eq!(lanes.judge(&sealed(1, 0, origin(1), 101)), Verdict::Fork(ForkKind::AnotherContent));
        assert_eq!(lanes.judge(&sealed(1, 2, origin(1), 101)), Verdict::Fork(ForkKind::BrokenChain));
        assert_eq!(lanes.judge(&sealed(1, 2, one.digest, 100)), Verdict::Accept { missing: None });
    }

    #[test]
    fn what_is_refused_moves_nothing() {
        let mut lanes = Lanes::new();
        let one = sealed(1, 0, origin(1), 100);
        lanes.judge(&one);
        let held = lanes.lanes.clone();
        for epoch in 2..9 {
            let stranger = sealed(epoch, 0, Digest([0; 32]), 100);
            assert_eq!(lanes.judge(&stranger), Verdict::Fork(ForkKind::BrokenChain));
        }
        assert_eq!(lanes.lanes, held);
        assert_eq!(lanes.judge(&sealed(1, 2, one.digest, 100)), Verdict::Accept { missing: None });
    }

    #[test]
    fn both_lanes_count_from_the_beginning() {
        let mut lanes = Lanes::new();
        let urgent = sealed(1, 0, origin(1), 100);
        let routine =
            sealed_in(Lane::Routine, 1, 0, Digest::origin(&edge(), Epoch([1; 16]), Lane::Routine), 101);
        assert_eq!(lanes.judge(&urgent), Verdict::Accept { missing: None });
        assert_eq!(lanes.judge(&routine), Verdict::Accept { missing: None });
        assert_eq!(lanes.judge(&urgent), Verdict::Duplicate);
        assert_eq!(lanes.judge(&routine), Verdict::Duplicate);
    }

    #[test]
    fn a_first_envelope_must_begin_its_chain() {
        let mut lanes = Lanes::new();
        assert_eq!(lanes.judge(&sealed(1, 0, Digest([0; 32]), 100)), Verdict::Fork(ForkKind::BrokenChain));
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut lanes = Lanes::new();
        let one = sealed(1, 0, origin(1), 100);
        lanes.judge(&one);
        let Verdict::Accept { missing: Some(missing) } = lanes.judge(&sealed(1, 9, one.digest, 100)) else {
            panic!("accepted with a gap")
        };
        assert_eq!((missing.first, missing.next), (Seq(2), Seq(9)));
    }

    #[test]
    fn an_epoch_that_was_left_comes_back_only_where_it_was() {
        let mut lanes = Lanes::new();
        let one = sealed(1, 0, origin(1), 100);
        lanes.judge(&one);
        // Twice from memory, and then the disk again.
        assert_eq!(lanes.judge(&sealed(2, 0, origin(2), 100)), Verdict::Accept { missing: None });
        assert_eq!(lanes.judge(&sealed(3, 0, origin(3), 100)), Verdict::Accept { missing: None });
        assert_eq!(lanes.judge(&sealed(1, 2, origin(1), 100)), Verdict::Fork(ForkKind::BrokenChain));
        assert_eq!(lanes.judge(&sealed(1, 2, one.digest, 100)), Verdict::Accept { missing: None });
        assert_eq!(lanes.lanes.unwrap().epoch, Epoch([1; 16]));
    }

    #[test]
    fn an_edge_that_ran_from_memory_goes_on_where_its_disk_was() {
        let mut lanes = Lanes::new();
        let one = sealed(1, 0, origin(1), 100);
        lanes.judge(&one);
        lanes.judge(&sealed(2, 0, origin(2), 100));
        assert_eq!(lanes.judge(&one), Verdict::Duplicate);
        assert_eq!(lanes.judge(&sealed(1, 0, origin(1), 101)), Verdict::Fork(ForkKind::AnotherContent));
        assert_eq!(lanes.judge(&sealed(1, 2, origin(1), 100)), Verdict::Fork(ForkKind::BrokenChain));
        assert_eq!(lanes.judge(&sealed(1, 2, one.digest, 100)), Verdict::Accept { missing: None });
        let held = lanes.lanes.unwrap();
        assert_eq!((held.epoch, held.heads[0].unwrap().next), (Epoch([1; 16]), Seq(4)));
        assert_eq!(held.left.last().unwrap().epoch, Epoch([2; 16]));
    }

    #[test]
    fn resume_says_what_is_held() {
        let mut lanes = Lanes::new();
        assert_eq!(EdgeLanes::resume(None, 7).epoch, None);
        let one = sealed(1, 0, origin(1), 100);
        lanes.judge(&one);
        let resume = EdgeLanes::resume(lanes.lanes.as_ref(), 7);
        assert_eq!(resume.lanes[0], Held { next: Seq(2), head: Some(one.digest) });
        assert_eq!(resume.lanes[1], Held { next: Seq(0), head: None });
    }
}
