//! What a host agent tells that happened. Nothing of it carries a name of a file or any other content.

use serde::{Deserialize, Serialize};

use super::item::{AudioVideo, Direction, Hardware, Interface, Level, Media, Radio, Route};
use super::text::Text;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// The host tried to reach what it must not reach, and was stopped.
    OutreachBlocked(Outreach),
    /// It reached it.
    Outreach(Outreach),
    InterfaceNew(Interface),
    InterfaceUp(Interface),
    InterfaceDown(Interface),
    InterfaceGone(Interface),
    RouteNew(Route),
    RouteGone(Route),
    RadioFound(Radio),
    RadioOn(Radio),
    RadioOff(Radio),
    RadioGone(Radio),
    MediaInsert(Media),
    /// The agent kept an inserted medium from being used.
    MediaBlocked(Media),
    MediaRemove(Media),
    MediaCopy(Copied),
    Import(Import),
    ReverseFlow(Reverse),
    Print(Job),
    Burn(Job),
    AudioVideoFound(AudioVideo),
    AudioVideoGone(AudioVideo),
    Logon(Logon),
    LogonFailed(Logon),
    Logoff(Logon),
    HardwareChange(Hardware),
    AgentStart,
    AgentStop,
    AgentUninstall,
    PolicyTamper {
        what: Text,
    },
    /// The wall clock was moved against the monotonic one.
    ClockChange {
        seconds: i64,
    },
    Boot,
    Shutdown,
    ScreenLocked,
    ScreenUnlocked,
    /// The agent's own buffer was full: so many reports with so many events are lost.
    BufferDropped {
        reports: u64,
        events: u64,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outreach {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<Text>,
    pub peer: Text,
    pub protocol: Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    pub direction: Direction,
    pub media: Media,
    pub bytes: u64,
    pub files: u64,
    /// SHA-256 of the files, as hexadecimal digits; at most 16 of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hashes: Vec<Text>,
}

/// A transfer through a one-way import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    pub session: Text,
    pub bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    /// Whether the receiving side has said that all came.
    pub confirmed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reverse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Text>,
    pub bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// An opaque id. Never a title.
    pub job: Text,
    pub copies: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logon {
    pub user: Text,
    /// `console`, `graphical`, `remote`, …
    pub method: Text,
    /// Where: a terminal, a seat, an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Text>,
}
