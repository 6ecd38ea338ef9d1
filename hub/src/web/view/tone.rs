//! How much a value asks for attention. This only grades the show; what is an incident, rules decide.

use wire::{Kind, Marks, Value, ValueType};

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

/// The room around a value, as far as its grade depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Room {
    /// People work in it.
    Unset,
    /// Set, on its way there, or not known to be unset.
    Guarded,
}

const STATES_AT_REST: &[&str] = &[
    "active",
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
    "defective",
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

/// Far beyond a limit, put back or held still is as bad as a fault; anything else that is marked is worth a look.
pub(in crate::web) fn of_marks(marks: Marks) -> Tone {
    let grave = [Marks::LOW_LOW, Marks::HIGH_HIGH, Marks::STUCK, Marks::ROLLED_BACK];
    if grave.into_iter().any(|mark| marks.contains(mark)) {
        Tone::Alert
    } else if marks.is_empty() {
        Tone::Quiet
    } else {
        Tone::Notable
    }
}

pub(in crate::web) fn of(kind: Option<Kind>, value: &Value, room: Room) -> Tone {
    let Some(kind) = kind else { return Tone::Quiet };
    match (kind.value_type(), value) {
        (ValueType::State(names), Value::Integer(state)) => {
            let name = usize::try_from(*state).ok().and_then(|state| names.get(state));
            name.map_or(Tone::Alert, |name| of_state(kind, name))
        }
        (ValueType::Flag, Value::Flag(flag)) => {
            let (no, yes) = of_flag(kind, room).unwrap_or((Tone::Quiet, Tone::Quiet));
            if *flag { yes } else { no }
        }
        _ => Tone::Quiet,
    }
}

fn of_state(kind: Kind, name: &str) -> Tone {
    match (kind, name) {
        // What somebody did last is over.
        (Kind::PanelLastAction, _) => Tone::Quiet,
        // At rest for a panel, not for a clock.
        (Kind::EdgeClock, "unset") => Tone::Notable,
        // A clock is off like no machine is.
        (Kind::EdgeClockHealth, "ok") => Tone::Quiet,
        (Kind::EdgeClockHealth, "off") => Tone::Notable,
        (Kind::EdgeClockHealth, _) => Tone::Alert,
        (_, name) if STATES_ALERT.contains(&name) => Tone::Alert,
        (_, name) if STATES_AT_REST.contains(&name) => Tone::Quiet,
        _ => Tone::Notable,
    }
}

/// What no and what yes mean for a flag; `None` for a kind that is none.
#[rustfmt::skip]
fn of_flag(kind: Kind, room: Room) -> Option<(Tone, Tone)> {
    let (no, yes) = match kind {
        Kind::PanelTamper | Kind::PanelSirenTamper | Kind::PanelSirenOn | Kind::PanelSirenFault | Kind::SectorAlarm
        | Kind::CabinetDuress | Kind::CabinetOverrideKey | Kind::CabinetTamper | Kind::CabinetDrill | Kind::CabinetHeat
        | Kind::DoorFireRelease | Kind::DoorCloserFault | Kind::DoorTamper | Kind::ReaderTamper
        | Kind::WindowGlassBreak | Kind::WindowTamper | Kind::JammerTamper | Kind::JammerBandFault
        | Kind::EmanationTamper | Kind::PowerTamper | Kind::EnvironmentTamper | Kind::EnvironmentWater
        | Kind::EnvironmentSmoke | Kind::EnvironmentGas | Kind::DeviceSelfTest | Kind::EdgeTamper => (Tone::Quiet, Tone::Alert),

        Kind::PanelPathOk | Kind::ReaderOnline | Kind::ReaderSecureChannel | Kind::FilterEarth | Kind::EdgeStorage
        | Kind::EdgeAnnunciator => (Tone::Alert, Tone::Quiet),

        Kind::CabinetDoorClosed | Kind::DoorLockCommand | Kind::JammerMains | Kind::JammerKeySwitch
        | Kind::EmanationPower | Kind::EmanationOn | Kind::EmanationSync | Kind::HostPower
        | Kind::HostScreenLocked => (Tone::Notable, Tone::Quiet),

        Kind::CabinetHandle | Kind::DoorRex | Kind::DoorHandle | Kind::EmanationSelfTest | Kind::PanelExit
        | Kind::PanelEntry | Kind::PanelMaintenance => (Tone::Quiet, Tone::Notable),

        Kind::SectorArmed => (if room == Room::Unset { Tone::Quiet } else { Tone::Notable }, Tone::Quiet),

        // Both belong to ordinary use; whether they fit each other, rules decide.
        Kind::JammerSchedule | Kind::JammerBandCommand | Kind::JammerBandRf => (Tone::Quiet, Tone::Quiet),

        _ => return None,
    };
    Some((no, yes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_attention_is_graded_by_its_meaning() {
        let tone = |kind: Kind, value| of(Some(kind), &value, Room::Guarded);
        let state = |kind: Kind, name| tone(kind, Value::Integer(kind.state(name).unwrap()));
        assert_eq!(state(Kind::DoorContact, "closed"), Tone::Quiet);
        assert_eq!(state(Kind::DoorContact, "open"), Tone::Notable);
        assert_eq!(state(Kind::DoorContact, "cut"), Tone::Alert);
        assert_eq!(tone(Kind::DoorContact, Value::Integer(99)), Tone::Alert);
        assert_eq!(state(Kind::DoorMode, "normal"), Tone::Quiet);
        assert_eq!(state(Kind::PanelArmState, "unset"), Tone::Quiet);
        assert_eq!(state(Kind::EdgeClock, "unset"), Tone::Notable);
        let clock = ["ok", "off", "far_off", "stepped"].map(|name| state(Kind::EdgeClockHealth, name));
        assert_eq!(clock, [Tone::Quiet, Tone::Notable, Tone::Alert, Tone::Alert]);
        assert_eq!(of(None, &Value::Flag(true), Room::Guarded), Tone::Quiet);
    }

    #[test]
    fn each_flag_has_its_own_value_at_rest() {
        for (kind, no, yes) in [
            (Kind::PanelSirenTamper, Tone::Quiet, Tone::Alert),
            (Kind::PanelPathOk, Tone::Alert, Tone::Quiet),
            (Kind::EdgeStorage, Tone::Alert, Tone::Quiet),
            (Kind::CabinetDoorClosed, Tone::Notable, Tone::Quiet),
            (Kind::DoorLockCommand, Tone::Notable, Tone::Quiet),
            (Kind::JammerKeySwitch, Tone::Notable, Tone::Quiet),
            (Kind::JammerMains, Tone::Notable, Tone::Quiet),
            (Kind::DoorRex, Tone::Quiet, Tone::Notable),
            (Kind::SectorArmed, Tone::Notable, Tone::Quiet),
        ] {
            assert_eq!(of_flag(kind, Room::Guarded), Some((no, yes)), "{kind}");
        }
        assert_eq!(of(Some(Kind::SectorArmed), &Value::Flag(false), Room::Unset), Tone::Quiet);
    }

    #[test]
    fn the_whole_catalogue_is_graded() {
        for kind in Kind::ALL {
            let is_flag = kind.value_type() == ValueType::Flag;
            assert_eq!(of_flag(*kind, Room::Guarded).is_some(), is_flag, "{kind}");
            if let ValueType::State(names) = kind.value_type() {
                assert!(
                    names.iter().any(|name| of_state(*kind, name) == Tone::Quiet),
                    "{kind} is never at rest"
                );
            }
        }
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
    }
}
