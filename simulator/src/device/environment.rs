//! Environment of a room: temperature and humidity, water on the floor, smoke, gas, and the door of the rack.

use std::time::Duration;

use runtime::config::Section;

use super::action::{Action, ActionError, ActionHelp};
use super::choices::choices;
use super::register_map::RegisterMap;
use super::signal::{Signal, signals};
use super::{Behaviour, Class, Moment};

choices!(RackDoor { Closed = "closed", Open = "open", Shorted = "shorted", Cut = "cut" });

signals! {
    WATER = Signal::bit("water", 8, 0).world();
    SMOKE = Signal::bit("smoke", 8, 1).world();
    GAS = Signal::bit("gas", 8, 2).world();
    COVER_TAMPER = Signal::bit("cover_tamper", 8, 3).world();
    RACK_DOOR = Signal::choice("rack_door", 9, RackDoor::NAMES).world();
    TEMP = Signal::i16("temp", 10).scaled(-1, "°C");
    HUMIDITY = Signal::u16("humidity", 11).scaled(-1, "%").within(0, 1_000);
}

/// Raw register values of a cooled room, and of one whose cooling failed long ago.
const TEMP_COOLED: f64 = 220.0;
const TEMP_UNCOOLED: f64 = 410.0;
const HUMIDITY_COOLED: f64 = 450.0;
const HUMIDITY_UNCOOLED: f64 = 300.0;
/// A room follows its cooling so slowly.
const FOLLOWS_S: f64 = 600.0;

pub(super) static CLASS: Class = Class {
    name: "environment",
    device_type: 8,
    signals: SIGNALS,
    cover: COVER_TAMPER,
    actions: &[
        ActionHelp::new("water", "on|off", "there is water on the floor, or no more"),
        ActionHelp::new("smoke", "on|off", "there is smoke in the room, or no more"),
        ActionHelp::new("gas", "on|off", "there is gas in the room, or no more"),
        ActionHelp::new("cooling", "on|off", "the cooling runs, or has failed: the room warms up slowly"),
        ActionHelp::new("open", "", "the door of the rack is opened"),
        ActionHelp::new("close", "", "the door of the rack is shut"),
    ],
    configure,
};

fn configure(_: &mut Section<'_>) -> Option<Box<dyn Behaviour>> {
    Some(Box::new(Environment::new()))
}

#[derive(Debug)]
struct Environment {
    cooled: bool,
    /// How far the room is on its way from cooled (0) to not cooled (1).
    warmth: f64,
    seen_at: Duration,
}

impl Environment {
    fn new() -> Self {
        Self { cooled: true, warmth: 0.0, seen_at: Duration::ZERO }
    }

    fn move_door(&self, map: &mut RegisterMap, wanted: RackDoor) -> String {
        if map.shows(RACK_DOOR, wanted) {
            return format!("the rack is {} already", wanted.name());
        }
        map.put(RACK_DOOR, wanted);
        if wanted == RackDoor::Open { "the rack is opened" } else { "the rack is shut" }.into()
    }
}

impl Behaviour for Environment {
    fn fresh(&self) -> Box<dyn Behaviour> {
        Box::new(Self::new())
    }

    fn start(&mut self, _: &mut RegisterMap) {}

    fn advance(&mut self, map: &mut RegisterMap, now: Moment) -> Vec<String> {
        let passed = now.elapsed.saturating_sub(self.seen_at).as_secs_f64();
        self.seen_at = now.elapsed;
        let target = if self.cooled { 0.0 } else { 1.0 };
        self.warmth = target + (self.warmth - target) * (-passed / FOLLOWS_S).exp();
        let between = |cooled: f64, uncooled: f64| cooled + (uncooled - cooled) * self.warmth;
        map.measure(TEMP, 0, between(TEMP_COOLED, TEMP_UNCOOLED), 5.0, now);
        map.measure(HUMIDITY, 0, between(HUMIDITY_COOLED, HUMIDITY_UNCOOLED), 20.0, now);
        Vec::new()
    }

    fn act(
        &mut self,
        map: &mut RegisterMap,
        action: &Action<'_>,
        _: Moment,
    ) -> Option<Result<String, ActionError>> {
        let mut switch = |signal: Signal, name: &str| {
            action.switch().map(|on| {
                map.put(signal, on);
                if on { format!("{name} in the room") } else { format!("no more {name}") }
            })
        };
        Some(match action.word {
            "water" => switch(WATER, "water"),
            "smoke" => switch(SMOKE, "smoke"),
            "gas" => switch(GAS, "gas"),
            "cooling" => action.switch().map(|on| {
                self.cooled = on;
                if on { "the cooling runs" } else { "the cooling has failed" }.into()
            }),
            "open" => action.without_argument().map(|()| self.move_door(map, RackDoor::Open)),
            "close" => action.without_argument().map(|()| self.move_door(map, RackDoor::Closed)),
            _ => return None,
        })
    }
}
