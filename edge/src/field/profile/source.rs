//! Where the value of a point comes from: from registers that are asked for, or from messages that come by themselves.

use runtime::config::{FromValue, Item, Section};

use super::message::Field;
use super::protocol::Protocol;
use super::register::{self, Register, Sequence};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Register(Register),
    Message(Field),
    /// The profile's ring of events.
    Ring,
}

/// What comes out of a source, as far as it bears on what a point can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Bit,
    Whole,
    Float,
    /// A message says itself what it holds: a number, yes or no, or a word.
    Free,
}

impl Source {
    pub fn register(&self) -> Option<Register> {
        match self {
            Source::Register(register) => Some(*register),
            Source::Message(_) | Source::Ring => None,
        }
    }

    pub fn field(&self) -> Option<&Field> {
        match self {
            Source::Register(_) | Source::Ring => None,
            Source::Message(field) => Some(field),
        }
    }

    /// `None`: a fault is recorded.
    pub(super) fn read(section: &mut Section<'_>, protocol: Protocol) -> Option<Source> {
        refuse_foreign(section, protocol);
        match protocol {
            Protocol::Modbus => register::read(section).map(Source::Register),
            _ => Field::read(section, protocol).map(Source::Message),
        }
    }

    pub(super) fn shape(&self) -> Shape {
        match self {
            Source::Message(_) | Source::Ring => Shape::Free,
            Source::Register(register) if register.encoding.is_bit() => Shape::Bit,
            Source::Register(register) if register.encoding.is_float() => Shape::Float,
            Source::Register(_) => Shape::Whole,
        }
    }
}

/// Only devices that are asked need one beside the value: a message is an event of its own.
pub(super) fn sequence(section: &mut Section<'_>, protocol: Protocol) -> Option<Sequence> {
    if protocol.is_polled() {
        return section.optional_table("sequence");
    }
    refuse(section, "sequence", format!("a {protocol} profile has no registers; remove it"));
    None
}

/// The keys that say where a point stands, by who understands them.
const REGISTER_KEYS: [&str; 7] = ["table", "register", "bit", "bits", "type", "word_order", "byte_order"];
const MESSAGE_KEYS: [&str; 3] = ["pointer", "topic", "metric"];

/// Records every key by which points of another protocol say where they stand.
fn refuse_foreign(section: &mut Section<'_>, protocol: Protocol) {
    let own: &[&str] = match protocol {
        Protocol::Modbus => &REGISTER_KEYS,
        Protocol::Json => &["pointer", "topic"],
        Protocol::Plain => &["topic"],
        Protocol::Sparkplug => &["metric"],
        Protocol::Report => &[],
    };
    let remedy = protocol.remedy();
    for key in REGISTER_KEYS.into_iter().chain(MESSAGE_KEYS).filter(|key| !own.contains(key)) {
        let thing = if REGISTER_KEYS.contains(&key) { "registers".to_owned() } else { format!("`{key}`") };
        refuse(section, key, format!("a {protocol} profile has no {thing}; {remedy}"));
    }
}

/// A key that is known, and out of place here.
pub(super) fn refuse(section: &mut Section<'_>, key: &'static str, message: impl Into<String>) {
    if section.optional::<Anything>(key).is_some() {
        section.fault(key, message);
    }
}

/// A value that is not looked at.
struct Anything;

impl FromValue for Anything {
    fn wanted() -> String {
        "nothing".to_owned()
    }

    fn from_value(_: &Item<'_>) -> Option<Self> {
        Some(Self)
    }
}
