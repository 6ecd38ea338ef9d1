//! Whether a number moves faster than anything real does: further within the window than the allowed rate reaches in it.
//! The window is kept in slices, so that it costs the same however often the point is read. Pure.

use std::collections::VecDeque;
use std::time::Duration;

use crate::field::profile;

/// Into so many slices the window is divided. A movement counts for one slice longer than the window at most.
const SLICES: u64 = 16;
/// A rate needs two samples inside its window.
const POLLS_MIN: u32 = 2;

#[derive(Clone, Debug)]
pub(super) struct Rate {
    window_ms: u64,
    /// How far the value may move within the window.
    spread_max: f64,
    /// The oldest first.
    slices: VecDeque<Slice>,
}

#[derive(Clone, Copy, Debug)]
struct Slice {
    number: u64,
    last_ms: u64,
    min: f64,
    max: f64,
}

impl Rate {
    pub(super) fn new(spec: profile::Rate, interval: Duration) -> Self {
        // A device may be asked less often than its profile thought.
        let window = spec.window.max(interval.saturating_mul(POLLS_MIN));
        Self {
            window_ms: u64::try_from(window.as_millis()).unwrap_or(u64::MAX).max(1),
            spread_max: spec.max * window.as_secs_f64(),
            slices: VecDeque::new(),
        }
    }

    /// True as long as the values of the window lie too far apart.
    pub(super) fn is_fast(&mut self, number: f64, now_ms: u64) -> bool {
        let begin_ms = now_ms.saturating_sub(self.window_ms);
        while self.slices.front().is_some_and(|slice| slice.last_ms < begin_ms) {
            self.slices.pop_front();
        }
        let slice = now_ms / self.window_ms.div_ceil(SLICES);
        match self.slices.back_mut().filter(|last| last.number >= slice) {
            Some(last) => {
                (last.min, last.max) = (last.min.min(number), last.max.max(number));
                last.last_ms = now_ms.max(last.last_ms);
            }
            None => self.slices.push_back(Slice { number: slice, last_ms: now_ms, min: number, max: number }),
        }
        let min = self.slices.iter().fold(f64::INFINITY, |min, slice| min.min(slice.min));
        let max = self.slices.iter().fold(f64::NEG_INFINITY, |max, slice| max.max(slice.max));
        max - min > self.spread_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(max: f64, window_s: u64, interval_ms: u64) -> Rate {
        let spec = profile::Rate { max, window: Duration::from_secs(window_s) };
        Rate::new(spec, Duration::from_millis(interval_ms))
    }

    #[test]
    fn a_value_is_fast_while_its_window_shows_the_jump() {
        let mut rate = rate(0.5, 10, 1_000);
        assert!(!rate.is_fast(20.0, 0));
        assert!(!rate.is_fast(25.0, 1_000), "five in ten seconds is what is allowed");
        assert!(rate.is_fast(25.1, 2_000));
        assert!(rate.is_fast(25.1, 10_000), "the lowest value is ten seconds old");
        assert!(!rate.is_fast(25.1, 11_700));
    }

    #[test]
    fn slow_drift_and_one_step_of_a_coarse_sensor_are_not_fast() {
        let mut slow = rate(0.5, 10, 1_000);
        for second in 0..1_000 {
            assert!(!slow.is_fast(0.4 * second as f64, second * 1_000));
        }
        let mut coarse = rate(0.05, 10, 1_000);
        assert!(!coarse.is_fast(20.0, 0));
        assert!(!coarse.is_fast(20.5, 1_000), "half a degree within a second may be half a degree in ten");
    }

    #[test]
    fn a_jump_and_back_is_seen() {
        let mut rate = rate(1.0, 10, 100);
        rate.is_fast(0.0, 0);
        assert!(rate.is_fast(50.0, 100));
        assert!(rate.is_fast(0.0, 200));
        assert!(!rate.is_fast(0.0, 11_200));
    }

    #[test]
    fn the_window_costs_the_same_however_often_it_is_read() {
        let mut rate = rate(1.0, 3_600, 20);
        for sample in 0..400_000_u64 {
            rate.is_fast(0.0, sample * 20);
        }
        assert!(rate.slices.len() <= SLICES as usize + 2, "{}", rate.slices.len());
    }

    #[test]
    fn the_window_holds_two_polls() {
        let mut rate = rate(1.0, 10, 60_000);
        assert!(!rate.is_fast(0.0, 0));
        assert!(!rate.is_fast(119.0, 60_000), "two minutes are the window now");
        assert!(rate.is_fast(121.0, 120_000));
    }
}
