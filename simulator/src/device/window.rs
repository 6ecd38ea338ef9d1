//! Window: a contact, a detector for breaking glass, a bar whose loop can be cut, a shutter and a curtain of infrared
//! beams. All of them belong to the room; the program counts breaks and lets short signals fade.

use std::time::Duration;

use runtime::config::Section;

use super::action::{Action, ActionError, ActionHelp};
use super::choices::choices;
use super::register_map::RegisterMap;
use super::signal::{Signal, signals};
use super::{Behaviour, Class, Moment};

choices!(Contact { Closed = "closed", Open = "open", Shorted = "shorted", Cut = "cut" });
choices!(Curtain { Normal = "normal", Alarm = "alarm", Mask = "mask", Tamper = "tamper" });

signals! {
    CONTACT = Signal::choice("contact", 8, Contact::NAMES).world();
    GLASS_BREAK = Signal::bit("glass_break", 9, 0).world();
    COVER_TAMPER = Signal::bit("cover_tamper", 9, 1).world();
    CURTAIN = Signal::choice("curtain", 10, Curtain::NAMES).world();
    GLASS_LEVEL = Signal::u16("glass_level", 11);
    SHOCK = Signal::u16("shock_mg", 12).scaled(0, "mg");
    BAR_LOOP = Signal::u16("bar_loop_ohm", 13).scaled(1, "Ω");
    SHUTTER = Signal::u16("shutter_percent", 14).scaled(0, "%").within(0, 100).world();
    SUPPLY = Signal::u16("supply_v", 15).scaled(-2, "V");
    BREAK_COUNT = Signal::u32("glass_break_count", 16).world();
}

/// A detector shows a bang for so long.
const BANG_SHOWN: Duration = Duration::from_secs(3);
/// What breaking glass reaches on the detector's own scale, and what a quiet room does.
const BANG_LEVEL: u16 = 870;
const BANG_SHOCK_MG: u16 = 1_600;
const QUIET_LEVEL: f64 = 12.0;
const QUIET_SHOCK_MG: f64 = 4.0;
/// Loop resistances in steps of 10 Ω; a cut loop is beyond what the converter measures.
const BAR_WHOLE: f64 = 100.0;
const BAR_CUT: i64 = u16::MAX as i64;

pub(super) static CLASS: Class = Class {
    name: "window",
    device_type: 4,
    signals: SIGNALS,
    cover: COVER_TAMPER,
    actions: &[
        ActionHelp::new("open", "", "somebody opens the window"),
        ActionHelp::new("close", "", "somebody shuts the window"),
        ActionHelp::new("smash", "", "the pane is broken; the window stays shut"),
        ActionHelp::new("knock", "MG", "something strikes the pane and does not break it"),
        ActionHelp::new("saw", "on|off", "a bar is cut through (on), or mended (off)"),
        ActionHelp::new("pass", "", "somebody passes the curtain of beams"),
        ActionHelp::new("mask", "on|off", "the curtain's detector is covered up (on), or free again (off)"),
        ActionHelp::new("shutter", "PERCENT", "the shutter goes to 0 (open) to 100 (shut)"),
    ],
    configure,
};

fn configure(_: &mut Section<'_>) -> Option<Box<dyn Behaviour>> {
    Some(Box::new(Window::default()))
}

#[derive(Debug, Default)]
struct Window {
    bang: Option<Bang>,
    passed_until: Option<Duration>,
    bar: Bar,
}

/// What the detectors still show of a blow.
#[derive(Clone, Copy, Debug)]
struct Bang {
    until: Duration,
    level: u16,
    shock_mg: u16,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Bar {
    #[default]
    Whole,
    Cut,
}

impl Window {
    fn strike(&mut self, map: &mut RegisterMap, level: u16, shock_mg: u16, now: Moment) {
        self.bang = Some(Bang { until: now.elapsed + BANG_SHOWN, level, shock_mg });
        self.show(map, now);
    }

    fn smash(&mut self, map: &mut RegisterMap, now: Moment) -> String {
        map.put(GLASS_BREAK, true);
        map.count_up(BREAK_COUNT, 0);
        self.strike(map, BANG_LEVEL, BANG_SHOCK_MG, now);
        "the pane is broken".into()
    }

    fn swing(&self, map: &mut RegisterMap, wanted: Contact) -> String {
        if map.shows(CONTACT, wanted) {
            return format!("is {} already", wanted.name());
        }
        map.put(CONTACT, wanted);
        if wanted == Contact::Open { "opened" } else { "shut" }.into()
    }

    fn show(&self, map: &mut RegisterMap, now: Moment) {
        match self.bang {
            Some(bang) => {
                map.put(GLASS_LEVEL, bang.level);
                map.put(SHOCK, bang.shock_mg);
            }
            None => {
                map.measure(GLASS_LEVEL, 0, QUIET_LEVEL, 5.0, now);
                map.measure(SHOCK, 0, QUIET_SHOCK_MG, 3.0, now);
            }
        }
        match self.bar {
            Bar::Whole => map.measure(BAR_LOOP, 0, BAR_WHOLE, 1.4, now),
            Bar::Cut => map.put(BAR_LOOP, BAR_CUT),
        }
        map.measure(SUPPLY, 0, 1_212.0, 5.0, now);
    }
}

impl Behaviour for Window {
    fn fresh(&self) -> Box<dyn Behaviour> {
        Box::new(Self::default())
    }

    fn start(&mut self, _: &mut RegisterMap) {}

    fn advance(&mut self, map: &mut RegisterMap, now: Moment) -> Vec<String> {
        let mut happened = Vec::new();
        if self.bang.is_some_and(|bang| now.elapsed >= bang.until) {
            self.bang = None;
            if map.is_on(GLASS_BREAK) {
                map.put(GLASS_BREAK, false);
                happened.push("the glass detector is quiet again".into());
            }
        }
        if self.passed_until.is_some_and(|until| now.elapsed >= until) {
            self.passed_until = None;
            if map.shows(CURTAIN, Curtain::Alarm) {
                map.put(CURTAIN, Curtain::Normal);
            }
        }
        self.show(map, now);
        happened
    }

    fn act(
        &mut self,
        map: &mut RegisterMap,
        action: &Action<'_>,
        now: Moment,
    ) -> Option<Result<String, ActionError>> {
        let bare = || action.without_argument();
        Some(match action.word {
            "open" => bare().map(|()| self.swing(map, Contact::Open)),
            "close" => bare().map(|()| self.swing(map, Contact::Closed)),
            "smash" => bare().map(|()| self.smash(map, now)),
            "knock" => action.number(1..=u16::MAX).map(|shock_mg| {
                self.strike(map, BANG_LEVEL / 4, shock_mg, now);
                format!("a shock of {shock_mg} mg")
            }),
            "saw" => action.switch().map(|cut| {
                self.bar = if cut { Bar::Cut } else { Bar::Whole };
                if cut { "a bar is cut through" } else { "the bar is mended" }.into()
            }),
            "pass" => bare().map(|()| {
                map.put(CURTAIN, Curtain::Alarm);
                self.passed_until = Some(now.elapsed + BANG_SHOWN);
                "somebody passes the curtain".into()
            }),
            "mask" => action.switch().map(|covered| {
                map.put(CURTAIN, if covered { Curtain::Mask } else { Curtain::Normal });
                if covered { "the curtain is covered up" } else { "the curtain is free again" }.into()
            }),
            "shutter" => action.number(0..=100_u16).map(|percent| {
                map.put(SHUTTER, percent);
                format!("the shutter is at {percent} %")
            }),
            _ => return None,
        })
    }
}
