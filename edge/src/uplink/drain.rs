//! How fast the link drains what is given to it: from what was confirmed while a packet was under way. Pure.

use std::collections::VecDeque;

/// The quickest of the last two spans counts: what is sent now and then seems slower than the link is.
const SPAN_MS: u64 = 5_000;
/// Round trips that the shortest is taken of.
const TRIPS_MAX: usize = 64;

/// What was known when a packet left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    sent_ms: u64,
    /// The confirm before that, or, if nothing was under way, the same moment: the link worked from here on.
    since_ms: u64,
    drained: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Drain {
    /// Bytes that were confirmed in this connection.
    drained: u64,
    /// Packets that are not confirmed yet, and when the link began to work on the first of them.
    under_way: usize,
    since_ms: u64,
    /// Bytes per second: the best of this span and of the one before.
    best: [u64; 2],
    span_began_ms: u64,
    trips_ms: VecDeque<u64>,
}

impl Drain {
    pub(super) fn sent(&mut self, now_ms: u64) -> Mark {
        if self.under_way == 0 {
            self.since_ms = now_ms;
        }
        self.under_way += 1;
        self.slips_through(now_ms)
    }

    /// A packet so small that it tells how far the hub is, and nothing of what the link can carry.
    pub(super) fn slips_through(&self, now_ms: u64) -> Mark {
        Mark { sent_ms: now_ms, since_ms: self.since_ms.min(now_ms), drained: self.drained }
    }

    /// The hub has confirmed a packet of `bytes`; returns how long that took.
    pub(super) fn confirmed(&mut self, mark: Mark, bytes: usize, now_ms: u64) -> u64 {
        self.drained = self.drained.saturating_add(bytes as u64);
        let trip_ms = self.came_back(mark, now_ms);
        self.look_at(now_ms);
        // From the confirm before: otherwise what came through in the last moment of another packet looks quick.
        let worked_ms = now_ms.saturating_sub(mark.since_ms).max(1);
        let rate = (self.drained - mark.drained).saturating_mul(1_000) / worked_ms;
        self.under_way = self.under_way.saturating_sub(1);
        self.since_ms = now_ms;
        self.best[0] = self.best[0].max(rate);
        trip_ms
    }

    /// A packet that slipped through was confirmed; returns how long that took.
    pub(super) fn came_back(&mut self, mark: Mark, now_ms: u64) -> u64 {
        let trip_ms = now_ms.saturating_sub(mark.sent_ms);
        if self.trips_ms.len() == TRIPS_MAX {
            self.trips_ms.pop_front();
        }
        self.trips_ms.push_back(trip_ms);
        trip_ms
    }

    /// Bytes per second; 0 while nothing is known.
    pub(super) fn rate(&self) -> u64 {
        self.best[0].max(self.best[1])
    }

    /// The shortest of the latest round trips: what the way itself takes, without a queue.
    pub(super) fn trip_min_ms(&self) -> u64 {
        self.trips_ms.iter().copied().min().unwrap_or(0)
    }

    fn look_at(&mut self, now_ms: u64) {
        let spans = now_ms.saturating_sub(self.span_began_ms) / SPAN_MS;
        if spans > 0 {
            self.best = [0, if spans == 1 { self.best[0] } else { 0 }];
            self.span_began_ms = now_ms;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_what_was_confirmed_while_a_packet_was_under_way() {
        let mut drain = Drain::default();
        assert_eq!((drain.rate(), drain.trip_min_ms()), (0, 0));
        let (one, two) = (drain.sent(0), drain.sent(0));
        assert_eq!(drain.confirmed(one, 4_000, 500), 500);
        assert_eq!(drain.rate(), 8_000);
        // The second waited behind the first: both drained in its time.
        drain.confirmed(two, 4_000, 1_000);
        assert_eq!((drain.rate(), drain.trip_min_ms()), (8_000, 500));
    }

    #[test]
    fn a_link_that_became_slow_is_found_out_within_two_spans() {
        let mut drain = Drain::default();
        let mark = drain.sent(0);
        drain.confirmed(mark, 4_000, 4);
        assert_eq!(drain.rate(), 1_000_000);
        for now_ms in (1_000..11_000).step_by(1_000) {
            let mark = drain.sent(now_ms);
            drain.confirmed(mark, 4_000, now_ms + 500);
        }
        assert_eq!(drain.rate(), 8_000);
    }

    #[test]
    fn what_leaves_just_before_another_is_confirmed_does_not_look_quick() {
        let mut drain = Drain::default();
        let routine = drain.sent(0);
        let alarm = drain.sent(490);
        drain.confirmed(routine, 4_000, 500);
        drain.confirmed(alarm, 200, 520);
        assert_eq!(drain.rate(), 8_076);
    }
}
