//! Alarm panel with sixteen zones on eight sectors. Zone states belong to the room; the panel arms, waits, alarms and
//! counts. Zone n lies in sector n / 2, and the first four sectors are the outer ones that a part set arms.

mod log;
mod supply;

use std::time::Duration;

use runtime::config::Section;

use self::log::{Entry, Qualifier};
use self::supply::Supply;
use super::action::{Action, ActionError, ActionHelp};
use super::choices::choices;
use super::register_map::RegisterMap;
use super::signal::{Element, Signal, signals};
use super::{Behaviour, Class, Moment};

choices!(Arm {
    Unset = "unset",
    Exit = "exit",
    Part = "part",
    Set = "set",
    Entry = "entry",
    Alarm = "alarm",
    Maintenance = "maintenance",
});
choices!(UserAction { None = "none", Set = "set", Unset = "unset", Bypass = "bypass", Reset = "reset" });
choices!(Zone {
    Normal = "normal",
    Alarm = "alarm",
    TamperOpen = "tamper_open",
    TamperShort = "tamper_short",
    Mask = "mask",
    Trouble = "trouble",
    Bypassed = "bypassed",
    Unknown = "unknown",
});

signals! {
    ARM_STATE = Signal::choice("arm_state", 8, Arm::NAMES);
    PANEL_TAMPER = Signal::bit("panel_tamper", 9, 0).world();
    SIREN_TAMPER = Signal::bit("siren_tamper", 9, 1).world();
    SIREN_ON = Signal::bit("siren_on", 9, 2);
    SIREN_FAULT = Signal::bit("siren_fault", 9, 3).world();
    PATH1_OK = Signal::bit("path1_ok", 9, 4).world();
    PATH2_OK = Signal::bit("path2_ok", 9, 5).world();
    LAST_USER = Signal::u16("last_user", 10).world();
    LAST_ACTION = Signal::choice("last_action", 11, UserAction::NAMES).world();
    MAINS = Signal::u16("mains_v", 12).scaled(-1, "V");
    BATTERY = Signal::u16("battery_v", 13).scaled(-2, "V");
    BATTERY_CURRENT = Signal::i16("battery_i", 14).scaled(-2, "A");
    TEMP = Signal::i16("temp", 15).scaled(-1, "°C");
    WRONG_CODES = Signal::u32("wrong_code_count", 16).world();
    EVENTS = Signal::u32("event_count", 18).world();
    EVENT_NEWEST = Signal::u32("event_newest", 20);
    ZONE_STATE = Signal::choice("zone_state[]", 32, Zone::NAMES).repeated(ZONES, 1).world();
    ZONE_LOOP = Signal::u16("zone_loop_ohm[]", 48).scaled(1, "Ω").repeated(ZONES, 1);
    EVENT_SEQ = Signal::u32("event[].seq", 128).repeated(EVENTS_KEPT, 8);
    EVENT_TS = Signal::u32("event[].ts", 130).scaled(0, "s since 1970").repeated(EVENTS_KEPT, 8);
    EVENT_CODE = Signal::u16("event[].code", 132).repeated(EVENTS_KEPT, 8);
    EVENT_PARTITION = Signal::u16("event[].partition", 133).repeated(EVENTS_KEPT, 8);
    EVENT_NUMBER = Signal::u16("event[].number", 134).repeated(EVENTS_KEPT, 8);
    EVENT_QUALIFIER = Signal::u16("event[].qualifier", 135).repeated(EVENTS_KEPT, 8);
    SECTOR_ALARM = Signal::flag("sector_alarm[]", 0x1401).repeated(SECTORS, 1);
    SECTOR_ARMED = Signal::flag("sector_armed[]", 0x3001).repeated(SECTORS, 1);
}

const ZONES: u16 = 16;
const SECTORS: u16 = 8;
const EVENTS_KEPT: u16 = 32;
const PART_SECTORS: u16 = 4;
const ZONES_PER_SECTOR: u16 = ZONES / SECTORS;

/// Loop resistances in steps of 10 Ω, each in the middle of its band of a triple balanced loop.
const LOOP_NORMAL: f64 = 100.0;
const LOOP_OF_ZONE: [f64; 8] = [LOOP_NORMAL, 200.0, 6_000.0, 2.0, 700.0, 350.0, LOOP_NORMAL, LOOP_NORMAL];

