//! Uninterruptible supply: mains, a battery that carries the load without them until it is empty, and a bypass.

use std::time::Duration;

use runtime::config::Section;

use super::action::{Action, ActionError, ActionHelp};
use super::choices::choices;
use super::register_map::RegisterMap;
use super::signal::{Signal, signals};
use super::{Behaviour, Class, Moment};

choices!(Supply { Mains = "mains", Battery = "battery", Bypass = "bypass", Off = "off" });

signals! {
    SUPPLY = Signal::choice("supply", 8, Supply::NAMES);
    BATTERY_LOW = Signal::bit("battery_low", 9, 0);
    OVERLOAD = Signal::bit("overload", 9, 1);
    COVER_TAMPER = Signal::bit("cover_tamper", 9, 2).world();
    INPUT = Signal::u16("input_v", 10).scaled(-1, "V");
    OUTPUT = Signal::u16("output_v", 11).scaled(-1, "V");
    BATTERY = Signal::u16("battery_percent", 12).scaled(-1, "%");
    LOAD = Signal::u16("load_percent", 13).scaled(-1, "%").within(0, 2_000).world();
    RUNTIME = Signal::u32("runtime_s", 14).scaled(0, "s");
    BATTERY_TEMP = Signal::i16("battery_temp", 16).scaled(-1, "°C");
}

/// Below this, in 0.1 V, the mains do not count as such.
const MAINS_MIN: i64 = 1_800;
/// In 0.1 %.
const LOAD_AT_START: u16 = 350;
const LOAD_MAX: i64 = 1_000;
const BATTERY_FULL: f64 = 1_000.0;
const BATTERY_LOW_BELOW: f64 = 200.0;
/// Charging takes as many times longer than discharging at full load.
const CHARGES_SLOWER: f64 = 8.0;

pub(super) static CLASS: Class = Class {
    name: "ups",
    device_type: 7,
    signals: SIGNALS,
    cover: COVER_TAMPER,
    actions: &[
        ActionHelp::new("mains", "on|off", "the mains are back, or lost"),
        ActionHelp::new(
            "bypass",
            "on|off",
            "an engineer leads the mains around the device, or back through it",
        ),
        ActionHelp::new("load", "PERCENT", "the load is so much of what the device can carry"),
    ],
    configure,
};

fn configure(section: &mut Section<'_>) -> Option<Box<dyn Behaviour>> {
    // Short ones are for demos and tests; no battery of a room carries longer than a day.
    let lasts = Duration::from_secs(10)..=Duration::from_secs(24 * 60 * 60);
    let runtime = section.within("runtime", Duration::from_secs(40 * 60), lasts);
    Some(Box::new(Ups::new(runtime)))
}

#[derive(Debug)]
struct Ups {
    /// How long a full battery carries a full load.
    runtime: Duration,
    mains: bool,
    bypassed: bool,
    /// What the battery holds, in 0.1 %.
    charge: f64,
    seen_at: Duration,
    shown: Supply,
}

impl Ups {
    fn new(runtime: Duration) -> Self {
        let (charge, shown) = (BATTERY_FULL, Supply::Mains);
        Self { runtime, mains: true, bypassed: false, charge, seen_at: Duration::ZERO, shown }
    }

    fn supply(&self, map: &RegisterMap) -> Supply {
        let mains = map.get(INPUT) >= MAINS_MIN;
        match (mains, self.bypassed) {
            (true, true) => Supply::Bypass,
            (true, false) => Supply::Mains,
            (false, false) if self.charge > 0.0 => Supply::Battery,
            (false, _) => Supply::Off,
        }
    }

    /// Moves what the battery holds.
    fn carry(&mut self, supply: Supply, load: f64, passed: Duration) {
        let share = BATTERY_FULL * passed.as_secs_f64() / self.runtime.as_secs_f64();
        self.charge = match supply {
            Supply::Battery => (self.charge - share * load).max(0.0),
            Supply::Mains | Supply::Bypass => (self.charge + share / CHARGES_SLOWER).min(BATTERY_FULL),
            Supply::Off => self.charge,
        };
    }

    /// How long the battery would carry the present load, in seconds.
    fn left_s(&self, load: f64) -> u32 {
        let full_load_s = self.runtime.as_secs_f64() * self.charge / BATTERY_FULL;
        // An idle device is shown as one that carries a hundredth.
        (full_load_s / load.max(0.01)).min(f64::from(u32::MAX)) as u32
    }
}

impl Behaviour for Ups {
    fn fresh(&self) -> Box<dyn Behaviour> {
        Box::new(Self::new(self.runtime))
    }

    fn start(&mut self, map: &mut RegisterMap) {
        map.put(LOAD, LOAD_AT_START);
    }

    fn advance(&mut self, map: &mut RegisterMap, now: Moment) -> Vec<String> {
        let passed = now.elapsed.saturating_sub(self.seen_at);
        self.seen_at = now.elapsed;
        let load = map.get(LOAD) as f64 / 1_000.0;
        map.measure(
            INPUT,
            0,
            if self.mains { 2_304.0 } else { 0.0 },
            if self.mains { 12.0 } else { 0.0 },
            now,
        );
        self.carry(self.shown, load, passed);
        let supply = self.supply(map);
        map.put(SUPPLY, supply);
        map.put(BATTERY, self.charge.round() as i64);
        map.put(BATTERY_LOW, self.charge < BATTERY_LOW_BELOW);
        map.put(OVERLOAD, map.get(LOAD) > LOAD_MAX);
        map.put(RUNTIME, self.left_s(load));
        map.measure(OUTPUT, 0, if supply == Supply::Off { 0.0 } else { 2_300.0 }, 3.0, now);
        map.measure(BATTERY_TEMP, 0, if supply == Supply::Battery { 312.0 } else { 248.0 }, 4.0, now);
        let was = std::mem::replace(&mut self.shown, supply);
        if was == supply {
            return Vec::new();
        }
        vec![match supply {
            Supply::Mains => "runs on the mains".into(),
            Supply::Battery => "runs on its battery".into(),
            Supply::Bypass => "is bypassed".into(),
            Supply::Off => "the battery is empty: everything behind it is off".into(),
        }]
    }

    fn act(
        &mut self,
        map: &mut RegisterMap,
        action: &Action<'_>,
        _: Moment,
    ) -> Option<Result<String, ActionError>> {
        Some(match action.word {
            "mains" => action.switch().map(|on| {
                self.mains = on;
                if on { "mains are back" } else { "mains lost" }.into()
            }),
            "bypass" => action.switch().map(|on| {
                self.bypassed = on;
                if on { "led around the device" } else { "led through the device again" }.into()
            }),
            "load" => action.number(0..=200_u16).map(|percent| {
                map.put(LOAD, percent * 10);
                format!("load {percent} %")
            }),
            _ => return None,
        })
    }
}
