//! Plays the scenario of one room: each step goes through the room's control socket, as a person would do it by hand. A
//! step waits for devices that are being started again, and those after it keep their distance to it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use runtime::config::{ConfigError, parse};
use runtime::shutdown::Shutdown;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::{Instant, sleep, sleep_until};

use super::so_far::SoFar;
use crate::config::Scenario;
use crate::config::scenario::{Deed, Step};
use crate::control::client::ask;
use crate::control::{Reply, Request};
use crate::demo::files::WriteError;
use crate::demo::site::Room;
use crate::demo::timeline::Timeline;

/// While the devices of a room are being started again.
const ASK_AGAIN: Duration = Duration::from_millis(100);

#[derive(Debug, thiserror::Error)]
pub enum PlayError {
    #[error("the scenario of {room} is faulty")]
    Scenario { room: &'static str, source: ConfigError },
    #[error("{room} refused line {line} of its scenario: {reason}")]
    Refused { room: &'static str, line: usize, reason: String },
    #[error(transparent)]
    SoFar(#[from] WriteError),
    #[error("asking the devices broke off")]
    Broken(#[source] JoinError),
}

pub struct Player {
    room: &'static Room,
    steps: Vec<Step>,
    so_far: SoFar,
    control: PathBuf,
    timeline: Timeline,
}

impl Player {
    pub fn new(
        room: &'static Room,
        so_far: SoFar,
        control: PathBuf,
        timeline: Timeline,
    ) -> Result<Self, PlayError> {
        let scenario = parse::<Scenario>(Path::new(room.part), room.scenario);
        let mut steps = scenario.map_err(|source| PlayError::Scenario { room: room.part, source })?.steps;
        steps.sort_by_key(|step| step.at);
        Ok(Self { room, steps, so_far, control, timeline })
    }

    /// Ends when the last step is done, or when the shutdown begins.
    pub async fn run(mut self, mut begin: Instant, shutdown: Shutdown) -> Result<(), PlayError> {
        for step in std::mem::take(&mut self.steps) {
            tokio::select! {
                () = sleep_until(begin + step.at) => {}
                () = shutdown.wait() => return Ok(()),
            }
            if let Some(note) = &step.note {
                self.timeline.note(self.room.short, note);
            }
            self.so_far.add(&step.deed)?;
            let asked = Instant::now();
            tokio::select! {
                done = self.carry_out(&step) => done?,
                () = shutdown.wait() => return Ok(()),
            }
            begin += asked.elapsed();
        }
        Ok(())
    }

    async fn carry_out(&self, step: &Step) -> Result<(), PlayError> {
        let Some(request) = request(&step.deed) else {
            return Ok(());
        };
        loop {
            let (control, request) = (self.control.clone(), request.clone());
            match spawn_blocking(move || ask(&control, &request)).await.map_err(PlayError::Broken)? {
                Ok(Reply::Refused { reason }) => {
                    return Err(PlayError::Refused { room: self.room.part, line: step.line, reason });
                }
                Ok(Reply::Done { .. } | Reply::Shown { .. }) => return Ok(()),
                // Its process is gone for a moment; the keeper says so in the timeline.
                Err(_) => sleep(ASK_AGAIN).await,
            }
        }
    }
}

fn request(deed: &Deed) -> Option<Request> {
    match deed {
        Deed::Nothing => None,
        Deed::Do { device, action } => Some(Request::Do { device: device.clone(), action: action.clone() }),
        Deed::Set(settings) => {
            let assignments = settings.iter().map(|(target, value)| format!("{target}={value}")).collect();
            Some(Request::Set { assignments })
        }
    }
}

#[cfg(test)]
mod tests {
    use runtime::config::parse;

    use super::*;
    use crate::config::{SiteFile, rehearsal};
    use crate::demo::prepare::configs;
    use crate::demo::site::ROOMS;
    use crate::demo::story::SETTLED;

    #[test]
    fn every_room_can_play_its_scenario() {
        for room in &ROOMS {
            let ports: Vec<u16> = (20_000..).take(room.devices.len()).collect();
            let site: SiteFile = parse(Path::new("site.toml"), &configs::site(room, &ports)).unwrap();
            let scenario: Scenario = parse(Path::new(room.part), room.scenario).unwrap();
            assert_eq!(rehearsal::faults(&site, &scenario), [], "{}", room.part);
            assert!(scenario.steps.iter().all(|step| step.repeat.is_none()), "steps are played once");
        }
    }

    #[test]
    fn the_forced_door_is_held_open_long_enough_but_not_until_it_is_graver() {
        let printing: Scenario = parse(Path::new("printing-room"), ROOMS[1].scenario).unwrap();
        let at = |action: &str| {
            let is = |step: &&Step| matches!(&step.deed, Deed::Do { device, action: done } if device == "door-2" && done == action);
            printing.steps.iter().find(is).unwrap().at
        };
        let held = at("close") - at("force");
        assert!(held > Duration::from_secs(31) && held < Duration::from_secs(120));
        assert!(at("force") + Duration::from_secs(30) + Duration::from_secs(2) <= SETTLED);
    }
}
