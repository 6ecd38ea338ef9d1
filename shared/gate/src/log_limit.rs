//! Keeps an attacker from flooding the log: so many lines per reason and second, then a count.
//! Pure: the time is an argument.

use std::collections::HashMap;
use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(1);

pub struct LogLimit {
    lines_max: u32,
    /// Bounded by the number of reasons, which are constants of the program.
    reasons: HashMap<&'static str, Window>,
}

struct Window {
    began: Instant,
    lines: u32,
    suppressed: u64,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// `suppressed` lines of the same reason were left out before this one.
    Log {
        suppressed: u64,
    },
    Suppress,
}

impl LogLimit {
    pub fn new(lines_max: u32) -> Self {
        Self { lines_max, reasons: HashMap::new() }
    }

    pub fn judge(&mut self, reason: &'static str, now: Instant) -> Verdict {
        let window = self.reasons.entry(reason).or_insert(Window { began: now, lines: 0, suppressed: 0 });
        if now.duration_since(window.began) >= WINDOW {
            window.began = now;
            window.lines = 0;
        }
        if window.lines >= self.lines_max {
            window.suppressed += 1;
            return Verdict::Suppress;
        }
        window.lines += 1;
        Verdict::Log { suppressed: std::mem::take(&mut window.suppressed) }
    }

    /// The counts of reasons that have been quiet for a window, and forgets them.
    pub fn sums(&mut self, now: Instant) -> Vec<(&'static str, u64)> {
        let over = |window: &Window| now.duration_since(window.began) >= WINDOW && window.suppressed > 0;
        let quiet = self.reasons.iter_mut().filter(|(_, window)| over(window));
        quiet.map(|(reason, window)| (*reason, std::mem::take(&mut window.suppressed))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_a_second_then_a_count() {
        let start = Instant::now();
        let mut limit = LogLimit::new(10);
        let logged = (0..1_000).filter(|_| limit.judge("a", start) != Verdict::Suppress).count();
        assert_eq!(logged, 10);
        assert_eq!(
            limit.judge("b", start),
            Verdict::Log { suppressed: 0 },
            "reasons do not share their budget"
        );
        assert_eq!(limit.judge("a", start + WINDOW), Verdict::Log { suppressed: 990 });
        assert_eq!(limit.judge("a", start + WINDOW), Verdict::Log { suppressed: 0 });
    }

    #[test]
    fn a_sum_is_told_once_after_the_storm() {
        let start = Instant::now();
        let mut limit = LogLimit::new(1);
        limit.judge("a", start);
        limit.judge("a", start);
        assert_eq!(limit.sums(start), []);
        assert_eq!(limit.sums(start + WINDOW), [("a", 1)]);
        assert_eq!(limit.sums(start + WINDOW), []);
    }
}
