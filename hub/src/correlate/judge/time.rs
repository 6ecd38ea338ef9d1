//! What the passing of time does, as the clock shows it or as later records do.

use wire::{EdgeId, Lane};

use super::Judge;
use super::decide::By;
use crate::correlate::recollection::{InstanceKey, due_ms, passes_ms};
use crate::correlate::rule::Points;
use crate::situation::memory::Stand;

/// How soon a timer that could not be trusted is looked at again.
const ASK_AGAIN_MS: i64 = 250;

impl Judge<'_> {
    /// Changes how far the rule has come, and with it when time will move it on.
    pub(super) fn stand(&mut self, key: InstanceKey, points: &Points, stand: Stand) {
        let instance = self.part.rules.get_mut(&key).expect("the caller found this instance");
        instance.stand = stand;
        self.set_time(key, points);
    }

    pub(super) fn set_time(&mut self, key: InstanceKey, points: &Points) {
        let instance = self.part.rules.get_mut(&key).expect("the caller found this instance");
        let (before_ms, after_ms) = (instance.due_ms, due_ms(instance, points));
        let passes_ms = passes_ms(instance, points);
        instance.due_ms = after_ms;
        self.timers.change(self.place, key, before_ms, after_ms);
        self.part.rules.set_passing(key, passes_ms);
    }

    pub(super) fn unset_time(&mut self, key: InstanceKey) {
        if let Some(instance) = self.part.rules.get(&key) {
            self.timers.change(self.place, key, instance.due_ms, None);
            self.part.rules.set_passing(key, None);
        }
    }

    /// Hub time has reached the due time of a timer. That nothing came which would end the condition only counts while the
    /// edge's connection stands: otherwise it is asked again a little later.
    pub fn due(&mut self, key: InstanceKey, due_ms: i64, absence_counts: bool) {
        let current = self.part.rules.get_mut(&key).filter(|instance| instance.due_ms == Some(due_ms));
        let Some(instance) = current else { return };
        self.part.changed.state = true;
        if !absence_counts {
            let again_ms = self.moment.hub_ms.saturating_add(ASK_AGAIN_MS);
            instance.due_ms = Some(again_ms);
            self.timers.change(self.place, key, None, Some(again_ms));
            return;
        }
        let stand = instance.stand;
        let Some(points) = self.pack.rule(key.rule).points() else { return };
        match stand {
            Stand::Ready => self.forget(key),
            Stand::Fired { settles_ms: Some(settles_ms), .. } if settles_ms <= due_ms => self.settle(key),
            _ => self.step(key, points, By::Clock),
        }
    }

    /// The edge at which an instance began; its timer rests on what that edge says.
    fn is_of(&self, key: &InstanceKey, edge: &EdgeId) -> bool {
        let onset = self.part.rules.get(key).and_then(|instance| instance.onset.as_ref());
        onset.is_some_and(|onset| self.part.edge_of(onset.point) == edge)
    }

    /// A record of the same edge and lane shows that this much time has passed there. Moves on what was due before it.
    pub fn advance(&mut self, edge: &EdgeId, lane: Lane, event_ms: i64) {
        if lane != Lane::Urgent {
            return;
        }
        loop {
            let passed = self.part.rules.passed(event_ms).find(|key| self.is_of(key, edge)).copied();
            let Some(key) = passed else { return };
            let Some(points) = self.pack.rule(key.rule).points() else { return };
            match self.part.rules.instance(&key).stand {
                Stand::Fired { settles_ms: Some(_), .. } if self.hears_all(points) => self.settle(key),
                // Another edge may still have something to say: the clock settles it.
                Stand::Fired { settles_ms: Some(_), .. } => self.part.rules.set_passing(key, None),
                _ => self.step(key, points, By::Records),
            }
        }
    }

    fn step(&mut self, key: InstanceKey, points: &Points, by: By) {
        match self.part.rules.instance(&key).stand {
            Stand::Waiting => self.decide(key, points, by),
            Stand::Fired { stage, .. } => match points.sustained.get(usize::from(stage)).copied() {
                Some(stage) => self.next_stage(key, points, stage),
                None => self.set_time(key, points),
            },
            Stand::Ready | Stand::Excused => self.set_time(key, points),
        }
    }

    /// There is no more room for what waits: the oldest is judged by what is known.
    pub(super) fn decide_early(&mut self, key: InstanceKey) {
        let Some(points) = self.pack.rule(key.rule).points() else { return };
        if self.part.rules.instance(&key).stand == Stand::Waiting {
            self.decide(key, points, By::Clock);
        }
        if self.part.rules.get(&key).is_some_and(|instance| matches!(instance.stand, Stand::Fired { .. })) {
            self.settle(key);
        }
        self.forget(key);
    }
}
