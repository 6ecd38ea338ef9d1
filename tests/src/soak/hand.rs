//! Whoever moves things in the room: a handle on Modbus TCP, one on the serial line, and a window on MQTT. It writes down
//! every move, so that the soak knows by itself what the hub must hold.

use crate::full_room::FullRoom;

/// What it moves: the device, its point, and the two states, the one at rest first.
const THINGS: [(&str, &str, [&str; 2]); 3] = [
    ("door-1", "door-1:handle", ["no", "yes"]),
    ("door-7", "door-7:handle", ["yes", "no"]),
    ("window-1", "window-1:contact", ["closed", "open"]),
];
const HANDLE: usize = 0;
const WINDOW: usize = 2;

/// How one thing stood at rest, and what it was moved to, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moves {
    pub(super) point: &'static str,
    pub(super) from: &'static str,
    pub(super) to: Vec<&'static str>,
}

#[derive(Debug)]
pub(super) struct Hand {
    moves: [Moves; THINGS.len()],
}

impl Hand {
    /// Everything is at rest.
    pub(super) fn new() -> Self {
        Self { moves: THINGS.map(|(_, point, [from, _])| Moves { point, from, to: Vec::new() }) }
    }

    pub(super) fn moves(&self) -> &[Moves] {
        &self.moves
    }

    /// Moves everything once, and waits until the hub shows it.
    pub(super) async fn moves_everything(&mut self, room: &FullRoom) {
        for thing in 0..THINGS.len() {
            self.turn(room, thing);
        }
        for Moves { point, to, .. } in &self.moves {
            room.becomes(point, to.last().expect("it was moved just now")).await;
        }
    }

    /// Turns the handle so often; the edge sees each turn, and nobody waits for the hub.
    pub(super) async fn turns_handle(&mut self, room: &FullRoom, times: usize) {
        for _ in 0..times {
            self.turn(room, HANDLE);
            room.edge.hears("door-1").await;
        }
    }

    pub(super) async fn shuts_window(&mut self, room: &FullRoom) {
        let (_, point, [at_rest, _]) = THINGS[WINDOW];
        if self.state(WINDOW) != at_rest {
            self.turn(room, WINDOW);
        }
        room.becomes(point, at_rest).await;
    }

    /// How the handle on the serial line stands.
    pub(super) fn line(&self) -> (&'static str, &'static str) {
        (THINGS[1].1, self.state(1))
    }

    fn state(&self, thing: usize) -> &'static str {
        self.moves[thing].to.last().copied().unwrap_or(THINGS[thing].2[0])
    }

    fn turn(&mut self, room: &FullRoom, thing: usize) {
        let (device, _, [at_rest, moved]) = THINGS[thing];
        let to = if self.state(thing) == at_rest { moved } else { at_rest };
        match device {
            "door-1" => {
                let state = if to == "yes" { "on" } else { "off" };
                room.field.set(&[&format!("door-1.handle={state}")]);
            }
            "door-7" => room.on_the_line.turn_over(),
            _ => room.window.stands(if to == "open" { "tilted" } else { "closed" }),
        }
        self.moves[thing].to.push(to);
    }
}
