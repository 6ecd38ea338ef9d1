//! Phone jammer: a supply, a fan, a field probe and several bands, each with an amplifier that radiates, warms up and
//! trips when its antenna no longer takes the power.

use std::time::Duration;

use runtime::config::Section;

use super::action::{Action, ActionError, ActionHelp};
use super::choices::choices;
use super::register_map::RegisterMap;
use super::signal::{Signal, signals};
use super::{Behaviour, Class, Moment};

choices!(Shutdown {
    None = "none",
    Thermal = "thermal",
    Vswr = "vswr",
    Overdrive = "overdrive",
    Manual = "manual",
    Interlock = "interlock",
});

signals! {
    MAINS_OK = Signal::bit("mains_ok", 8, 0).world();
    COVER_TAMPER = Signal::bit("cover_tamper", 8, 1).world();
    KEY_SWITCH = Signal::bit("key_switch", 8, 2).world();
    SCHEDULE_ACTIVE = Signal::bit("schedule_active", 8, 3).world();
    SHUTDOWN_REASON = Signal::choice("shutdown_reason", 9, Shutdown::NAMES).world();
    SUPPLY = Signal::u16("supply_v", 10).scaled(-2, "V");
    FAN = Signal::u16("fan_rpm", 11).scaled(0, "1/min");
    ON_HOURS = Signal::u32("on_hours", 12).scaled(-1, "h");
    BAND_COUNT = Signal::u16("band_count", 14);
    MONITOR_RX = Signal::i16("monitor_rx", 15).scaled(-1, "dBm");
    BAND_ID = Signal::u16("band[].band_id", 32).repeated(BANDS_MAX, 8);
    ENABLED_CMD = Signal::bit("band[].enabled_cmd", 33, 0).repeated(BANDS_MAX, 8).world();
    RF_ON = Signal::bit("band[].rf_on", 33, 1).repeated(BANDS_MAX, 8);
    FAULT = Signal::bit("band[].fault", 33, 2).repeated(BANDS_MAX, 8).world();
    FWD_POWER = Signal::i16("band[].fwd_power", 34).scaled(-1, "dBm").repeated(BANDS_MAX, 8);
    REFL_POWER = Signal::i16("band[].refl_power", 35).scaled(-1, "dBm").repeated(BANDS_MAX, 8);
    VSWR = Signal::u16("band[].vswr", 36).scaled(-2, "").repeated(BANDS_MAX, 8);
    PA_TEMP = Signal::i16("band[].pa_temp", 37).scaled(-1, "°C").repeated(BANDS_MAX, 8);
    PA_CURRENT = Signal::u16("band[].pa_current", 38).scaled(-2, "A").repeated(BANDS_MAX, 8);
    BAND_RESERVED = Signal::reserved("band[].reserved", 39).repeated(BANDS_MAX, 8);
}

/// As many as there are band identifiers.
const BANDS_MAX: u16 = 9;

/// Raw register values while a band radiates at rest: 43 dBm is 20 W.
const FORWARD: f64 = 430.0;
const NO_POWER: i64 = -999;
const VSWR_MATCHED: f64 = 125.0;
const VSWR_WITHOUT_ANTENNA: f64 = 900.0;
/// An amplifier protects itself when so much comes back for so long.
const VSWR_TRIPS: i64 = 300;
const VSWR_TRIPS_AFTER: Duration = Duration::from_secs(5);
const TEMP_ROOM: f64 = 240.0;
const TEMP_RISE: f64 = 320.0;
const TEMP_TRIPS: i64 = 850;
const WARMS_UP_S: f64 = 120.0;
/// The counter of a device that is no longer new, in 0.1 h.
const HOURS_BEFORE: u32 = 12_345;

pub(super) static CLASS: Class = Class {
    name: "jammer",
    device_type: 5,
    signals: SIGNALS,
    cover: COVER_TAMPER,
    actions: &[
        ActionHelp::new("on", "", "all bands are commanded on; faults of earlier trips are cleared"),
        ActionHelp::new("off", "", "all bands are commanded off"),
        ActionHelp::new("band", "N on|off", "one band is commanded on or off"),
        ActionHelp::new("antenna", "N on|off", "the antenna of band N is connected, or taken off"),
        ActionHelp::new("trip", "WHY", "it shuts itself down: thermal, vswr, overdrive, manual or interlock"),
    ],
    configure,
};

