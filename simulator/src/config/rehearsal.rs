//! Plays a scenario against devices that nobody can reach, to find every step that would fail when it is played for
//! real: devices, signals and actions that do not exist, values out of range.

use runtime::causes::in_full;
use runtime::config::Fault;

use super::scenario::{Deed, Scenario, Step};
use super::site_file::SiteFile;
use crate::device::Moment;
use crate::roster::Roster;

pub fn faults(site: &SiteFile, scenario: &Scenario) -> Vec<Fault> {
    let mut roster = Roster::new(site);
    scenario.steps.iter().enumerate().flat_map(|(n, step)| faults_of(&mut roster, n, step)).collect()
}

fn faults_of(roster: &mut Roster, number: usize, step: &Step) -> Vec<Fault> {
    let fault = |key: &str, message| Fault {
        line: step.line,
        column: 1,
        key: format!("step[{number}].{key}"),
        message,
    };
    match &step.deed {
        Deed::Nothing => Vec::new(),
        Deed::Do { device, action } => {
            let now = Moment { elapsed: step.at, unix_s: 0 };
            let done = roster.get_mut(device).and_then(|mut device| device.act(action, now));
            done.err().map(|error| fault("do", in_full(&error).to_string())).into_iter().collect()
        }
        Deed::Set(settings) => {
            let wrong = |(target, value): &(String, String)| {
                let error = roster.resolve(target, value).err()?;
                Some(fault(&format!("set.\"{target}\""), in_full(&error).to_string()))
            };
            settings.iter().filter_map(wrong).collect()
        }
    }
}
