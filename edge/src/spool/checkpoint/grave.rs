//! Which events do not stay unsigned: those that someone who then takes or breaks the edge would want to be gone.

use std::collections::HashSet;

use wire::{Kind, PointNo, PointTable};

const GRAVE: &[Kind] = &[
    // The alarm panel and its zones: an alarm, a tamper, and who switched it off.
    Kind::PanelArmState,
    Kind::PanelTamper,
    Kind::PanelSirenTamper,
    Kind::PanelEvent,
    Kind::ZoneState,
    Kind::SectorAlarm,
    Kind::PartArming,
    // The cabinet: whatever opens it, by right, under threat or by force.
    Kind::CabinetBolt,
    Kind::CabinetDoorClosed,
    Kind::CabinetDuress,
    Kind::CabinetOverrideKey,
    Kind::CabinetTamper,
    Kind::CabinetDrill,
    Kind::CabinetHeat,
    Kind::CabinetCombinations,
    // Doors and windows: forced, under threat, broken.
    Kind::DoorState,
    Kind::DoorAccess,
    Kind::DoorTamper,
    Kind::ReaderTamper,
    Kind::WindowGlassBreak,
    Kind::WindowTamper,
    Kind::WindowCurtain,
    Kind::RackDoor,
    // What protects the room, and what leaves it.
    Kind::JammerTamper,
    Kind::EmanationTamper,
    Kind::HostAgentTamper,
    Kind::HostMediaCopy,
    Kind::HostReverseFlow,
    // The edge itself, opened or cut off from its devices.
    Kind::EdgeTamper,
    Kind::DeviceLink,
];

/// The points of a table whose events are grave.
pub(in crate::spool) fn grave_points(table: &PointTable) -> HashSet<PointNo> {
    let is_grave = |kind: &str| Kind::from_name(kind).is_some_and(|kind| GRAVE.contains(&kind));
    table.points().filter(|(_, point)| is_grave(&point.kind)).map(|(no, _)| no).collect()
}

#[cfg(test)]
mod tests {
    use wire::Lane;

    use super::*;

    #[test]
    fn what_is_grave_is_urgent() {
        assert!(GRAVE.iter().all(|kind| kind.lane() == Lane::Urgent));
    }
}
