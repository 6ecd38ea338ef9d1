//! Whatever happens to a site: values are true, events are news, marks end with a restore, and the same script has the
//! same outcome.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wire::{PointNo, Reading};

use super::*;

/// A door of whose supply all is watched, and which counts its credentials.
const WATCHED: &str = "name = \"small-door\"\npoll_interval = \"500ms\"\n\
    [[points]]\nname = \"contact\"\nkind = \"door.contact\"\nregister = 0\ndebounce = \"100ms\"\n\
    [[points]]\nname = \"supply\"\nkind = \"door.supply\"\nregister = 1\ndeadband = 3\nstuck_after = \"4s\"\n\
    limits = { low = 1, high = 3, hysteresis = 1 }\nrate_max = 0.5\nrate_window = \"5s\"\nrises = true\n\
    [[points]]\nname = \"access\"\nkind = \"door.access\"\nregister = 2\nsequence = { register = 3 }\n";

/// What may happen to a site, and how many milliseconds after the thing before.
#[derive(Clone, Debug)]
enum Happens {
    /// A scan that was made so many milliseconds before it is there.
    Good {
        device: usize,
        state: i64,
        counted: Option<u64>,
        before_ms: u64,
        happened: bool,
    },
    Bad {
        device: usize,
        failure: usize,
    },
    Tick,
    Snapshot,
}

fn happenings() -> impl Strategy<Value = Vec<(u64, Happens)>> {
    let before_ms = prop_oneof![3 => Just(0), 1 => 0..5_000_u64];
    let good = (0..2_usize, 0..5_i64, proptest::option::of(0..4_u64), before_ms, any::<bool>());
    let happens = prop_oneof![
        8 => good.prop_map(|(device, state, counted, before_ms, happened)| {
            Happens::Good { device, state, counted, before_ms, happened }
        }),
        3 => (0..2_usize, 0..6_usize).prop_map(|(device, failure)| Happens::Bad { device, failure }),
        3 => Just(Happens::Tick),
        1 => Just(Happens::Snapshot),
    ];
    proptest::collection::vec((0..3_000_u64, happens), 1..120)
}

fn failure(number: usize) -> ScanFailure {
    match number {
        0 => ScanFailure::Foreign(Mismatch::Missing),
        1 => ScanFailure::Frozen { still_ms: 30_000 },
        2 => ScanFailure::Exception(2),
        3 => ScanFailure::Disconnected,
        4 => ScanFailure::Returned,
        _ => ScanFailure::Timeout { waited_ms: 1 },
    }
}

/// A script at work, and all that was read so far: point, value and time.
struct Script {
    traced: Traced,
    ms: u64,
    read: Vec<(PointNo, Value, u64)>,
}

impl Script {
    fn new(hearing: Hearing) -> Self {
        Self { traced: traced_with(WATCHED, hearing), ms: 10_000, read: Vec::new() }
    }

    fn step(&mut self, later: u64, happens: &Happens) -> Found {
        self.ms += later;
        let now = at(self.ms);
        let scan = |device, stamp, outcome| Scan { device, stamp, outcome, receipt: None };
        match happens {
            Happens::Good { device, state, counted, before_ms, happened } => {
                let samples = self.samples(*device, *state, *counted, *happened);
                let stamp = at(self.ms - before_ms);
                for sample in &samples {
                    let value = sample.value.clone().expect("every sample has a value");
                    // A flag or a state that is counted is never shown as another one here.
                    self.read.push((sample.point, value, stamp.mono_ms));
                }
                self.traced.detector.scan(&scan(*device, stamp, Ok(samples)), now)
            }
            Happens::Bad { device, failure: number } => {
                self.traced.detector.scan(&scan(*device, now, Err(failure(*number))), now)
            }
            Happens::Tick => {
                self.ms = self.traced.detector.next_tick_ms().unwrap_or(self.ms).max(self.ms);
                self.traced.detector.tick(at(self.ms))
            }
            Happens::Snapshot => self.traced.detector.snapshot(now),
        }
    }

