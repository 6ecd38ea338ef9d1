//! When the steps of a scenario are due. Pure: the time is an argument.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

/// The steps still to come. Steps of the same moment come in the order of the file.
#[derive(Debug)]
pub struct Timeline {
    to_come: BinaryHeap<Reverse<(Duration, usize)>>,
    repeats: Vec<Option<Duration>>,
}

/// A step whose time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its number in the file, from 0.
    pub step: usize,
    /// Repetitions of it that were overslept and are left out, so that a process that stood still does not catch up in
    /// a burst that no site would show.
    pub skipped: u64,
}

impl Timeline {
    /// Each step as its first moment and the distance of its repetitions.
    pub fn new(steps: impl IntoIterator<Item = (Duration, Option<Duration>)>) -> Self {
        let (first, repeats): (Vec<Duration>, Vec<Option<Duration>>) = steps.into_iter().unzip();
        let to_come = first.into_iter().enumerate().map(|(step, at)| Reverse((at, step))).collect();
        Self { to_come, repeats }
    }

    /// When the next step is due; `None` when everything is over.
    pub fn next_at(&self) -> Option<Duration> {
        self.to_come.peek().map(|Reverse((at, _))| *at)
    }

    /// The next step that is due at `now`.
    pub fn take_due(&mut self, now: Duration) -> Option<Due> {
        let at = self.next_at().filter(|at| *at <= now)?;
        let Reverse((_, step)) = self.to_come.pop()?;
        let mut skipped = 0;
        if let Some(period) = self.repeats[step].filter(|period| !period.is_zero()) {
            // Whole periods between the moment it was due and now.
            let overslept = (now - at).as_nanos() / period.as_nanos();
            skipped = u64::try_from(overslept).unwrap_or(u64::MAX);
            let periods = u32::try_from(skipped.saturating_add(1)).unwrap_or(u32::MAX);
            self.to_come.push(Reverse((at.saturating_add(period.saturating_mul(periods)), step)));
        }
        Some(Due { step, skipped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn due_until(timeline: &mut Timeline, now: Duration) -> Vec<usize> {
        std::iter::from_fn(|| timeline.take_due(now)).map(|due| due.step).collect()
    }

    #[test]
    fn steps_come_in_the_order_of_time_then_of_the_file() {
        let mut timeline = Timeline::new([(s(5), None), (s(2), None), (s(5), None)]);
        assert_eq!(timeline.next_at(), Some(s(2)));
        assert!(due_until(&mut timeline, s(1)).is_empty());
        assert_eq!(due_until(&mut timeline, s(2)), [1]);
        assert_eq!(due_until(&mut timeline, s(9)), [0, 2]);
        assert_eq!(timeline.next_at(), None);
    }

    #[test]
    fn repetition_keeps_its_beat() {
        let mut timeline = Timeline::new([(s(1), Some(s(10))), (s(3), None)]);
        let mut seen = Vec::new();
        for now in 0..32 {
            seen.extend(due_until(&mut timeline, s(now)).into_iter().map(|step| (now, step)));
        }
        assert_eq!(seen, [(1, 0), (3, 1), (11, 0), (21, 0), (31, 0)]);
    }

    #[test]
    fn overslept_repetitions_are_left_out_and_counted() {
        let mut timeline = Timeline::new([(s(1), Some(s(10)))]);
        assert_eq!(timeline.take_due(s(45)), Some(Due { step: 0, skipped: 4 }));
        assert_eq!(timeline.take_due(s(45)), None);
        assert_eq!(timeline.next_at(), Some(s(51)));
    }
}
