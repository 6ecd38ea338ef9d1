//! What stands behind a simulated edge: the devices and points of one key part, and their table.

use std::collections::HashMap;

use anyhow::Context as _;
use wire::{
    DeviceEntry, DeviceId, Kind, Marks, Observation, PointEntry, PointName, PointNo, PointTable, Quality,
    Value, ValueType,
};

/// (device, its profile, its points and their kinds)
type Device = (&'static str, &'static str, &'static [(&'static str, Kind)]);

const PANEL: &[(&str, Kind)] = &[
    ("arm_state", Kind::PanelArmState),
    ("tamper", Kind::PanelTamper),
    ("siren_tamper", Kind::PanelSirenTamper),
    ("path_ok", Kind::PanelPathOk),
    ("mains", Kind::PanelMains),
    ("battery", Kind::PanelBattery),
    ("zone-1", Kind::ZoneState),
    ("zone-2", Kind::ZoneState),
    ("zone-3", Kind::ZoneState),
    ("zone-4", Kind::ZoneState),
    ("link", Kind::DeviceLink),
];
const DOOR: &[(&str, Kind)] = &[
    ("contact", Kind::DoorContact),
    ("lock", Kind::DoorLock),
    ("access", Kind::DoorAccess),
    ("rex", Kind::DoorRex),
    ("fire_release", Kind::DoorFireRelease),
    ("mode", Kind::DoorMode),
    ("tamper", Kind::DoorTamper),
    ("supply", Kind::DoorSupply),
    ("link", Kind::DeviceLink),
];
const CABINET: &[(&str, Kind)] = &[
    ("bolt", Kind::CabinetBolt),
    ("door_closed", Kind::CabinetDoorClosed),
    ("handle", Kind::CabinetHandle),
    ("tamper", Kind::CabinetTamper),
    ("vibration", Kind::CabinetVibration),
    ("battery", Kind::CabinetBattery),
    ("link", Kind::DeviceLink),
];
const JAMMER: &[(&str, Kind)] = &[
    ("mains", Kind::JammerMains),
    ("tamper", Kind::JammerTamper),
    ("fan", Kind::JammerFan),
    ("band-1.temperature", Kind::JammerBandTemperature),
    ("band-2.temperature", Kind::JammerBandTemperature),
    ("link", Kind::DeviceLink),
];
const CLIMATE: &[(&str, Kind)] =
    &[("temperature", Kind::EnvironmentTemperature), ("humidity", Kind::EnvironmentHumidity)];
const EDGE: &[(&str, Kind)] =
    &[("arming", Kind::PartArming), ("clock", Kind::EdgeClock), ("storage", Kind::EdgeStorage)];

/// A room of ordinary size.
const DEVICES: &[Device] = &[
    ("panel-1", "alarm-panel", PANEL),
    ("door-1", "door-controller", DOOR),
    ("door-2", "door-controller", DOOR),
    ("door-3", "door-controller", DOOR),
    ("door-4", "door-controller", DOOR),
    ("cabinet-1", "cabinet-lock", CABINET),
    ("cabinet-2", "cabinet-lock", CABINET),
    ("jammer-1", "phone-jammer", JAMMER),
    ("climate-1", "climate", CLIMATE),
    ("edge", "edge", EDGE),
];

/// The table that all simulated edges share, and the way from a name to a number.
pub(crate) struct Points {
    pub(crate) table: PointTable,
    numbers: HashMap<(&'static str, &'static str), PointNo>,
}

/// One point as scripts name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) no: PointNo,
    pub(crate) kind: Kind,
}

impl Points {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let (mut devices, mut points, mut numbers) = (Vec::new(), Vec::new(), HashMap::new());
        for (device, profile, has) in DEVICES {
            for (point, kind) in *has {
                numbers.insert((*device, *point), PointNo(points.len() as u16));
                points.push(PointEntry {
                    device: devices.len() as u16,
                    point: PointName::parse(point)?,
                    kind: kind.name().into(),
                });
            }
            devices.push(DeviceEntry { device: DeviceId::parse(device)?, profile: (*profile).into() });
        }
        Ok(Self { table: PointTable::new(devices, points)?, numbers })
    }

    pub(crate) fn find(&self, device: &'static str, point: &'static str) -> anyhow::Result<Point> {
        let no = *self.numbers.get(&(device, point)).with_context(|| format!("no point {device}:{point}"))?;
        let kind =
            self.table.point(no).and_then(PointEntry::kind).context("the table holds what was put in")?;
        Ok(Point { no, kind })
    }
}

/// How every point of a table stands when nothing is wrong and the part is armed like this.
pub(crate) fn at_rest(table: &PointTable, arming: &Value) -> Vec<Observation> {
    let normal = |kind| if kind == Kind::PartArming { arming.clone() } else { normal(kind) };
    let known = table.points().filter_map(|(no, entry)| Some((no, entry.kind()?)));
    known
        .map(|(point, kind)| Observation {
            point,
            value: Some(normal(kind)),
            quality: Quality::Good,
            offset_ms: 0,
            marks: Marks::NONE,
        })
        .collect()
}

fn normal(kind: Kind) -> Value {
    match kind.value_type() {
        ValueType::Flag => {
            Value::Flag(matches!(kind, Kind::CabinetDoorClosed | Kind::PanelPathOk | Kind::JammerMains))
        }
        // The first state of each kind that the table holds is the normal one.
        ValueType::State(_) | ValueType::Count(_) => Value::Integer(0),
        ValueType::Measure(_) => Value::Number(12.5),
        ValueType::Text => Value::text(""),
    }
}
