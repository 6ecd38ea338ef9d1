//! The small slow wandering of analogue values: a pure function of seed, place and time, so that two runs of the same
//! site show the same curves.

use std::f64::consts::TAU;
use std::time::Duration;

/// Two periods without a common multiple in sight, so that the curve does not visibly repeat.
const PERIODS_S: [f64; 2] = [97.0, 411.0];

/// A value within ±1 that moves slowly.
pub fn wander(seed: u64, place: u64, at: Duration) -> f64 {
    let mut phase_seed = scatter(seed ^ scatter(place));
    let mut sum = 0.0;
    for period in PERIODS_S {
        let phase = (phase_seed >> 11) as f64 / (1_u64 << 53) as f64;
        sum += (TAU * (at.as_secs_f64() / period + phase)).sin();
        phase_seed = scatter(phase_seed);
    }
    sum / PERIODS_S.len() as f64
}

/// Spreads the bits of a number (the finaliser of SplitMix64).
pub fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_is_small_slow_and_the_same_for_the_same_seed() {
        let mut last = wander(7, 12, Duration::ZERO);
        let mut lowest = last;
        let mut highest = last;
        for second in 1..2000 {
            let value = wander(7, 12, Duration::from_secs(second));
            assert!(value.abs() <= 1.0);
            assert!((value - last).abs() < 0.06, "a jump at {second} s");
            (lowest, highest, last) = (lowest.min(value), highest.max(value), value);
        }
        assert!(highest - lowest > 0.5, "it moves at all");
        let at = Duration::from_secs(33);
        assert_eq!(wander(7, 12, at), wander(7, 12, at));
        assert_ne!(wander(7, 12, at), wander(8, 12, at));
        assert_ne!(wander(7, 12, at), wander(7, 13, at));
    }
}