fn configure(section: &mut Section<'_>) -> Option<Box<dyn Behaviour>> {
    let ids: Vec<u16> = section.or("bands", vec![1, 2, 3, 4, 5, 8]);
    if ids.is_empty() || ids.len() > usize::from(BANDS_MAX) {
        section.fault("bands", format!("write 1 to {BANDS_MAX} band identifiers, such as [1, 2, 3]"));
        return None;
    }
    for id in ids.iter().filter(|id| !(1..=BANDS_MAX).contains(id)) {
        section.fault("bands", format!("there is no band {id}; identifiers are 1 to {BANDS_MAX}"));
    }
    Some(Box::new(Jammer::new(ids)))
}

#[derive(Clone, Debug)]
struct Band {
    id: u16,
    antenna: Antenna,
    /// Warmth above the room, as a share of what it reaches.
    warmth: f64,
    mismatched_since: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Antenna {
    Connected,
    Missing,
}

#[derive(Debug)]
struct Jammer {
    bands: Vec<Band>,
    seen_at: Duration,
    radiated: Duration,
}

impl Jammer {
    fn new(ids: Vec<u16>) -> Self {
        let band = |id| Band { id, antenna: Antenna::Connected, warmth: 0.0, mismatched_since: None };
        Self { bands: ids.into_iter().map(band).collect(), seen_at: Duration::ZERO, radiated: Duration::ZERO }
    }

    fn indices(&self) -> std::ops::Range<u16> {
        // At most nine bands.
        0..self.bands.len() as u16
    }

    fn switch_all(&mut self, map: &mut RegisterMap, on: bool) -> String {
        for band in self.indices() {
            map.put_at(ENABLED_CMD, band, on);
            if on {
                map.put_at(FAULT, band, false);
            }
        }
        if on {
            map.put(SHUTDOWN_REASON, Shutdown::None);
        }
        format!("all {} bands commanded {}", self.bands.len(), if on { "on" } else { "off" })
    }

    fn trip(&mut self, map: &mut RegisterMap, reason: usize) -> String {
        for band in self.indices() {
            map.put_at(FAULT, band, true);
        }
        // The names after `none`, in the order of the register.
        map.put(SHUTDOWN_REASON, reason as i64 + 1);
        format!("shut itself down: {}", Shutdown::NAMES[reason + 1])
    }

    fn radiates(&self, map: &RegisterMap, band: u16) -> bool {
        map.is_on(MAINS_OK)
            && map.is_on(KEY_SWITCH)
            && map.get_at(ENABLED_CMD, band) != 0
            && map.get_at(FAULT, band) == 0
    }

    /// The analogue side of one band.
    fn show_band(&mut self, map: &mut RegisterMap, index: u16, passed: Duration, now: Moment) {
        let on = self.radiates(map, index);
        let band = &mut self.bands[usize::from(index)];
        let target = if on { 1.0 } else { 0.0 };
        band.warmth = target + (band.warmth - target) * (-passed.as_secs_f64() / WARMS_UP_S).exp();
        map.put_at(RF_ON, index, on);
        map.measure(PA_TEMP, index, TEMP_ROOM + TEMP_RISE * band.warmth, 3.0, now);
        if !on {
            map.put_at(FWD_POWER, index, NO_POWER);
            map.put_at(REFL_POWER, index, NO_POWER);
            map.put_at(VSWR, index, 100);
            map.put_at(PA_CURRENT, index, 0);
            return;
        }
        let (vswr, wander) = match band.antenna {
            Antenna::Connected => (VSWR_MATCHED, 4.0),
            Antenna::Missing => (VSWR_WITHOUT_ANTENNA, 20.0),
        };
        map.measure(FWD_POWER, index, FORWARD, 2.5, now);
        map.measure(VSWR, index, vswr, wander, now);
        let reflected = reflected_power(map.get_at(FWD_POWER, index), map.get_at(VSWR, index));
        map.put_at(REFL_POWER, index, reflected);
        map.measure(PA_CURRENT, index, 318.0, 4.0, now);
    }

