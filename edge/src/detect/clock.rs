//! What the edge tells of its own clock: whether it follows a source, how it stands against the hub's, and every step.
//! Pure: the hub's word comes in from outside.

use tracing::warn;
use wire::{Kind, Marks, Quality, Reading, Stamp, Value};

use super::outbox::{Outbox, What};
use super::own::{Own, clock_value};
use crate::clock::{Health, Judge, Step, Tie};
use crate::field::site::OwnPoints;

/// An offset that moved by less is not told anew.
const OFFSET_DEADBAND_MS: i64 = 500;

#[derive(Debug, Default)]
pub(super) struct OwnClock {
    state: Own,
    health: Own,
    offset: Own,
    offset_ms: Option<i64>,
    judge: Judge,
    judged: Option<Health>,
    tie: Option<Tie>,
}

impl OwnClock {
    /// The hub has said what time it is.
    pub(super) fn tied(&mut self, tie: Tie) {
        self.tie = Some(tie);
    }

    pub(super) fn ahead_ms(&self, now: Stamp) -> Option<i64> {
        self.tie.map(|tie| tie.offset_ms(&now))
    }

    /// What the last look said.
    pub(super) fn judged(&self) -> Option<Health> {
        self.judged
    }

    pub(super) fn look(&mut self, now: Stamp, points: &OwnPoints, out: &mut Outbox) {
        if let Some((what, reading)) = self.state.told(clock_value(now.clock), Quality::Good, now) {
            out.tell(points.clock, Kind::EdgeClock.lane(), what, reading);
        }
        let (health, step) = self.judge.look(&now, self.tie.as_ref());
        self.judged = health;
        if let Some(step) = step {
            tell_step(step, now, points, out);
        }
        if let Some(health) = health
            && let Some((what, reading)) = self.health.told(health_value(health), Quality::Good, now)
        {
            out.tell(points.clock_health, Kind::EdgeClockHealth.lane(), what, reading);
        }
        self.look_at_offset(now, points, out);
    }

    fn look_at_offset(&mut self, now: Stamp, points: &OwnPoints, out: &mut Outbox) {
        let Some(offset_ms) = self.tie.map(|tie| tie.offset_ms(&now)) else { return };
        let moved = |told_ms: i64| told_ms.saturating_sub(offset_ms).saturating_abs() >= OFFSET_DEADBAND_MS;
        if !self.offset_ms.is_none_or(moved) {
            return;
        }
        self.offset_ms = Some(offset_ms);
        if let Some((what, reading)) = self.offset.told(seconds(offset_ms), Quality::Good, now) {
            out.tell(points.clock_offset, Kind::EdgeClockOffset.lane(), what, reading);
        }
    }

    pub(super) fn snapshot(&self, now: Stamp, points: &OwnPoints, out: &mut Outbox) {
        let own = [
            (points.clock, &self.state),
            (points.clock_health, &self.health),
            (points.clock_offset, &self.offset),
        ];
        for (point, own) in own {
            if let Some(reading) = own.snapshot(now) {
                out.repeat(point, reading);
            }
        }
    }
}

/// Each step is an event of its own, also if it is as large as the one before.
fn tell_step(step: Step, now: Stamp, points: &OwnPoints, out: &mut Outbox) {
    warn!(by_ms = step.by_ms, kind = ?step.kind, "the wall clock jumped");
    metrics::counter!("edge_clock_steps_total").increment(1);
    let value = Some(seconds(step.by_ms));
    let reading = Reading { value, quality: Quality::Good, stamp: now, marks: Marks::NONE };
    out.tell(points.clock_step, Kind::EdgeClockStep.lane(), What::Event, reading);
}

fn seconds(ms: i64) -> Value {
    Value::Number(ms as f64 / 1_000.0)
}

fn health_value(health: Health) -> Value {
    let state = Kind::EdgeClockHealth.state(health.name());
    Value::Integer(state.expect("edge.clock_health has a state for every judgement"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::trace::at;
    use wire::PointNo;

    const POINTS: OwnPoints = OwnPoints {
        arming: PointNo(0),
        clock: PointNo(1),
        clock_offset: PointNo(2),
        clock_health: PointNo(3),
        clock_step: PointNo(4),
        storage: PointNo(5),
        temperature: PointNo(6),
        disk: PointNo(7),
        certificate: PointNo(8),
        annunciator: None,
    };

    /// What is told at `mono_ms` with a wall clock that is `ahead_ms` before that of [`at`].
    fn told(clock: &mut OwnClock, mono_ms: u64, ahead_ms: i64) -> Vec<(u16, Value)> {
        let mut out = Outbox::default();
        let now = at(mono_ms);
        clock.look(Stamp { wall_ms: now.wall_ms + ahead_ms, ..now }, &POINTS, &mut out);
        let told = out.found.detected.into_iter();
        told.map(|detected| (detected.point.0, detected.reading.value.unwrap())).collect()
    }

    fn tied() -> OwnClock {
        let mut clock = OwnClock::default();
        told(&mut clock, 0, 0);
        clock.tied(Tie { mono_ms: 0, hub_ms: at(0).wall_ms });
        clock
    }

    #[test]
    fn a_step_is_told_with_its_size_its_judgement_and_the_offset_that_it_left() {
        let mut clock = tied();
        assert_eq!(told(&mut clock, 1_000, 0), [(3, Value::Integer(0)), (2, Value::Number(0.0))]);
        assert_eq!(told(&mut clock, 2_000, 100), [], "nothing new");
        let step = told(&mut clock, 3_000, 30_000);
        let Value::Number(by_s) = step[0].1 else { panic!("{step:?}") };
        assert!(step[0].0 == 4 && (29.0..30.1).contains(&by_s));
        assert_eq!(step[1..], [(3, Value::Integer(3)), (2, Value::Number(30.0))]);
        assert_eq!(told(&mut clock, 70_000, 30_000), [(3, Value::Integer(2))]);
    }

    #[test]
    fn before_the_hub_has_spoken_nothing_is_said_of_the_offset() {
        let mut clock = OwnClock::default();
        let points: Vec<u16> = told(&mut clock, 0, 99_000).into_iter().map(|(point, _)| point).collect();
        assert_eq!(points, [1]);
        let mut out = Outbox::default();
        clock.snapshot(at(5), &POINTS, &mut out);
        assert_eq!(out.found.detected.len(), 1);
    }
}