/// Sirens have to fall silent after a few minutes by law in most places.
const SIREN_TIME: Duration = Duration::from_secs(180);

pub(super) static CLASS: Class = Class {
    name: "panel",
    device_type: 1,
    signals: SIGNALS,
    cover: PANEL_TAMPER,
    actions: &[
        ActionHelp::new("set", "[USER]", "a user sets the panel; it is set when the exit delay is over"),
        ActionHelp::new("part", "[USER]", "a user sets the outer sectors only"),
        ActionHelp::new("unset", "[USER]", "a user unsets the panel and silences the siren"),
        ActionHelp::new("reset", "[USER]", "a user clears an alarm; the panel is unset afterwards"),
        ActionHelp::new("bypass", "ZONE", "a zone is taken out of service until the panel is unset"),
        ActionHelp::new("wrong-code", "", "somebody types a wrong code"),
        ActionHelp::new("maintenance", "on|off", "an engineer takes the panel over, or gives it back"),
    ],
    configure,
};

fn configure(section: &mut Section<'_>) -> Option<Box<dyn Behaviour>> {
    // Zero is allowed: tests and demos do not want to wait. Five minutes are the most that panels offer.
    let exit_delay =
        section.within("exit_delay", Duration::from_secs(30), Duration::ZERO..=Duration::from_secs(300));
    let entry_delay =
        section.within("entry_delay", Duration::from_secs(30), Duration::ZERO..=Duration::from_secs(300));
    let entry_zones: Vec<u16> = section.or("entry_zones", Vec::new());
    for zone in entry_zones.iter().filter(|zone| **zone >= ZONES) {
        section
            .fault("entry_zones", format!("there is no zone {zone}; zones are numbered 0 to {}", ZONES - 1));
    }
    Some(Box::new(Panel::new(exit_delay, entry_delay, entry_zones)))
}

/// Where the panel is in its day. What it was set to matters on the way in and out.
#[derive(Clone, Copy, Debug)]
enum State {
    Unset,
    Exit { until: Duration, then: Scope },
    Set { scope: Scope },
    Entry { until: Duration, scope: Scope },
    Alarm { since: Duration, scope: Scope },
    Maintenance,
}

#[derive(Clone, Copy, Debug)]
enum Scope {
    Part,
    Full,
}

impl Scope {
    fn sectors(self) -> u16 {
        if matches!(self, Self::Part) { PART_SECTORS } else { SECTORS }
    }
}

#[derive(Debug)]
struct Panel {
    exit_delay: Duration,
    entry_delay: Duration,
    entry_zones: Vec<u16>,
    state: State,
    /// Zone states at the last look, to count changes.
    zones: [i64; ZONES as usize],
    alarmed: [bool; SECTORS as usize],
    supply: Supply,
}

impl Panel {
    fn new(exit_delay: Duration, entry_delay: Duration, entry_zones: Vec<u16>) -> Self {
        Self {
            exit_delay,
            entry_delay,
            entry_zones,
            state: State::Unset,
            zones: [0; ZONES as usize],
            alarmed: [false; SECTORS as usize],
            supply: Supply::default(),
        }
    }

    fn armed(&self) -> Option<Scope> {
        match self.state {
            State::Set { scope } | State::Entry { scope, .. } | State::Alarm { scope, .. } => Some(scope),
            State::Unset | State::Exit { .. } | State::Maintenance => None,
        }
    }

    /// Changes of zones count as events and, where they happen in an armed sector, alarm.
    fn follow_zones(&mut self, map: &mut RegisterMap, now: Moment, happened: &mut Vec<String>) {
        for zone in 0..ZONES {
            let state = map.get_at(ZONE_STATE, zone);
            let last = std::mem::replace(&mut self.zones[usize::from(zone)], state);
            if state != last {
                map.count_up(EVENTS, 0);
                if let Some(entry) = Entry::of_zone(zone, zone / ZONES_PER_SECTOR, last, state) {
                    log::write(map, entry, now);
                }
                happened.push(format!(
                    "zone {zone} {}",
                    map.display(Element { signal: ZONE_STATE, index: zone })
                ));
            }
            self.judge_zone(map, zone, now, happened);
        }
    }

