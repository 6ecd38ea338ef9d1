//! What the number of a device means in terms of its point's kind.

use runtime::config::{FromSection, Section};
use wire::{Kind, ValueType};

use super::raw::Raw;
use super::scale::Scale;
use super::source::Shape;

#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// With states, 0 is no and 1 is yes.
    Flag {
        inverted: bool,
        states: Option<StateMap>,
    },
    State(StateMap),
    Count {
        scale: Scale,
        range: Option<Range>,
    },
    Measure {
        scale: Scale,
        range: Option<Range>,
    },
    /// Only of messages.
    Text,
}

/// What the device says, and the numbers of the kind's states.
#[derive(Clone, Debug, PartialEq)]
pub enum StateMap {
    /// It says the numbers of these states, or their names.
    Own(&'static [&'static str]),
    /// Numbers of its own: pairs of (the device's, the kind's).
    Numbers(Box<[(i64, i64)]>),
    /// Words of its own, in its messages.
    Words(Box<[(Box<str>, i64)]>),
}

impl StateMap {
    /// `None`: the device shows a state that the profile does not know.
    pub(super) fn state(&self, raw: Raw<'_>) -> Option<i64> {
        match self {
            StateMap::Own(names) => {
                let named = || names.iter().position(|name| *name == raw.word()).map(|state| state as i64);
                raw.whole().filter(|number| (0..names.len() as i64).contains(number)).or_else(named)
            }
            StateMap::Numbers(pairs) => {
                let number = raw.whole()?;
                pairs.iter().find(|(device, _)| *device == number).map(|(_, state)| *state)
            }
            StateMap::Words(pairs) => {
                let word = raw.word();
                pairs.iter().find(|(device, _)| device.as_ref() == word).map(|(_, state)| *state)
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
    offset: Option<f64>,
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
            offset: section.optional("offset"),
            range: section.optional_table("range"),
            inverted: section.optional("inverted"),
            states: written.then_some(states),
        }
    }

    /// Records every key that does not fit the kind.
    pub(super) fn meaning(&self, section: &mut Section<'_>, kind: Kind, shape: Shape) -> Option<Meaning> {
        let number = matches!(kind.value_type(), ValueType::Count(_) | ValueType::Measure(_));
        let state = matches!(kind.value_type(), ValueType::State(_));
        let flag = kind.value_type() == ValueType::Flag;
        refuse(section, kind, "scale", self.scale.is_some() && !number);
        refuse(section, kind, "offset", self.offset.is_some() && !number);
        refuse(section, kind, "range", self.range.is_some() && !number);
        refuse(section, kind, "states", self.states.is_some() && !state && !flag);
        refuse(section, kind, "inverted", self.inverted.is_some() && !flag);
        if self.scale == Some(0.0) {
            section.fault("scale", "a scale of 0 makes every value 0; write a factor or remove it");
        }
        if self.inverted.is_some() && self.states.is_some() {
            section.fault("inverted", "write the states the other way round, or remove them");
        }
        check_shape(section, kind, shape, self.states.is_some())?;
        let scale = self.scale.map_or(Scale::ONE, Scale::new).with_offset(self.offset.unwrap_or(0.0));
        match kind.value_type() {
            ValueType::Flag => {
                let states = self.states.as_deref();
                let states = states.map(|states| state_map(section, kind, &FLAG, shape, states));
                Some(Meaning::Flag { inverted: self.inverted.unwrap_or(false), states })
            }
            ValueType::State(names) => Some(Meaning::State(match &self.states {
                None => StateMap::Own(names),
                Some(states) => state_map(section, kind, names, shape, states),
            })),
            ValueType::Count(_) => Some(Meaning::Count { scale, range: self.range }),
            ValueType::Measure(_) => Some(Meaning::Measure { scale, range: self.range }),
            ValueType::Text => Some(Meaning::Text),
        }
    }
}

/// The states of yes-or-no kinds, in the order of their numbers.
const FLAG: [&str; 2] = ["no", "yes"];

/// Records what is no state of the kind, and what its device cannot say.
fn state_map(
    section: &mut Section<'_>,
    kind: Kind,
    names: &[&str],
    shape: Shape,
    states: &[(String, String)],
) -> StateMap {
    let (mut numbers, mut words) = (Vec::new(), Vec::new());
    for (said, name) in states {
        let key = format!("states.{said}");
        let number = said.parse::<i64>();
        if number.is_err() && shape != Shape::Free {
            let message = format!("`{said}` is not a whole number; write the number that the device shows");
            section.fault(&key, message);
        }
        let Some(state) = names.iter().position(|known| known == name) else {
            let message = format!("`{name}` is not a state of {kind}; write one of: {}", names.join(", "));
            section.fault(&key, message);
            continue;
        };
        let state = state as i64;
        numbers.extend(number.map(|number| (number, state)));
        words.push((said.as_str().into(), state));
    }
    if shape == Shape::Free { StateMap::Words(words.into()) } else { StateMap::Numbers(numbers.into()) }
}

fn refuse(section: &mut Section<'_>, kind: Kind, key: &str, misplaced: bool) {
    if misplaced {
        section.fault(key, format!("{kind} has no use for `{key}`; remove it"));
    }
}

fn check_shape(section: &mut Section<'_>, kind: Kind, shape: Shape, has_states: bool) -> Option<()> {
    let fault = match kind.value_type() {
        _ if shape == Shape::Free => None,
        ValueType::Text => Some(("kind", format!("{kind} is text, which registers do not hold"))),
        ValueType::Flag if shape == Shape::Float || shape == Shape::Whole && !has_states => {
            let message = format!(
                "{kind} is yes or no; add `bit`, use a table of bits, or write `states` with `yes` and `no`"
            );
            Some(("kind", message))
        }
        ValueType::Count(_) | ValueType::Measure(_) if shape == Shape::Bit => {
            Some(("kind", format!("{kind} is a number; one bit cannot hold it")))
        }
        ValueType::State(_) if shape == Shape::Float => {
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
