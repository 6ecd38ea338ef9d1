//! What the panel lives on: the mains, and a battery that carries it without them and sinks while it does.

use std::time::Duration;

use super::log::{self, Entry, Qualifier};
use super::{BATTERY, BATTERY_CURRENT, EVENTS, MAINS, TEMP};
use crate::device::Moment;
use crate::device::register_map::RegisterMap;

/// Below this, in 0.1 V, the panel runs on its battery.
const MAINS_MIN: i64 = 1_800;
/// In 0.01 V.
const BATTERY_FULL: f64 = 1_362.0;
/// A small battery, so that a person who watches sees it sink: 13.6 V to 10.5 V within an hour.
const BATTERY_SINKS_PER_S: f64 = 0.09;

#[derive(Debug, Default)]
pub(super) struct Supply {
    mains_lost_at: Option<Duration>,
}

impl Supply {
    pub(super) fn advance(&mut self, map: &mut RegisterMap, now: Moment) -> Option<String> {
        map.measure(MAINS, 0, 2_301.0, 14.0, now);
        map.measure(TEMP, 0, 234.0, 6.0, now);
        let on_battery = map.get(MAINS) < MAINS_MIN;
        let happened = match (on_battery, self.mains_lost_at) {
            (true, None) => {
                self.mains_lost_at = Some(now.elapsed);
                Some("mains lost, runs on its battery")
            }
            (false, Some(_)) => {
                self.mains_lost_at = None;
                Some("mains are back")
            }
            _ => None,
        };
        if happened.is_some() {
            map.count_up(EVENTS, 0);
            let qualifier = if on_battery { Qualifier::Event } else { Qualifier::Restore };
            log::write(map, Entry::new(log::MAINS, qualifier, 0), now);
        }
        let sunk = self.mains_lost_at.map_or(0.0, |lost| now.elapsed.saturating_sub(lost).as_secs_f64());
        map.measure(BATTERY, 0, (BATTERY_FULL - BATTERY_SINKS_PER_S * sunk).max(0.0), 2.0, now);
        map.measure(BATTERY_CURRENT, 0, if on_battery { -84.0 } else { 6.0 }, 1.0, now);
        happened.map(str::to_owned)
    }
}