    /// A zone that is not at rest in an armed sector starts the entry delay or the alarm; it need not have changed, it
    /// may have been open when the exit delay ran out.
    fn judge_zone(&mut self, map: &mut RegisterMap, zone: u16, now: Moment, happened: &mut Vec<String>) {
        let sector = zone / ZONES_PER_SECTOR;
        let Some(scope) = self.armed().filter(|scope| sector < scope.sectors()) else {
            return;
        };
        let shows = |state: Zone| map.shows_at(ZONE_STATE, zone, state);
        let intruder = shows(Zone::Alarm);
        let tampered = shows(Zone::TamperOpen) || shows(Zone::TamperShort);
        if !intruder && !tampered {
            return;
        }
        let by_entry = intruder && self.entry_zones.contains(&zone);
        match self.state {
            State::Set { .. } if by_entry && !self.entry_delay.is_zero() => {
                self.state = State::Entry { until: now.elapsed + self.entry_delay, scope };
                happened.push(format!("entry delay runs, {} s", self.entry_delay.as_secs()));
            }
            State::Entry { .. } if by_entry => {}
            _ => self.alarm_in(map, sector, scope, now, happened),
        }
    }

    fn alarm_in(
        &mut self,
        map: &mut RegisterMap,
        sector: u16,
        scope: Scope,
        now: Moment,
        happened: &mut Vec<String>,
    ) {
        if !matches!(self.state, State::Alarm { .. }) {
            self.state = State::Alarm { since: now.elapsed, scope };
            map.count_up(EVENTS, 0);
        }
        if !std::mem::replace(&mut self.alarmed[usize::from(sector)], true) {
            happened.push(format!("ALARM in sector {sector}"));
        }
    }

    /// Delays that are over.
    fn follow_time(&mut self, map: &mut RegisterMap, now: Moment, happened: &mut Vec<String>) {
        match self.state {
            State::Exit { until, then } if now.elapsed >= until => {
                self.state = State::Set { scope: then };
                map.count_up(EVENTS, 0);
                happened.push(if matches!(then, Scope::Full) { "set" } else { "part set" }.into());
            }
            State::Entry { until, scope } if now.elapsed >= until => {
                let entered = self.entry_zones.first().map_or(0, |zone| zone / ZONES_PER_SECTOR);
                self.alarm_in(map, entered, scope, now, happened);
            }
            _ => {}
        }
    }

    fn show_state(&self, map: &mut RegisterMap, now: Moment) {
        map.put(
            ARM_STATE,
            match self.state {
                State::Unset => Arm::Unset,
                State::Exit { .. } => Arm::Exit,
                State::Set { scope: Scope::Part } => Arm::Part,
                State::Set { scope: Scope::Full } => Arm::Set,
                State::Entry { .. } => Arm::Entry,
                State::Alarm { .. } => Arm::Alarm,
                State::Maintenance => Arm::Maintenance,
            },
        );
        let sounding = matches!(self.state, State::Alarm { since, .. } if now.elapsed < since + SIREN_TIME);
        map.put(SIREN_ON, sounding);
        let armed = self.armed().map_or(0, Scope::sectors);
        for sector in 0..SECTORS {
            map.put_at(SECTOR_ARMED, sector, sector < armed);
            map.put_at(SECTOR_ALARM, sector, self.alarmed[usize::from(sector)]);
        }
    }

    fn record(&self, map: &mut RegisterMap, user: u16, action: UserAction, entry: Entry, now: Moment) {
        log::write(map, entry, now);
        map.put(LAST_USER, user);
        map.put(LAST_ACTION, action);
        map.count_up(EVENTS, 0);
    }

    fn set(&mut self, map: &mut RegisterMap, user: u16, scope: Scope, now: Moment) -> String {
        match self.state {
            State::Unset => {}
            State::Maintenance => return "not set: an engineer is at work".into(),
            _ => return "not set: it is not unset".into(),
        }
        if let Some(zone) = self.hindering_zone(map, scope) {
            return format!(
                "not set: zone {zone} is {}",
                map.display(Element { signal: ZONE_STATE, index: zone })
            );
        }
        let code = if matches!(scope, Scope::Part) { log::CLOSED_STAY } else { log::CLOSED_BY_USER };
        self.record(map, user, UserAction::Set, Entry::new(code, Qualifier::Restore, user), now);
        if self.exit_delay.is_zero() {
            self.state = State::Set { scope };
            return format!("set by user {user}");
        }
        self.state = State::Exit { until: now.elapsed + self.exit_delay, then: scope };
        format!("user {user} sets it, exit delay {} s", self.exit_delay.as_secs())
    }

