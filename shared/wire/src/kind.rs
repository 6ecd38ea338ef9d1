//! The catalogue of point kinds: what a point means, in which unit, and in which lane its events travel. Rules, profiles
//! and pages name kinds by these names and no others. Sources: the signal lists of alarm panels (EN 50131, GB 12663), safe
//! locks, door controllers, RF amplifiers, UPS and host agents that `docs/register-maps.md` builds on.
//!
//! A kind is urgent if it can raise, excuse or grade a P1 or P2 incident.

use std::fmt;
use std::str::FromStr;

use crate::lane::Lane;
use crate::value::Value;

/// What values a kind has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// Yes or no.
    Flag,
    /// One of these, by its number.
    State(&'static [&'static str]),
    /// A whole number in this unit (`""` for a plain count).
    Count(&'static str),
    /// A measurement in this unit.
    Measure(&'static str),
    Text,
}

impl ValueType {
    pub fn unit(self) -> &'static str {
        match self {
            ValueType::Count(unit) | ValueType::Measure(unit) => unit,
            ValueType::Flag | ValueType::State(_) | ValueType::Text => "",
        }
    }

    pub fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (ValueType::Flag, Value::Flag(_)) | (ValueType::Text, Value::Text(_)) => true,
            (ValueType::State(names), Value::Integer(state)) => {
                usize::try_from(*state).is_ok_and(|state| state < names.len())
            }
            (ValueType::Count(_), Value::Integer(count)) => *count >= 0,
            (ValueType::Measure(_), Value::Number(_)) => true,
            _ => false,
        }
    }

    /// The value in words: the name of a state, else the value itself.
    pub fn describe(self, value: &Value) -> String {
        match (self, value) {
            (ValueType::State(names), Value::Integer(state)) => {
                let name = usize::try_from(*state).ok().and_then(|state| names.get(state));
                name.map_or_else(|| state.to_string(), |name| (*name).to_owned())
            }
            (ValueType::Flag, Value::Flag(flag)) => (if *flag { "yes" } else { "no" }).to_owned(),
            _ => value.to_string(),
        }
    }
}

