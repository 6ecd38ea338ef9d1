//! What a trigger begins.

use super::Judge;
use crate::correlate::recollection::InstanceKey;
use crate::correlate::rule::Points;
use crate::situation::memory::{Instance, Onset, Stand};

/// Occurrences of one rule about one thing that wait for what may excuse them. With more, the oldest is decided at once.
const OCCURRENCES_MAX: usize = 16;

impl Judge<'_> {
    /// A point stands as a trigger wants it. `counts`: it came from a value from which it counts.
    pub(super) fn stands(&mut self, key: InstanceKey, points: &Points, onset: Onset, counts: bool) {
        let known = self.part.rules.get(&key);
        let first = known.is_none_or(|instance| instance.active.is_empty());
        if known.is_some_and(|instance| instance.active.contains(&onset.point)) || first && !counts {
            return;
        }
        self.part.changed.state = true;
        if known.is_some_and(|instance| matches!(instance.stand, Stand::Fired { ended: true, .. })) {
            // It is over and only waits for an excuse. What begins now is judged for itself.
            self.settle(key);
        }
        let point = onset.point;
        self.instance_or_new(key).active.push(point);
        if self.part.rules.instance(&key).onset.is_some() {
            if matches!(self.part.rules.instance(&key).stand, Stand::Fired { .. }) {
                self.raise(key, onset);
            }
        } else if self.lasts(points, point) {
            self.begin(key, points, onset);
        }
    }

    /// Something happened that is a trigger, and is over.
    pub(super) fn happens(&mut self, key: InstanceKey, points: &Points, onset: Onset) {
        self.part.changed.state = true;
        if !self.lasts(points, onset.point) {
            return;
        }
        let mut waiting = self.part.rules.of_subject(key.rule, key.subject);
        waiting.retain(|key| key.occurrence > 0);
        if waiting.len() >= OCCURRENCES_MAX {
            self.decide_early(waiting[0]);
        }
        let occurrence = waiting.last().map_or(1, |last| last.occurrence.saturating_add(1));
        let key = InstanceKey { occurrence, ..key };
        self.instance_or_new(key);
        self.begin(key, points, onset);
    }

    pub(super) fn begin(&mut self, key: InstanceKey, points: &Points, onset: Onset) {
        let instance = self.part.rules.get_mut(&key).expect("the caller made this instance");
        instance.onset = Some(onset);
        instance.stand = Stand::Waiting;
        if points.decides_after_ms() == 0 {
            self.decide(key, points, super::decide::By::Records);
        } else {
            self.set_time(key, points);
        }
    }

    fn instance_or_new(&mut self, key: InstanceKey) -> &mut Instance {
        if self.part.rules.get(&key).is_none() {
            let instance = Instance { active: Vec::new(), onset: None, stand: Stand::Waiting, due_ms: None };
            self.part.rules.insert(key, instance);
        }
        self.part.rules.get_mut(&key).expect("it was made if it was not there")
    }

    /// Whether everything holds that must hold all the time.
    pub(super) fn lasts(&self, points: &Points, point: u32) -> bool {
        let device = Some(self.part.device_of(point));
        points.during.iter().all(|condition| condition.holds(self.part, device))
    }
}
