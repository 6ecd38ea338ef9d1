//! Values that a section may hold within bounds, and how a fault shows those bounds.

use std::time::Duration;

use super::duration;
use super::value::FromValue;

/// A value with an order, shown the way a file writes it.
pub trait Ranged: FromValue + PartialOrd {
    fn shown(&self) -> String;
}

macro_rules! ranged {
    ($($number:ty),*) => {
        $(impl Ranged for $number {
            fn shown(&self) -> String {
                self.to_string()
            }
        })*
    };
}

ranged!(u8, u16, u32, u64, usize, i16, i32, i64);

/// From here on a number is shown with an exponent: nobody counts that many digits.
const LONG_NUMBER: f64 = 1e15;

impl Ranged for f64 {
    fn shown(&self) -> String {
        if self.abs() < LONG_NUMBER { self.to_string() } else { format!("{self:e}") }
    }
}

impl Ranged for Duration {
    fn shown(&self) -> String {
        format!("\"{}\"", duration::show(*self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_shown_as_a_file_writes_them() {
        assert_eq!((250_u16.shown(), (-1_i64).shown()), ("250".to_owned(), "-1".to_owned()));
        assert_eq!((0.25.shown(), 1e15.shown(), f64::MAX.shown()), {
            ("0.25".to_owned(), "1e15".to_owned(), "1.7976931348623157e308".to_owned())
        });
        assert_eq!(Duration::from_millis(1_500).shown(), "\"1500ms\"");
    }
}
