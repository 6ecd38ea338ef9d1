//! A second of UTC in a file: people read and compare `2027-03-01T08:00:00Z`, programs count seconds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Seconds since 1970, written as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(jiff::Timestamp);

impl Moment {
    /// One day in seconds; validity counts plain days, not calendar days.
    pub const DAY_S: i64 = 86_400;

    /// The moment `unix_s` seconds after 1970; a clock beyond the calendar is held at its end.
    pub fn from_s(unix_s: i64) -> Self {
        let (first, last) = (jiff::Timestamp::MIN.as_second(), jiff::Timestamp::MAX.as_second());
        let within = unix_s.clamp(first, last);
        Self(jiff::Timestamp::from_second(within).expect("clamped to the calendar"))
    }

    /// Seconds since 1970.
    pub fn as_s(self) -> i64 {
        self.0.as_second()
    }

    /// This many whole days later.
    pub fn plus_days(self, days: u32) -> Self {
        Self::from_s(self.as_s().saturating_add(i64::from(days) * Self::DAY_S))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl TryFrom<String> for Moment {
    type Error = jiff::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let timestamp: jiff::Timestamp = text.parse()?;
        Ok(Self::from_s(timestamp.as_second()))
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_as_utc_and_read_back() {
        let moment = Moment::from_s(1_800_000_000);
        assert_eq!(moment.to_string(), "2027-01-15T08:00:00Z");
        assert_eq!(Moment::try_from(moment.to_string()).unwrap(), moment);
        assert_eq!(moment.plus_days(2).as_s(), 1_800_000_000 + 2 * 86_400);
        assert!(Moment::try_from("tomorrow".to_owned()).is_err());
    }

    #[test]
    fn a_clock_out_of_its_mind_does_not_panic() {
        assert!(Moment::from_s(i64::MAX) > Moment::from_s(0));
        assert!(Moment::from_s(i64::MIN) < Moment::from_s(0));
        assert_eq!(Moment::from_s(i64::MAX).plus_days(u32::MAX), Moment::from_s(i64::MAX));
    }
}