    /// The first zone that is neither at rest nor bypassed, except those one leaves by.
    fn hindering_zone(&self, map: &RegisterMap, scope: Scope) -> Option<u16> {
        (0..scope.sectors() * ZONES_PER_SECTOR).filter(|zone| !self.entry_zones.contains(zone)).find(|zone| {
            let shows = |state: Zone| map.shows_at(ZONE_STATE, *zone, state);
            !shows(Zone::Normal) && !shows(Zone::Bypassed)
        })
    }

    fn unset(&mut self, map: &mut RegisterMap, user: u16, action: UserAction, now: Moment) -> String {
        let code = if matches!(action, UserAction::Reset) { log::CANCELLED } else { log::CLOSED_BY_USER };
        self.record(map, user, action, Entry::new(code, Qualifier::Event, user), now);
        let was_alarm = matches!(self.state, State::Alarm { .. });
        self.state = State::Unset;
        self.alarmed = [false; SECTORS as usize];
        for zone in 0..ZONES {
            if map.shows_at(ZONE_STATE, zone, Zone::Bypassed) {
                map.put_at(ZONE_STATE, zone, Zone::Normal);
            }
        }
        format!("unset by user {user}{}", if was_alarm { ", the alarm is over" } else { "" })
    }

    fn bypass(&mut self, map: &mut RegisterMap, zone: u16) -> String {
        map.put_at(ZONE_STATE, zone, Zone::Bypassed);
        map.put(LAST_ACTION, UserAction::Bypass);
        format!("zone {zone} taken out of service")
    }

    fn maintain(&mut self, map: &mut RegisterMap, engineer_at_work: bool, now: Moment) -> String {
        let code = if engineer_at_work { log::PROGRAMMING } else { log::PROGRAMMED };
        log::write(map, Entry::new(code, Qualifier::Event, 0), now);
        map.count_up(EVENTS, 0);
        self.state = if engineer_at_work { State::Maintenance } else { State::Unset };
        if engineer_at_work { "an engineer is at work" } else { "the engineer is done, it is unset" }.into()
    }
}

impl Behaviour for Panel {
    fn fresh(&self) -> Box<dyn Behaviour> {
        Box::new(Self::new(self.exit_delay, self.entry_delay, self.entry_zones.clone()))
    }

    fn start(&mut self, map: &mut RegisterMap) {
        map.put(PATH1_OK, true);
        map.put(PATH2_OK, true);
    }

    fn advance(&mut self, map: &mut RegisterMap, now: Moment) -> Vec<String> {
        let mut happened = Vec::new();
        self.follow_time(map, now, &mut happened);
        self.follow_zones(map, now, &mut happened);
        self.show_state(map, now);
        happened.extend(self.supply.advance(map, now));
        for zone in 0..ZONES {
            let loop_nominal =
                usize::try_from(map.get_at(ZONE_STATE, zone)).ok().and_then(|at| LOOP_OF_ZONE.get(at));
            map.measure(ZONE_LOOP, zone, *loop_nominal.unwrap_or(&LOOP_NORMAL), 1.4, now);
        }
        happened
    }

    fn act(
        &mut self,
        map: &mut RegisterMap,
        action: &Action<'_>,
        now: Moment,
    ) -> Option<Result<String, ActionError>> {
        let user = || action.number_or(1_u16, 1..=u16::MAX);
        Some(match action.word {
            "set" => user().map(|user| self.set(map, user, Scope::Full, now)),
            "part" => user().map(|user| self.set(map, user, Scope::Part, now)),
            "unset" => user().map(|user| self.unset(map, user, UserAction::Unset, now)),
            "reset" => user().map(|user| self.unset(map, user, UserAction::Reset, now)),
            "bypass" => action.number(0..=ZONES - 1).map(|zone| self.bypass(map, zone)),
            "wrong-code" => action.without_argument().map(|()| {
                map.count_up(WRONG_CODES, 0);
                map.count_up(EVENTS, 0);
                log::write(map, Entry::new(log::WRONG_CODE, Qualifier::Event, 0), now);
                "wrong code".into()
            }),
            "maintenance" => action.switch().map(|on| self.maintain(map, on, now)),
            _ => return None,
        })
    }
}
