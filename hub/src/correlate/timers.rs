//! When time alone will change something in a part.

use std::collections::BTreeSet;

use super::recollection::InstanceKey;

/// (due, place of the part, instance)
pub type Timer = (i64, usize, InstanceKey);

#[derive(Debug, Default)]
pub struct Timers(BTreeSet<Timer>);

impl Timers {
    pub fn reset(&mut self, timers: impl Iterator<Item = Timer>) {
        self.0.clear();
        self.0.extend(timers);
    }

    pub fn change(&mut self, part: usize, key: InstanceKey, before: Option<i64>, after: Option<i64>) {
        if before != after {
            before.map(|due_ms| self.0.remove(&(due_ms, part, key)));
            after.map(|due_ms| self.0.insert((due_ms, part, key)));
        }
    }

    pub fn next_due_ms(&self) -> Option<i64> {
        self.0.first().map(|(due_ms, _, _)| *due_ms)
    }

    /// The earliest that is due.
    pub fn take_due(&mut self, hub_ms: i64) -> Option<Timer> {
        self.0.first().filter(|(due_ms, _, _)| *due_ms <= hub_ms)?;
        self.0.pop_first()
    }
}
