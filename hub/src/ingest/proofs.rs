//! Compares what an edge signed with what the hub holds. Pure.
//!
//! A checkpoint comes in the urgent lane, which overtakes routine: what it says of routine can only be compared once that
//! has come too. Until then it waits here. What was never compared proves nothing, and is no fault either: the next
//! checkpoint comes within a minute.

use std::collections::VecDeque;

use wire::checkpoint::Heads;
use wire::record::LaneHead;
use wire::{Header, Lane, Seq};

use super::lanes::Recent;
use crate::journal::{EdgeLanes, NotCounted, Proved};

/// Checkpoints whose routine is still on its way: a quarter of an hour of them. Beyond, the oldest is given up; a later one
/// covers what it covered.
const WAITING_MAX: usize = 16;

/// What became of a checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Proved(Proved),
    /// The record with this number, signed by the edge, names another history than the hub holds.
    Contradicts(Seq),
    /// The record with this number is none that the edge made.
    Forged(Seq),
    /// It is as it should be, but its certificate does not count.
    NotCounted(NotCounted),
    /// It could not be compared: the hub does not remember so far back, or does not hold what it names.
    NotCompared,
}

/// What the hub held in the lane when an envelope was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// The envelope before it, by whose hash it begins.
    ItsPredecessor,
    /// Not the envelope before it: records are missing in between.
    AHole,
}

#[derive(Debug, Default)]
pub struct Proofs {
    waiting: VecDeque<(Seq, Heads)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compared {
    Fits,
    Differs,
    NotYet,
    Unknown,
}

impl Proofs {
    /// A checkpoint with a genuine signature came as record `seq` of the urgent envelope with this header.
    pub fn signed(
        &mut self,
        seq: Seq,
        heads: Heads,
        header: &Header,
        follows: Follows,
        lanes: &EdgeLanes,
        recent: &Recent,
    ) -> Option<Outcome> {
        let urgent = &heads.lanes[Lane::Urgent.index()];
        // The envelope before this one: the chain has just been checked against it, unless it is missing.
        let before = urgent.next == header.first && follows == Follows::ItsPredecessor;
        let compared = match before {
            true if urgent.head == header.previous => Compared::Fits,
            true => Compared::Differs,
            false => compare(Lane::Urgent, &heads, lanes, recent),
        };
        match compared {
            Compared::Fits => {}
            Compared::Differs => return Some(Outcome::Contradicts(seq)),
            Compared::NotYet | Compared::Unknown => return Some(Outcome::NotCompared),
        }
        if let Some(outcome) = judge_routine(seq, &heads, lanes, recent) {
            return Some(outcome);
        }
        self.waiting.push_back((seq, heads));
        (self.waiting.len() > WAITING_MAX).then(|| {
            self.waiting.pop_front();
            Outcome::NotCompared
        })
    }

    /// Routine has come: what waited for it.
    pub fn routine_came(&mut self, lanes: &EdgeLanes, recent: &Recent) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        self.waiting.retain(|(seq, heads)| match judge_routine(*seq, heads, lanes, recent) {
            Some(outcome) => {
                outcomes.push(outcome);
                false
            }
            None => true,
        });
        outcomes
    }
}

/// `None` as long as the routine that it speaks of has not come.
fn judge_routine(seq: Seq, heads: &Heads, lanes: &EdgeLanes, recent: &Recent) -> Option<Outcome> {
    match compare(Lane::Routine, heads, lanes, recent) {
        Compared::Fits => Some(Outcome::Proved(proved(heads))),
        Compared::Differs => Some(Outcome::Contradicts(seq)),
        Compared::Unknown => Some(Outcome::NotCompared),
        Compared::NotYet => None,
    }
}

fn compare(lane: Lane, heads: &Heads, lanes: &EdgeLanes, recent: &Recent) -> Compared {
    let LaneHead { next, head } = heads.lanes[lane.index()];
    if lanes.epoch != heads.epoch {
        return Compared::Unknown;
    }
    let held = lanes.heads[lane.index()];
    if next == Seq::FIRST {
        return Compared::Fits;
    }
    if held.is_none_or(|held| held.next < next) {
        return Compared::NotYet;
    }
    let known = recent.ending(heads.epoch, lane, next);
    let known = known.or_else(|| held.filter(|held| held.next == next).map(|held| held.digest));
    match known {
        Some(digest) if digest == head => Compared::Fits,
        Some(_) => Compared::Differs,
        None => Compared::Unknown,
    }
}

fn proved(heads: &Heads) -> Proved {
    Proved {
        edge: heads.edge.clone(),
        epoch: heads.epoch,
        next: heads.lanes.map(|lane| lane.next),
        boot: heads.boot,
        mono_ms: heads.mono_ms,
        wall_ms: heads.wall_ms,
        clock: heads.clock,
    }
}
