//! How fast one client may publish: a bucket of so many messages that fills again at a steady rate. Pure: the time is
//! an argument. A client that is faster is not cut: its socket is read later.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub struct Pace {
    /// What one message costs.
    per_message: Duration,
    /// How much of it may be saved up.
    saved_max: Duration,
    /// Until when the messages taken so far have used the allowance up.
    used_until: Mutex<Option<Instant>>,
    delayed: AtomicU64,
}

impl Pace {
    /// At most `burst` messages at once and `per_second` in the long run. Zero counts as one.
    pub fn new(per_second: u32, burst: u32) -> Self {
        let per_message = Duration::from_secs(1) / per_second.max(1);
        let saved_max = per_message * (burst.max(1) - 1);
        Self { per_message, saved_max, used_until: Mutex::new(None), delayed: AtomicU64::new(0) }
    }

    /// Takes one message, and says how long to wait before it is passed on: zero while the client keeps its pace.
    pub fn take(&self, now: Instant) -> Duration {
        let mut used_until = self.used_until.lock().unwrap_or_else(PoisonError::into_inner);
        let from = used_until.map_or(now, |used_until| used_until.max(now));
        *used_until = Some(from + self.per_message);
        let wait = from.saturating_duration_since(now).saturating_sub(self.saved_max);
        if !wait.is_zero() {
            self.delayed.fetch_add(1, Ordering::Relaxed);
        }
        wait
    }

    /// How many messages had to wait.
    pub fn delayed(&self) -> u64 {
        self.delayed.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_free_and_what_follows_waits_its_turn() {
        let (pace, start) = (Pace::new(10, 5), Instant::now());
        let waits: Vec<u128> = (0..7).map(|_| pace.take(start).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 100, 200]);
        assert_eq!(pace.delayed(), 2);
        assert_eq!(pace.take(start + Duration::from_millis(300)), Duration::ZERO);
    }

    #[test]
    fn the_allowance_comes_back_and_is_never_larger_than_a_burst() {
        let (pace, start) = (Pace::new(10, 5), Instant::now());
        pace.take(start);
        let much_later = start + Duration::from_secs(3_600);
        let free = (0..100).take_while(|_| pace.take(much_later).is_zero()).count();
        assert_eq!(free, 5);
    }
}
