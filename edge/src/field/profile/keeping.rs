//! What keeps the value of a point fresh, for devices that speak by themselves: one that goes on telling something else
//! says nothing about this value, unless its maker says so and the profile repeats it.

use std::time::Duration;

use runtime::config::{Parsed, Section};

use super::REPORT_INTERVALS;
use super::keyword_enum;
use super::protocol::Protocol;
use super::source::refuse;

keyword_enum! {
    /// Which messages renew a value that they do not change.
    pub enum KeptBy as UnknownKeptBy {
        /// Only those that carry it.
        Value = "value",
        /// All on its topic: for texts that hold only what has changed.
        Topic = "topic",
        /// All of its device: for a device that tells a value only when it changes, and shows by others that it is well.
        Device = "device",
    }
}

/// Keys that only points of messages have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    pub kept_by: KeptBy,
    /// How often what keeps the value comes at least, if that is not how often the device speaks.
    pub interval: Option<Duration>,
}

impl Keeping {
    /// Each sample renews the point that it is of.
    pub const STRICT: Keeping = Keeping { kept_by: KeptBy::Value, interval: None };

    pub(super) fn read(section: &mut Section<'_>, protocol: Protocol) -> Keeping {
        let interval = match protocol {
            Protocol::Modbus => {
                let message = "every poll reads all points; write `poll_interval` for the whole profile";
                refuse(section, "report_interval", message);
                None
            }
            _ => section.optional_within("report_interval", REPORT_INTERVALS),
        };
        Keeping { kept_by: kept_by(section, protocol), interval }
    }
}

fn kept_by(section: &mut Section<'_>, protocol: Protocol) -> KeptBy {
    if matches!(protocol, Protocol::Modbus | Protocol::Report) {
        refuse(section, "kept_by", format!("a {protocol} device tells all its values anew; remove it"));
        return KeptBy::Value;
    }
    let written = section.optional("kept_by").map(|Parsed(kept_by)| kept_by);
    match written {
        Some(KeptBy::Topic) if protocol != Protocol::Json => {
            let message = match protocol {
                Protocol::Plain => {
                    "a message on the topic of a plain point is its value; write `device`, or remove it"
                }
                _ => "the metrics of a node share their topics; write `value`, or remove it",
            };
            section.fault("kept_by", message);
            KeptBy::Value
        }
        Some(KeptBy::Topic) if !section.has("topic") => {
            section.fault("kept_by", "the point has no topic of its own; add `topic`, or write `device`");
            KeptBy::Value
        }
        Some(kept_by) => kept_by,
        // By its standard a node tells only what changes, and its death makes all of it worthless.
        None if protocol == Protocol::Sparkplug => KeptBy::Device,
        None => KeptBy::Value,
    }
}
