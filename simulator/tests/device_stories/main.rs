//! How each class of device behaves, told as short stories: what is done at which second, and what the registers then
//! say. Pure, without a socket or a clock.
#![allow(clippy::unwrap_used, reason = "what a test cannot do without fails it")]

mod cabinet;
mod door;
mod emanation;
mod environment;
mod jammer;
mod panel;
mod ups;
mod window;

use std::path::Path;
use std::time::Duration;

use strongroom_simulator::config::SiteFile;
use strongroom_simulator::device::Moment;
use strongroom_simulator::roster::Roster;

struct Story {
    roster: Roster,
    now: Moment,
}

impl Story {
    /// A site of one device, `it`.
    fn of(class: &str, settings: &str) -> Self {
        let text = format!("[device.it]\nclass = \"{class}\"\nlisten = \"127.0.0.1:0\"\n{settings}");
        let site = runtime::config::parse::<SiteFile>(Path::new("site.toml"), &text).unwrap();
        let now = Moment { elapsed: Duration::ZERO, unix_s: 1_000_000 };
        let mut story = Self { roster: Roster::new(&site), now };
        story.roster.advance(now);
        story
    }

    /// Lets time pass in steps of a tenth, as the running site does, and says what happened.
    fn wait(&mut self, seconds: f64) -> Vec<String> {
        let mut said = Vec::new();
        for _ in 0..(seconds * 10.0).round() as u32 {
            self.now.elapsed += Duration::from_millis(100);
            self.now.unix_s = 1_000_000 + self.now.elapsed.as_secs() as u32;
            said.extend(self.roster.advance(self.now).into_iter().map(|happening| happening.says));
        }
        said
    }

    fn act(&mut self, action: &str) -> Vec<String> {
        let happened = self.roster.get_mut("it").unwrap().act(action, self.now).unwrap();
        happened.into_iter().map(|happening| happening.says).collect()
    }

    fn set(&mut self, assignment: &str) -> Vec<String> {
        let setting = self.roster.understand(&format!("it.{assignment}")).unwrap();
        self.roster.set(&[setting], self.now).into_iter().map(|happening| happening.says).collect()
    }

    fn value(&self, signal: &str) -> String {
        let rows = self.roster.get("it").unwrap().rows();
        rows.into_iter().find(|row| row.signal == signal).unwrap().value
    }

    fn number(&self, signal: &str) -> i64 {
        let rows = self.roster.get("it").unwrap().rows();
        rows.into_iter().find(|row| row.signal == signal).unwrap().raw
    }

    fn shows(&self, expected: &[(&str, &str)]) {
        for (signal, value) in expected {
            assert_eq!(self.value(signal), *value, "{signal} at {:?}", self.now.elapsed);
        }
    }
}

#[test]
fn a_frozen_program_goes_on_where_it_stopped() {
    let mut door = Story::of("door", "");
    door.wait(5.0);
    door.act("freeze");
    door.wait(10.0);
    door.shows(&[("heartbeat", "5"), ("uptime_s", "5 s")]);
    door.act("restore");
    door.wait(0.1);
    door.shows(&[("heartbeat", "5")]);
    door.wait(2.0);
    door.shows(&[("heartbeat", "7"), ("uptime_s", "7 s")]);
}

#[test]
fn a_heartbeat_wraps_and_an_uptime_does_not() {
    let mut door = Story::of("door", "");
    door.now.elapsed = Duration::from_secs(65_537);
    door.wait(0.1);
    door.shows(&[("heartbeat", "1"), ("uptime_s", "65537 s")]);
}

#[test]
fn values_set_together_take_effect_together() {
    let mut panel = Story::of("panel", "exit_delay = \"0s\"");
    panel.act("set");
    let set = |text: &str| panel.roster.understand(text).unwrap();
    let settings = [set("it.zone_state[3]=alarm"), set("it.zone_state[3]=normal")];
    panel.roster.set(&settings, panel.now);
    panel.shows(&[("arm_state", "set")]);
}

#[test]
fn two_sites_with_the_same_seed_measure_the_same() {
    let measured = || {
        let mut panel = Story::of("panel", "");
        panel.wait(100.0);
        (
            panel.number("mains_v"),
            panel.number("battery_v"),
            panel.number("temp"),
            panel.number("zone_loop_ohm[5]"),
        )
    };
    assert_eq!(measured(), measured());
}

#[test]
fn an_unknown_action_names_the_known_ones() {
    let mut door = Story::of("door", "");
    let error = door.roster.get_mut("it").unwrap().act("explode", door.now).unwrap_err();
    let text = std::error::Error::source(&error).unwrap().to_string();
    assert!(text.starts_with("a door cannot `explode`; it can: grant, leave, deny,"), "{text}");
    assert!(text.contains("freeze") && text.contains("cover"), "{text}");
}
