//! Whether a process grew. Pure. Medians are compared, not ends: memory breathes, and a connection more or less at one
//! moment is no leak.

use std::fmt;

use super::sample::Sample;

/// What comes before is the start: caches fill, the first connections are made.
const WARM_UP_SHARE: usize = 5;
/// An allocator keeps a little more of what it was once given.
const RESIDENT_SLACK_BYTES: u64 = 3 << 20;
const RESIDENT_SLACK_SHARE: u64 = 10;
/// A connection that is being made while the old one ends, and its timer.
const DESCRIPTORS_SLACK: u64 = 4;

/// The median after warming up, and the median at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    resident_bytes: [u64; 2],
    descriptors: [u64; 2],
}

pub(super) fn grown(samples: &[Sample]) -> Growth {
    let part = samples.len() / WARM_UP_SHARE;
    assert!(part > 0, "too few samples to say anything");
    let (early, late) = (&samples[part..2 * part], &samples[samples.len() - part..]);
    let of = |pick: fn(&Sample) -> u64| [median(early, pick), median(late, pick)];
    Growth {
        resident_bytes: of(|sample| sample.resident_bytes),
        descriptors: of(|sample| sample.descriptors),
    }
}

impl Growth {
    pub fn is_a_leak(&self) -> bool {
        let [early, late] = self.resident_bytes;
        let slack = RESIDENT_SLACK_BYTES.max(early / RESIDENT_SLACK_SHARE);
        late > early + slack || self.descriptors[1] > self.descriptors[0] + DESCRIPTORS_SLACK
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [early, late] = self.resident_bytes.map(|bytes| bytes as f64 / f64::from(1 << 20));
        let [few, many] = self.descriptors;
        write!(
            f,
            "{early:.1} MiB resident after the start and {late:.1} at the end, {few} descriptors and {many}"
        )
    }
}

fn median(samples: &[Sample], pick: fn(&Sample) -> u64) -> u64 {
    let mut values: Vec<u64> = samples.iter().map(pick).collect();
    values.sort_unstable();
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(resident: impl Fn(u64) -> u64, descriptors: impl Fn(u64) -> u64) -> Vec<Sample> {
        let sample = |at| Sample { resident_bytes: resident(at), descriptors: descriptors(at) };
        (0..100).map(sample).collect()
    }

    #[test]
    fn breathing_is_no_leak_and_growing_is() {
        let mib = |mib: u64| mib << 20;
        let breathing = samples(|at| mib(12) + at % 7 * (1 << 17), |at| 20 + at % 3);
        assert!(!grown(&breathing).is_a_leak());
        let starting = samples(|at| if at < 15 { mib(5) } else { mib(12) }, |_| 20);
        assert!(!grown(&starting).is_a_leak(), "what the start takes is no leak");
        assert!(grown(&samples(|at| mib(12) + at * (1 << 16), |_| 20)).is_a_leak());
        assert!(grown(&samples(|_| mib(12), |at| 20 + at / 10)).is_a_leak());
    }
}
