//! How a device speaks, which decides by which keys its points say where they stand.

use super::keyword_enum;

keyword_enum! {
    /// The `protocol` of a profile.
    pub enum Protocol as UnknownProtocol {
        /// It is asked for registers.
        Modbus = "modbus",
        /// It sends JSON texts.
        Json = "json",
        /// It sends one bare value per topic.
        Plain = "plain",
        /// It sends Sparkplug B payloads.
        Sparkplug = "sparkplug",
        /// An agent on a host sends reports.
        Report = "report",
    }
}

impl Protocol {
    /// Whether the edge asks. All other devices speak by themselves.
    pub fn is_polled(self) -> bool {
        self == Protocol::Modbus
    }

    /// What to write for a point of such a profile to say where it stands.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Protocol::Modbus => "write `register`",
            Protocol::Json => "write `pointer`",
            Protocol::Plain => "write `topic`",
            Protocol::Sparkplug => "write `metric`",
            Protocol::Report => "remove it: the kind says enough",
        }
    }
}
