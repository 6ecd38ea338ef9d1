//! What is so in a part as a whole, taken from several of its points.

use wire::{Kind, Value};

use super::criterion::number;
use super::part::Part;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// People confer: phones must be jammed. As long as nothing believable says that it is over, it goes on.
    Meeting,
    /// A technician works at the alarm panel.
    Maintenance,
    /// Doors are released so that people can get out.
    Emergency,
    /// Somebody is inside. Doors count people; the highest count holds.
    Occupied,
}

impl Fact {
    pub const ALL: [(Fact, &'static str); 4] = [
        (Fact::Meeting, "meeting"),
        (Fact::Maintenance, "maintenance"),
        (Fact::Emergency, "emergency"),
        (Fact::Occupied, "occupied"),
    ];

    pub fn kinds(self) -> &'static [Kind] {
        match self {
            Fact::Meeting => &[Kind::JammerSchedule],
            Fact::Maintenance => &[Kind::PanelMaintenance, Kind::PartArming],
            Fact::Emergency => &[Kind::DoorFireRelease, Kind::DoorMode],
            Fact::Occupied => &[Kind::DoorOccupancy],
        }
    }

    /// `None`: not known.
    pub fn of(self, part: &Part) -> Option<bool> {
        match self {
            Fact::Meeting => meeting(part),
            Fact::Maintenance => {
                let arming = Kind::PartArming.state("maintenance") == Some(i64::from(part.arming()));
                any(part, Kind::PanelMaintenance, |value| *value == Value::Flag(true))
                    .map(|works| works || arming)
                    .or(arming.then_some(true))
            }
            Fact::Emergency => {
                let released = any(part, Kind::DoorFireRelease, |value| *value == Value::Flag(true));
                let emergency = Kind::DoorMode.state("emergency").map(Value::Integer);
                let mode = any(part, Kind::DoorMode, |value| Some(value) == emergency.as_ref());
                either(released, mode)
            }
            Fact::Occupied => any(part, Kind::DoorOccupancy, |value| number(value).is_some_and(|n| n > 0.0)),
        }
    }
}

/// The last that was known of a meeting counts until something believable says otherwise.
fn meeting(part: &Part) -> Option<bool> {
    let values = part.points_of(Kind::JammerSchedule).filter_map(|point| part.told(point)?.value);
    values.map(|value| *value == Value::Flag(true)).reduce(|a, b| a || b)
}

/// Yes, if one says yes; no, if all are believed and none does.
fn any(part: &Part, kind: Kind, so: impl Fn(&Value) -> bool) -> Option<bool> {
    let (mut known, mut unknown) = (false, false);
    for point in part.points_of(kind) {
        let told = part.told(point).filter(|told| told.quality.is_usable());
        match told.and_then(|told| told.value) {
            Some(value) if so(value) => return Some(true),
            Some(_) => known = true,
            None => unknown = true,
        }
    }
    (known && !unknown).then_some(false)
}

/// Yes, if one of both says yes; what nothing is said about does not count.
fn either(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a || b),
        (known, None) | (None, known) => known,
    }
}
