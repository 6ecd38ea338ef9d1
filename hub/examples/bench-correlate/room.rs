//! The points of a part, and what happens in it over and over: people pass doors with a credential, cabinets are used while
//! the room is unset, measurements come in; now and then the room is set for a moment, and one door is forced.

use std::collections::HashMap;

use strongroom_hub::correlate::criterion::Told;
use strongroom_hub::correlate::pack::{self, Pack, Role};
use strongroom_hub::correlate::rule::Way;
use wire::{
    DeviceEntry, DeviceId, Kind, Marks, Observation, PointEntry, PointName, PointNo, PointTable, Quality,
    Value, ValueType,
};

type Points = &'static [(&'static str, Kind)];

const PANEL: Points = &[
    ("tamper", Kind::PanelTamper),
    ("siren", Kind::PanelSirenTamper),
    ("path", Kind::PanelPathOk),
    ("mains", Kind::PanelMains),
    ("battery", Kind::PanelBattery),
    ("zone-1", Kind::ZoneState),
    ("zone-2", Kind::ZoneState),
    ("zone-3", Kind::ZoneState),
    ("link", Kind::DeviceLink),
];
const DOOR: Points = &[
    ("contact", Kind::DoorContact),
    ("lock", Kind::DoorLock),
    ("access", Kind::DoorAccess),
    ("rex", Kind::DoorRex),
    ("fire", Kind::DoorFireRelease),
    ("mode", Kind::DoorMode),
    ("tamper", Kind::DoorTamper),
    ("supply", Kind::DoorSupply),
    ("link", Kind::DeviceLink),
];
const CABINET: Points = &[
    ("bolt", Kind::CabinetBolt),
    ("closed", Kind::CabinetDoorClosed),
    ("handle", Kind::CabinetHandle),
    ("tamper", Kind::CabinetTamper),
    ("battery", Kind::CabinetBattery),
    ("link", Kind::DeviceLink),
];
const JAMMER: Points = &[
    ("tamper", Kind::JammerTamper),
    ("temperature", Kind::JammerBandTemperature),
    ("link", Kind::DeviceLink),
];
const CLIMATE: Points =
    &[("temperature", Kind::EnvironmentTemperature), ("humidity", Kind::EnvironmentHumidity)];
const EDGE: Points =
    &[("arming", Kind::PartArming), ("clock", Kind::EdgeClock), ("storage", Kind::EdgeStorage)];

/// (point, state or measurement), as a script writes them.
type Line = (&'static str, &'static str);

/// Somebody passes a door and works at a cabinet, somebody else passes another door.
const PASSAGE: [Line; 20] = [
    ("door-1:access", "granted"),
    ("door-1:contact", "open"),
    ("door-1:lock", "unlocked"),
    ("panel-1:battery", "13.6"),
    ("door-1:contact", "closed"),
    ("door-1:lock", "locked"),
    ("climate-1:temperature", "21.5"),
    ("cabinet-1:bolt", "retracted"),
    ("cabinet-1:closed", "no"),
    ("cabinet-1:handle", "yes"),
    ("climate-1:humidity", "44"),
    ("cabinet-1:handle", "no"),
    ("cabinet-1:closed", "yes"),
    ("cabinet-1:bolt", "extended"),
    ("jammer-1:temperature", "48"),
    ("door-2:access", "granted"),
    ("door-2:contact", "open"),
    ("door-2:supply", "12.1"),
    ("door-2:contact", "closed"),
    ("cabinet-2:bolt", "jam"),
];
const PASSAGES: usize = 12;

/// One event of the script.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) kind: Kind,
    pub(crate) point: PointNo,
    pub(crate) value: Value,
}

/// A part of ordinary size and a part with very many doors have different tables.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) table: PointTable,
    numbers: HashMap<String, (PointNo, Kind)>,
}

