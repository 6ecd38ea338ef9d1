//! When a report was made, by the edge's clock. Inside the host's present boot its monotonic clock says so; for an earlier
//! boot only the host's wall clock can, and only as a distance between two of its own times.

use std::collections::VecDeque;

use wire::Stamp;

use super::format::{Boot, Incoming};

/// Beyond this a report was kept and not just on its way.
const LATE_AFTER_MS: u64 = 10_000;
/// How many transfers the fastest is taken of: enough to meet a quiet moment, few enough to follow a drift of the clocks.
const OFFSETS_MAX: usize = 16;
/// An envelope holds times within 24 days of its own.
const AGE_MS_MAX: u64 = 20 * 86_400_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    Present,
    Late,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    Certain,
    /// The moment is that of the receipt, or the edge's start, because the host's times contradict each other or the edge's.
    Uncertain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) stamp: Stamp,
    pub(super) age: Age,
    pub(super) trust: Trust,
}

/// The edge's monotonic time less that of the host's present boot, at the last transfers.
#[derive(Clone, Debug, Default)]
pub(super) struct Placer {
    boot: Option<Boot>,
    offsets: VecDeque<i128>,
}

impl Placer {
    pub(super) fn place(&mut self, report: &Incoming, now: Stamp) -> Placed {
        let offset = self.offset(report, now);
        let earlier_boot = report.boot != report.sent.boot;
        let age_ms = if earlier_boot { age_by_wall(report) } else { age_by_mono(report, offset, now) };
        let known = age_ms.filter(|age_ms| *age_ms <= AGE_MS_MAX);
        let trust = match known {
            // What happened before the edge's own boot has no place in it.
            Some(age_ms) if age_ms <= now.mono_ms => Trust::Certain,
            _ => Trust::Uncertain,
        };
        let back_ms = known.unwrap_or(0).min(now.mono_ms);
        let late = earlier_boot || age_ms.is_some_and(|age_ms| age_ms > LATE_AFTER_MS);
        Placed {
            stamp: Stamp {
                mono_ms: now.mono_ms - back_ms,
                wall_ms: now.wall_ms.saturating_sub_unsigned(back_ms),
                ..now
            },
            age: if late { Age::Late } else { Age::Present },
            trust,
        }
    }

    /// The smallest offset is that of the transfer that took least.
    fn offset(&mut self, report: &Incoming, now: Stamp) -> i128 {
        let offset = i128::from(now.mono_ms) - i128::from(report.sent.mono_ms);
        if self.boot.replace(report.sent.boot) != Some(report.sent.boot) {
            self.offsets.clear();
        }
        if self.offsets.len() == OFFSETS_MAX {
            self.offsets.pop_front();
        }
        self.offsets.push_back(offset);
        self.offsets.iter().copied().min().unwrap_or(offset)
    }
}

/// `None`: made after it was sent, which no clock explains.
fn age_by_mono(report: &Incoming, offset: i128, now: Stamp) -> Option<u64> {
    if report.at.mono_ms > report.sent.mono_ms {
        return None;
    }
    let moment = i128::from(report.at.mono_ms) + offset;
    // Never later than now: an offset from a faster transfer only makes it earlier.
    u64::try_from(i128::from(now.mono_ms) - moment).ok()
}

/// `None`: the wall clock was moved in between, for an earlier boot ended before this one began.
fn age_by_wall(report: &Incoming) -> Option<u64> {
    let age_ms = u64::try_from(report.sent.wall_ms.checked_sub(report.at.wall_ms)?).ok()?;
    (age_ms >= report.sent.mono_ms).then_some(age_ms)
}
