//! What happens in a simulated room, over and over: people pass doors, cabinets are used while the room is unset,
//! measurements come in. A quarter of the events are triggers of the default rule pack: rules have to judge them, and
//! almost always find nothing wrong.

use std::sync::Arc;

use wire::{Kind, Marks, Observation, Quality, Value};

use super::points::{Point, Points};

/// The slow door opens so often, with a credential, and stays open longer than R-01 waits: judged and excused.
const SLOW_DOOR_EVERY_MS: u64 = 4_000;
/// Every part's slow door is forced so often, and an incident opens.
const FORCED_EVERY_MS: u64 = 30_000;
const OPEN_FOR_MS: u64 = 1_500;
/// R-01 looks back 10 s for a credential; forcing keeps that distance from the last one.
const QUIET_BEFORE_FORCED_MS: u64 = 11_000;

/// The rooms' common script, its points found.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    access: Point,
    contact: Point,
}

#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) point: Point,
    pub(crate) value: Reading,
}

#[derive(Clone, Debug)]
pub(crate) enum Reading {
    State(Value),
    /// Moves a little with each reading.
    Measure(f64),
}

/// (device, point, state or measurement)
type Line = (&'static str, &'static str, &'static str);

/// A person passes `door` and works at `cabinet`; another passes `other`.
fn passage(door: &'static str, other: &'static str, cabinet: &'static str) -> [Line; 20] {
    [
        (door, "access", "granted"),
        (door, "contact", "open"),
        (door, "lock", "unlocked"),
        ("panel-1", "battery", "13.6"),
        (door, "contact", "closed"),
        (door, "lock", "locked"),
        ("climate-1", "temperature", "21.5"),
        (cabinet, "bolt", "retracted"),
        (cabinet, "door_closed", "no"),
        (cabinet, "handle", "yes"),
        ("climate-1", "humidity", "44"),
        (cabinet, "handle", "no"),
        (cabinet, "door_closed", "yes"),
        (cabinet, "bolt", "extended"),
        ("jammer-1", "band-1.temperature", "48"),
        (other, "access", "granted"),
        (other, "contact", "open"),
        (other, "supply", "12.1"),
        (other, "contact", "closed"),
        (cabinet, "bolt", "jam"),
    ]
}

impl Plan {
    pub(crate) fn new(points: &Points) -> anyhow::Result<Self> {
        let passages = [
            passage("door-1", "door-2", "cabinet-1"),
            passage("door-2", "door-3", "cabinet-2"),
            passage("door-3", "door-1", "cabinet-1"),
        ];
        let mut steps = Vec::new();
        for (device, point, value) in passages.into_iter().flatten() {
            let point = points.find(device, point)?;
            steps.push(Step { point, value: reading(point.kind, value)? });
        }
        Ok(Self {
            steps,
            access: points.find("door-4", "access")?,
            contact: points.find("door-4", "contact")?,
        })
    }
}

fn reading(kind: Kind, text: &str) -> anyhow::Result<Reading> {
    Ok(match (kind.state(text), text) {
        (Some(state), _) => Reading::State(Value::Integer(state)),
        (None, "yes") => Reading::State(Value::Flag(true)),
        (None, "no") => Reading::State(Value::Flag(false)),
        (None, number) => Reading::Measure(number.parse()?),
    })
}

/// An event that is about to be sealed.
#[derive(Clone, Debug)]
pub(crate) struct Happening {
    pub(crate) point: Point,
    pub(crate) value: Value,
}

impl Happening {
    pub(crate) fn observation(self, offset_ms: i32) -> Observation {
        Observation {
            point: self.point.no,
            value: Some(self.value),
            quality: Quality::Good,
            offset_ms,
            marks: Marks::NONE,
        }
    }
}

/// Where one room stands in its script.
#[derive(Debug)]
pub(crate) struct Script {
    plan: Arc<Plan>,
    at: usize,
    count: u64,
    slow_door: SlowDoor,
}

#[derive(Clone, Copy, Debug)]
struct SlowDoor {
    next: Next,
    at_ms: u64,
    forced_at_ms: u64,
}

#[derive(Clone, Copy, Debug)]
enum Next {
    Grant,
    Open,
    Close,
}

impl Script {
    /// `share`: 0 to 1, so that the rooms' slow doors do not move in step.
    pub(crate) fn new(plan: Arc<Plan>, begin_ms: u64, share: f64) -> Self {
        let spread = |every_ms: u64| begin_ms + (every_ms as f64 * share) as u64;
        let slow_door = SlowDoor {
            next: Next::Grant,
            at_ms: spread(SLOW_DOOR_EVERY_MS),
            forced_at_ms: spread(FORCED_EVERY_MS),
        };
        let at = (plan.steps.len() as f64 * share) as usize % plan.steps.len();
        Self { plan, at, count: 0, slow_door }
    }

    pub(crate) fn next(&mut self, now_ms: u64) -> Happening {
        if let Some(happening) = self.slow_door.next(&self.plan, now_ms) {
            return happening;
        }
        let step = &self.plan.steps[self.at];
        self.at = (self.at + 1) % self.plan.steps.len();
        self.count += 1;
        let value = match &step.value {
            Reading::State(value) => value.clone(),
            Reading::Measure(base) => Value::Number(base + (self.count % 64) as f64 * 0.03125),
        };
        Happening { point: step.point, value }
    }
}

impl SlowDoor {
    fn next(&mut self, plan: &Plan, now_ms: u64) -> Option<Happening> {
        if now_ms < self.at_ms {
            return None;
        }
        let forced_soon = now_ms + QUIET_BEFORE_FORCED_MS >= self.forced_at_ms;
        let (point, state) = match self.next {
            Next::Grant if !forced_soon => {
                self.next = Next::Open;
                (plan.access, "granted")
            }
            Next::Grant if now_ms < self.forced_at_ms => {
                self.at_ms = self.forced_at_ms;
                return None;
            }
            Next::Grant => {
                self.forced_at_ms = now_ms + FORCED_EVERY_MS;
                self.opened(now_ms);
                (plan.contact, "open")
            }
            Next::Open => {
                self.opened(now_ms);
                (plan.contact, "open")
            }
            Next::Close => {
                self.next = Next::Grant;
                self.at_ms = now_ms + SLOW_DOOR_EVERY_MS - OPEN_FOR_MS;
                (plan.contact, "closed")
            }
        };
        Some(Happening { point, value: Value::Integer(point.kind.state(state).unwrap_or_default()) })
    }

    fn opened(&mut self, now_ms: u64) {
        self.next = Next::Close;
        self.at_ms = now_ms + OPEN_FOR_MS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACK: &str = include_str!("../../../../../hub/rules/default.toml");

    /// Whether the pack has a trigger for this value of this kind.
    fn is_trigger(kind: Kind, value: &Value) -> bool {
        let kind_text = format!("kind = \"{kind}\"");
        let value_text = format!("\"{}\"", kind.value_type().describe(value));
        PACK.lines().any(|line| {
            let becomes = line.split_once(&kind_text).and_then(|(_, rest)| rest.split_once("becomes = ["));
            becomes.is_some_and(|(_, rest)| {
                rest.split(']').next().is_some_and(|list| list.contains(&value_text))
            })
        })
    }

    #[test]
    fn a_fifth_of_the_events_or_more_are_triggers() {
        let plan = Plan::new(&Points::new().unwrap()).unwrap();
        let hits = |step: &&Step| match &step.value {
            Reading::State(value) => is_trigger(step.point.kind, value),
            Reading::Measure(_) => false,
        };
        let triggers = plan.steps.iter().filter(hits).count();
        assert!(triggers * 5 >= plan.steps.len(), "{triggers} of {}", plan.steps.len());
    }

    #[test]
    fn every_value_suits_its_kind() {
        let points = Points::new().unwrap();
        let mut script = Script::new(Arc::new(Plan::new(&points).unwrap()), 0, 0.3);
        for now_ms in 0..60_000 {
            let happening = script.next(now_ms);
            assert!(happening.point.kind.value_type().accepts(&happening.value), "{happening:?}");
        }
    }

    #[test]
    fn the_slow_door_is_forced_now_and_then_and_passed_often() {
        let points = Points::new().unwrap();
        let plan = Arc::new(Plan::new(&points).unwrap());
        let (contact, access) = (plan.contact.no, plan.access.no);
        let mut script = Script::new(plan, 0, 0.0);
        let (mut granted_ms, mut forced, mut passed) = (None, 0, 0);
        for now_ms in 0..120_000 {
            let happening = script.next(now_ms);
            if happening.point.no == access {
                granted_ms = Some(now_ms);
            }
            if happening.point.no == contact && happening.value == Value::Integer(1) {
                let excused = granted_ms.is_some_and(|at| now_ms - at < 10_000);
                if excused { passed += 1 } else { forced += 1 }
            }
        }
        assert!((3..=5).contains(&forced) && passed >= 12, "{forced} forced, {passed} passed");
    }
}
