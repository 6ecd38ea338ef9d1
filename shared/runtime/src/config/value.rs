//! How each Rust type is read from a value. Adding a type is adding an impl here, or, for a type with
//! `FromStr`, wrapping it in `Parsed`.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::duration;
use super::item::Item;

pub(super) const DURATION: &str = "a duration in quotes, such as \"250ms\", \"5s\", \"2m\", \"1h\" or \"7d\"";

/// Whole numbers up to here are exact as `f64`.
const EXACT_F64_MAX: u64 = 1 << f64::MANTISSA_DIGITS;

pub trait FromValue: Sized {
    /// What belongs here, as it follows "write …" in a fault.
    fn wanted() -> String;

    /// None when the value is wrong; the fault is then already recorded.
    fn from_value(item: &Item<'_>) -> Option<Self>;
}

impl FromValue for String {
    fn wanted() -> String {
        "text in quotes".to_owned()
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        match item.text() {
            Some(text) => Some(text.to_owned()),
            None => item.wrong_type(&Self::wanted()),
        }
    }
}

impl FromValue for bool {
    fn wanted() -> String {
        "true or false, without quotes".to_owned()
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        item.boolean().or_else(|| item.wrong_type(&Self::wanted()))
    }
}

macro_rules! whole_numbers {
    ($($number:ty),*) => {
        $(impl FromValue for $number {
            fn wanted() -> String {
                // TOML numbers are signed 64-bit, so that is where the largest types end too.
                let max = i64::try_from(<$number>::MAX).unwrap_or(i64::MAX);
                format!("a whole number from {} to {max}", <$number>::MIN)
            }

            fn from_value(item: &Item<'_>) -> Option<Self> {
                let Some(number) = item.integer() else {
                    return item.wrong_type(&Self::wanted());
                };
                Self::try_from(number)
                    .ok()
                    .or_else(|| item.fault(format!("{number} does not fit; write {}", Self::wanted())))
            }
        })*
    };
}

whole_numbers!(u8, u16, u32, u64, usize, i16, i32, i64);

/// A whole number counts as well, as long as nothing of it is lost.
impl FromValue for f64 {
    fn wanted() -> String {
        "a number".to_owned()
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        if let Some(number) = item.float() {
            let finite = Some(number).filter(|number| number.is_finite());
            return finite
                .or_else(|| item.fault(format!("{number} is not finite; write {}", Self::wanted())));
        }
        match item.integer() {
            Some(number) if number.unsigned_abs() <= EXACT_F64_MAX => Some(number as f64),
            Some(number) => item.fault(format!("{number} is too large to be exact; write a smaller number")),
            None => item.wrong_type(&Self::wanted()),
        }
    }
}

impl FromValue for Duration {
    fn wanted() -> String {
        DURATION.to_owned()
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        match (item.text(), item.integer()) {
            (Some(text), _) => duration::parse(text).map_or_else(|message| item.fault(message), Some),
            (None, Some(number)) if number >= 0 => item.fault(duration::without_unit(number)),
            _ => item.wrong_type(&Self::wanted()),
        }
    }
}

/// Relative to the folder of the file.
impl FromValue for PathBuf {
    fn wanted() -> String {
        "a path in quotes".to_owned()
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        match item.text() {
            Some("") => item.fault(format!("the path is empty; write {}", Self::wanted())),
            Some(path) if path.contains('\0') => item.fault("a path cannot hold a NUL; remove it"),
            Some(path) => Some(item.resolve(path)),
            None => item.wrong_type(&Self::wanted()),
        }
    }
}

impl FromValue for SocketAddr {
    fn wanted() -> String {
        "an IP address and a port in quotes, such as \"127.0.0.1:8883\" or \"[::1]:8883\"".to_owned()
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        parsed(item, "an address with a port", &Self::wanted())
    }
}

impl FromValue for IpAddr {
    fn wanted() -> String {
        "an IP address in quotes, such as \"127.0.0.1\" or \"::1\"".to_owned()
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        parsed(item, "an IP address", &Self::wanted())
    }
}

fn parsed<T: FromStr>(item: &Item<'_>, name: &str, wanted: &str) -> Option<T> {
    let Some(text) = item.text() else {
        return item.wrong_type(wanted);
    };
    text.parse().ok().or_else(|| item.fault(format!("`{text}` is not {name}; write {wanted}")))
}

/// Every faulty element is reported, not only the first.
impl<T: FromValue> FromValue for Vec<T> {
    fn wanted() -> String {
        format!("a list in brackets, each element {}", T::wanted())
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        let Some(elements) = item.elements() else {
            return item.wrong_type(&Self::wanted());
        };
        let read: Vec<Option<T>> = elements.iter().map(T::from_value).collect();
        read.into_iter().collect()
    }
}

/// Any type that reads itself from text; the fault carries the text of its error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed<T>(pub T);

impl<T: FromStr<Err: Display>> FromValue for Parsed<T> {
    fn wanted() -> String {
        String::wanted()
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        let Some(text) = item.text() else {
            return item.wrong_type(&Self::wanted());
        };
        text.parse().map(Self).map_or_else(|error: T::Err| item.fault(error.to_string()), Some)
    }
}
