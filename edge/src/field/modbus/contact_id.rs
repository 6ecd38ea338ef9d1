//! Events of alarm panels in words: a qualifier, a code, a partition, and a zone or a user. Pure.
//!
//! The codes are those of the Contact ID protocol (SIA DC-05), which panels use for their own logs as well. Whether a code
//! speaks of a zone or of a user follows its common lists; where lists differ, the number is called a zone.

use std::fmt;

/// What is said about the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qualifier {
    /// It began; of arming codes: it was unset.
    Event,
    /// It is over; of arming codes: it was set.
    Restore,
    /// It was told before and still is so.
    Status,
    /// A number that the protocol does not know.
    Unknown(u64),
}

impl Qualifier {
    pub fn new(number: u64) -> Self {
        match number {
            1 => Qualifier::Event,
            3 => Qualifier::Restore,
            6 => Qualifier::Status,
            unknown => Qualifier::Unknown(unknown),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PanelEvent {
    pub qualifier: Qualifier,
    pub code: u64,
    /// 0 is the whole panel.
    pub partition: Option<u64>,
    /// Of the whole panel, 0 stands for none.
    pub number: Option<u64>,
    /// Seconds since 1970 by the panel's clock; 0 if it has none.
    pub time: Option<u64>,
}

/// As in "E130 partition 1 zone 7, panel time 1784440000".
impl fmt::Display for PanelEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.qualifier {
            Qualifier::Event => f.write_str("E")?,
            Qualifier::Restore => f.write_str("R")?,
            Qualifier::Status => f.write_str("P")?,
            Qualifier::Unknown(number) => write!(f, "?{number} ")?,
        }
        write!(f, "{:03}", self.code)?;
        let partition = self.partition.filter(|partition| *partition != 0);
        if let Some(partition) = partition {
            write!(f, " partition {partition}")?;
        }
        if let Some(number) = self.number.filter(|number| *number != 0 || partition.is_some()) {
            write!(f, " {} {number}", if is_of_a_user(self.code) { "user" } else { "zone" })?;
        }
        match self.time.filter(|time| *time != 0) {
            Some(time) => write!(f, ", panel time {time}"),
            None => Ok(()),
        }
    }
}

/// Duress, opening and closing, access and walk tests name a person; forced doors and their like do not.
fn is_of_a_user(code: u64) -> bool {
    const OF_ZONES: [u64; 9] = [423, 426, 427, 428, 432, 433, 434, 461, 465];
    matches!(code, 121 | 400..=499 | 574 | 604 | 607) && !OF_ZONES.contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_reads_as_a_line_of_a_log() {
        let event = |qualifier, code, partition, number, time| {
            let qualifier = Qualifier::new(qualifier);
            PanelEvent { qualifier, code, partition, number, time }.to_string()
        };
        assert_eq!(event(1, 130, Some(1), Some(7), None), "E130 partition 1 zone 7");
        assert_eq!(event(3, 401, Some(2), Some(12), Some(99)), "R401 partition 2 user 12, panel time 99");
        assert_eq!(event(6, 302, None, Some(0), Some(0)), "P302");
        assert_eq!(event(9, 7, None, None, None), "?9 007");
        assert_eq!(event(1, 423, Some(0), Some(3), None), "E423 zone 3");
        assert_eq!(event(1, 130, Some(1), Some(0), None), "E130 partition 1 zone 0");
    }
}
