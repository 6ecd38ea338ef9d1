//! The arming state of a part as rules see it. When it cannot be believed the graver of last known and *set* holds, and
//! never known counts as *set*: a dead panel does not disarm a room.

use wire::{Kind, Quality, Value};

use crate::situation::Arming;

/// From harmless to grave. Between *maintenance* and *unset* nothing is watched less.
const GRAVITY: [&str; 7] = ["maintenance", "unset", "exit", "part", "entry", "set", "alarm"];

fn gravity(state: u8) -> usize {
    let wire::ValueType::State(names) = Kind::PartArming.value_type() else { return usize::MAX };
    let name = names.get(usize::from(state)).copied().unwrap_or("set");
    GRAVITY.iter().position(|known| *known == name).unwrap_or(usize::MAX)
}

fn set() -> u8 {
    Kind::PartArming
        .state("set")
        .and_then(|state| u8::try_from(state).ok())
        .expect("the kind has the state set")
}

pub fn state_of(value: &Value) -> Option<u8> {
    match value {
        Value::Integer(state) => u8::try_from(*state).ok(),
        _ => None,
    }
}

/// The state that rules go by.
pub fn effective(arming: Option<Arming>) -> u8 {
    match arming {
        Some(arming) if arming.quality.is_usable() => arming.state,
        Some(arming) => graver(arming.state, set()),
        None => set(),
    }
}

/// What several edges of one part say together.
pub fn combine(known: impl Iterator<Item = Arming>) -> Option<Arming> {
    known.reduce(|a, b| if gravity(effective(Some(b))) > gravity(effective(Some(a))) { b } else { a })
}

fn graver(a: u8, b: u8) -> u8 {
    if gravity(b) > gravity(a) { b } else { a }
}

/// For a value that has just come.
pub fn arming(value: &Value, quality: Quality) -> Option<Arming> {
    state_of(value).map(|state| Arming { state, quality })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(name: &str) -> u8 {
        Kind::PartArming.state(name).unwrap() as u8
    }

    #[test]
    fn what_is_not_known_counts_as_set() {
        let arming = |name, quality| Some(Arming { state: state(name), quality });
        assert_eq!(effective(None), state("set"));
        assert_eq!(effective(arming("unset", Quality::Good)), state("unset"));
        assert_eq!(effective(arming("unset", Quality::Stale)), state("set"));
        assert_eq!(effective(arming("alarm", Quality::CommFailure)), state("alarm"));
    }
}