    fn samples(&self, device: usize, state: i64, counted: Option<u64>, happened: bool) -> Vec<Sample> {
        let first = self.traced.site.devices[device].first.0;
        // Some senders say themselves that they were late.
        let marks = if state == 3 { Marks::LATE } else { Marks::NONE };
        let of =
            |place, value, novelty| Sample { marks, ..sample(PointNo(first + place), Some(value), novelty) };
        let novelty = if happened { Novelty::Happened } else { Novelty::Level };
        if device == PANEL {
            return vec![of(0, Value::Integer(state), novelty)];
        }
        let mut samples = vec![
            of(0, Value::Integer(state % 4), Novelty::Level),
            of(1, Value::Number(state as f64), Novelty::Level),
        ];
        let of_access = counted.map(Novelty::Counted).or(happened.then_some(Novelty::Happened));
        samples.extend(of_access.map(|novelty| of(2, Value::Integer(state), novelty)));
        samples
    }
}

/// Marks that hold until they are taken back.
fn lasting(marks: Marks) -> Marks {
    marks.without(Marks::ROLLED_BACK).without(Marks::MISSED).without(Marks::LATE)
}

fn hearings() -> impl Strategy<Value = Hearing> {
    prop_oneof![Just(Hearing::Asked), Just(Hearing::Speaks)]
}

proptest! {
    #[test]
    fn whatever_happens_values_are_true_events_are_news_and_ticks_make_progress(
        happenings in happenings(), hearing in hearings(),
    ) {
        let mut script = Script::new(hearing);
        let mut sent: BTreeMap<PointNo, Reading> = BTreeMap::new();
        for (later, happens) in happenings {
            let found = script.step(later, &happens);
            if matches!(happens, Happens::Tick) {
                let next_ms = script.traced.detector.next_tick_ms();
                prop_assert!(next_ms.is_none_or(|next_ms| next_ms > script.ms), "the next tick is later");
            }
            for Detected { point, lane, what, reading } in found.detected {
                let Reading { value, quality, stamp, marks } = &reading;
                prop_assert!(stamp.mono_ms <= script.ms);
                let of_profile = script.traced.site.devices.iter()
                    .any(|device| (device.first.0..device.link.0).contains(&point.0));
                if let (true, Some(value), true) = (quality.is_usable(), value, of_profile) {
                    let read = (point, value.clone(), stamp.mono_ms);
                    prop_assert!(script.read.contains(&read), "never read: {reading:?}");
                }
                if marks.contains(Marks::STUCK) {
                    prop_assert_ne!(*quality, Quality::Good, "what does not move is not good");
                }
                let kind = script.traced.site.table.point(point).unwrap().kind().unwrap();
                let before = sent.get(&point);
                let marks_before = before.map_or(Marks::NONE, |before| before.marks);
                let late = marks.contains(Marks::LATE);
                if !late && lasting(*marks) != marks_before {
                    // What appears or ends is told at once: no snapshot of a known point brings it along in silence.
                    prop_assert!(lane == Lane::Urgent && (before.is_none() || what == What::Event), "{reading:?}");
                }
                if what == What::Event && !late && before.is_some() && kind != Kind::DoorAccess && kind != Kind::PanelArmState && kind != Kind::PartArming {
                    let news = before.is_none_or(|before| {
                        (&before.value, before.quality, before.marks) != (value, *quality, *marks)
                    });
                    prop_assert!(news, "nothing new in {reading:?}");
                }
                if !late {
                    let marks = lasting(*marks);
                    sent.insert(point, Reading { marks, ..reading });
                }
            }
        }
    }

    #[test]
    fn what_is_late_never_stands_last(happenings in happenings(), hearing in hearings()) {
        let mut script = Script::new(hearing);
        for (later, happens) in happenings {
            let found = script.step(later, &happens);
            let mut last: BTreeMap<PointNo, Reading> = BTreeMap::new();
            last.extend(found.detected.into_iter().map(|found| (found.point, found.reading)));
            for reading in last.values() {
                prop_assert!(!reading.marks.contains(Marks::LATE), "{reading:?} passes for the present");
            }
        }
    }

    #[test]
    fn the_same_script_has_the_same_outcome(happenings in happenings(), hearing in hearings()) {
        let run = || {
            let mut script = Script::new(hearing);
            happenings.iter().map(|(later, happens)| script.step(*later, happens)).collect::<Vec<Found>>()
        };
        prop_assert_eq!(run(), run());
    }
}
