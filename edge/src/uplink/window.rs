//! How much may be under way at once. Pure. The window follows the link: it grows while confirms come quickly and is halved
//! when they do not, so that what queues up in front of a slow link stays short and an alarm gets through.

use wire::Lane;

/// A new connection is not known yet.
const SIZE_FIRST: usize = 8;
/// One place for each lane: routine may never take the last one.
const SIZE_MIN: usize = 2;
/// Fills any link; the hub accepts more.
const SIZE_MAX: usize = 100;
/// Stays below what the hub takes per session (256 KiB, with its own cost per message): beyond that it stops reading, and an
/// alarm would wait in the socket.
const BYTES_MAX: usize = 192 << 10;
/// A confirm that takes longer says that something queues up.
const QUICK_MS: u64 = 500;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    size: usize,
    /// Quick confirms since the size last changed.
    quick: usize,
    /// Slow confirms of what was sent before this moment say nothing new.
    cut_ms: Option<u64>,
    in_flight: [usize; 2],
    bytes: usize,
}

impl Default for Window {
    fn default() -> Self {
        Self { size: SIZE_FIRST, quick: 0, cut_ms: None, in_flight: [0; 2], bytes: 0 }
    }
}

impl Window {
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Whether an envelope of `bytes` may be sent in `lane` now. Routine gets half of the window at most.
    pub(super) fn admits(&self, lane: Lane, bytes: usize) -> bool {
        let total: usize = self.in_flight.iter().sum();
        let lane_max = match lane {
            Lane::Urgent => self.size,
            Lane::Routine => self.size / 2,
        };
        total < self.size && self.in_flight[lane.index()] < lane_max && self.bytes + bytes <= BYTES_MAX
    }

    pub(super) fn sent(&mut self, lane: Lane, bytes: usize) {
        self.in_flight[lane.index()] += 1;
        self.bytes += bytes;
    }

    pub(super) fn confirmed(&mut self, lane: Lane, bytes: usize, sent_ms: u64, now_ms: u64) {
        self.in_flight[lane.index()] -= 1;
        self.bytes -= bytes;
        if now_ms.saturating_sub(sent_ms) > QUICK_MS {
            self.slow(sent_ms, now_ms);
            return;
        }
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
mod tests {
    use super::*;

    fn fill(window: &mut Window, lane: Lane) -> usize {
        let mut count = 0;
        while window.admits(lane, 100) {
            window.sent(lane, 100);
            count += 1;
        }
        count
    }

    #[test]
    fn routine_leaves_half_of_the_window_to_urgent() {
        let mut window = Window::default();
        assert_eq!(fill(&mut window, Lane::Routine), 4);
        assert_eq!(fill(&mut window, Lane::Urgent), 4);
        assert!(!window.admits(Lane::Urgent, 1));
    }

    #[test]
    fn even_the_smallest_window_has_a_place_for_urgent() {
        let mut window = Window::default();
        for now_ms in [10_000, 20_000, 30_000, 40_000] {
            window.sent(Lane::Routine, 100);
            window.confirmed(Lane::Routine, 100, now_ms, now_ms + QUICK_MS + 1);
        }
        assert_eq!(window.size(), SIZE_MIN);
        assert_eq!(fill(&mut window, Lane::Routine), 1);
        assert!(window.admits(Lane::Urgent, 4_000));
    }

    #[test]
    fn quick_confirms_open_the_window_up_to_its_limit() {
        let mut window = Window::default();
        for _ in 0..20_000 {
            window.sent(Lane::Urgent, 100);
            window.confirmed(Lane::Urgent, 100, 0, QUICK_MS);
        }
        assert_eq!(window.size(), SIZE_MAX);
        assert_eq!(fill(&mut window, Lane::Urgent), SIZE_MAX);
    }

    #[test]
    fn what_was_under_way_together_halves_it_once() {
        let mut window = Window::default();
        (0..8).for_each(|_| window.sent(Lane::Urgent, 100));
        (0..8).for_each(|_| window.confirmed(Lane::Urgent, 100, 0, 2_000));
        assert_eq!(window.size(), SIZE_FIRST / 2);
        window.sent(Lane::Urgent, 100);
        window.confirmed(Lane::Urgent, 100, 2_000, 4_000);
        assert_eq!(window.size(), SIZE_FIRST / 4);
    }

    #[test]
    fn bytes_are_limited_too() {
        let mut window = Window { size: SIZE_MAX, ..Window::default() };
        while window.admits(Lane::Urgent, 4_000) {
            window.sent(Lane::Urgent, 4_000);
        }
        assert_eq!(window.in_flight[0], BYTES_MAX / 4_000);
    }
}
