//! Emanation protection: a device that covers what screens and cables radiate, a filtered outlet with its earth, and the
//! door and seal of a shielded room.

use std::time::Duration;

use runtime::config::Section;

use super::action::{Action, ActionError, ActionHelp};
use super::choices::choices;
use super::register_map::RegisterMap;
use super::signal::{Signal, signals};
use super::{Behaviour, Class, Moment};

choices!(Mode { Off = "off", Noise = "noise", Correlated = "correlated" });
choices!(ShieldDoor { Closed = "closed", Open = "open", Shorted = "shorted", Cut = "cut" });

signals! {
    POWER_OK = Signal::bit("power_ok", 8, 0).world();
    MASKING_ON = Signal::bit("masking_on", 8, 1);
    SYNC_OK = Signal::bit("sync_ok", 8, 2);
    COVER_TAMPER = Signal::bit("cover_tamper", 8, 3).world();
    SELF_TESTING = Signal::bit("self_testing", 8, 4).world();
    EARTH_OK = Signal::bit("earth_ok", 8, 5);
    MODE = Signal::choice("mode", 9, Mode::NAMES).world();
    LEVEL = Signal::u16("level_v", 10).scaled(-1, "V");
    LINE = Signal::u16("line_v", 11).scaled(-1, "V");
    LOAD = Signal::u16("load_i", 12).scaled(-2, "A");
    GROUND = Signal::u16("ground_ohm", 13).scaled(-2, "Ω");
    SHIELD_DOOR = Signal::choice("shield_door", 14, ShieldDoor::NAMES).world();
    SHIELD_PRESSURE = Signal::u16("shield_pressure", 15).scaled(-1, "kPa");
    ATTENUATION = Signal::u16("attenuation_db", 16).scaled(-1, "dB").world();
    ATTENUATION_TS = Signal::u32("attenuation_ts", 17).scaled(0, "s since 1970").world();
}

/// Raw register values of a sound device.
const LEVEL_ON: f64 = 52.0;
const GROUND_SOUND: f64 = 85.0;
const GROUND_LOST: f64 = 60_000.0;
/// Earth is called sound below this, in 0.01 Ω.
const GROUND_MAX: i64 = 400;
const PRESSURE_SEALED: f64 = 1_400.0;
/// A door that stands open or a torn seal lets the air out within seconds.
const PRESSURE_LEAKS_S: f64 = 8.0;
/// The outcome of the last test before the device was installed.
const ATTENUATION_BEFORE: u16 = 1_020;

pub(super) static CLASS: Class = Class {
    name: "emanation",
    device_type: 6,
    signals: SIGNALS,
    cover: COVER_TAMPER,
    actions: &[
        ActionHelp::new("on", "", "the masking is switched on, correlated with the screen"),
        ActionHelp::new("off", "", "the masking is switched off"),
        ActionHelp::new(
            "cable",
            "on|off",
            "the screen's cable is plugged in, or pulled: masking loses its clock",
        ),
        ActionHelp::new("earth", "on|off", "the earth of the outlet is connected, or lost"),
        ActionHelp::new("open", "", "the door of the shielded room is opened"),
        ActionHelp::new("close", "", "the door of the shielded room is shut"),
        ActionHelp::new("seal", "on|off", "the inflated seal of the door is sound, or torn"),
        ActionHelp::new(
            "test",
            "TENTHS",
            "the attenuation of the room is tested, with this outcome in 0.1 dB",
        ),
    ],
    configure,
};

fn configure(_: &mut Section<'_>) -> Option<Box<dyn Behaviour>> {
    Some(Box::new(Emanation::new()))
}

#[derive(Debug)]
struct Emanation {
    cable: bool,
    earth: bool,
    seal: bool,
    /// The air in the seal, as a share of what it holds.
    air: f64,
    seen_at: Duration,
    masked: bool,
}

impl Emanation {
    fn new() -> Self {
        Self { cable: true, earth: true, seal: true, air: 1.0, seen_at: Duration::ZERO, masked: false }
    }

