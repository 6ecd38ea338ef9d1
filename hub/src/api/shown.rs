//! How a part is shown, to programs and to people alike: the one place that decides what may be believed. A point whose
//! edge is not live is stale, whatever it said last; a point that never reported is unknown. Pure.

use wire::{EdgeId, Marks, PointId, Quality, Value};

use crate::situation::{Arming, DeviceRow, EdgeState, LivenessView, PointRow};
use crate::store::PartRow;

/// Believed quality. Stale or worse is never shown as normal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belief {
    /// As its edge reported it.
    Reported(Quality),
    /// Its edge is silent or not judged yet.
    EdgeNotLive,
    /// It never reported.
    NeverHeard,
}

impl Belief {
    pub fn quality_name(self) -> &'static str {
        match self {
            Belief::Reported(quality) => quality.name(),
            Belief::EdgeNotLive => Quality::Stale.name(),
            Belief::NeverHeard => "unknown",
        }
    }

    pub fn is_usable(self) -> bool {
        matches!(self, Belief::Reported(quality) if quality.is_usable())
    }
}

/// A point as it is shown.
#[derive(Clone, Debug)]
pub struct Point<'a> {
    pub id: PointId,
    pub row: &'a PointRow,
    pub value: Option<&'a Value>,
    pub belief: Belief,
    /// What the edge's detectors said about the value.
    pub marks: Marks,
    pub event_ms: Option<i64>,
}

pub struct Device<'a> {
    pub row: &'a DeviceRow,
    pub points: Vec<Point<'a>>,
}

/// The value in words: a state's name, yes or no, or the number.
pub fn in_words(kind: Option<wire::Kind>, value: &Value) -> String {
    kind.map_or_else(|| value.to_string(), |kind| kind.value_type().describe(value))
}

pub fn edges_of<'a>(part: &'a PartRow, edges: &'a [EdgeState]) -> impl Iterator<Item = &'a EdgeState> {
    edges.iter().filter(|edge| edge.part == part.part)
}

/// Where the layout describes a point.
pub fn point_row<'a>(part: &'a PartRow, id: &PointId) -> Option<&'a PointRow> {
    let layout = &part.layout;
    let device = layout.devices.iter().position(|row| row.edge == id.edge && row.device == id.device)?;
    layout.points.iter().find(|row| row.device as usize == device && row.point == id.point)
}

/// Why a part is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The configuration names it, or an edge that it names serves it.
    Registered,
    /// Nothing but an edge that the configuration does not name, and that was heard or may still be.
    Unregistered,
    /// Nobody watches it any more. It is listed while it has open incidents, so that somebody closes them.
    Former,
}

pub fn presence(part: &PartRow, edges: &[EdgeState]) -> Presence {
    let mut own = edges_of(part, edges);
    if part.named || edges_of(part, edges).any(|edge| edge.registered) {
        Presence::Registered
    } else if own.any(|edge| edge.liveness != LivenessView::Silent) {
        Presence::Unregistered
    } else {
        Presence::Former
    }
}

/// Whether everything of the part can be heard. A part without any edge reports nothing.
pub fn is_reporting(part: &PartRow, edges: &[EdgeState]) -> bool {
    let mut own = edges_of(part, edges).peekable();
    own.peek().is_some() && own.all(|edge| edge.liveness == LivenessView::Live)
}

/// The part's devices with their points, as far as the layout knows them and they are not retired.
pub fn devices<'a>(part: &'a PartRow, edges: &[EdgeState]) -> Vec<Device<'a>> {
    let mut devices: Vec<Device<'a>> =
        part.layout.devices.iter().map(|row| Device { row, points: Vec::new() }).collect();
    for (place, row) in part.layout.points.iter().enumerate().filter(|(_, row)| !row.retired) {
        let Some(device) = devices.get_mut(row.device as usize) else { continue };
        let state = part.state.points.get(place).and_then(Option::as_ref);
        let id = PointId {
            edge: device.row.edge.clone(),
            device: device.row.device.clone(),
            point: row.point.clone(),
        };
        let belief = believe(is_live(&device.row.edge, edges), state.map(|state| state.quality));
        let value = state.and_then(|state| state.value.as_ref());
        let marks = state.map_or(Marks::NONE, |state| state.marks);
        let event_ms = state.map(|state| state.event_ms);
        device.points.push(Point { id, row, value, belief, marks, event_ms });
    }
    // A device whose points are all retired has gone from its edge's table.
    devices.retain(|device| !device.points.is_empty());
    devices
}

/// The arming state and what may be believed of it. `None`: never known, which rules count as *set*.
pub fn arming(part: &PartRow, edges: &[EdgeState]) -> Option<(Arming, Belief)> {
    let arming = part.state.arming?;
    let name = wire::Kind::PartArming.name();
    let source = part.layout.points.iter().find(|point| point.kind == name && !point.retired);
    let edge =
        source.and_then(|point| part.layout.devices.get(point.device as usize)).map(|device| &device.edge);
    let live = match edge {
        Some(edge) => is_live(edge, edges),
        None => edges_of(part, edges).all(|edge| edge.liveness == LivenessView::Live),
    };
    Some((arming, believe(live, Some(arming.quality))))
}

/// The name of an arming state; a newer edge may know one that this hub does not.
pub fn arming_name(arming: Arming) -> String {
    in_words(Some(wire::Kind::PartArming), &Value::Integer(i64::from(arming.state)))
}

/// When anything of the part was heard last.
pub fn last_news_ms(part: &PartRow) -> Option<i64> {
    part.state.points.iter().flatten().map(|point| point.event_ms).max()
}

fn is_live(edge: &EdgeId, edges: &[EdgeState]) -> bool {
    edges.iter().any(|state| state.edge == *edge && state.liveness == LivenessView::Live)
}

fn believe(live: bool, reported: Option<Quality>) -> Belief {
    match (reported, live) {
        (None, _) => Belief::NeverHeard,
        (Some(_), false) => Belief::EdgeNotLive,
        (Some(quality), true) => Belief::Reported(quality),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_silent_edge_said_last_is_stale_and_the_unheard_is_unknown() {
        assert_eq!(believe(true, Some(Quality::Good)).quality_name(), "good");
        assert_eq!(believe(false, Some(Quality::Good)).quality_name(), "stale");
        assert_eq!(believe(false, Some(Quality::CommFailure)).quality_name(), "stale");
        assert_eq!(believe(true, None).quality_name(), "unknown");
        assert!(!believe(false, Some(Quality::Good)).is_usable() && !believe(true, None).is_usable());
        assert!(!believe(true, Some(Quality::CommFailure)).is_usable());
    }
}
