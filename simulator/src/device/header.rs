//! The eight words that every device starts with: by them a reader tells its own device from a foreign one, and a
//! living program from a frozen one.

use std::time::Duration;

use super::register_map::RegisterMap;
use super::signal::Signal;

const MAGIC_WORD: u16 = 0x5352;
const VERSION: u16 = 1;

const MAGIC: Signal = Signal::u16("magic", 0);
const DEVICE_TYPE: Signal = Signal::u16("device_type", 1);
const MAP_VERSION: Signal = Signal::u16("map_version", 2);
const UNIT_ECHO: Signal = Signal::u16("unit_echo", 3);
const HEARTBEAT: Signal = Signal::u16("heartbeat", 4);
const UPTIME: Signal = Signal::u32("uptime_s", 5).scaled(0, "s");
const SELF_TEST_FAILED: Signal = Signal::bit("self_test_failed", 7, 0).world();
const CONFIGURATION_CHANGED: Signal = Signal::bit("configuration_changed", 7, 1).world();

pub static SIGNALS: &[Signal] =
    &[MAGIC, DEVICE_TYPE, MAP_VERSION, UNIT_ECHO, HEARTBEAT, UPTIME, SELF_TEST_FAILED, CONFIGURATION_CHANGED];

/// Writes the whole header again each time, so that a word that was held by hand returns once it is let go. `running` is
/// how long the device's program has run, without the time it stood frozen.
pub(super) fn advance(map: &mut RegisterMap, device_type: u16, unit: u8, running: Duration) {
    map.put(MAGIC, MAGIC_WORD);
    map.put(DEVICE_TYPE, device_type);
    map.put(MAP_VERSION, VERSION);
    map.put(UNIT_ECHO, unit);
    // Both wrap around at the end of their register.
    map.put(HEARTBEAT, running.as_secs() as u16);
    map.put(UPTIME, running.as_secs() as u32);
}
