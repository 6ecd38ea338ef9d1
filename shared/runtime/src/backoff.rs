//! How long to wait before the next attempt: exponential with full jitter, so that a fleet that lost
//! its hub together does not come back together.

use std::time::Duration;

/// No delay is shorter (unless `first` is), so that a peer that refuses at once is not hammered.
const DELAY_MIN: Duration = Duration::from_millis(10);

/// Doubles its ceiling with every attempt, from `first` up to `max`.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    max: Duration,
    ceiling: Duration,
}

impl Backoff {
    /// A `max` below `first` counts as `first`.
    pub fn new(first: Duration, max: Duration) -> Self {
        Self { first, max: max.max(first), ceiling: first }
    }

    /// A random delay of at most the present ceiling. The caller waits, and calls `reset` once it succeeds.
    pub fn next_delay(&mut self) -> Duration {
        // Without randomness the longest delay is the kindest one.
        let random = getrandom::u64().unwrap_or(u64::MAX);
        self.delay_from(random)
    }

    pub fn reset(&mut self) {
        self.ceiling = self.first;
    }

    fn delay_from(&mut self, random: u64) -> Duration {
        let ceiling = self.ceiling;
        self.ceiling = ceiling.saturating_mul(2).min(self.max);
        let floor = DELAY_MIN.min(self.first);
        // What exceeds the centuries that a u64 of nanoseconds holds is cut off.
        let span_ns = u64::try_from((ceiling - floor).as_nanos()).unwrap_or(u64::MAX);
        let share_ns = u128::from(span_ns) * u128::from(random) / u128::from(u64::MAX);
        floor + Duration::from_nanos(u64::try_from(share_ns).expect("a share is not more than the whole"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(100);
    const MAX: Duration = Duration::from_secs(1);

    #[test]
    fn the_ceiling_doubles_up_to_the_maximum() {
        let mut backoff = Backoff::new(FIRST, MAX);
        let longest: Vec<u128> = (0..6).map(|_| backoff.delay_from(u64::MAX).as_millis()).collect();
        assert_eq!(longest, [100, 200, 400, 800, 1_000, 1_000]);
    }

    #[test]
    fn the_floor_holds_at_every_step() {
        let mut backoff = Backoff::new(FIRST, MAX);
        assert!((0..6).all(|_| backoff.delay_from(0) == DELAY_MIN));
        let mut tiny = Backoff::new(Duration::from_millis(1), MAX);
        assert_eq!(tiny.delay_from(0), Duration::from_millis(1));
    }

    #[test]
    fn random_delays_stay_within_bounds_and_differ() {
        let mut backoff = Backoff::new(FIRST, MAX);
        let delays: Vec<Duration> = (0..1_000).map(|_| backoff.next_delay()).collect();
        assert!(delays.iter().all(|delay| (DELAY_MIN..=MAX).contains(delay)));
        assert!(delays.windows(2).any(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn reset_begins_again_and_odd_limits_do_no_harm() {
        let mut backoff = Backoff::new(FIRST, MAX);
        backoff.delay_from(0);
        backoff.reset();
        assert_eq!(backoff.delay_from(u64::MAX), FIRST);

        let mut inverted = Backoff::new(MAX, FIRST);
        assert_eq!((inverted.delay_from(u64::MAX), inverted.delay_from(u64::MAX)), (MAX, MAX));
        let mut zero = Backoff::new(Duration::ZERO, Duration::ZERO);
        assert_eq!(zero.next_delay(), Duration::ZERO);
        let mut endless = Backoff::new(Duration::MAX, Duration::MAX);
        assert_eq!(endless.delay_from(u64::MAX), DELAY_MIN + Duration::from_nanos(u64::MAX));
    }
}
