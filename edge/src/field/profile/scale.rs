//! From the device's steps to the unit of a kind.

/// How far `1 / scale` may be from a whole number to be meant as one: 0.01 is not exactly a hundredth in binary.
const WHOLE_WITHIN: f64 = 1e-6;

/// A factor. One that is a whole fraction, such as 0.1, divides instead, so that 123 steps are 12.3 and not 12.3000…1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    Times(f64),
    Divided(f64),
}

impl Scale {
    pub const ONE: Scale = Scale::Times(1.0);

    pub fn new(factor: f64) -> Self {
        let inverse = 1.0 / factor;
        let near = inverse.round();
        let whole = factor.abs() < 1.0 && (inverse - near).abs() <= near.abs() * WHOLE_WITHIN;
        if whole { Self::Divided(near) } else { Self::Times(factor) }
    }

    pub fn apply(self, steps: f64) -> f64 {
        match self {
            Self::Times(factor) => steps * factor,
            Self::Divided(divisor) => steps / divisor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_fractions_stay_decimal() {
        assert_eq!(Scale::new(0.1).apply(123.0), 12.3);
        assert_eq!(Scale::new(0.01).apply(2724.0), 27.24);
        assert_eq!(Scale::new(10.0).apply(7.0), 70.0);
        assert_eq!(Scale::new(-0.1).apply(3.0), -0.3);
        assert_eq!(Scale::new(0.3), Scale::Times(0.3));
    }
}
