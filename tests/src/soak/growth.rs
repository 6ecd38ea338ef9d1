//! Whether a process grew. Pure. Medians of a fifth of the time are compared, not single moments: memory breathes, and a
//! connection more or less at one moment is no leak.

use std::fmt;

use super::sample::Sample;

/// The first fifth is the start: caches fill, the first connections are made.
const PARTS: usize = 5;
/// An allocator keeps a little more of what it was once given.
const RESIDENT_SLACK_BYTES: u64 = 3 << 20;
const RESIDENT_SLACK_SHARE: u64 = 10;
/// At rest the number does not move at all; somebody may ask for the status at that moment.
const DESCRIPTORS_SLACK: u64 = 1;

/// After warming up, in the middle, and at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Growth {
    resident_bytes: [u64; 3],
    descriptors: [u64; 3],
}

impl Growth {
    pub(super) fn of(samples: &[Sample]) -> Self {
        let part = samples.len() / PARTS;
        assert!(part > 0, "{} samples are too few to say anything", samples.len());
        let from = [part, (samples.len() - part) / 2, samples.len() - part];
        let of = |pick: fn(&Sample) -> u64| from.map(|from| median(&samples[from..from + part], pick));
        Self {
            resident_bytes: of(|sample| sample.resident_bytes),
            descriptors: of(|sample| sample.descriptors),
        }
    }

    /// Flat: it may end at this many bytes.
    fn resident_bytes_max(&self) -> u64 {
        let [start, ..] = self.resident_bytes;
        start + RESIDENT_SLACK_BYTES.max(start / RESIDENT_SLACK_SHARE)
    }

    pub(super) fn is_memory_flat(&self) -> bool {
        self.resident_bytes[2] <= self.resident_bytes_max()
    }

    pub(super) fn are_descriptors_flat(&self) -> bool {
        self.descriptors[2] <= self.descriptors[0] + DESCRIPTORS_SLACK
    }

    pub(super) fn memory(&self) -> impl fmt::Display {
        let [start, middle, end] = self.resident_bytes.map(mib);
        let most = mib(self.resident_bytes_max());
        format!("start {start:.1}, middle {middle:.1}, end {end:.1} MiB; flat up to {most:.1}")
    }

    pub(super) fn files(&self) -> impl fmt::Display {
        let [start, middle, end] = self.descriptors;
        format!("start {start}, middle {middle}, end {end}; flat up to {}", start + DESCRIPTORS_SLACK)
    }
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

fn median(samples: &[Sample], pick: fn(&Sample) -> u64) -> u64 {
    let mut values: Vec<u64> = samples.iter().map(pick).collect();
    values.sort_unstable();
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn growth(resident: impl Fn(u64) -> u64, descriptors: impl Fn(u64) -> u64) -> Growth {
        let sample = |at| Sample { resident_bytes: resident(at), descriptors: descriptors(at) };
        Growth::of(&(0..100).map(sample).collect::<Vec<_>>())
    }

    #[test]
    fn breathing_is_no_leak_and_growing_is() {
        let mib = |mib: u64| mib << 20;
        let breathing = growth(|at| mib(12) + at % 7 * (1 << 17), |at| 20 + at % 2);
        assert!(breathing.is_memory_flat() && breathing.are_descriptors_flat(), "{breathing:?}");
        let starting = growth(|at| if at < 15 { mib(5) } else { mib(12) }, |_| 20);
        assert!(starting.is_memory_flat(), "what the start takes is no leak");
        assert!(!growth(|at| mib(12) + at * (1 << 16), |_| 20).is_memory_flat());
        assert!(!growth(|_| mib(12), |at| 20 + at / 10).are_descriptors_flat());
    }
}
