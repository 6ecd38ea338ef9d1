//! From bytes to a report, with a limit on everything.

use serde::Deserialize;
use serde_json::Value as Json;

use super::format::{Event, Incoming, VERSION};

/// Several times what the largest report of the reference agent has.
pub const REPORT_BYTES_MAX: usize = 32 << 10;
/// An agent that has more to say sends a second report.
pub const EVENTS_MAX: usize = 256;
/// More things of one class than a sound host has. Whatever a list names beyond it is counted as unlisted.
pub const ITEMS_MAX: usize = 64;
/// JSON numbers are exact up to here, and 285,000 years are enough.
pub(super) const EXACT_MAX: u64 = 1 << 53;

/// Why a report is not taken. The same bytes would be refused again.
#[derive(Debug, thiserror::Error)]
pub enum Rejected {
    #[error("`{suffix}` is no topic for reports")]
    Topic { suffix: String },
    #[error("the report has {bytes} bytes, more than {REPORT_BYTES_MAX}")]
    TooLarge { bytes: usize },
    #[error("the report cannot be read")]
    Syntax(#[source] serde_json::Error),
    #[error("the report has version {version}; this edge reads version {VERSION}")]
    Version { version: u64 },
    #[error("the report has {events} events, more than {EVENTS_MAX}")]
    TooManyEvents { events: usize },
    #[error("`{field}` is {number}, which no clock and no counter reaches")]
    OutOfReach { field: &'static str, number: i128 },
}

impl Rejected {
    /// A metric's label.
    pub fn name(&self) -> &'static str {
        match self {
            Rejected::Topic { .. } => "topic",
            Rejected::TooLarge { .. } => "too_large",
            Rejected::Syntax(_) => "syntax",
            Rejected::Version { .. } => "version",
            Rejected::TooManyEvents { .. } => "too_many_events",
            Rejected::OutOfReach { .. } => "out_of_reach",
        }
    }
}

pub(super) fn parse(payload: &[u8]) -> Result<Incoming, Rejected> {
    if payload.len() > REPORT_BYTES_MAX {
        return Err(Rejected::TooLarge { bytes: payload.len() });
    }
    let report: Incoming = serde_json::from_slice(payload).map_err(|error| other_version(payload, error))?;
    if report.version != VERSION {
        return Err(Rejected::Version { version: report.version });
    }
    if report.events.len() > EVENTS_MAX {
        return Err(Rejected::TooManyEvents { events: report.events.len() });
    }
    let numbers = [
        ("seq", i128::from(report.seq)),
        ("at.mono_ms", i128::from(report.at.mono_ms)),
        ("at.wall_ms", i128::from(report.at.wall_ms)),
        ("sent.mono_ms", i128::from(report.sent.mono_ms)),
        ("sent.wall_ms", i128::from(report.sent.wall_ms)),
    ];
    match numbers.into_iter().find(|(_, number)| number.unsigned_abs() > u128::from(EXACT_MAX)) {
        Some((field, number)) => Err(Rejected::OutOfReach { field, number }),
        None => Ok(report),
    }
}

/// A later version may look different altogether; that is a better reason than the first field that is missing.
fn other_version(payload: &[u8], error: serde_json::Error) -> Rejected {
    #[derive(Deserialize)]
    struct Versioned {
        version: u64,
    }
    match serde_json::from_slice::<Versioned>(payload) {
        Ok(Versioned { version }) if version != VERSION => Rejected::Version { version },
        _ => Rejected::Syntax(error),
    }
}

/// The events that can be read, and how many cannot: of a newer agent, or faulty.
pub(super) fn events(events: &[Json]) -> (Vec<Event>, u64) {
    let readable: Vec<Event> = events.iter().filter_map(|event| Event::deserialize(event).ok()).collect();
    let unreadable = (events.len() - readable.len()) as u64;
    (readable, unreadable)
}
