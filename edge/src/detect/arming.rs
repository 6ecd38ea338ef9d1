//! The arming of the part, derived from its alarm panel. Pure.
//!
//! It follows the panel in everything: state, quality and time. A panel that is stale, lost or foreign makes the arming
//! stale or failed as well, with the last known state; what follows from that is for the hub to judge. A part without a
//! panel never has an arming, and never known counts as set.

use wire::{Kind, Lane, Marks, PointNo, Reading, Value};

use super::outbox::{Detected, What};
use super::panel::Panel;
use crate::field::ArmingSource;

#[derive(Clone, Debug)]
pub(super) enum Arming {
    /// The panel says by itself how it is armed.
    Follows { state: PointNo, own: PointNo },
    /// It says only which sectors are armed.
    Derives { panel: Panel, own: PointNo, told: Option<Reading> },
}

impl Arming {
    pub(super) fn new(source: &ArmingSource, own: PointNo) -> Self {
        match source {
            ArmingSource::State(state) => Self::Follows { state: *state, own },
            ArmingSource::Points(points) => Self::Derives { panel: Panel::new(points), own, told: None },
        }
    }

    /// Puts the arming behind the readings that it follows from, and so before the zones that it makes matter.
    pub(super) fn follow(&mut self, detected: Vec<Detected>) -> Vec<Detected> {
        match self {
            Arming::Follows { state, own } => {
                let (state, own) = (*state, *own);
                detected.into_iter().flat_map(|found| with_arming(found, state, own)).collect()
            }
            Arming::Derives { panel, own, told } => derive(detected, panel, *own, told),
        }
    }
}

fn with_arming(found: Detected, state: PointNo, own: PointNo) -> impl Iterator<Item = Detected> {
    let own_states = Kind::PartArming.value_type();
    let arming = (found.point == state).then(|| {
        let value = found.reading.value.clone().filter(|value| own_states.accepts(value));
        Detected { point: own, reading: Reading { value, ..found.reading.clone() }, ..found }
    });
    [Some(found), arming].into_iter().flatten()
}

/// The points of one scan change together, so the arming is derived from all of them: a panel whose sectors are armed one
/// after the other in the same reply was never armed in part.
fn derive(
    mut detected: Vec<Detected>,
    panel: &mut Panel,
    own: PointNo,
    told: &mut Option<Reading>,
) -> Vec<Detected> {
    let mut last = None;
    for (place, found) in detected.iter().enumerate() {
        // A late value is not the present one; how the point stands now is told behind it.
        if !found.reading.marks.contains(Marks::LATE) && panel.read(found.point, &found.reading) {
            last = Some((place, found.what, found.lane, found.reading.stamp));
        }
    }
    let Some((place, what, lane, stamp)) = last else {
        return detected;
    };
    let (state, quality) = panel.state();
    let reading = Reading { value: state.map(Value::Integer), quality, stamp, marks: Marks::NONE };
    let same =
        told.as_ref().is_some_and(|told| told.value == reading.value && told.quality == reading.quality);
    let repeated = (what, lane) == (What::Snapshot, Lane::Routine);
    if same && !repeated {
        return detected;
    }
    let (what, lane) = match told {
        Some(_) if same => (What::Snapshot, Lane::Routine),
        Some(_) => (What::Event, Kind::PartArming.lane()),
        None => (What::Snapshot, Kind::PartArming.lane()),
    };
    *told = Some(reading.clone());
    detected.insert(place + 1, Detected { point: own, lane, what, reading });
    detected
}

#[cfg(test)]
mod tests {
    use wire::Quality;

    use super::*;
    use crate::detect::trace::at;
    use crate::field::PanelPoints;

    fn found(point: u16, value: Value, quality: Quality, ms: u64) -> Detected {
        let reading = Reading { value: Some(value), quality, stamp: at(ms), marks: Marks::NONE };
        Detected { point: PointNo(point), lane: Lane::Urgent, what: What::Event, reading }
    }

    fn flag(point: u16, flag: bool, ms: u64) -> Detected {
        found(point, Value::Flag(flag), Quality::Good, ms)
    }

    const OWN: PointNo = PointNo(40);

    #[test]
    fn arming_follows_the_panel_and_nothing_else() {
        let mut arming = Arming::new(&ArmingSource::State(PointNo(3)), OWN);
        let set = found(3, Value::Integer(3), Quality::Stale, 7);
        let other = found(4, Value::Integer(0), Quality::Good, 7);
        let expected = vec![set.clone(), Detected { point: OWN, ..set.clone() }, other.clone()];
        assert_eq!(arming.follow(vec![set, other]), expected);
    }

    #[test]
    fn panel_and_part_have_the_same_states() {
        assert_eq!(Kind::PanelArmState.value_type(), Kind::PartArming.value_type());
    }

    fn derived() -> Arming {
        let points = PanelPoints { armed: vec![PointNo(1), PointNo(2)], ..PanelPoints::default() };
        Arming::new(&ArmingSource::Points(points), OWN)
    }

    /// The place, the state and the kind of every arming among what is found.
    fn armings(arming: &mut Arming, detected: Vec<Detected>) -> Vec<(usize, i64, What)> {
        let followed = arming.follow(detected).into_iter().enumerate();
        let own = followed.filter(|(_, found)| found.point == OWN);
        own.map(|(place, found)| match found.reading.value {
            Some(Value::Integer(state)) => (place, state, found.what),
            other => panic!("{other:?}"),
        })
        .collect()
    }

    #[test]
    fn sectors_of_one_scan_change_together_and_the_arming_stands_behind_the_last_of_them() {
        let mut arming = derived();
        let (unset, set) = (0, 3);
        let first = vec![flag(1, false, 5), flag(2, false, 5), flag(9, true, 5)];
        assert_eq!(armings(&mut arming, first), [(2, unset, What::Snapshot)]);
        let armed = vec![flag(1, true, 9), flag(2, true, 9), flag(9, false, 9)];
        assert_eq!(armings(&mut arming, armed), [(2, set, What::Event)], "it was never armed in part");
        assert_eq!(armings(&mut arming, vec![flag(9, true, 12)]), []);
    }

    #[test]
    fn a_repeated_panel_repeats_the_arming() {
        let mut arming = derived();
        armings(&mut arming, vec![flag(1, true, 5), flag(2, true, 5)]);
        let repeat = |found: Detected| Detected { what: What::Snapshot, lane: Lane::Routine, ..found };
        let repeated = vec![repeat(flag(1, true, 9)), repeat(flag(2, true, 9))];
        assert_eq!(armings(&mut arming, repeated), [(2, 3, What::Snapshot)]);
    }

    #[test]
    fn what_comes_late_does_not_arm_the_part() {
        let mut arming = derived();
        armings(&mut arming, vec![flag(1, false, 5), flag(2, false, 5)]);
        let mut late = flag(1, true, 2);
        late.reading.marks = Marks::LATE;
        assert_eq!(armings(&mut arming, vec![late]), []);
    }
}
