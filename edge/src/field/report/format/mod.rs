//! The report of a host agent as JSON, version 1: `docs/host-report.md`. Unknown fields are ignored; what is there must fit.

mod event;
mod item;
mod text;

use serde::{Deserialize, Serialize};

pub use event::{Copied, Event, Import, Job, Logon, Outreach, Reverse};
pub use item::{
    AudioVideo, Direction, Hardware, HardwareChange, Interface, Level, Media, Radio, RadioType, Route,
};
pub use text::{Boot, Text, TextError};

pub const VERSION: u64 = 1;

/// One report. `E` are its events: typed when it is written, any JSON when it is read, so that one event that cannot be
/// read does not cost the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report<E> {
    pub version: u64,
    /// What the host calls itself, for people.
    pub host: Text,
    /// The boot of the host in which the report was made.
    pub boot: Boot,
    /// Rises by one from report to report inside a boot, from 1.
    pub seq: u64,
    pub at: Moment,
    pub sent: Sent,
    pub agent: Agent,
    #[serde(default = "Vec::new")]
    pub events: Vec<E>,
    #[serde(default)]
    pub state: State,
}

pub type Incoming = Report<serde_json::Value>;

/// When the report was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Milliseconds since the boot, suspended time included.
    pub mono_ms: u64,
    /// Unix milliseconds by the host's own clock.
    pub wall_ms: i64,
}

/// When the report was handed to the network, renewed with every attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The boot in which it is sent: another one than the report's if the report was kept over a restart.
    pub boot: Boot,
    pub mono_ms: u64,
    pub wall_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    pub name: Text,
    pub version: Text,
    /// Which policy it follows, such as a version or a hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Text>,
}

/// How things stand. What is absent was not observed, which is no statement about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen_locked: Option<bool>,
    /// Days since the last security update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch_age_days: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub antivirus: Option<Antivirus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interfaces: Option<Vec<Interface>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routes: Option<Vec<Route>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub radios: Option<Vec<Radio>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Vec<Media>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_video: Option<Vec<AudioVideo>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Vec<Logon>>,
    #[serde(default, skip_serializing_if = "Unlisted::is_none")]
    pub unlisted: Unlisted,
}

/// How many things of each class are there beyond those that its list names; as many at least. What is hidden in a crowd
/// is not hidden.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unlisted {
    #[serde(skip_serializing_if = "is_zero")]
    pub interfaces: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub routes: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub radios: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub media: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub audio_video: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub sessions: u64,
}

impl Unlisted {
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl State {
    /// The same, with the first `max` entries of each list, and the others counted.
    pub fn listing(&self, max: usize) -> State {
        let mut state = self.clone();
        let unlisted = &mut state.unlisted;
        cut(&mut state.interfaces, max, &mut unlisted.interfaces);
        cut(&mut state.routes, max, &mut unlisted.routes);
        cut(&mut state.radios, max, &mut unlisted.radios);
        cut(&mut state.media, max, &mut unlisted.media);
        cut(&mut state.audio_video, max, &mut unlisted.audio_video);
        cut(&mut state.sessions, max, &mut unlisted.sessions);
        state
    }
}

fn cut<T>(items: &mut Option<Vec<T>>, max: usize, unlisted: &mut u64) {
    if let Some(items) = items {
        *unlisted = unlisted.saturating_add(items.len().saturating_sub(max) as u64);
        items.truncate(max);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Antivirus {
    Active,
    Outdated,
    Off,
    Absent,
}