    fn show(&mut self, map: &mut RegisterMap, now: Moment) {
        let powered = map.is_on(POWER_OK);
        let masking = powered && !map.shows(MODE, Mode::Off);
        map.put(MASKING_ON, masking);
        map.put(SYNC_OK, masking && (self.cable || map.shows(MODE, Mode::Noise)));
        map.measure(LEVEL, 0, if masking { LEVEL_ON } else { 0.0 }, if masking { 1.5 } else { 0.0 }, now);
        map.measure(LINE, 0, if powered { 2_302.0 } else { 0.0 }, if powered { 12.0 } else { 0.0 }, now);
        map.measure(LOAD, 0, if powered { 145.0 } else { 0.0 }, if powered { 8.0 } else { 0.0 }, now);
        map.measure(GROUND, 0, if self.earth { GROUND_SOUND } else { GROUND_LOST }, 3.0, now);
        map.put(EARTH_OK, map.get(GROUND) < GROUND_MAX);
        map.measure(SHIELD_PRESSURE, 0, PRESSURE_SEALED * self.air, 4.0 * self.air, now);
    }

    /// The seal fills while the door is shut and loses its air otherwise.
    fn breathe(&mut self, map: &RegisterMap, now: Moment) {
        let passed = now.elapsed.saturating_sub(self.seen_at).as_secs_f64();
        self.seen_at = now.elapsed;
        let target = if self.seal && map.shows(SHIELD_DOOR, ShieldDoor::Closed) { 1.0 } else { 0.0 };
        self.air = target + (self.air - target) * (-passed / PRESSURE_LEAKS_S).exp();
    }

    fn move_door(&self, map: &mut RegisterMap, wanted: ShieldDoor) -> String {
        if map.shows(SHIELD_DOOR, wanted) {
            return format!("is {} already", wanted.name());
        }
        map.put(SHIELD_DOOR, wanted);
        if wanted == ShieldDoor::Open { "shielded room opened" } else { "shielded room shut" }.into()
    }
}

impl Behaviour for Emanation {
    fn fresh(&self) -> Box<dyn Behaviour> {
        Box::new(Self::new())
    }

    fn start(&mut self, map: &mut RegisterMap) {
        map.put(POWER_OK, true);
        map.put(ATTENUATION, ATTENUATION_BEFORE);
    }

    fn advance(&mut self, map: &mut RegisterMap, now: Moment) -> Vec<String> {
        self.breathe(map, now);
        self.show(map, now);
        let masked = std::mem::replace(&mut self.masked, map.is_on(MASKING_ON));
        match (masked, self.masked) {
            (true, false) => vec!["masking is off".into()],
            (false, true) => vec!["masking is on".into()],
            _ => Vec::new(),
        }
    }

    fn act(
        &mut self,
        map: &mut RegisterMap,
        action: &Action<'_>,
        now: Moment,
    ) -> Option<Result<String, ActionError>> {
        let bare = || action.without_argument();
        Some(match action.word {
            "on" => bare().map(|()| {
                map.put(MODE, Mode::Correlated);
                "masking commanded on".into()
            }),
            "off" => bare().map(|()| {
                map.put(MODE, Mode::Off);
                "masking commanded off".into()
            }),
            "cable" => action.switch().map(|plugged| {
                self.cable = plugged;
                if plugged { "the screen's cable is plugged in" } else { "the screen's cable is pulled" }
                    .into()
            }),
            "earth" => action.switch().map(|connected| {
                self.earth = connected;
                if connected { "earth connected" } else { "earth lost" }.into()
            }),
            "open" => bare().map(|()| self.move_door(map, ShieldDoor::Open)),
            "close" => bare().map(|()| self.move_door(map, ShieldDoor::Closed)),
            "seal" => action.switch().map(|sound| {
                self.seal = sound;
                if sound { "the seal is sound" } else { "the seal is torn" }.into()
            }),
            "test" => action.number(0..=6_000_u16).map(|tenths| {
                map.put(ATTENUATION, tenths);
                map.put(ATTENUATION_TS, now.unix_s);
                format!("tested: {}.{} dB", tenths / 10, tenths % 10)
            }),
            _ => return None,
        })
    }
}
