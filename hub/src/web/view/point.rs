//! A point as a line of a card.

use wire::{Kind, Marks, Value, ValueType};

use super::moment::Moment;
use super::tone::{self, Room, Tone};
use crate::api::shown::{self, Belief};

/// One or two of each sort of device; whatever else asks for attention comes after them.
const LOOKED_FOR: &[Kind] = &[
    Kind::PanelArmState,
    Kind::CabinetBolt,
    Kind::CabinetDoorClosed,
    Kind::DoorContact,
    Kind::DoorState,
    Kind::WindowContact,
    Kind::JammerBandRf,
    Kind::EmanationOn,
    Kind::ShieldDoor,
    Kind::PowerSupply,
    Kind::RackDoor,
    Kind::HostAgent,
];

pub(in crate::web) struct PointLine {
    /// The point's name, with spaces for people.
    pub(in crate::web) name: String,
    pub(in crate::web) kind: String,
    /// The value in words, without its unit. `None`: never reported.
    pub(in crate::web) text: Option<String>,
    pub(in crate::web) unit: &'static str,
    pub(in crate::web) tone: Tone,
    /// The name of the quality, which the template puts into words.
    pub(in crate::web) quality: &'static str,
    pub(in crate::web) usable: bool,
    /// What the edge's detectors say about the value, in words.
    pub(in crate::web) marks: Vec<&'static str>,
    /// When it was last read or turned bad; not since when it has been so, which nobody keeps.
    pub(in crate::web) last_heard: Option<Moment>,
    /// Whether it is what people look for first at such a device.
    pub(super) looked_for: bool,
}

impl PointLine {
    pub(super) fn of(point: &shown::Point<'_>, room: Room) -> Self {
        let kind = point.row.kind();
        let usable = point.belief.is_usable();
        Self {
            name: spaced(point.row.point.as_str()),
            kind: point.row.kind.clone(),
            text: point.value.map(|value| text(kind, value)),
            unit: kind.map_or("", |kind| kind.value_type().unit()),
            // What cannot be believed is neither calm nor alarming: it is marked as doubtful instead.
            tone: if usable {
                let tone = point.value.map_or(Tone::Quiet, |value| tone::of(kind, value, room));
                tone.max(tone::of_marks(point.marks))
            } else {
                Tone::Quiet
            },
            quality: point.belief.quality_name(),
            usable,
            marks: in_words(point.marks),
            last_heard: point.event_ms.map(Moment),
            looked_for: kind.is_some_and(|kind| LOOKED_FOR.contains(&kind)),
        }
    }

    /// Whether the line stands on the card at once: what people look for first, and what asks for attention.
    pub(super) fn stands_out(&self) -> bool {
        self.looked_for || self.tone > Tone::Quiet
    }

    /// Good needs no words.
    pub(in crate::web) fn is_plain(&self) -> bool {
        self.quality == Belief::Reported(wire::Quality::Good).quality_name()
    }
}

fn text(kind: Option<Kind>, value: &Value) -> String {
    match value {
        // More digits than an instrument has would only flicker.
        Value::Number(number) => {
            format!("{number:.2}").trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        Value::Integer(_) if kind.is_some_and(|kind| matches!(kind.value_type(), ValueType::State(_))) => {
            spaced(&shown::in_words(kind, value))
        }
        _ => shown::in_words(kind, value),
    }
}

/// Marks as people read them beside a value. What is far beyond a limit need not be called beyond it.
fn in_words(marks: Marks) -> Vec<&'static str> {
    let outer = [(Marks::LOW_LOW, Marks::LOW), (Marks::HIGH_HIGH, Marks::HIGH)];
    let said = outer.into_iter().filter(|(far, _)| marks.contains(*far));
    said.fold(marks, |marks, (_, near)| marks.without(near)).names().map(mark_in_words).collect()
}

/// A newer one keeps its name.
fn mark_in_words(name: &'static str) -> &'static str {
    match name {
        "low_low" => "far too low",
        "low" => "too low",
        "high" => "too high",
        "high_high" => "far too high",
        "fast" => "moves too fast",
        "stuck" => "does not move",
        "rolled_back" => "counter went back",
        "missed" => "others were missed",
        "late" => "came late",
        name => name,
    }
}

pub(super) fn spaced(name: &str) -> String {
    name.replace(['_', '-', '.'], " ")
}
