//! Whether the hub knows a room well enough for the story to begin. Pure. Until then an arming that was never heard would
//! count as set, and a device that was never heard could not be lost.

use super::dto::{Device, Liveness, Part};
use crate::demo::site::Room;

/// What is still missing, in words; nothing when the room is ready.
pub fn missing(room: &Room, part: &Part) -> Vec<String> {
    let mut missing = Vec::new();
    let live = |edge: &&super::dto::Edge| edge.id == room.edge && edge.liveness == Liveness::Live;
    if part.edges.iter().find(live).is_none() {
        missing.push(format!("{} is not live", room.edge));
    }
    match (part.arming.state.as_deref(), part.arming.quality.as_str()) {
        (Some("unset"), "good") => {}
        (Some(state), quality) => missing.push(format!("its arming is {state} ({quality})")),
        (None, _) => missing.push("its arming is not known".to_owned()),
    }
    for device in room.devices {
        let known = part.devices.iter().find(|known| known.id == device.id);
        if let Some(why) = not_online(known) {
            missing.push(format!("{} {why}", device.id));
        }
    }
    missing
}

fn not_online(device: Option<&Device>) -> Option<String> {
    let Some(device) = device else {
        return Some("is not known".to_owned());
    };
    match device.link.as_ref().map(|link| (link.state.as_deref().unwrap_or("never heard"), link)) {
        Some(("online", link)) if link.quality == "good" => None,
        Some((state, link)) => Some(format!("is {state} ({})", link.quality)),
        None => Some("has said nothing".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::dto::{Edge, State};
    use super::*;
    use crate::demo::site::ROOMS;

    fn state(state: &str, quality: &str) -> State {
        State { state: Some(state.into()), quality: quality.into() }
    }

    fn up(room: &Room) -> Part {
        let device = |id: &str| Device { id: id.into(), link: Some(state("online", "good")) };
        Part {
            arming: state("unset", "good"),
            edges: vec![Edge { id: room.edge.into(), liveness: Liveness::Live }],
            devices: room.devices.iter().map(|known| device(known.id)).collect(),
        }
    }

    #[test]
    fn a_room_is_ready_when_edge_arming_and_every_device_are_known() {
        for room in &ROOMS {
            assert_eq!(missing(room, &up(room)), Vec::<String>::new());
        }
    }

    #[test]
    fn each_thing_that_is_missing_is_named() {
        let room = &ROOMS[2];
        let said = |change: fn(&mut Part)| {
            let mut part = up(room);
            change(&mut part);
            missing(room, &part).join(", ")
        };
        assert_eq!(said(|part| part.edges[0].liveness = Liveness::Unknown), "edge-machine is not live");
        assert_eq!(said(|part| part.arming.state = None), "its arming is not known");
        assert_eq!(said(|part| part.arming = state("set", "good")), "its arming is set (good)");
        assert_eq!(said(|part| part.arming.quality = "stale".into()), "its arming is unset (stale)");
        assert_eq!(said(|part| drop(part.devices.remove(1))), "door-1 is not known");
        assert_eq!(said(|part| part.devices[2].link = None), "jammer-1 has said nothing");
        assert_eq!(
            said(|part| part.devices[2].link = Some(state("lost", "good"))),
            "jammer-1 is lost (good)"
        );
    }
}
