//! Times of the API: RFC 3339 in UTC with milliseconds. Queries may also give unix milliseconds.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// RFC 3339, UTC, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-22T10:00:00.000Z")]
pub struct Time(pub i64);

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.3}", timestamp(self.0))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A time beyond the calendar, which only a broken clock can give, is held at the calendar's end.
pub fn timestamp(unix_ms: i64) -> Timestamp {
    // The calendar's ends are whole seconds for milliseconds, and not for the type's own bounds.
    let held = unix_ms.clamp(Timestamp::MIN.as_second() * 1_000, Timestamp::MAX.as_second() * 1_000);
    Timestamp::from_millisecond(held).expect("held inside the calendar")
}

/// RFC 3339 or unix milliseconds.
pub fn parse_ms(text: &str) -> Option<i64> {
    let from_calendar = || text.parse::<Timestamp>().ok().map(|time| time.as_millisecond());
    text.parse::<i64>().ok().or_else(from_calendar)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_and_are_utc() {
        assert_eq!(Time(1_795_341_600_000).to_string(), "2026-11-22T10:00:00.000Z");
        assert_eq!(Time(-1).to_string(), "1969-12-31T23:59:59.999Z");
        assert!(Time(i64::MAX).to_string().starts_with("9999-12-"));
    }

    #[test]
    fn queries_give_times_in_either_form() {
        assert_eq!(parse_ms("1795341600000"), Some(1_795_341_600_000));
        assert_eq!(parse_ms("2026-11-22T10:00:00Z"), Some(1_795_341_600_000));
        assert_eq!(parse_ms("2026-11-22T18:00:00.5+08:00"), Some(1_795_341_600_500));
        assert_eq!(parse_ms("2026-11-22"), None);
        assert_eq!(parse_ms("yesterday"), None);
    }
}
