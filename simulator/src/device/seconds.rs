//! Times of a device that its registers hold in whole seconds.

use std::ops::RangeInclusive;
use std::time::Duration;

use runtime::config::Section;

/// A duration of the site file for a register of seconds. What is finer is a fault, because it could not be served.
pub(super) fn configured(
    section: &mut Section<'_>,
    key: &'static str,
    default_s: u16,
    range_s: RangeInclusive<u16>,
) -> u16 {
    let seconds = |s: &u16| Duration::from_secs(u64::from(*s));
    let range = seconds(range_s.start())..=seconds(range_s.end());
    let time = section.within(key, seconds(&default_s), range);
    if time.subsec_nanos() != 0 {
        section.fault(key, "the device's register counts whole seconds; write for example \"2s\"");
    }
    // Within a range of u16 seconds, so it fits.
    u16::try_from(time.as_secs()).unwrap_or(default_s)
}

/// The whole seconds from `now` until `end`, rounded up as a countdown does, for a register of 16 bits.
pub(super) fn left(end: Duration, now: Duration) -> u16 {
    let left = end.saturating_sub(now);
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() != 0);
    u16::try_from(seconds).unwrap_or(u16::MAX)
}
