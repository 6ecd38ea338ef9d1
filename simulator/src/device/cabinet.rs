//! Cabinet with an electronic combination lock: users, wrong combinations, a lockout, an opening delay with its window,
//! a bolt and a door. Door and bolt belong to the room; the lock counts what they do.

use std::time::Duration;

use runtime::config::{Parsed, Section};

use super::action::{Action, ActionError, ActionHelp};
use super::choices::choices;
use super::register_map::RegisterMap;
use super::signal::{Signal, signals};
use super::{Behaviour, Class, Moment, seconds};

choices!(Bolt { Extended = "extended", Retracted = "retracted", Jam = "jam" });
choices!(Mode { Single = "single", Dual = "dual", Supervised = "supervised" });

signals! {
    BOLT_STATE = Signal::choice("bolt_state", 8, Bolt::NAMES).world();
    DOOR_CLOSED = Signal::bit("door_closed", 9, 0).world();
    HANDLE_TURNED = Signal::bit("handle_turned", 9, 1).world();
    DURESS = Signal::bit("duress", 9, 2).world();
    OVERRIDE_KEY_USED = Signal::bit("override_key_used", 9, 3).world();
    COVER_TAMPER = Signal::bit("cover_tamper", 9, 4).world();
    DRILL_ALARM = Signal::bit("drill_alarm", 9, 5).world();
    HEAT_ALARM = Signal::bit("heat_alarm", 9, 6).world();
    MODE = Signal::choice("mode", 10, Mode::NAMES).world();
    COMBOS_ENTERED = Signal::u16("combos_entered", 11).world();
    USER_A = Signal::u16("user_a", 12).world();
    USER_B = Signal::u16("user_b", 13).world();
    LAST_OPEN = Signal::u32("last_open_ts", 14).scaled(0, "s since 1970");
    WRONG_COUNT = Signal::u16("wrong_count", 16).world();
    LOCKOUT = Signal::u16("lockout_s", 17).scaled(0, "s");
    TIME_DELAY_LEFT = Signal::u16("time_delay_left_s", 18).scaled(0, "s");
    OPEN_WINDOW_LEFT = Signal::u16("open_window_left_s", 19).scaled(0, "s");
    OPEN_DURATION = Signal::u32("open_duration_s", 20).scaled(0, "s");
    VIBRATION = Signal::u16("vibration_mg", 22).scaled(0, "mg");
    TILT = Signal::i16("tilt", 23).scaled(-1, "°");
    BATTERY = Signal::u16("battery_v", 24).scaled(-2, "V");
    AUDIT_COUNT = Signal::u32("audit_count", 25).world();
}

/// How long the peak of a knock stays in its register, so that a slow reader still sees it.
const KNOCK_SHOWN: Duration = Duration::from_secs(2);

pub(super) static CLASS: Class = Class {
    name: "cabinet",
    device_type: 2,
    signals: SIGNALS,
    cover: COVER_TAMPER,
    actions: &[
        ActionHelp::new(
            "open",
            "[USER [SECOND-USER]]",
            "right combinations are entered and the door is opened",
        ),
        ActionHelp::new("close", "", "the door is closed and the bolt thrown"),
        ActionHelp::new("duress", "[USER]", "opened with a combination that says: I am being forced"),
        ActionHelp::new("override", "", "opened with the override key"),
        ActionHelp::new("force", "", "broken open, the bolt still out"),
        ActionHelp::new("wrong", "", "a wrong combination is entered"),
        ActionHelp::new("jam", "on|off", "the bolt is stuck, or free again"),
        ActionHelp::new("drill", "on|off", "the drill detector"),
        ActionHelp::new("heat", "on|off", "the heat detector"),
        ActionHelp::new("knock", "MG", "a shock of so many mg"),
    ],
    configure,
};

fn configure(section: &mut Section<'_>) -> Option<Box<dyn Behaviour>> {
    let mode =
        section.optional::<Parsed<ModeName>>("mode").map_or(Mode::Single, |Parsed(ModeName(mode))| mode);
    // The ranges are those of common electronic safe locks; a delay of zero opens at once.
    let settings = Settings {
        mode,
        time_delay_s: seconds::configured(section, "time_delay", 0, 0..=5_940),
        open_window_s: seconds::configured(section, "open_window", 120, 1..=1_200),
        wrong_max: section.within("wrong_max", 3, 1..=9),
        lockout_s: seconds::configured(section, "lockout", 60, 1..=600),
    };
    Some(Box::new(Cabinet::new(settings)))
}

struct ModeName(Mode);