impl Room {
    pub(crate) fn ordinary() -> Self {
        let mut devices = vec![("edge".to_owned(), EDGE), ("panel-1".to_owned(), PANEL)];
        devices.extend((1..=4).map(|door| (format!("door-{door}"), DOOR)));
        devices.extend((1..=2).map(|cabinet| (format!("cabinet-{cabinet}"), CABINET)));
        devices.extend([("jammer-1".to_owned(), JAMMER), ("climate-1".to_owned(), CLIMATE)]);
        Self::of(devices)
    }

    pub(crate) fn with_doors(doors: usize) -> Self {
        let mut devices = vec![("edge".to_owned(), EDGE)];
        devices.extend((1..=doors).map(|door| (format!("door-{door}"), DOOR)));
        Self::of(devices)
    }

    fn of(devices: Vec<(String, Points)>) -> Self {
        let (mut rows, mut points, mut numbers) = (Vec::new(), Vec::new(), HashMap::new());
        for (device, has) in devices {
            for (point, kind) in has {
                numbers.insert(format!("{device}:{point}"), (PointNo(points.len() as u16), *kind));
                points.push(PointEntry {
                    device: rows.len() as u16,
                    point: PointName::parse(point).unwrap(),
                    kind: kind.name().into(),
                });
            }
            rows.push(DeviceEntry { device: DeviceId::parse(&device).unwrap(), profile: "bench".into() });
        }
        Self { table: PointTable::new(rows, points).unwrap(), numbers }
    }

    pub(crate) fn step(&self, point: &str, text: &str) -> Step {
        let (no, kind) = self.numbers[point];
        let value = match kind.value_type() {
            ValueType::Flag => Value::Flag(text == "yes"),
            ValueType::Measure(_) => Value::Number(text.parse().unwrap()),
            _ => Value::Integer(kind.state(text).unwrap()),
        };
        Step { kind, point: no, value }
    }

    /// How everything stands when nothing is wrong and the room is unset.
    pub(crate) fn at_rest(&self) -> Vec<Step> {
        let known = self.table.points().filter_map(|(point, entry)| Some((point, entry.kind()?)));
        known.map(|(point, kind)| Step { kind, point, value: at_rest(kind) }).collect()
    }

    pub(crate) fn script(&self) -> Vec<Step> {
        let mut lines = vec![("door-4:contact", "open")];
        for _ in 0..PASSAGES {
            lines.extend(PASSAGE);
        }
        lines.extend([("edge:arming", "set"), ("edge:arming", "unset"), ("door-4:contact", "closed")]);
        lines.iter().map(|(point, text)| self.step(point, text)).collect()
    }
}

impl Step {
    pub(crate) fn observation(&self, offset_ms: i32) -> Observation {
        Observation {
            point: self.point,
            value: Some(self.value.clone()),
            quality: Quality::Good,
            offset_ms,
            marks: Marks::NONE,
        }
    }
}

fn at_rest(kind: Kind) -> Value {
    match kind.value_type() {
        ValueType::Flag => Value::Flag(matches!(kind, Kind::CabinetDoorClosed | Kind::PanelPathOk)),
        // The first state of each kind that the tables hold is the normal one.
        ValueType::State(_) | ValueType::Count(_) => Value::Integer(0),
        ValueType::Measure(_) => Value::Number(12.5),
        ValueType::Text => Value::text(""),
    }
}

/// The share of a script's events at which a rule of the default pack looks as its trigger.
pub(crate) fn triggers(script: &[Step]) -> f64 {
    let pack = Pack::parse("hub/rules/default.toml".as_ref(), pack::DEFAULT).unwrap();
    let is_trigger = |step: &&Step| {
        let told = Told { value: Some(&step.value), quality: Quality::Good, marks: Marks::NONE };
        pack.interests(step.kind).iter().any(|interest| {
            match (interest.role, pack.rule(interest.rule).points()) {
                (Role::Trigger(place), Some(points)) => match &points.trigger[usize::from(place)].sign.way {
                    Way::Stands(criterion) => criterion.judge(told) == Some(true),
                    Way::Happens(values) => values.contains(&step.value),
                    Way::Rises => false,
                },
                _ => false,
            }
        })
    };
    script.iter().filter(is_trigger).count() as f64 / script.len() as f64
}
