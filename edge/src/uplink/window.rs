//! How much may be under way at once. Pure. The window follows the link: it grows while confirms come quickly and is halved
//! when they do not, and routine may only fill the way itself and a quarter of a second beyond, by the measured drain of
//! the link. So what queues up in front of a slow link stays short, and an alarm gets through.

use wire::Lane;

use super::drain::{Drain, Mark};

/// A new connection is not known yet.
const SIZE_FIRST: usize = 8;
/// One place for each lane: routine may never take the last one.
const SIZE_MIN: usize = 2;
/// Fills any link; the hub accepts more.
const SIZE_MAX: usize = 100;
/// Stays below what the hub takes per session (256 KiB, with its own cost per message): beyond that it stops reading, and an
/// alarm would wait in the socket.
const BYTES_MAX: usize = 192 << 10;
/// A confirm that takes so much longer than the quickest one says that something queues up.
const QUICK_MS: u64 = 500;
/// Routine that may wait in front of the link, beyond what the way itself holds. With the envelope behind it that is
/// three quarters of a second at 64 kbit/s, and an alarm is to be there within two.
const AHEAD_MS: u64 = 250;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    size: usize,
    /// Quick confirms since the size last changed.
    quick: usize,
    /// Slow confirms of what was sent before this moment say nothing new.
    cut_ms: Option<u64>,
    in_flight: [usize; 2],
    bytes: usize,
    drain: Drain,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            size: SIZE_FIRST,
            quick: 0,
            cut_ms: None,
            in_flight: [0; 2],
            bytes: 0,
            drain: Drain::default(),
        }
    }
}

impl Window {
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Whether an envelope of `bytes` may be sent in `lane` now. Routine gets half of the window at most, and no more than
    /// drains soon.
    pub(super) fn admits(&self, lane: Lane, bytes: usize) -> bool {
        let total: usize = self.in_flight.iter().sum();
        let (lane_max, drains) = match lane {
            Lane::Urgent => (self.size, true),
            Lane::Routine => (self.size / 2, self.drains_soon()),
        };
        let fits = total < self.size && self.bytes + bytes <= BYTES_MAX;
        fits && drains && self.in_flight[lane.index()] < lane_max
    }

    /// Whether what is under way is not more than twice what the way holds, because its own measure is small as long as
    /// little is sent, and what may queue up. One routine envelope may always be under way.
    fn drains_soon(&self) -> bool {
        let ahead_ms = AHEAD_MS + 2 * self.drain.trip_min_ms();
        let drained = self.drain.rate().saturating_mul(ahead_ms) / 1_000;
        self.in_flight[Lane::Routine.index()] == 0 || self.bytes as u64 <= drained
    }

    /// Bytes per second that the link was seen to take; 0 while nothing is known.
    pub(super) fn rate(&self) -> u64 {
        self.drain.rate()
    }

    /// A heartbeat leaves: it takes no place, but its confirm tells of the link too.
    pub(super) fn heartbeat(&self, now_ms: u64) -> Mark {
        self.drain.slips_through(now_ms)
    }

    /// Returns how long the heartbeat's confirm took.
    pub(super) fn heartbeat_confirmed(&mut self, mark: Mark, now_ms: u64) -> u64 {
        self.drain.came_back(mark, now_ms)
    }

    pub(super) fn sent(&mut self, lane: Lane, bytes: usize, now_ms: u64) -> Mark {
        self.in_flight[lane.index()] += 1;
        self.bytes += bytes;
        self.drain.sent(now_ms)
    }

    /// Returns how long the confirm took.
    pub(super) fn confirmed(&mut self, lane: Lane, bytes: usize, mark: Mark, now_ms: u64) -> u64 {
        self.in_flight[lane.index()] -= 1;
        self.bytes -= bytes;
        let trip_ms = self.drain.confirmed(mark, bytes, now_ms);
        if trip_ms > QUICK_MS + self.drain.trip_min_ms() {
            self.slow(now_ms - trip_ms, now_ms);
        } else {
            self.quickly();
        }
        trip_ms
    }

    fn quickly(&mut self) {
        self.quick += 1;
        if self.quick >= self.size {
            self.quick = 0;
            self.size = (self.size + 1).min(SIZE_MAX);
        }
    }

    /// Halves the window, once for everything that was under way together.
    fn slow(&mut self, sent_ms: u64, now_ms: u64) {
        self.quick = 0;
        if self.cut_ms.is_none_or(|cut_ms| sent_ms >= cut_ms) {
            self.size = (self.size / 2).max(SIZE_MIN);
            self.cut_ms = Some(now_ms);
        }
    }
}

#[cfg(test)]
mod tests;
