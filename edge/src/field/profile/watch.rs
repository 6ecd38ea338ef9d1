//! What the edge watches of a number beside its changes: limits, how fast it moves, whether it moves at all, and whether
//! a counter only rises. What is found becomes marks of the reading; what follows from it is for the rules of the hub.

use std::ops::RangeInclusive;
use std::time::Duration;

use runtime::config::{FromSection, Ranged, Section};
use wire::{Kind, ValueType};

use super::encoding::Encoding;
use super::meaning::Meaning;
use super::point::PointSpec;

/// A rate over less than a second is the noise of one sample; one over more than an hour is a trend, which is for people.
const RATE_WINDOWS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60 * 60);
const RATE_WINDOW_DEFAULT: Duration = Duration::from_secs(10);
/// Below a second every sensor stands still now and then; a sensor that may stand still for a week proves nothing by it.
const STUCK_AFTERS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(7 * 24 * 60 * 60);
/// As many equal samples in a row are no accident.
const STUCK_POLLS_MIN: u32 = 3;
/// A rate needs two samples.
const RATE_POLLS_MIN: u32 = 2;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Watch {
    pub limits: Option<Limits>,
    pub rate: Option<Rate>,
    /// For sensors that always jitter: one that has not moved for so long is not believed.
    pub stuck_after: Option<Duration>,
    /// A counter that never goes back while its device runs.
    pub rises: bool,
}

/// In the unit of the kind. At least one is there, and those that are there rise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    pub low_low: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub high_high: Option<f64>,
    /// How far a value has to come back over a limit before it no longer counts as beyond it.
    pub hysteresis: f64,
}

/// A value that moves further than `max` times the window within the window is too fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// In the unit of the kind per second.
    pub max: f64,
    pub window: Duration,
}

impl Watch {
    /// The keys of a point. Those that its kind has no use for are faults.
    pub(super) fn read(section: &mut Section<'_>, kind: Option<Kind>) -> Watch {
        let limits = section.optional_table::<Limits>("limits");
        let max: Option<f64> = section.optional("rate_max");
        let window = section.within("rate_window", RATE_WINDOW_DEFAULT, RATE_WINDOWS);
        let stuck_after = section.optional_within("stuck_after", STUCK_AFTERS);
        let rises = section.or("rises", false);
        let number =
            kind.is_none_or(|kind| matches!(kind.value_type(), ValueType::Count(_) | ValueType::Measure(_)));
        for key in ["limits", "rate_max", "rate_window", "stuck_after", "rises"] {
            if let Some(kind) = kind.filter(|_| !number && section.has(key)) {
                section.fault(key, format!("{kind} is no number, so `{key}` says nothing; remove it"));
            }
        }
        if number && section.has("rate_window") && !section.has("rate_max") {
            section.fault("rate_window", "there is no rate to measure; add `rate_max`, or remove it");
        }
        if let Some(max) = max.filter(|max| *max <= 0.0) {
            section.fault("rate_max", format!("{max} would mark whatever moves; write a number above 0"));
        }
        Watch { limits, rate: max.map(|max| Rate { max, window }), stuck_after, rises }
    }
}

impl PointSpec {
    /// How many values a counter has before it begins at 0 again, in the unit of its kind. `None`: it never wraps, or
    /// nobody knows where.
    pub fn wraps_at(&self) -> Option<f64> {
        let steps = match self.source.register()?.encoding {
            Encoding::U16 => f64::from(u16::MAX) + 1.0,
            Encoding::U32(_) => f64::from(u32::MAX) + 1.0,
            Encoding::I16 => f64::from(i16::MAX) + 1.0,
            Encoding::I32(_) => f64::from(i32::MAX) + 1.0,
            Encoding::Bcd16 => 1e4,
            Encoding::Bcd32(_) => 1e8,
            Encoding::BitsOf { count, .. } => f64::from(count).exp2(),
            // No device lives long enough to see the others wrap, or they are no counters.
            Encoding::U64(_)
            | Encoding::I64(_)
            | Encoding::F32(_)
            | Encoding::F64(_)
            | Encoding::BitOf(_)
            | Encoding::Bit => return None,
        };
        match &self.meaning {
            Meaning::Count { scale, .. } | Meaning::Measure { scale, .. } => {
                Some(scale.apply(steps) - scale.apply(0.0))
            }
            Meaning::Flag { .. } | Meaning::State(_) | Meaning::Text => None,
        }
    }
}