macro_rules! kinds {
    ($( $(#[$section:meta])* $name:ident = $text:literal, $value:expr, $lane:ident; )*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $( $(#[$section])* $name, )* }

        impl Kind {
            pub const ALL: &[Kind] = &[ $(Kind::$name,)* ];

            pub fn name(self) -> &'static str {
                match self { $(Kind::$name => $text,)* }
            }

            pub fn from_name(name: &str) -> Option<Kind> {
                match name { $($text => Some(Kind::$name),)* _ => None }
            }

            pub fn value_type(self) -> ValueType {
                match self { $(Kind::$name => $value,)* }
            }

            pub fn lane(self) -> Lane {
                match self { $(Kind::$name => Lane::$lane,)* }
            }
        }
    };
}

use ValueType::{Count, Flag, Measure, State, Text};

const ARMING: &[&str] = &["unset", "exit", "part", "set", "entry", "alarm", "maintenance"];
const PANEL_ACTION: &[&str] = &["none", "set", "unset", "bypass", "reset"];
const ZONE: &[&str] =
    &["normal", "alarm", "tamper_open", "tamper_short", "mask", "trouble", "bypassed", "unknown"];
const CONTACT: &[&str] = &["closed", "open", "shorted", "cut"];
const BOLT: &[&str] = &["extended", "retracted", "jam"];
const CABINET_MODE: &[&str] = &["single", "dual", "supervised"];
const LOCK: &[&str] = &["locked", "unlocked", "fault"];
const DOOR_STATE: &[&str] = &["closed", "open", "forced", "held"];
const DOOR_MODE: &[&str] = &["normal", "locked", "unlocked", "blocked", "emergency"];
const ACCESS: &[&str] =
    &["none", "granted", "denied_unknown", "denied_time", "denied_second_person", "duress", "anti_passback"];
const CURTAIN: &[&str] = &["normal", "alarm", "mask", "tamper"];
const JAMMER_SHUTDOWN: &[&str] = &["none", "thermal", "vswr", "overdrive", "manual", "interlock"];
const SUPPLY: &[&str] = &["mains", "battery", "bypass", "off"];
const LINK: &[&str] = &["online", "lost", "frozen", "foreign", "misconfigured", "defective"];
const MEDIA_DIRECTION: &[&str] = &["none", "read", "write"];
const ANTIVIRUS: &[&str] = &["active", "outdated", "off", "absent"];
const CLOCK: &[&str] = &["unset", "free", "synchronised"];
const CLOCK_HEALTH: &[&str] = &["ok", "off", "far_off", "stepped"];

kinds! {
    /// Alarm panel.
    PanelArmState = "panel.arm_state", State(ARMING), Urgent;
    PanelExit = "panel.exit", Flag, Urgent;
    PanelEntry = "panel.entry", Flag, Urgent;
    PanelMaintenance = "panel.maintenance", Flag, Urgent;
    PanelTamper = "panel.tamper", Flag, Urgent;
    PanelSirenTamper = "panel.siren_tamper", Flag, Urgent;
    PanelSirenOn = "panel.siren_on", Flag, Urgent;
    PanelSirenFault = "panel.siren_fault", Flag, Urgent;
    PanelPathOk = "panel.path_ok", Flag, Urgent;
    PanelLastUser = "panel.last_user", Count(""), Urgent;
    PanelLastAction = "panel.last_action", State(PANEL_ACTION), Urgent;
    PanelMains = "panel.mains", Measure("V"), Routine;
    PanelBattery = "panel.battery", Measure("V"), Routine;
    PanelBatteryCurrent = "panel.battery_current", Measure("A"), Routine;
    PanelTemperature = "panel.temperature", Measure("°C"), Routine;
    PanelWrongCodes = "panel.wrong_codes", Count(""), Urgent;
    PanelEvents = "panel.events", Count(""), Routine;
    PanelEvent = "panel.event", Text, Urgent;
    ZoneState = "zone.state", State(ZONE), Urgent;
    ZoneLoop = "zone.loop", Measure("Ω"), Routine;
    SectorArmed = "sector.armed", Flag, Urgent;
    SectorAlarm = "sector.alarm", Flag, Urgent;

    /// The arming state of the whole part, derived by the edge from the panel.
    PartArming = "part.arming", State(ARMING), Urgent;

    /// Cabinet lock.
    CabinetBolt = "cabinet.bolt", State(BOLT), Urgent;
    CabinetDoorClosed = "cabinet.door_closed", Flag, Urgent;
    CabinetHandle = "cabinet.handle", Flag, Urgent;
    CabinetDuress = "cabinet.duress", Flag, Urgent;
    CabinetOverrideKey = "cabinet.override_key", Flag, Urgent;
    CabinetTamper = "cabinet.tamper", Flag, Urgent;
    CabinetDrill = "cabinet.drill", Flag, Urgent;
    CabinetHeat = "cabinet.heat", Flag, Urgent;
    CabinetMode = "cabinet.mode", State(CABINET_MODE), Urgent;
    CabinetCombinations = "cabinet.combinations", Count(""), Urgent;
    CabinetUser = "cabinet.user", Count(""), Urgent;
    CabinetWrongCodes = "cabinet.wrong_codes", Count(""), Urgent;
    CabinetLockout = "cabinet.lockout", Count("s"), Urgent;
    CabinetDelayLeft = "cabinet.delay_left", Count("s"), Routine;
    CabinetWindowLeft = "cabinet.window_left", Count("s"), Routine;
    CabinetOpenDuration = "cabinet.open_duration", Count("s"), Routine;
    CabinetLastOpened = "cabinet.last_opened", Count("s"), Routine;
    CabinetVibration = "cabinet.vibration", Count("mg"), Routine;
    CabinetTilt = "cabinet.tilt", Measure("°"), Routine;
    CabinetBattery = "cabinet.battery", Measure("V"), Routine;
    CabinetAudits = "cabinet.audits", Count(""), Routine;

    /// Door controller.
    DoorContact = "door.contact", State(CONTACT), Urgent;
    DoorLock = "door.lock", State(LOCK), Urgent;
    DoorLockCommand = "door.lock_command", Flag, Urgent;
    DoorRex = "door.rex", Flag, Urgent;
    DoorHandle = "door.handle", Flag, Urgent;
    DoorFireRelease = "door.fire_release", Flag, Urgent;
    DoorCloserFault = "door.closer_fault", Flag, Routine;
    DoorTamper = "door.tamper", Flag, Urgent;
    DoorState = "door.state", State(DOOR_STATE), Urgent;
    DoorMode = "door.mode", State(DOOR_MODE), Urgent;
    DoorOpenTime = "door.open_time", Count("s"), Routine;
    DoorOccupancy = "door.occupancy", Count(""), Urgent;
    DoorLockCurrent = "door.lock_current", Measure("mA"), Routine;
    DoorSupply = "door.supply", Measure("V"), Routine;
    /// The result of a presented credential. Each presentation is an event, also when the result is the same.
    DoorAccess = "door.access", State(ACCESS), Urgent;
    DoorCredential = "door.credential", Count(""), Urgent;
    ReaderOnline = "reader.online", Flag, Urgent;
    ReaderTamper = "reader.tamper", Flag, Urgent;
    ReaderSecureChannel = "reader.secure_channel", Flag, Urgent;

    /// Window.
    WindowContact = "window.contact", State(CONTACT), Urgent;
    WindowGlassBreak = "window.glass_break", Flag, Urgent;
    WindowGlassLevel = "window.glass_level", Count(""), Routine;
    WindowShock = "window.shock", Count("mg"), Routine;
    WindowBarLoop = "window.bar_loop", Measure("Ω"), Urgent;
    WindowShutter = "window.shutter", Measure("%"), Routine;
    WindowCurtain = "window.curtain", State(CURTAIN), Urgent;
    WindowTamper = "window.tamper", Flag, Urgent;
    WindowSupply = "window.supply", Measure("V"), Routine;

    /// Phone jammer.
    JammerMains = "jammer.mains", Flag, Urgent;
    JammerTamper = "jammer.tamper", Flag, Urgent;
    JammerKeySwitch = "jammer.key_switch", Flag, Urgent;
    JammerSchedule = "jammer.schedule", Flag, Urgent;
    JammerShutdown = "jammer.shutdown", State(JAMMER_SHUTDOWN), Urgent;
    JammerSupply = "jammer.supply", Measure("V"), Routine;
    JammerFan = "jammer.fan", Count("1/min"), Routine;
    JammerHours = "jammer.hours", Measure("h"), Routine;
    JammerProbe = "jammer.probe", Measure("dBm"), Urgent;
    JammerBandCommand = "jammer.band.command", Flag, Urgent;
    JammerBandRf = "jammer.band.rf_on", Flag, Urgent;
    JammerBandFault = "jammer.band.fault", Flag, Urgent;
    JammerBandForward = "jammer.band.forward", Measure("dBm"), Urgent;
    JammerBandReflected = "jammer.band.reflected", Measure("dBm"), Routine;
    JammerBandVswr = "jammer.band.vswr", Measure(""), Urgent;
    JammerBandTemperature = "jammer.band.temperature", Measure("°C"), Routine;
    JammerBandCurrent = "jammer.band.current", Measure("A"), Routine;

    /// Emanation protection.
    EmanationPower = "emanation.power", Flag, Urgent;
    EmanationOn = "emanation.on", Flag, Urgent;
    EmanationLevel = "emanation.level", Measure("V"), Routine;
    EmanationSync = "emanation.sync", Flag, Urgent;
    EmanationTamper = "emanation.tamper", Flag, Urgent;
    EmanationSelfTest = "emanation.self_test", Flag, Urgent;
    FilterVoltage = "filter.voltage", Measure("V"), Routine;
    FilterCurrent = "filter.current", Measure("A"), Routine;
    FilterEarth = "filter.earth", Flag, Urgent;
    FilterGround = "filter.ground", Measure("Ω"), Routine;
    ShieldDoor = "shield.door", State(CONTACT), Urgent;
    ShieldPressure = "shield.pressure", Measure("kPa"), Routine;
    ShieldAttenuation = "shield.attenuation", Measure("dB"), Routine;

    /// Power and environment.
    PowerSupply = "power.supply", State(SUPPLY), Urgent;
    PowerInput = "power.input", Measure("V"), Routine;
    PowerOutput = "power.output", Measure("V"), Routine;
    PowerBattery = "power.battery", Measure("%"), Urgent;
    PowerRuntime = "power.runtime", Count("s"), Urgent;
    PowerLoad = "power.load", Measure("%"), Routine;
    PowerBatteryTemperature = "power.battery_temperature", Measure("°C"), Routine;
    PowerTamper = "power.tamper", Flag, Urgent;
    EnvironmentTemperature = "environment.temperature", Measure("°C"), Routine;
    EnvironmentHumidity = "environment.humidity", Measure("%"), Routine;
    EnvironmentWater = "environment.water", Flag, Urgent;
    EnvironmentSmoke = "environment.smoke", Flag, Urgent;
    EnvironmentGas = "environment.gas", Flag, Urgent;
    EnvironmentTamper = "environment.tamper", Flag, Urgent;
    RackDoor = "rack.door", State(CONTACT), Urgent;

    /// Host agent.
    HostAgent = "host.agent", State(LINK), Urgent;
    HostOutreachBlocked = "host.outreach_blocked", Text, Urgent;
    HostOutreach = "host.outreach", Text, Urgent;
    HostInterface = "host.interface", Text, Urgent;
    HostRadio = "host.radio", Text, Urgent;
    HostMedia = "host.media", Text, Urgent;
    HostMediaCopy = "host.media_copy", State(MEDIA_DIRECTION), Urgent;
    HostImport = "host.import", Text, Urgent;
    HostReverseFlow = "host.reverse_flow", Count("B"), Urgent;
    HostPrint = "host.print", Text, Urgent;
    HostBurn = "host.burn", Text, Urgent;
    HostAudioVideo = "host.audio_video", Text, Urgent;
    HostLogon = "host.logon", Text, Urgent;
    HostHardware = "host.hardware", Text, Urgent;
    HostAgentTamper = "host.agent_tamper", Text, Urgent;
    HostClock = "host.clock", Count("s"), Urgent;
    HostPower = "host.power", Flag, Urgent;
    HostScreenLocked = "host.screen_locked", Flag, Routine;
    HostPatchAge = "host.patch_age", Count("d"), Routine;
    HostAntivirus = "host.antivirus", State(ANTIVIRUS), Routine;

    /// A field device as its edge sees it.
    DeviceLink = "device.link", State(LINK), Urgent;
    DeviceSelfTest = "device.self_test_failed", Flag, Urgent;
    DeviceUptime = "device.uptime", Count("s"), Routine;

    /// The edge itself.
    EdgeClock = "edge.clock", State(CLOCK), Urgent;
    /// How far the wall clock is ahead of the hub's, how that is to be judged, and by how much it jumped.
    EdgeClockOffset = "edge.clock_offset", Measure("s"), Routine;
    EdgeClockHealth = "edge.clock_health", State(CLOCK_HEALTH), Urgent;
    EdgeClockStep = "edge.clock_step", Measure("s"), Urgent;
    EdgeStorage = "edge.storage", Flag, Urgent;
    EdgeTemperature = "edge.temperature", Measure("°C"), Routine;
    EdgeDisk = "edge.disk", Measure("%"), Routine;
    EdgeTamper = "edge.tamper", Flag, Urgent;
    /// How long the certificate of the edge still counts; 0 once its time is over.
    EdgeCertificate = "edge.certificate", Count("d"), Routine;
    /// Whether the coils of the local annunciators stand as they should.
    EdgeAnnunciator = "edge.annunciator", Flag, Urgent;
}

/// A name that is not in the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is not a kind of point; `strongroom-edge kinds` and `strongroom-hub kinds` print those that are"
)]
pub struct UnknownKind {
    pub name: String,
}

impl FromStr for Kind {
    type Err = UnknownKind;
    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        Kind::from_name(name).ok_or_else(|| UnknownKind { name: name.to_owned() })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Kind {
    /// The number of a named state; `None` if the kind has no such state.
    pub fn state(self, name: &str) -> Option<i64> {
        match self.value_type() {
            State(names) => names.iter().position(|known| *known == name).map(|state| state as i64),
            Flag | Count(_) | Measure(_) | Text => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_again() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(*kind), "{kind}");
            assert!(kind.name().len() <= crate::PointTable::KIND_BYTES_MAX);
        }
    }

    #[test]
    fn values_are_checked_against_their_kind() {
        assert!(Kind::DoorContact.value_type().accepts(&Value::Integer(3)));
        assert!(!Kind::DoorContact.value_type().accepts(&Value::Integer(4)));
        assert!(!Kind::PanelTamper.value_type().accepts(&Value::Integer(1)));
        assert_eq!(Kind::DoorContact.state("cut"), Some(3));
        assert_eq!(Kind::DoorContact.value_type().describe(&Value::Integer(1)), "open");
    }
}
