//! A part, in short and in full.

use serde::Serialize;
use utoipa::ToSchema;
use wire::Kind;

use super::Time;
use super::edge::Edge;
use super::incident::Severity;
use super::point::{Point, Quality};
use crate::api::open::OpenIncidents;
use crate::api::shown;
use crate::situation::{self, EdgeState};
use crate::store::PartRow;

/// A key part: a room or place that is watched as one.
#[derive(Debug, Serialize, ToSchema)]
pub struct Part {
    #[schema(example = "doc-room")]
    pub id: String,
    #[schema(example = "Secret document room")]
    pub name: String,
    pub presence: Presence,
    pub arming: Arming,
    pub edges: Vec<Edge>,
    /// Open incidents of this part.
    pub open_incidents: u64,
    /// The gravest of them.
    #[schema(required = true)]
    pub gravest: Option<Severity>,
    /// Points that exist here, and those among them whose value cannot be believed now.
    pub points: usize,
    pub points_not_usable: usize,
    /// When anything of the part was heard last.
    #[schema(required = true)]
    pub last_news: Option<Time>,
}

/// Why a part is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// The configuration names it.
    Registered,
    /// An edge reports that no part of the configuration names.
    Unregistered,
    /// Nobody watches it any more; it is listed while it has open incidents.
    Former,
}

impl From<shown::Presence> for Presence {
    fn from(presence: shown::Presence) -> Self {
        match presence {
            shown::Presence::Registered => Presence::Registered,
            shown::Presence::Unregistered => Presence::Unregistered,
            shown::Presence::Former => Presence::Former,
        }
    }
}

/// The arming state as rules see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Arming {
    /// `unset`, `exit`, `part`, `set`, `entry`, `alarm` or `maintenance`; `null`: never known, and rules count it as `set`.
    #[schema(required = true, example = "set")]
    pub state: Option<String>,
    pub quality: Quality,
}

/// A part with its devices and points.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartDetail {
    #[serde(flatten)]
    pub part: Part,
    pub devices: Vec<Device>,
}

/// A field device.
#[derive(Debug, Serialize, ToSchema)]
pub struct Device {
    #[schema(example = "door-1")]
    pub id: String,
    #[schema(example = "edge-doc")]
    pub edge: String,
    /// The device profile that reads it.
    pub profile: String,
    /// How its edge reaches it; `null`: the edge has not said.
    #[schema(required = true)]
    pub link: Option<Link>,
    pub points: Vec<Point>,
}

/// The link between an edge and a device.
#[derive(Debug, Serialize, ToSchema)]
pub struct Link {
    /// `online`, `lost`, `frozen`, `foreign` or `misconfigured`; `null`: never reported.
    #[schema(required = true, example = "online")]
    pub state: Option<String>,
    pub quality: Quality,
    /// Since when it has been so.
    #[schema(required = true)]
    pub since: Option<Time>,
}

impl Part {
    pub fn of(part: &PartRow, edges: &[EdgeState], open: &OpenIncidents) -> Self {
        let devices = shown::devices(part, edges);
        let points = || devices.iter().flat_map(|device| &device.points);
        Self {
            id: part.part.to_string(),
            name: part.name.clone(),
            presence: shown::presence(part, edges).into(),
            arming: Arming::of(part, edges),
            edges: shown::edges_of(part, edges).map(Edge::of).collect(),
            open_incidents: open.count_of(&part.part),
            gravest: open.gravest_of(&part.part).map(Severity::from),
            points: points().count(),
            points_not_usable: points().filter(|point| !point.belief.is_usable()).count(),
            last_news: shown::last_news_ms(part).map(Time),
        }
    }
}

impl PartDetail {
    pub fn of(part: &PartRow, edges: &[EdgeState], open: &OpenIncidents, now_ms: i64) -> Self {
        let devices = shown::devices(part, edges);
        Self {
            part: Part::of(part, edges, open),
            devices: devices.iter().map(|device| Device::of(device, now_ms)).collect(),
        }
    }
}

impl Device {
    fn of(device: &shown::Device<'_>, now_ms: i64) -> Self {
        let link = device.points.iter().find(|point| point.row.kind() == Some(Kind::DeviceLink));
        Self {
            id: device.row.device.to_string(),
            edge: device.row.edge.to_string(),
            profile: device.row.profile.clone(),
            link: link.map(|point| Link {
                state: point.value.map(|value| shown::in_words(Some(Kind::DeviceLink), value)),
                quality: point.belief.into(),
                since: point.event_ms.map(Time),
            }),
            points: device.points.iter().map(|point| Point::of(point, now_ms)).collect(),
        }
    }
}

impl Arming {
    pub fn of(part: &PartRow, edges: &[EdgeState]) -> Self {
        let shown = shown::arming(part, edges);
        Self::new(
            shown.map(|(arming, _)| arming),
            shown.map_or(Quality::Unknown, |(_, belief)| belief.into()),
        )
    }

    /// As it was judged, whatever has become of its edge.
    pub fn judged(arming: Option<situation::Arming>) -> Self {
        Self::new(arming, arming.map_or(Quality::Unknown, |arming| arming.quality.into()))
    }

    fn new(arming: Option<situation::Arming>, quality: Quality) -> Self {
        Self { state: arming.map(shown::arming_name), quality }
    }
}