/// What needs to be known of the whole profile: how often its points are read. They come entry by entry.
pub(super) fn check(section: &mut Section<'_>, interval: Duration, entries: &[Vec<PointSpec>]) {
    for (place, point) in
        entries.iter().enumerate().filter_map(|(place, points)| Some((place, points.first()?)))
    {
        check_limits(section, place, point);
        let mut too_short = |key: &str, written: Option<Duration>, polls: u32| {
            let min = point.keeping.interval.unwrap_or(interval).saturating_mul(polls);
            if let Some(written) = written.filter(|written| *written < min) {
                let (written, min) = (written.shown(), min.shown());
                let message = format!("{written} is shorter than {polls} polls; write {min} or more");
                section.fault(&format!("points[{place}].{key}"), message);
            }
        };
        too_short("stuck_after", point.watch.stuck_after, STUCK_POLLS_MIN);
        too_short("rate_window", point.watch.rate.map(|rate| rate.window), RATE_POLLS_MIN);
    }
}

/// A value outside the range is doubtful itself, so a limit there says nothing, or is a slip of the pen.
fn check_limits(section: &mut Section<'_>, place: usize, point: &PointSpec) {
    let range = match &point.meaning {
        Meaning::Count { range, .. } | Meaning::Measure { range, .. } => range.as_ref(),
        Meaning::Flag { .. } | Meaning::State(_) | Meaning::Text => None,
    };
    let Some((range, limits)) = range.zip(point.watch.limits) else { return };
    let named = [
        ("low_low", limits.low_low),
        ("low", limits.low),
        ("high", limits.high),
        ("high_high", limits.high_high),
    ];
    for (key, limit) in named {
        if let Some(limit) = limit.filter(|limit| !(range.min..=range.max).contains(limit)) {
            let (min, max) = (range.min, range.max);
            let message = format!(
                "{limit} is outside the point's range, which is {min} to {max}: no value there is believed"
            );
            section.fault(&format!("points[{place}].limits.{key}"), message);
        }
    }
}

impl FromSection for Limits {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let keys = ["low_low", "low", "high", "high_high"];
        let [low_low, low, high, high_high] = keys.map(|key| section.optional::<f64>(key));
        let hysteresis = section.within("hysteresis", 0.0, 0.0..=f64::MAX);
        if !keys.iter().any(|key| section.has(key)) {
            section.fault(
                "",
                "there is no limit; write at least one of `low_low`, `low`, `high` and `high_high`",
            );
            return None;
        }
        let named = keys.into_iter().zip([low_low, low, high, high_high]);
        let given: Vec<(&str, f64)> = named.filter_map(|(key, limit)| Some((key, limit?))).collect();
        for pair in given.windows(2) {
            if let [(lower, below), (key, limit)] = *pair
                && limit <= below
            {
                section.fault(key, format!("{limit} does not lie above {lower}, which is {below}"));
            }
        }
        let gap = high.or(high_high).zip(low.or(low_low)).map(|(upper, lower)| upper - lower);
        if let Some(gap) = gap.filter(|gap| *gap > 0.0 && hysteresis > *gap) {
            let message = format!(
                "{hysteresis} is more than lies between the limits; a value could be too high and too low at once: \
                 write a number up to {gap}"
            );
            section.fault("hysteresis", message);
        }
        Some(Self { low_low, low, high, high_high, hysteresis })
    }
}

#[cfg(test)]
mod tests;
