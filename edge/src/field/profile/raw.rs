//! What a device says before its profile gives it a meaning: the content of a register, a place in a JSON text, a payload.

use std::borrow::Cow;

/// Up to here every whole number has an `f64` of its own.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// A number, a truth or a word, as the device put it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Raw<'a> {
    Flag(bool),
    Whole(i64),
    Number(f64),
    Text(&'a str),
}

impl Raw<'_> {
    /// A text counts if it is a number: many devices send `"21.5"`.
    pub fn number(self) -> Option<f64> {
        match self {
            Raw::Flag(_) => None,
            Raw::Whole(number) => Some(number as f64),
            Raw::Number(number) => Some(number),
            Raw::Text(text) => text.trim().parse().ok(),
        }
        .filter(|number: &f64| number.is_finite())
    }

    pub fn whole(self) -> Option<i64> {
        match self {
            Raw::Flag(flag) => Some(flag.into()),
            Raw::Whole(number) => Some(number),
            Raw::Number(number) => {
                (number.fract() == 0.0 && number.abs() <= EXACT_MAX).then_some(number as i64)
            }
            Raw::Text(text) => text.trim().parse().ok(),
        }
    }

    /// By the words that devices use for it: 1 and 0, true, on, yes, and their opposites.
    pub(super) fn flag(self) -> Option<bool> {
        let Raw::Text(text) = self else {
            return match self.whole()? {
                0 => Some(false),
                1 => Some(true),
                _ => None,
            };
        };
        let is = |words: &[&str]| words.iter().any(|word| text.trim().eq_ignore_ascii_case(word));
        match (is(&["1", "true", "on", "yes"]), is(&["0", "false", "off", "no"])) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }

    /// As a profile names it on the left side of its `states`.
    pub(super) fn word(&self) -> Cow<'_, str> {
        match self {
            Raw::Text(text) => text.trim().into(),
            Raw::Flag(flag) => flag.to_string().into(),
            Raw::Whole(number) => number.to_string().into(),
            // Shows a whole number without a point.
            Raw::Number(number) => number.to_string().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_are_numbers_are_numbers() {
        assert_eq!(Raw::Text(" 21.5 ").number(), Some(21.5));
        assert_eq!((Raw::Text("NaN").number(), Raw::Number(f64::NAN).number()), (None, None));
        assert_eq!((Raw::Flag(true).number(), Raw::Text("warm").number()), (None, None));
        assert_eq!((Raw::Number(3.0).whole(), Raw::Number(3.5).whole()), (Some(3), None));
        assert_eq!((Raw::Number(1e300).whole(), Raw::Text("-7").whole()), (None, Some(-7)));
    }

    #[test]
    fn truths_have_many_words() {
        for yes in [Raw::Flag(true), Raw::Whole(1), Raw::Number(1.0), Raw::Text("ON"), Raw::Text("true")] {
            assert_eq!(yes.flag(), Some(true), "{yes:?}");
        }
        for no in [Raw::Flag(false), Raw::Whole(0), Raw::Text("Off"), Raw::Text("0"), Raw::Text("no")] {
            assert_eq!(no.flag(), Some(false), "{no:?}");
        }
        for neither in [Raw::Whole(2), Raw::Number(0.5), Raw::Text("open"), Raw::Text("")] {
            assert_eq!(neither.flag(), None, "{neither:?}");
        }
    }
}
