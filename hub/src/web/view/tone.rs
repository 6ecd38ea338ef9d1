//! How much a value asks for attention. This only grades the show; what is an incident, rules decide.

use wire::{Kind, Value, ValueType};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::web) enum Tone {
    Quiet,
    /// Not at rest: open, unlocked, running on battery.
    Notable,
    /// Tampered, faulty, lost, in alarm.
    Alert,
}

impl Tone {
    pub(in crate::web) fn name(self) -> &'static str {
        match self {
            Tone::Quiet => "quiet",
            Tone::Notable => "notable",
            Tone::Alert => "alert",
        }
    }
}

const STATES_AT_REST: &[&str] = &[
    "closed",
    "dual",
    "extended",
    "free",
    "granted",
    "locked",
    "mains",
    "none",
    "normal",
    "online",
    "set",
    "single",
    "supervised",
    "synchronised",
    "unset",
];
const STATES_ALERT: &[&str] = &[
    "alarm",
    "cut",
    "denied_second_person",
    "duress",
    "emergency",
    "fault",
    "forced",
    "foreign",
    "frozen",
    "held",
    "jam",
    "lost",
    "mask",
    "misconfigured",
    "off",
    "overdrive",
    "shorted",
    "tamper",
    "tamper_open",
    "tamper_short",
    "thermal",
    "trouble",
    "unknown",
    "vswr",
];

/// The last words of flags that are an alert when they say yes.
const FLAGS_ALERT_IF_YES: &[&str] = &[
    "alarm",
    "drill",
    "duress",
    "fault",
    "fire_release",
    "gas",
    "glass_break",
    "heat",
    "override_key",
    "self_test_failed",
    "siren_on",
    "smoke",
    "tamper",
    "water",
];
/// The last words of flags that are an alert when they say no.
const FLAGS_ALERT_IF_NO: &[&str] = &["earth", "online", "path_ok", "secure_channel"];
/// The last words of flags that are at rest when they say yes.
const FLAGS_AT_REST_IF_YES: &[&str] = &[
    "armed",
    "door_closed",
    "earth",
    "mains",
    "online",
    "path_ok",
    "power",
    "screen_locked",
    "secure_channel",
    "sync",
];

pub(in crate::web) fn of(kind: Option<Kind>, value: &Value) -> Tone {
    let Some(kind) = kind else { return Tone::Quiet };
    match (kind.value_type(), value) {
        (ValueType::State(names), Value::Integer(state)) => {
            let name = usize::try_from(*state).ok().and_then(|state| names.get(state));
            name.map_or(Tone::Alert, |name| of_state(name))
        }
        (ValueType::Flag, Value::Flag(flag)) => of_flag(kind, *flag),
        _ => Tone::Quiet,
    }
}

fn of_state(name: &str) -> Tone {
    if STATES_ALERT.contains(&name) {
        Tone::Alert
    } else if STATES_AT_REST.contains(&name) {
        Tone::Quiet
    } else {
        Tone::Notable
    }
}

fn of_flag(kind: Kind, flag: bool) -> Tone {
    let last = kind.name().rsplit('.').next().unwrap_or_default();
    // `siren_tamper` is a tamper like any other.
    let is_one_of =
        |words: &[&str]| words.iter().any(|word| last == *word || last.ends_with(&format!("_{word}")));
    let at_rest = flag == is_one_of(FLAGS_AT_REST_IF_YES);
    if (flag && is_one_of(FLAGS_ALERT_IF_YES)) || (!flag && is_one_of(FLAGS_ALERT_IF_NO)) {
        Tone::Alert
    } else if at_rest {
        Tone::Quiet
    } else {
        Tone::Notable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_attention_is_graded_by_its_meaning() {
        let tone = |kind, value| of(Some(kind), &value);
        assert_eq!(tone(Kind::DoorContact, Value::Integer(0)), Tone::Quiet);
        assert_eq!(tone(Kind::DoorContact, Value::Integer(1)), Tone::Notable);
        assert_eq!(tone(Kind::DoorContact, Value::Integer(3)), Tone::Alert);
        assert_eq!(tone(Kind::DoorContact, Value::Integer(99)), Tone::Alert);
        assert_eq!(tone(Kind::PanelSirenTamper, Value::Flag(true)), Tone::Alert);
        assert_eq!(tone(Kind::PanelSirenTamper, Value::Flag(false)), Tone::Quiet);
        assert_eq!(tone(Kind::PanelPathOk, Value::Flag(false)), Tone::Alert);
        assert_eq!(tone(Kind::PanelPathOk, Value::Flag(true)), Tone::Quiet);
        assert_eq!(tone(Kind::CabinetDoorClosed, Value::Flag(false)), Tone::Notable);
        assert_eq!(of(None, &Value::Flag(true)), Tone::Quiet);
    }

    #[test]
    fn every_word_of_the_lists_is_one_of_the_catalogue() {
        let states: Vec<&str> = Kind::ALL
            .iter()
            .filter_map(
                |kind| if let ValueType::State(names) = kind.value_type() { Some(names) } else { None },
            )
            .flatten()
            .copied()
            .collect();
        for word in STATES_AT_REST.iter().chain(STATES_ALERT) {
            assert!(states.contains(word), "no kind has the state `{word}`");
        }
        let flags: Vec<&str> = Kind::ALL
            .iter()
            .filter(|kind| kind.value_type() == ValueType::Flag)
            .map(|kind| kind.name())
            .collect();
        for word in FLAGS_ALERT_IF_YES.iter().chain(FLAGS_ALERT_IF_NO).chain(FLAGS_AT_REST_IF_YES) {
            assert!(flags.iter().any(|flag| flag.ends_with(word)), "no flag ends in `{word}`");
        }
    }
}