impl std::str::FromStr for ModeName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let modes = [Mode::Single, Mode::Dual, Mode::Supervised];
        let found = modes.into_iter().find(|mode| mode.name() == text);
        found.map(Self).ok_or_else(|| format!("`{text}` is none of: {}", Mode::NAMES.join(", ")))
    }
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    mode: Mode,
    time_delay_s: u16,
    open_window_s: u16,
    wrong_max: u16,
    lockout_s: u16,
}

/// How far an opening has come while the door is still shut.
#[derive(Clone, Copy, Debug)]
enum Delay {
    Idle,
    Runs { until: Duration },
    Window { until: Duration },
}

#[derive(Debug)]
struct Cabinet {
    settings: Settings,
    delay: Delay,
    locked_out_until: Duration,
    open_since: Option<Duration>,
    bolt_was_retracted: bool,
    knock: Option<(u16, Duration)>,
}

impl Cabinet {
    fn new(settings: Settings) -> Self {
        Self {
            settings,
            delay: Delay::Idle,
            locked_out_until: Duration::ZERO,
            open_since: None,
            bolt_was_retracted: false,
            knock: None,
        }
    }

    /// Users enter their combinations; whether the door then opens depends on delay, lockout and bolt.
    fn open(&mut self, map: &mut RegisterMap, users: (u16, u16), now: Moment) -> String {
        if !map.is_on(DOOR_CLOSED) {
            return "is open already".into();
        }
        if now.elapsed < self.locked_out_until {
            return format!(
                "stays shut: locked out for {} s",
                seconds::left(self.locked_out_until, now.elapsed)
            );
        }
        if map.shows(BOLT_STATE, Bolt::Jam) {
            return "stays shut: the bolt is stuck".into();
        }
        let two_needed = !map.shows(MODE, Mode::Single);
        map.put(COMBOS_ENTERED, if two_needed { 2 } else { 1 });
        map.put(USER_A, users.0);
        map.put(USER_B, if two_needed { users.1 } else { 0 });
        map.put(WRONG_COUNT, 0);
        let by = if two_needed {
            format!("users {} and {}", users.0, users.1)
        } else {
            format!("user {}", users.0)
        };
        match self.delay {
            Delay::Idle if self.settings.time_delay_s > 0 => {
                let until = now.elapsed + Duration::from_secs(u64::from(self.settings.time_delay_s));
                self.delay = Delay::Runs { until };
                format!("{by}: opening delay runs, {} s", self.settings.time_delay_s)
            }
            Delay::Runs { until } => {
                format!("stays shut: {} s of delay left", seconds::left(until, now.elapsed))
            }
            Delay::Idle | Delay::Window { .. } => {
                self.delay = Delay::Idle;
                self.swing_open(map, Bolt::Retracted, now);
                format!("opened by {by}")
            }
        }
    }

    fn swing_open(&mut self, map: &mut RegisterMap, bolt: Bolt, now: Moment) {
        map.put(BOLT_STATE, bolt);
        map.put(HANDLE_TURNED, matches!(bolt, Bolt::Retracted));
        map.put(DOOR_CLOSED, false);
        self.follow_door(map, now);
    }

    fn close(&mut self, map: &mut RegisterMap, now: Moment) -> String {
        if map.is_on(DOOR_CLOSED) && map.shows(BOLT_STATE, Bolt::Extended) {
            return "is closed already".into();
        }
        map.put(DOOR_CLOSED, true);
        map.put(HANDLE_TURNED, false);
        map.put(BOLT_STATE, Bolt::Extended);
        map.put(COMBOS_ENTERED, 0);
        for latched in [DURESS, OVERRIDE_KEY_USED] {
            map.put(latched, false);
        }
        self.follow_door(map, now);
        "closed, bolt thrown".into()
    }

    fn wrong(&mut self, map: &mut RegisterMap, now: Moment) -> String {
        if now.elapsed < self.locked_out_until {
            return "wrong combination, not even looked at: locked out".into();
        }
        map.count_up(WRONG_COUNT, 0);
        let count = map.get(WRONG_COUNT);
        if count < i64::from(self.settings.wrong_max) {
            return format!("wrong combination, {count} in a row");
        }
        self.locked_out_until = now.elapsed + Duration::from_secs(u64::from(self.settings.lockout_s));
        format!("wrong combination, {count} in a row: locked out for {} s", self.settings.lockout_s)
    }

