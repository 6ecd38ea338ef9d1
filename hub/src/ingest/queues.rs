//! Who goes next: urgent before routine, and edges in turn, so that one that floods waits behind itself alone. Pure.
//!
//! The queues need no limit of their own: the gate stops reading an edge whose messages in flight reach its limit.

use std::collections::VecDeque;

use wire::Lane;

/// How many messages of one edge may follow each other before the next edge has its turn.
const TURN_MAX: usize = 64;

#[derive(Debug)]
pub struct Queues<T> {
    edges: Vec<[VecDeque<T>; 2]>,
    /// Edges that have something, per lane, in the order of their turns.
    turns: [VecDeque<usize>; 2],
    waiting: [usize; 2],
}

/// Which lanes may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    Both,
    /// Correlation lags: routine waits, and with it the edges' sending of it.
    UrgentOnly,
}

impl<T> Default for Queues<T> {
    fn default() -> Self {
        Self { edges: Vec::new(), turns: Default::default(), waiting: [0, 0] }
    }
}

impl<T> Queues<T> {
    pub fn push(&mut self, edge: usize, lane: Lane, item: T) {
        if self.edges.len() <= edge {
            self.edges.resize_with(edge + 1, Default::default);
        }
        let queue = &mut self.edges[edge][lane.index()];
        if queue.is_empty() {
            self.turns[lane.index()].push_back(edge);
        }
        queue.push_back(item);
        self.waiting[lane.index()] += 1;
    }

    pub fn waiting(&self, lane: Lane) -> usize {
        self.waiting[lane.index()]
    }

    /// Takes at most `max` messages, in the order in which they are to be committed.
    pub fn take(&mut self, max: usize, open: Open, mut each: impl FnMut(usize, Lane, T)) -> usize {
        let mut taken = 0;
        for lane in Lane::ALL {
            if lane == Lane::Routine && open == Open::UrgentOnly {
                break;
            }
            while taken < max {
                let Some(edge) = self.turns[lane.index()].pop_front() else { break };
                let queue = &mut self.edges[edge][lane.index()];
                let turn = queue.len().min(TURN_MAX).min(max - taken);
                for item in queue.drain(..turn) {
                    each(edge, lane, item);
                }
                taken += turn;
                self.waiting[lane.index()] -= turn;
                if !queue.is_empty() {
                    self.turns[lane.index()].push_back(edge);
                }
            }
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(queues: &mut Queues<u32>, max: usize, open: Open) -> Vec<(usize, u32)> {
        let mut taken = Vec::new();
        queues.take(max, open, |edge, _, item| taken.push((edge, item)));
        taken
    }

    #[test]
    fn urgent_goes_first_and_order_holds_in_a_lane() {
        let mut queues = Queues::default();
        queues.push(0, Lane::Routine, 1);
        queues.push(0, Lane::Urgent, 2);
        queues.push(0, Lane::Urgent, 3);
        assert_eq!(take(&mut queues, 10, Open::Both), [(0, 2), (0, 3), (0, 1)]);
        assert_eq!((queues.waiting(Lane::Urgent), queues.waiting(Lane::Routine)), (0, 0));
    }

    #[test]
    fn a_flood_waits_behind_itself() {
        let mut queues = Queues::default();
        for item in 0..1_000 {
            queues.push(0, Lane::Urgent, item);
        }
        queues.push(1, Lane::Urgent, 7);
        let taken = take(&mut queues, TURN_MAX + 1, Open::Both);
        assert_eq!(taken.last(), Some(&(1, 7)));
    }

    #[test]
    fn routine_waits_while_correlation_lags() {
        let mut queues = Queues::default();
        queues.push(0, Lane::Routine, 1);
        queues.push(0, Lane::Urgent, 2);
        assert_eq!(take(&mut queues, 10, Open::UrgentOnly), [(0, 2)]);
        assert_eq!(take(&mut queues, 10, Open::Both), [(0, 1)]);
    }
}
