//! Device profiles: which register of a device model means what. One TOML file per model; those in `edge/profiles/` are
//! embedded. A profile is either taken whole or refused with every one of its faults.

mod check;
mod header;
mod keyword;
mod meaning;
mod point;
mod repeat;
mod scale;
mod size;
mod source;

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use runtime::config::{ConfigError, FromSection, Section};
use wire::{Kind, PointTable};

pub use header::HeaderSpec;
pub use meaning::{Meaning, Range, StateMap};
pub use point::{PointSpec, Report};
pub use scale::Scale;
pub use size::{Element, Size, SizeError};
pub use source::{Block, Each, Encoding, Source, Table, WordOrder};

use keyword::keyword_enum;

/// Faster than 20 ms no field device answers steadily; slower than an hour is not monitoring.
pub const POLL_INTERVALS: RangeInclusive<Duration> = Duration::from_millis(20)..=Duration::from_secs(60 * 60);
/// A device that needs more than 30 s for one answer is as good as dead.
pub const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_secs(30);

const POLL_INTERVAL_DEFAULT: Duration = Duration::from_secs(1);
const TIMEOUT_DEFAULT: Duration = Duration::from_millis(500);

#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub name: Box<str>,
    pub description: String,
    /// For devices whose entry in the configuration names none.
    pub poll_interval: Duration,
    pub timeout: Duration,
    pub header: Option<HeaderSpec>,
    /// What differs between devices of this model.
    pub sizes: Vec<Size>,
    /// Which addresses the device answers for. Without any, no read goes over a gap between points.
    pub blocks: Vec<Block>,
    /// In the order in which changes of one scan become events: causes stand before effects.
    pub points: Vec<PointSpec>,
}

impl Profile {
    /// The place of the first point of a kind.
    pub fn point_of_kind(&self, kind: Kind) -> Option<usize> {
        self.points.iter().position(|point| point.kind == kind)
    }
}

/// A profile that is part of the program.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuiltIn {
    pub name: &'static str,
    text: &'static str,
}

/// Adding a built-in profile is adding its file and a line here.
pub const BUILT_IN: &[BuiltIn] = &[
    BuiltIn { name: "alarm-panel", text: include_str!("../../../profiles/alarm-panel.toml") },
    BuiltIn { name: "cabinet-lock", text: include_str!("../../../profiles/cabinet-lock.toml") },
    BuiltIn { name: "door-controller", text: include_str!("../../../profiles/door-controller.toml") },
    BuiltIn { name: "phone-jammer", text: include_str!("../../../profiles/phone-jammer.toml") },
];

impl BuiltIn {
    pub fn named(name: &str) -> Option<&'static BuiltIn> {
        BUILT_IN.iter().find(|built_in| built_in.name == name)
    }

    /// As in "alarm-panel, cabinet-lock".
    pub fn names() -> String {
        BUILT_IN.iter().map(|built_in| built_in.name).collect::<Vec<_>>().join(", ")
    }

    pub fn profile(&self) -> Result<Profile, ConfigError> {
        parse(Path::new(&format!("{}.toml", self.name)), self.text)
    }
}

pub fn load(path: &Path) -> Result<Profile, ConfigError> {
    runtime::config::load(path)
}

/// The path only stands in the faults.
pub fn parse(path: &Path, text: &str) -> Result<Profile, ConfigError> {
    runtime::config::parse(path, text)
}

impl FromSection for Profile {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let name: Option<String> = section.required("name");
        let description = section.or("description", String::new());
        let poll_interval = section.within("poll_interval", POLL_INTERVAL_DEFAULT, POLL_INTERVALS);
        let timeout = section.within("timeout", TIMEOUT_DEFAULT, TIMEOUTS);
        let header = section.optional_table("header");
        let sizes = size::sizes(section);
        let blocks = section.tables::<source::BlockDraft>("blocks");
        let drafts = section.tables::<point::Draft>("points");
        if let Some(name) =
            name.as_deref().filter(|name| name.is_empty() || name.len() > PointTable::PROFILE_BYTES_MAX)
        {
            let message =
                format!("`{name}` has {} bytes; write 1 to {}", name.len(), PointTable::PROFILE_BYTES_MAX);
            section.fault("name", message);
        }
        let blocks = (0..).zip(&blocks).filter_map(|(place, block)| block.block(section, place, &sizes));
        let blocks: Vec<Block> = blocks.collect();
        let entries = (0..).zip(&drafts).map(|(place, draft)| draft.points(section, place, &sizes));
        let entries: Vec<Vec<PointSpec>> = entries.collect();
        if let Some(header) = &header {
            check::header(section, &blocks, header);
        }
        check::points(section, &blocks, &entries);
        let points = entries.into_iter().flatten().collect();
        Some(Self { name: name?.into(), description, poll_interval, timeout, header, sizes, blocks, points })
    }
}

#[cfg(test)]
mod tests;
