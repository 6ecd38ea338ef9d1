//! A part: which devices and points it has (the layout, which seldom changes) and how they stand (the state, which
//! changes with every event).

use minicbor::{Decode, Encode};
use wire::{BootId, DeviceId, EdgeId, Kind, Marks, PointId, PointName, Quality, Value};

use crate::journal::Position;

/// Devices and points of a part, in the order in which the hub met them. Rows are never removed, so that a point keeps
/// its place; what an edge no longer has is `retired`.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Layout {
    #[n(0)]
    pub devices: Vec<DeviceRow>,
    #[n(1)]
    pub points: Vec<PointRow>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct DeviceRow {
    #[n(0)]
    pub edge: EdgeId,
    #[n(1)]
    pub device: DeviceId,
    #[n(2)]
    pub profile: String,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct PointRow {
    /// Place in [`Layout::devices`].
    #[n(0)]
    pub device: u32,
    #[n(1)]
    pub point: PointName,
    /// The name of the kind, which a newer edge may know better than this hub.
    #[n(2)]
    pub kind: String,
    #[n(3)]
    pub retired: bool,
}

impl PointRow {
    pub fn kind(&self) -> Option<Kind> {
        Kind::from_name(&self.kind)
    }
}

impl Layout {
    pub fn point_id(&self, point: usize) -> Option<PointId> {
        let row = self.points.get(point)?;
        let device = self.devices.get(row.device as usize)?;
        Some(PointId { edge: device.edge.clone(), device: device.device.clone(), point: row.point.clone() })
    }
}

/// How a point stands.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct PointState {
    /// The latest value; kept when the quality turns bad, so that people see what was known last.
    #[n(0)]
    pub value: Option<Value>,
    #[n(1)]
    pub quality: Quality,
    /// When it was read or turned bad, as the hub reckons it.
    #[n(2)]
    pub event_ms: i64,
    /// Where in the journal the reading stands.
    #[n(3)]
    pub position: Position,
    /// What the edge's detectors say about the value.
    #[n(4)]
    pub marks: Marks,
    /// Set while the reading came by the urgent lane although its kind is routine.
    #[n(5)]
    pub ahead: Option<Box<Ahead>>,
}

/// When a reading was read that overtook the routine lane. What that lane still brings from before it is older news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Ahead {
    #[n(0)]
    pub boot: BootId,
    #[n(1)]
    pub mono_ms: u64,
}

/// How the points of a part stand; a point's place is the one it has in the layout. `None`: never heard of.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct PartState {
    #[n(0)]
    pub points: Vec<Option<PointState>>,
    #[n(1)]
    pub arming: Option<Arming>,
}

/// The arming state of a part as rules see it. When it cannot be believed, the graver of last known and *set* holds; never
/// known counts as *set*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Arming {
    /// Number of the state in the kind `part.arming`.
    #[n(0)]
    pub state: u8,
    #[n(1)]
    pub quality: Quality,
}
