//! From the device's steps to the unit of a kind.

/// How far `1 / scale` may be from a whole number to be meant as one: 0.01 is not exactly a hundredth in binary.
const WHOLE_WITHIN: f64 = 1e-6;

/// The sum of two decimal numbers is rounded to nine decimals, which no sensor has, as long as it is small enough to have
/// them.
const DECIMALS: f64 = 1e9;
const DECIMALS_BELOW: f64 = 1e6;

/// A factor, and what is added after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    factor: Factor,
    offset: f64,
}

/// One that is a whole fraction, such as 0.1, divides instead, so that 123 steps are 12.3 and not 12.3000…1.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Factor {
    Times(f64),
    Divided(f64),
}

impl Scale {
    pub const ONE: Scale = Scale { factor: Factor::Times(1.0), offset: 0.0 };

    pub fn new(factor: f64) -> Self {
        let inverse = 1.0 / factor;
        let near = inverse.round();
        let whole = factor.abs() < 1.0 && (inverse - near).abs() <= near.abs() * WHOLE_WITHIN;
        let factor = if whole { Factor::Divided(near) } else { Factor::Times(factor) };
        Self { factor, offset: 0.0 }
    }

    /// In the unit of the kind.
    pub fn with_offset(self, offset: f64) -> Self {
        Self { offset, ..self }
    }

    pub fn apply(self, steps: f64) -> f64 {
        let scaled = match self.factor {
            Factor::Times(factor) => steps * factor,
            Factor::Divided(divisor) => steps / divisor,
        };
        let moved = scaled + self.offset;
        // 298.1 K are 24.95 °C and not 24.950000000000045.
        let noisy = self.offset != 0.0 && moved.abs() < DECIMALS_BELOW;
        if noisy { (moved * DECIMALS).round() / DECIMALS } else { moved }
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
        assert_eq!(Scale::new(0.3).apply(10.0), 3.0);
    }

    #[test]
    fn an_offset_is_added_after_the_factor() {
        assert_eq!(Scale::new(0.5).with_offset(-40.0).apply(130.0), 25.0);
        assert_eq!(Scale::new(0.1).with_offset(-273.15).apply(2_981.0), 24.95);
        assert_eq!(Scale::new(1e300).with_offset(1.0).apply(1e9), f64::INFINITY);
    }
}
