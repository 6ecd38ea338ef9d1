//! What ends.

use super::Judge;
use crate::correlate::recollection::InstanceKey;
use crate::correlate::rule::Points;
use crate::situation::memory::Stand;

impl Judge<'_> {
    /// A point no longer stands as a trigger wants it.
    pub(super) fn stands_no_more(&mut self, key: InstanceKey, points: &Points, point: u32) {
        let Some(instance) = self.part.rules.get_mut(&key) else { return };
        if !instance.active.contains(&point) {
            return;
        }
        instance.active.retain(|active| *active != point);
        self.part.changed.state = true;
        if self.part.rules.instance(&key).active.is_empty() {
            self.over(key, points);
        }
    }

    /// No trigger holds any more.
    fn over(&mut self, key: InstanceKey, points: &Points) {
        let instance = self.part.rules.instance(&key);
        let began = instance.onset.is_some();
        match instance.stand {
            // What need not hold is judged all the same.
            Stand::Waiting if began && !points.must_hold() => {}
            Stand::Ready if began && points.with.iter().any(|past| past.after_ms > 0) => {
                self.set_time(key, points)
            }
            Stand::Waiting | Stand::Ready | Stand::Excused => self.forget(key),
            Stand::Fired { .. } if !points.clear.is_empty() => {}
            Stand::Fired { .. } => self.clear(key, points),
        }
    }

    /// The condition of what fired has gone.
    fn clear(&mut self, key: InstanceKey, points: &Points) {
        let book_key = self.book_key(key);
        self.book.clear(&book_key, self.moment);
        match self.part.rules.instance(&key).stand {
            Stand::Fired { stage, settles_ms: Some(settles_ms), .. } => {
                self.stand(key, points, Stand::Fired { stage, settles_ms: Some(settles_ms), ended: true });
            }
            _ => self.forget(key),
        }
    }

    /// A sign came that ends what this rule found here.
    pub(super) fn cleared_by_sign(&mut self, key: InstanceKey) {
        for key in self.part.rules.of_subject(key.rule, key.subject) {
            if matches!(self.part.rules.instance(&key).stand, Stand::Fired { ended: false, .. }) {
                let book_key = self.book_key(key);
                self.book.clear(&book_key, self.moment);
                self.part.changed.state = true;
                self.forget(key);
            }
        }
    }

    /// What must hold all the time does not: nothing counts until it does again.
    pub(super) fn interrupt(&mut self, key: InstanceKey, points: &Points) {
        if matches!(self.part.rules.instance(&key).stand, Stand::Fired { ended: false, .. }) {
            let book_key = self.book_key(key);
            self.book.clear(&book_key, self.moment);
        }
        let instance = self.part.rules.get_mut(&key).expect("the caller found this instance");
        if instance.active.is_empty() {
            self.forget(key);
            return;
        }
        instance.onset = None;
        self.stand(key, points, Stand::Waiting);
    }

    pub(super) fn forget(&mut self, key: InstanceKey) {
        self.unset_time(key);
        self.part.rules.remove(&key);
    }

    /// Points that nobody reports any more hold no condition. What was latched stays for a person to close.
    pub fn drop_retired(&mut self) {
        let mut gone = Vec::new();
        for (key, instance) in self.part.rules.all() {
            let retired = |point: &&u32| self.part.layout.points[**point as usize].retired;
            gone.extend(instance.active.iter().filter(retired).map(|point| (*key, *point)));
        }
        for (key, point) in gone {
            if let Some(points) = self.pack.rule(key.rule).points() {
                self.stands_no_more(key, points, point);
            }
        }
    }
}