    /// An amplifier that is mismatched for too long, or too hot, switches itself off.
    fn protect_band(&mut self, map: &mut RegisterMap, index: u16, now: Moment) -> Option<String> {
        let on = map.get_at(RF_ON, index) != 0;
        let mismatched = on && map.get_at(VSWR, index) > VSWR_TRIPS;
        let band = &mut self.bands[usize::from(index)];
        band.mismatched_since = mismatched.then_some(band.mismatched_since.unwrap_or(now.elapsed));
        let too_long = band.mismatched_since.is_some_and(|since| now.elapsed >= since + VSWR_TRIPS_AFTER);
        let too_hot = on && map.get_at(PA_TEMP, index) > TEMP_TRIPS;
        let reason = match (too_long, too_hot) {
            (true, _) => Shutdown::Vswr,
            (_, true) => Shutdown::Thermal,
            _ => return None,
        };
        band.mismatched_since = None;
        map.put_at(FAULT, index, true);
        map.put(SHUTDOWN_REASON, reason);
        Some(format!("band {index} shut itself down: {}", reason.name()))
    }

    fn show_whole(&mut self, map: &mut RegisterMap, passed: Duration, now: Moment) {
        map.put(BAND_COUNT, self.indices().end);
        for (index, band) in self.indices().zip(&self.bands) {
            map.put_at(BAND_ID, index, band.id);
        }
        let radiating = self.indices().filter(|band| map.get_at(RF_ON, *band) != 0);
        let with_antenna =
            radiating.clone().filter(|n| self.bands[usize::from(*n)].antenna == Antenna::Connected);
        let (radiating, heard) = (radiating.count(), with_antenna.count());
        if radiating > 0 {
            self.radiated += passed;
        }
        let tenths = u32::try_from(self.radiated.as_secs() / 360).unwrap_or(u32::MAX);
        map.put(ON_HOURS, HOURS_BEFORE.saturating_add(tenths));
        let supplied = map.is_on(MAINS_OK);
        map.measure(SUPPLY, 0, if supplied { 2_806.0 } else { 0.0 }, if supplied { 8.0 } else { 0.0 }, now);
        let fan = if !supplied {
            0.0
        } else if radiating > 0 {
            2_950.0
        } else {
            900.0
        };
        map.measure(FAN, 0, fan, if supplied { 25.0 } else { 0.0 }, now);
        // The probe hears all radiating bands together: ten times the power is ten decibels more.
        let field = if heard == 0 { -950.0 } else { -380.0 + 100.0 * (heard as f64).log10() };
        map.measure(MONITOR_RX, 0, field, 6.0, now);
    }
}

/// What comes back, in 0.1 dBm: the forward power less the return loss of the standing-wave ratio (in 0.01).
fn reflected_power(forward: i64, vswr: i64) -> i64 {
    let ratio = (vswr as f64 / 100.0).max(1.001);
    let reflection = (ratio - 1.0) / (ratio + 1.0);
    (forward as f64 + 200.0 * reflection.log10()).round() as i64
}

impl Behaviour for Jammer {
    fn fresh(&self) -> Box<dyn Behaviour> {
        Box::new(Self::new(self.bands.iter().map(|band| band.id).collect()))
    }

    fn fitted(&self, signal: Signal) -> Signal {
        if signal.is_repeated() { signal.repeated(self.indices().end, signal.stride) } else { signal }
    }

    fn start(&mut self, map: &mut RegisterMap) {
        map.put(MAINS_OK, true);
        map.put(KEY_SWITCH, true);
    }

    fn advance(&mut self, map: &mut RegisterMap, now: Moment) -> Vec<String> {
        let passed = now.elapsed.saturating_sub(self.seen_at);
        self.seen_at = now.elapsed;
        let mut happened = Vec::new();
        for band in self.indices() {
            happened.extend(self.protect_band(map, band, now));
            self.show_band(map, band, passed, now);
        }
        self.show_whole(map, passed, now);
        happened
    }

    fn act(
        &mut self,
        map: &mut RegisterMap,
        action: &Action<'_>,
        _now: Moment,
    ) -> Option<Result<String, ActionError>> {
        let bands = 0..=self.indices().end - 1;
        Some(match action.word {
            "on" | "off" => action.without_argument().map(|()| self.switch_all(map, action.word == "on")),
            "band" => action.number_and_switch(bands).map(|(band, on)| {
                map.put_at(ENABLED_CMD, band, on);
                format!("band {band} commanded {}", if on { "on" } else { "off" })
            }),
            "antenna" => action.number_and_switch(bands).map(|(band, on)| {
                let antenna = if on { Antenna::Connected } else { Antenna::Missing };
                self.bands[usize::from(band)].antenna = antenna;
                format!("antenna of band {band} {}", if on { "connected" } else { "taken off" })
            }),
            "trip" => action.choice(&Shutdown::NAMES[1..]).map(|reason| self.trip(map, reason)),
            _ => return None,
        })
    }
}
