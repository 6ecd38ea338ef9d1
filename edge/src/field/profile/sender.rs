//! By what the messages of a device say which of them came before: so that one that comes twice counts once.

use runtime::config::{FromSection, Parsed, Section};

use super::pointer::Pointer;
use super::protocol::Protocol;
use super::source::refuse;

/// Places in the JSON texts of a device; Sparkplug and the reports of hosts have their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    /// Rises with every message.
    pub sequence: Option<Pointer>,
    /// Differs after each start of the device; its sequence then begins anew.
    pub boot: Option<Pointer>,
    /// When the device made the message, in seconds or milliseconds since 1970.
    pub time: Option<Pointer>,
}

impl FromSection for Sender {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let mut pointer = |key| section.optional(key).map(|Parsed(pointer)| pointer);
        let sender = Self { sequence: pointer("sequence"), boot: pointer("boot"), time: pointer("time") };
        if sender.boot.is_some() && sender.sequence.is_none() {
            section.fault("boot", "a boot without a sequence orders nothing; add `sequence` or remove it");
        }
        Some(sender)
    }
}

impl Sender {
    pub(super) fn read(section: &mut Section<'_>, protocol: Protocol) -> Sender {
        if protocol == Protocol::Json {
            return section.optional_table("sender").unwrap_or_default();
        }
        let message = match protocol {
            Protocol::Modbus => "a modbus device does not send; remove it",
            Protocol::Plain => "a plain value has no room for a sequence; remove it",
            _ => "this protocol has its own sequence; remove it",
        };
        refuse(section, "sender", message);
        Sender::default()
    }
}
