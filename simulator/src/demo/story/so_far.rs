//! What has happened in a room so far, as a scenario that happens all at once. The simulated devices of the room always
//! start with it, so that they come back as they were when their process is killed: real ones do not lose their state when
//! a program somewhere is killed, and a forced door does not shut itself.

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::Value;

use crate::config::scenario::Deed;
use crate::demo::files::{WriteError, write_whole};

/// The last line that devices say when they are as they were. What they say before is old news.
pub const CAUGHT_UP: &str = "the devices are as they were";

pub struct SoFar {
    path: PathBuf,
    deeds: String,
}

impl SoFar {
    /// Nothing has happened yet.
    pub fn begin(path: PathBuf) -> Result<Self, WriteError> {
        let so_far = Self { path, deeds: String::new() };
        so_far.write()?;
        Ok(so_far)
    }

    /// Written down before it is done: a deed that a killed process did not come to is done at its next start.
    pub fn add(&mut self, deed: &Deed) -> Result<(), WriteError> {
        self.deeds.push_str(&step(deed));
        self.write()
    }

    fn write(&self) -> Result<(), WriteError> {
        write_whole(&self.path, &format!("{}{}", self.deeds, note()))
    }
}

fn note() -> String {
    format!("[[step]]\nat = \"0s\"\nnote = {}\n", quoted(CAUGHT_UP))
}

fn step(deed: &Deed) -> String {
    let mut text = String::from("[[step]]\nat = \"0s\"\n");
    match deed {
        Deed::Nothing => return String::new(),
        Deed::Do { device, action } => {
            write!(text, "device = {}\ndo = {}\n\n", quoted(device), quoted(action))
        }
        Deed::Set(settings) => {
            let pairs =
                settings.iter().map(|(target, value)| format!("{} = {}", quoted(target), quoted(value)));
            write!(text, "set = {{ {} }}\n\n", pairs.collect::<Vec<_>>().join(", "))
        }
    }
    .expect("writing to a string cannot fail");
    text
}

/// A JSON string is a basic string of TOML as well.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use runtime::config::{load, parse};

    use super::*;
    use crate::config::Scenario;
    use crate::demo::site::ROOMS;

    fn deeds(scenario: &Scenario) -> Vec<String> {
        scenario.steps.iter().map(|step| super::step(&step.deed)).filter(|text| !text.is_empty()).collect()
    }

    #[test]
    fn what_happened_is_read_back_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        for room in &ROOMS {
            let path = dir.path().join(room.part);
            let played: Scenario = parse(Path::new(room.part), room.scenario).unwrap();
            let mut so_far = SoFar::begin(path.clone()).unwrap();
            for step in &played.steps {
                so_far.add(&step.deed).unwrap();
            }
            let read: Scenario = load(&path).unwrap();
            assert_eq!(deeds(&read), deeds(&played), "{}", room.part);
            assert!(read.steps.iter().all(|step| step.at.is_zero()));
            assert_eq!(read.steps.last().unwrap().note.as_deref(), Some(CAUGHT_UP));
        }
    }

    #[test]
    fn a_room_in_which_nothing_happened_has_a_valid_scenario() {
        let dir = tempfile::tempdir().unwrap();
        SoFar::begin(dir.path().join("empty")).unwrap();
        let read: Scenario = load(&dir.path().join("empty")).unwrap();
        assert_eq!(read.steps.len(), 1);
    }

    #[test]
    fn names_with_odd_characters_survive() {
        let text = step(&Deed::Set(vec![("panel-1.zone_state[3]".into(), "a \"b\" \\ c".into())]));
        let read: Scenario = parse(Path::new("odd"), &text).unwrap();
        assert_eq!(deeds(&read), [text]);
    }
}
