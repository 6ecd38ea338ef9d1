//! The points of a room, as the edges that tests play have them: each kind once, named after its kind.

use wire::{DeviceEntry, DeviceId, Kind, PointEntry, PointName, PointNo, PointTable, Value, ValueType};

/// Device, profile, and its points with their kinds.
type DeviceOfRoom = (&'static str, &'static str, &'static [(&'static str, Kind)]);

const DEVICES: &[DeviceOfRoom] = &[
    ("edge", "edge", &[("arming", Kind::PartArming)]),
    (
        "door-1",
        "door-controller",
        &[
            ("link", Kind::DeviceLink),
            ("contact", Kind::DoorContact),
            ("access", Kind::DoorAccess),
            ("handle", Kind::DoorHandle),
            ("tamper", Kind::DoorTamper),
            ("supply", Kind::DoorSupply),
        ],
    ),
    ("cabinet-1", "cabinet-lock", &[("bolt", Kind::CabinetBolt), ("user", Kind::CabinetUser)]),
];

pub fn table() -> PointTable {
    let (mut devices, mut points) = (Vec::new(), Vec::new());
    for (place, (device, profile, kinds)) in DEVICES.iter().enumerate() {
        let device = DeviceId::parse(device).expect("a device id");
        devices.push(DeviceEntry { device, profile: (*profile).into() });
        points.extend(kinds.iter().map(|(point, kind)| PointEntry {
            device: place as u16,
            point: PointName::parse(point).expect("a point name"),
            kind: kind.name().into(),
        }));
    }
    PointTable::new(devices, points).expect("a table")
}

/// `device:point` in a table of this form, with its kind.
pub fn find(table: &PointTable, wanted: &str) -> (PointNo, Kind) {
    let mut found = table.points().filter(|(_, entry)| {
        wanted.split_once(':').is_some_and(|(device, point)| {
            table.device_of(entry).device.as_str() == device && entry.point.as_str() == point
        })
    });
    let (no, entry) = found.next().unwrap_or_else(|| panic!("there is no point {wanted}"));
    (no, entry.kind().expect("the kinds of a test are in the catalogue"))
}

/// A value in the words of its kind: `open`, `yes`, `7`, `13.8`.
pub fn value(kind: Kind, text: &str) -> Value {
    let value = match kind.value_type() {
        ValueType::Flag => Some(Value::Flag(text == "yes")),
        ValueType::State(_) => kind.state(text).map(Value::Integer),
        ValueType::Count(_) => text.parse().ok().map(Value::Integer),
        ValueType::Measure(_) => text.parse().ok().and_then(Value::number),
        ValueType::Text => Some(Value::text(text)),
    };
    value
        .filter(|value| kind.value_type().accepts(value))
        .unwrap_or_else(|| panic!("{text} is no value of {kind}"))
}
