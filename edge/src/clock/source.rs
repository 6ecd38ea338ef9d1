//! Whether a time source disciplines the machine's clock, by the traces that the usual services leave.
//!
//! The kernel's own word (adjtimex) would be better, and needs a call that no safe library here offers.

use std::path::Path;
use std::time::UNIX_EPOCH;

/// systemd-timesyncd makes this file once the clock follows a time source.
const TIMESYNCD: &str = "/run/systemd/timesync/synchronized";

/// chronyd lives, and has written down the drift that it found.
const CHRONYD: [&str; 2] = ["/run/chrony/chronyd.pid", "/run/chronyd.pid"];
const CHRONY_DRIFT: [&str; 2] = ["/var/lib/chrony/chrony.drift", "/var/lib/chrony/drift"];

/// chronyd writes the drift about every hour while it is synchronised, and not at all while it is not.
const DRIFT_AGE_MS_MAX: i64 = 3 * 3_600_000;

pub(super) fn follows(wall_ms: i64) -> bool {
    if Path::new(TIMESYNCD).exists() {
        return true;
    }
    let lives = CHRONYD.iter().any(|path| Path::new(path).exists());
    lives && CHRONY_DRIFT.iter().any(|path| written_ms(path).is_some_and(|at_ms| is_fresh(at_ms, wall_ms)))
}

/// A drift from the future says that the clock was set back since: nothing can be taken from it.
fn is_fresh(written_ms: i64, wall_ms: i64) -> bool {
    (0..=DRIFT_AGE_MS_MAX).contains(&wall_ms.saturating_sub(written_ms))
}

fn written_ms(path: &str) -> Option<i64> {
    let written = std::fs::metadata(path).ok()?.modified().ok()?;
    i64::try_from(written.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drift_counts_as_long_as_it_is_fresh() {
        assert!(is_fresh(1_000, 1_000));
        assert!(is_fresh(1_000, 1_000 + DRIFT_AGE_MS_MAX));
        assert!(!is_fresh(1_000, 1_001 + DRIFT_AGE_MS_MAX));
        assert!(!is_fresh(1_000, 999));
    }
}
