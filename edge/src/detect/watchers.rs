//! What is watched of one number, put together. Pure.

use std::time::Duration;

use wire::{Marks, Value};

use super::limits::Limits;
use super::rate::Rate;
use super::rollback::{Restart, Rollback};
use super::stuck::Stuck;
use crate::field::profile::PointSpec;

#[derive(Clone, Debug)]
pub(super) struct Watchers {
    limits: Option<Limits>,
    rate: Option<Rate>,
    stuck: Option<Stuck>,
    rollback: Option<Rollback>,
}

impl Watchers {
    /// `None` for most points: nothing is watched. `interval` is how often the point is read.
    pub(super) fn of(spec: &PointSpec, interval: Duration) -> Option<Box<Self>> {
        let watch = spec.watch;
        let watchers = Self {
            limits: watch.limits.map(Limits::new),
            rate: watch.rate.map(|rate| Rate::new(rate, interval)),
            stuck: watch.stuck_after.map(|after| Stuck::new(after, interval)),
            rollback: watch.rises.then(|| Rollback::new(spec.wraps_at())),
        };
        let any = watchers.limits.is_some()
            || watchers.rate.is_some()
            || watchers.stuck.is_some()
            || watchers.rollback.is_some();
        any.then(|| Box::new(watchers))
    }

    /// The marks of a value that was read. What is no number has none.
    pub(super) fn judge(&mut self, value: &Value, now_ms: u64, restart: Restart) -> Marks {
        let number = match value {
            Value::Integer(integer) => *integer as f64,
            Value::Number(number) => *number,
            Value::Flag(_) | Value::Text(_) => return Marks::NONE,
        };
        let limits = self.limits.as_mut().map_or(Marks::NONE, |limits| limits.judge(number));
        let fast = self.rate.as_mut().is_some_and(|rate| rate.is_fast(number, now_ms));
        let stuck = self.stuck.as_mut().is_some_and(|stuck| stuck.is_stuck(number, now_ms));
        let back = self.rollback.as_mut().is_some_and(|rollback| rollback.went_back(number, restart));
        let found = [(fast, Marks::FAST), (stuck, Marks::STUCK), (back, Marks::ROLLED_BACK)];
        found.into_iter().filter(|(found, _)| *found).fold(limits, |marks, (_, mark)| marks.with(mark))
    }

    /// The point could not be read.
    pub(super) fn missed(&mut self) {
        if let Some(stuck) = &mut self.stuck {
            stuck.missed();
        }
    }
}
