//! What the simulated devices say: lines of JSON on the standard output of their processes. Until the devices of a process
//! are as they were, what they say is old news. Pure.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::site::{ROOMS, Room, room_of_part};
use super::story::so_far::CAUGHT_UP;

#[derive(Deserialize)]
struct Line {
    device: Option<String>,
    says: String,
}

/// Something that a device did just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utterance {
    pub place: &'static str,
    pub device: String,
    pub says: String,
}

#[derive(Debug, Default)]
pub struct Voices {
    caught_up: BTreeSet<&'static str>,
}

impl Voices {
    /// A process was started, or started again.
    pub fn started(&mut self, child: &'static str) {
        self.caught_up.remove(child);
    }

    /// `None`: nothing that people should see.
    pub fn said(&mut self, child: &'static str, line: &str) -> Option<Utterance> {
        let room = room_of_part(child)?;
        let Ok(Line { device, says }) = serde_json::from_str(line) else {
            return self.new_from(room, "?".to_owned(), line.to_owned());
        };
        match device {
            Some(device) => self.new_from(room, device, says),
            None => {
                if says == CAUGHT_UP {
                    self.caught_up.insert(room.part);
                }
                None
            }
        }
    }

    fn new_from(&self, room: &'static Room, device: String, says: String) -> Option<Utterance> {
        self.caught_up.contains(room.part).then_some(Utterance { place: room.short, device, says })
    }

    /// Whether the devices of every room are there; which are not, otherwise.
    pub fn all_heard(&self) -> Result<(), String> {
        let silent = ROOMS.iter().filter(|room| !self.caught_up.contains(room.part)).map(|room| room.short);
        let silent: Vec<&str> = silent.collect();
        if silent.is_empty() { Ok(()) } else { Err(format!("nothing was heard from: {}", silent.join(", "))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENED: &str = r#"{"at_s":1.0,"device":"door-1","says":"opened"}"#;

    fn caught_up() -> String {
        format!(r#"{{"at_s":0.0,"says":"{CAUGHT_UP}"}}"#)
    }

    #[test]
    fn old_news_is_not_told_again_after_a_restart() {
        let mut voices = Voices::default();
        let room = &ROOMS[0];
        voices.started(room.part);
        assert_eq!(voices.said(room.part, OPENED), None);
        assert_eq!(voices.said(room.part, &caught_up()), None);
        let new = Utterance { place: room.short, device: "door-1".into(), says: "opened".into() };
        assert_eq!(voices.said(room.part, OPENED), Some(new));
        voices.started(room.part);
        assert_eq!(voices.said(room.part, OPENED), None);
    }

    #[test]
    fn rooms_that_were_not_heard_are_named() {
        let mut voices = Voices::default();
        for room in &ROOMS[1..] {
            voices.said(room.part, &caught_up());
        }
        assert_eq!(voices.all_heard(), Err("nothing was heard from: document room".into()));
        voices.said(ROOMS[0].part, &caught_up());
        assert_eq!(voices.all_heard(), Ok(()));
    }
}
