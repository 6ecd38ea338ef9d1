//! Which point of the device has which kind. Every kind of a host agent has one point.

use std::collections::BTreeMap;

use wire::{Kind, PointNo, Value};

use super::Out;
use crate::field::sample::{Novelty, Sample};

#[derive(Clone, Debug, Default)]
pub struct Points(BTreeMap<Kind, PointNo>);

impl Points {
    /// The points of a device's profile in their order; the first of them has the number `first`.
    pub fn new(first: PointNo, kinds: impl IntoIterator<Item = Kind>) -> Self {
        let mut points = BTreeMap::new();
        for (place, kind) in (0..).zip(kinds) {
            points.entry(kind).or_insert(PointNo(first.0.saturating_add(place)));
        }
        Self(points)
    }

    fn get(&self, kind: Kind) -> Option<PointNo> {
        self.0.get(&kind).copied()
    }
}

impl Out<'_> {
    pub(super) fn happened(&mut self, kind: Kind, value: Value) {
        self.push(kind, value, Novelty::Happened);
    }

    pub(super) fn stands(&mut self, kind: Kind, value: Value) {
        self.push(kind, value, Novelty::Level);
    }

    /// A named state of the kind.
    pub(super) fn state(&mut self, kind: Kind, name: &str, novelty: Novelty) {
        let state = kind.state(name).expect("the states of our own kinds are known");
        self.push(kind, Value::Integer(state), novelty);
    }

    fn push(&mut self, kind: Kind, value: Value, novelty: Novelty) {
        let Some(point) = self.points.get(kind) else {
            self.unmapped += 1;
            return;
        };
        let (quality, marks) = (self.quality, self.marks);
        self.samples.push(Sample { point, value: Some(value), quality, novelty, marks });
    }
}
