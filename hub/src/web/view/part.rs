//! The card of a part.

use std::cmp::Reverse;

use wire::{DeviceId, Kind};

use super::edge::EdgeLine;
use super::moment::Moment;
use super::point::{PointLine, spaced};
use super::tone::{self, Room, Tone};
use crate::api::open::OpenIncidents;
use crate::api::shown::{self, Device, Presence};
use crate::incident::Severity;
use crate::situation::EdgeState;
use crate::store::PartRow;

/// Lines of a device that stand on the card at once; the rest is one click away.
const LINES_AT_ONCE: usize = 8;

pub(in crate::web) struct PartCard {
    pub(in crate::web) id: String,
    pub(in crate::web) name: String,
    pub(in crate::web) standing: Standing,
    /// Whether all of its edges are live; else what is shown may be old.
    pub(in crate::web) reporting: bool,
    pub(in crate::web) open: u64,
    pub(in crate::web) gravest: Option<Severity>,
    pub(in crate::web) arming: ArmingView,
    pub(in crate::web) edges: Vec<EdgeLine>,
    pub(in crate::web) devices: Vec<DeviceView>,
    pub(in crate::web) last_news: Option<Moment>,
    pub(in crate::web) points: usize,
    pub(in crate::web) doubtful: usize,
}

/// The part in one word, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Standing {
    /// A P1 or P2 incident is open.
    Alarm,
    /// An edge of it is not live: what is shown may be old.
    NotReporting,
    /// Nobody watches it any more, and something is still open.
    Former,
    /// Another incident is open, or a device is lost.
    Attention,
    Quiet,
}

pub(in crate::web) struct ArmingView {
    /// `None`: never known, which rules count as set.
    pub(in crate::web) state: Option<String>,
    pub(in crate::web) usable: bool,
    pub(in crate::web) quality: &'static str,
}

pub(in crate::web) struct DeviceView {
    pub(in crate::web) id: String,
    pub(in crate::web) name: String,
    pub(in crate::web) edge: String,
    pub(in crate::web) profile: String,
    /// `None`: it is the edge itself.
    pub(in crate::web) link: Option<LinkView>,
    pub(in crate::web) lines: Vec<PointLine>,
    pub(in crate::web) rest: Vec<PointLine>,
    pub(in crate::web) rest_alerts: usize,
    pub(in crate::web) rest_doubtful: usize,
}

pub(in crate::web) struct LinkView {
    /// `None`: the edge has not said.
    pub(in crate::web) state: Option<String>,
    pub(in crate::web) tone: Tone,
    pub(in crate::web) usable: bool,
}

impl Standing {
    pub(in crate::web) fn name(self) -> &'static str {
        match self {
            Standing::Alarm => "alarm",
            Standing::NotReporting => "not-reporting",
            Standing::Former => "former",
            Standing::Attention => "attention",
            Standing::Quiet => "quiet",
        }
    }
}

impl PartCard {
    pub(in crate::web) fn of(part: &PartRow, edges: &[EdgeState], open: &OpenIncidents) -> Self {
        let gravest = open.gravest_of(&part.part);
        let former = shown::presence(part, edges) == Presence::Former;
        // Nothing is missed of a part that nobody watches.
        let reporting = former || shown::is_reporting(part, edges);
        let devices = shown::devices(part, edges);
        let points = || devices.iter().flat_map(|device| &device.points);
        let edge_lines: Vec<EdgeLine> = shown::edges_of(part, edges).map(EdgeLine::of).collect();
        let device_views: Vec<DeviceView> =
            devices.iter().map(|device| DeviceView::of(device, room(part, edges))).collect();
        Self {
            id: part.part.to_string(),
            name: part.name.clone(),
            standing: if former { Standing::Former } else { standing(gravest, reporting, &device_views) },
            reporting,
            open: open.count_of(&part.part),
            gravest,
            arming: ArmingView::of(part, edges),
            last_news: shown::last_news_ms(part).map(Moment),
            points: points().count(),
            doubtful: points().filter(|point| !point.belief.is_usable()).count(),
            edges: edge_lines,
            devices: device_views,
        }
    }
}

fn standing(gravest: Option<Severity>, reporting: bool, devices: &[DeviceView]) -> Standing {
    if gravest.is_some_and(|severity| severity.graver_than(Severity::P3)) {
        Standing::Alarm
    } else if !reporting {
        Standing::NotReporting
    } else if gravest.is_some()
        || devices
            .iter()
            .filter_map(|device| device.link.as_ref())
            .any(|link| !link.usable || link.tone > Tone::Quiet)
    {
        Standing::Attention
    } else {
        Standing::Quiet
    }
}

fn room(part: &PartRow, edges: &[EdgeState]) -> Room {
    match shown::arming(part, edges) {
        Some((arming, belief)) if belief.is_usable() && shown::arming_name(arming) == "unset" => Room::Unset,
        _ => Room::Guarded,
    }
}

impl ArmingView {
    fn of(part: &PartRow, edges: &[EdgeState]) -> Self {
        match shown::arming(part, edges) {
            None => Self { state: None, usable: false, quality: shown::Belief::NeverHeard.quality_name() },
            Some((arming, belief)) => Self {
                state: Some(shown::arming_name(arming)),
                usable: belief.is_usable(),
                quality: belief.quality_name(),
            },
        }
    }
}

impl DeviceView {
    fn of(device: &Device<'_>, room: Room) -> Self {
        let own_line = |kind: Option<Kind>| !matches!(kind, Some(Kind::DeviceLink | Kind::PartArming));
        let mut lines: Vec<PointLine> = device
            .points
            .iter()
            .filter(|point| own_line(point.row.kind()))
            .map(|point| PointLine::of(point, room))
            .collect();
        // What people look for first, then what asks for attention; else the order of the device.
        lines.sort_by_key(|line| (!line.looked_for, Reverse(line.tone)));
        let at_once = lines.iter().take_while(|line| line.stands_out()).count().min(LINES_AT_ONCE);
        let rest = lines.split_off(at_once.max(lines.len().min(1)));
        Self {
            id: device.row.device.to_string(),
            name: spaced(device.row.device.as_str()),
            edge: device.row.edge.to_string(),
            profile: device.row.profile.clone(),
            // Nothing lies between an edge and itself, so it has no link.
            link: (device.row.device.as_str() != DeviceId::EDGE_ITSELF).then(|| LinkView::of(device)),
            rest_alerts: rest.iter().filter(|line| line.tone == Tone::Alert).count(),
            rest_doubtful: rest.iter().filter(|line| !line.usable).count(),
            lines,
            rest,
        }
    }
}

impl LinkView {
    fn of(device: &Device<'_>) -> Self {
        let kind = Some(Kind::DeviceLink);
        let link = device.points.iter().find(|point| point.row.kind() == kind);
        let usable = link.is_some_and(|link| link.belief.is_usable());
        let value = link.and_then(|link| link.value);
        Self {
            state: value.map(|value| shown::in_words(kind, value)),
            tone: value.map_or(Tone::Quiet, |value| tone::of(kind, value, Room::Guarded)),
            usable,
        }
    }
}
