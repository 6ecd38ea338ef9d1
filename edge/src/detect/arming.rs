//! The arming of the part, derived from its alarm panel. Pure.
//!
//! It follows the panel in everything: state, quality and time. A panel that is stale, lost or foreign makes the arming
//! stale or failed as well, with the last known state; what follows from that is for the hub to judge. A part without a
//! panel never has an arming, and never known counts as set.

use wire::{Kind, PointNo, Reading};

#[derive(Clone, Copy, Debug)]
pub(super) struct Arming {
    /// The panel's `panel.arm_state`.
    source: PointNo,
    own: PointNo,
}

impl Arming {
    pub(super) fn new(source: PointNo, own: PointNo) -> Self {
        Self { source, own }
    }

    /// The arming that goes with a reading of `point`, if that is the panel's.
    pub(super) fn derived(&self, point: PointNo, reading: &Reading) -> Option<(PointNo, Reading)> {
        let own_states = Kind::PartArming.value_type();
        let value = reading.value.clone().filter(|value| own_states.accepts(value));
        (point == self.source).then(|| (self.own, Reading { value, ..reading.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use wire::{Marks, Quality, Value};

    use super::*;
    use crate::detect::trace::at;

    #[test]
    fn arming_follows_the_panel_and_nothing_else() {
        let arming = Arming::new(PointNo(3), PointNo(40));
        let set = Reading {
            value: Some(Value::Integer(3)),
            quality: Quality::Stale,
            stamp: at(7),
            marks: Marks::NONE,
        };
        assert_eq!(arming.derived(PointNo(3), &set), Some((PointNo(40), set.clone())));
        assert_eq!(arming.derived(PointNo(4), &set), None);
    }

    #[test]
    fn panel_and_part_have_the_same_states() {
        assert_eq!(Kind::PanelArmState.value_type(), Kind::PartArming.value_type());
    }
}