    fn follow_delay(&mut self, map: &mut RegisterMap, now: Moment) -> Option<String> {
        let (next, happened) = match self.delay {
            Delay::Runs { until } if now.elapsed >= until => {
                let window = Duration::from_secs(u64::from(self.settings.open_window_s));
                (
                    Delay::Window { until: until + window },
                    Some("opening delay over, may be opened now".into()),
                )
            }
            Delay::Window { until } if now.elapsed >= until => {
                map.put(COMBOS_ENTERED, 0);
                (Delay::Idle, Some("opening window over".into()))
            }
            unmoved => (unmoved, None),
        };
        self.delay = next;
        let (delay_left, window_left) = match next {
            Delay::Idle => (0, 0),
            Delay::Runs { until } => (seconds::left(until, now.elapsed), 0),
            Delay::Window { until } => (0, seconds::left(until, now.elapsed)),
        };
        map.put(TIME_DELAY_LEFT, delay_left);
        map.put(OPEN_WINDOW_LEFT, window_left);
        map.put(LOCKOUT, seconds::left(self.locked_out_until, now.elapsed));
        happened
    }

    /// Follows bolt and door, whoever moved them. Every retraction of the bolt counts in the audit.
    fn follow_door(&mut self, map: &mut RegisterMap, now: Moment) -> Option<String> {
        let retracted = map.shows(BOLT_STATE, Bolt::Retracted);
        if retracted && !self.bolt_was_retracted {
            map.count_up(AUDIT_COUNT, 0);
            map.put(LAST_OPEN, now.unix_s);
        }
        self.bolt_was_retracted = retracted;
        let happened = match (map.is_on(DOOR_CLOSED), self.open_since) {
            (false, None) => {
                self.open_since = Some(now.elapsed);
                Some("door open".into())
            }
            (true, Some(_)) => {
                self.open_since = None;
                Some("door closed".into())
            }
            _ => None,
        };
        let open_for = self.open_since.map_or(0, |since| now.elapsed.saturating_sub(since).as_secs());
        map.put(OPEN_DURATION, u32::try_from(open_for).unwrap_or(u32::MAX));
        happened
    }

    fn show_measurements(&mut self, map: &mut RegisterMap, now: Moment) {
        self.knock = self.knock.filter(|(_, until)| now.elapsed < *until);
        match self.knock {
            Some((peak, _)) => map.put(VIBRATION, peak),
            None => map.measure(VIBRATION, 0, 4.0, 3.0, now),
        }
        map.measure(TILT, 0, 0.0, 1.4, now);
        map.measure(BATTERY, 0, 782.0, 2.0, now);
    }
}

impl Behaviour for Cabinet {
    fn fresh(&self) -> Box<dyn Behaviour> {
        Box::new(Self::new(self.settings))
    }

    fn start(&mut self, map: &mut RegisterMap) {
        map.put(DOOR_CLOSED, true);
        map.put(MODE, self.settings.mode);
    }

    fn advance(&mut self, map: &mut RegisterMap, now: Moment) -> Vec<String> {
        self.show_measurements(map, now);
        [self.follow_delay(map, now), self.follow_door(map, now)].into_iter().flatten().collect()
    }

    fn act(
        &mut self,
        map: &mut RegisterMap,
        action: &Action<'_>,
        now: Moment,
    ) -> Option<Result<String, ActionError>> {
        let bare = || action.without_argument();
        let switch = |signal: Signal, map: &mut RegisterMap, name: &str| {
            action.switch().map(|on| {
                map.put(signal, on);
                format!("{name} {}", if on { "alarm" } else { "alarm over" })
            })
        };
        Some(match action.word {
            "open" => action.two_numbers_or((1, 2), 1..=u16::MAX).map(|users| self.open(map, users, now)),
            "close" => bare().map(|()| self.close(map, now)),
            "duress" => action.number_or(1, 1..=u16::MAX).map(|user| {
                map.put(DURESS, true);
                format!("{}, under duress", self.open(map, (user, 2), now))
            }),
            "override" => bare().map(|()| {
                map.put(OVERRIDE_KEY_USED, true);
                self.swing_open(map, Bolt::Retracted, now);
                "opened with the override key".into()
            }),
            "force" => bare().map(|()| {
                self.swing_open(map, Bolt::Extended, now);
                "broken open".into()
            }),
            "wrong" => bare().map(|()| self.wrong(map, now)),
            "jam" => action.switch().map(|stuck| {
                map.put(BOLT_STATE, if stuck { Bolt::Jam } else { Bolt::Extended });
                if stuck { "the bolt is stuck" } else { "the bolt is free again" }.into()
            }),
            "drill" => switch(DRILL_ALARM, map, "drill"),
            "heat" => switch(HEAT_ALARM, map, "heat"),
            "knock" => action.number(1..=u16::MAX).map(|peak| {
                self.knock = Some((peak, now.elapsed + KNOCK_SHOWN));
                format!("a shock of {peak} mg")
            }),
            _ => return None,
        })
    }
}
