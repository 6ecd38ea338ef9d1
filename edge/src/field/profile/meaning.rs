//! What the number of a device means in terms of its point's kind.

use runtime::config::{FromSection, Section};
use wire::{Kind, ValueType};

use super::scale::Scale;
use super::source::Encoding;

#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    Flag { inverted: bool },
    State(StateMap),
    Count { scale: Scale, range: Option<Range> },
    Measure { scale: Scale, range: Option<Range> },
}

/// The numbers of the device and the numbers of the kind's states.
#[derive(Clone, Debug, PartialEq)]
pub enum StateMap {
    /// They are the same, from 0 to below this.
    Own { states: i64 },
    /// Pairs of (the device's, the kind's).
    Mapped(Box<[(i64, i64)]>),
}

impl StateMap {
    /// `None`: the device shows a state that the profile does not know.
    pub fn state(&self, raw: i64) -> Option<i64> {
        match self {
            StateMap::Own { states } => (0..*states).contains(&raw).then_some(raw),
            StateMap::Mapped(pairs) => {
                pairs.iter().find(|(device, _)| *device == raw).map(|(_, state)| *state)
            }
        }
    }
}

/// What a sound device can measure. A value outside is read, but doubtful.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    pub min: f64,
    pub max: f64,
}

impl FromSection for Range {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let min: Option<f64> = section.required("min");
        let max: Option<f64> = section.required("max");
        let (min, max) = (min?, max?);
        if min >= max {
            section.fault("max", format!("{max} does not lie above min, which is {min}"));
        }
        Some(Self { min, max })
    }
}

/// The keys of an entry that say what its number means.
pub(super) struct Keys {
    scale: Option<f64>,
    range: Option<Range>,
    inverted: Option<bool>,
    states: Option<Vec<(String, String)>>,
}

impl Keys {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let written = section.has("states");
        let states = section.strings_map("states");
        Self {
            scale: section.optional("scale"),
            range: section.optional_table("range"),
            inverted: section.optional("inverted"),
            states: written.then_some(states),
        }
    }

    /// Records every key that does not fit the kind.
    pub(super) fn meaning(
        &self,
        section: &mut Section<'_>,
        kind: Kind,
        encoding: Encoding,
    ) -> Option<Meaning> {
        let number = matches!(kind.value_type(), ValueType::Count(_) | ValueType::Measure(_));
        let state = matches!(kind.value_type(), ValueType::State(_));
        let flag = kind.value_type() == ValueType::Flag;
        refuse(section, kind, "scale", self.scale.is_some() && !number);
        refuse(section, kind, "range", self.range.is_some() && !number);
        refuse(section, kind, "states", self.states.is_some() && !state);
        refuse(section, kind, "inverted", self.inverted.is_some() && !flag);
        if self.scale == Some(0.0) {
            section.fault("scale", "a scale of 0 makes every value 0; write a factor or remove it");
        }
        check_encoding(section, kind, encoding)?;
        let scale = self.scale.map_or(Scale::ONE, Scale::new);
        match kind.value_type() {
            ValueType::Flag => Some(Meaning::Flag { inverted: self.inverted.unwrap_or(false) }),
            ValueType::State(names) => self.state_map(section, kind, names).map(Meaning::State),
            ValueType::Count(_) => Some(Meaning::Count { scale, range: self.range }),
            ValueType::Measure(_) => Some(Meaning::Measure { scale, range: self.range }),
            ValueType::Text => None,
        }
    }

    fn state_map(&self, section: &mut Section<'_>, kind: Kind, names: &[&str]) -> Option<StateMap> {
        let Some(states) = &self.states else {
            return Some(StateMap::Own { states: names.len() as i64 });
        };
        let mut pairs = Vec::new();
        for (raw, name) in states {
            let key = format!("states.{raw}");
            let (number, state) = (raw.parse(), kind.state(name));
            if number.is_err() {
                section.fault(
                    &key,
                    format!("`{raw}` is not a whole number; write the number that the device shows"),
                );
            }
            if state.is_none() {
                section.fault(
                    &key,
                    format!("`{name}` is not a state of {kind}; write one of: {}", names.join(", ")),
                );
            }
            if let (Ok(number), Some(state)) = (number, state) {
                pairs.push((number, state));
            }
        }
        Some(StateMap::Mapped(pairs.into()))
    }
}

fn refuse(section: &mut Section<'_>, kind: Kind, key: &str, misplaced: bool) {
    if misplaced {
        section.fault(key, format!("{kind} has no use for `{key}`; remove it"));
    }
}

fn check_encoding(section: &mut Section<'_>, kind: Kind, encoding: Encoding) -> Option<()> {
    let fault = match kind.value_type() {
        ValueType::Text => Some(("kind", format!("{kind} is text, which registers do not hold"))),
        ValueType::Flag if !encoding.is_bit() => {
            Some(("kind", format!("{kind} is yes or no; add `bit`, or use a table of bits")))
        }
        ValueType::Count(_) | ValueType::Measure(_) if encoding.is_bit() => {
            Some(("kind", format!("{kind} is a number; one bit cannot hold it")))
        }
        ValueType::State(_) if matches!(encoding, Encoding::F32(_)) => {
            Some(("type", format!("{kind} is a state; write a type of whole numbers")))
        }
        _ => None,
    };
    match fault {
        Some((key, message)) => {
            section.fault(key, message);
            None
        }
        None => Some(()),
    }
}
