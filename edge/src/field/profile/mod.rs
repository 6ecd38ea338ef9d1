//! Device profiles: which register of a device model means what. One TOML file per model; those in `edge/profiles/` are
//! embedded. A profile is either taken whole or refused with every one of its faults.

mod protocol;

mod block;
mod encoding;
mod header;
mod register;
mod ring;

mod message;
mod pointer;
mod sender;

mod source;

mod keeping;

mod raw;

mod invalid;
mod meaning;
mod scale;

mod reading;

mod point;
mod repeat;
mod size;
mod watch;

mod check;
mod keyword;

mod library;

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use runtime::config::{ConfigError, FromSection, Parsed, Section};
use wire::{Kind, PointTable};

pub use block::{Block, Each};
pub use encoding::{ByteOrder, Encoding, WordOrder};
pub use header::HeaderSpec;
pub use invalid::Invalid;
pub use keeping::{Keeping, KeptBy};
pub use library::{BUILT_IN, BuiltIn};
pub use meaning::{Meaning, Range, StateMap};
pub use message::{Field, TopicSuffix};
pub use point::{PointSpec, Report};
pub use pointer::Pointer;
pub use protocol::Protocol;
pub use raw::Raw;
pub use reading::Bounds;
pub use register::{Register, Table};
pub use ring::{RingSpec, SlotFields};
pub use scale::Scale;
pub use sender::Sender;
pub use size::{Element, Size, SizeError};
pub use source::Source;
pub use watch::{Limits, Rate, Watch};

use keyword::keyword_enum;
use source::refuse;

/// Faster than 20 ms no field device answers steadily; slower than an hour is not monitoring.
pub const POLL_INTERVALS: RangeInclusive<Duration> = Duration::from_millis(20)..=Duration::from_secs(60 * 60);
/// A device that needs more than 30 s for one answer is as good as dead.
pub const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(10)..=Duration::from_secs(30);
/// A device that speaks less often than once a day is not watched, and one that speaks more often than once a second
/// is not missed any sooner.
pub const REPORT_INTERVALS: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(24 * 60 * 60);

const POLL_INTERVAL_DEFAULT: Duration = Duration::from_secs(1);
const TIMEOUT_DEFAULT: Duration = Duration::from_millis(500);
const REPORT_INTERVAL_DEFAULT: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    pub name: Box<str>,
    pub description: String,
    /// All points have sources of this protocol.
    pub protocol: Protocol,
    /// For devices that are asked, and whose entry in the configuration names none.
    pub poll_interval: Duration,
    pub timeout: Duration,
    /// For devices that speak by themselves: how often they do so at least.
    pub report_interval: Duration,
    pub sender: Sender,
    pub header: Option<HeaderSpec>,
    /// What differs between devices of this model.
    pub sizes: Vec<Size>,
    /// Which addresses the device answers for. Without any, no read goes over a gap between points.
    pub blocks: Vec<Block>,
    /// The device's log of events, if it has one.
    pub ring: Option<RingSpec>,
    /// In the order in which changes of one scan become events: causes stand before effects. The point of the ring is
    /// the last one.
    pub points: Vec<PointSpec>,
}

impl Profile {
    /// The place of the first point of a kind.
    pub fn point_of_kind(&self, kind: Kind) -> Option<usize> {
        self.points.iter().position(|point| point.kind == kind)
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
        let protocol = section.optional("protocol").map(|Parsed(protocol)| protocol);
        if protocol.is_none() && section.has("protocol") {
            // Which keys belong to it is anybody's guess.
            section.ignore_unread();
            return None;
        }
        let protocol = protocol.unwrap_or(Protocol::Modbus);
        let Asked { poll_interval, timeout, header, blocks, rings } = Asked::read(section, protocol);
        let report_interval = report_interval(section, protocol);
        let sender = Sender::read(section, protocol);
        let sizes = size::sizes(section);
        let drafts = section.tables_by("points", |section| Some(point::Draft::read(section, protocol)));
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
        let interval = if protocol.is_polled() { poll_interval } else { report_interval };
        watch::check(section, interval, &entries);
        if rings.len() > ring::RINGS_MAX {
            section.fault(
                &format!("rings[{}]", ring::RINGS_MAX),
                "one ring is read of each device; remove this one",
            );
        }
        let ring = rings.into_iter().next();
        if let Some(ring) = &ring {
            check::ring(section, &blocks, &entries, ring);
        }
        let points = entries.into_iter().flatten().chain(ring.as_ref().map(PointSpec::of_ring)).collect();
        Some(Self {
            name: name?.into(),
            description,
            protocol,
            poll_interval,
            timeout,
            report_interval,
            sender,
            header,
            sizes,
            blocks,
            ring,
            points,
        })
    }
}

/// What a profile says of a device that is asked.
struct Asked {
    poll_interval: Duration,
    timeout: Duration,
    header: Option<HeaderSpec>,
    blocks: Vec<block::BlockDraft>,
    rings: Vec<RingSpec>,
}

impl Asked {
    fn read(section: &mut Section<'_>, protocol: Protocol) -> Asked {
        if protocol.is_polled() {
            return Asked {
                poll_interval: section.within("poll_interval", POLL_INTERVAL_DEFAULT, POLL_INTERVALS),
                timeout: section.within("timeout", TIMEOUT_DEFAULT, TIMEOUTS),
                header: section.optional_table("header"),
                blocks: section.tables("blocks"),
                rings: section.tables_by("rings", RingSpec::read),
            };
        }
        for key in ["poll_interval", "timeout"] {
            let message = format!("a {protocol} device is not asked, it speaks; write `report_interval`");
            refuse(section, key, message);
        }
        for key in ["header", "blocks", "rings"] {
            refuse(section, key, format!("a {protocol} profile has no registers; remove it"));
        }
        let (poll_interval, timeout) = (POLL_INTERVAL_DEFAULT, TIMEOUT_DEFAULT);
        Asked { poll_interval, timeout, header: None, blocks: Vec::new(), rings: Vec::new() }
    }
}

fn report_interval(section: &mut Section<'_>, protocol: Protocol) -> Duration {
    if protocol.is_polled() {
        let message = "a modbus device does not speak by itself; write `poll_interval`";
        refuse(section, "report_interval", message);
        return REPORT_INTERVAL_DEFAULT;
    }
    section.within("report_interval", REPORT_INTERVAL_DEFAULT, REPORT_INTERVALS)
}

#[cfg(test)]
mod tests;
