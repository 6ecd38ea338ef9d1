//! A device: its registers, its behaviour and its conduct on the bus, as one pure state machine. Time and requests come
//! in as arguments; answers and happenings go out as values. Each class of device is a file of its own and a line in
//! [`CLASSES`].

pub mod action;
mod cabinet;
mod choices;
pub mod conduct;
mod door;
pub mod drift;
mod emanation;
mod environment;
pub mod header;
mod jammer;
mod panel;
pub mod question;
pub mod register_map;
mod seconds;
pub mod signal;
mod ups;
pub mod value;
mod window;

use std::time::Duration;

use runtime::config::Section;

use self::action::{Action, ActionError, ActionHelp};
use self::conduct::{Conduct, Link};
use self::question::{Answer, Question};
use self::register_map::RegisterMap;
use self::signal::{Element, Signal, SignalError, Source};

/// Every class of device that can be simulated.
pub static CLASSES: &[&Class] = &[
    &panel::CLASS,
    &cabinet::CLASS,
    &door::CLASS,
    &window::CLASS,
    &jammer::CLASS,
    &emanation::CLASS,
    &ups::CLASS,
    &environment::CLASS,
];

/// A moment of a run: how long the site has been up, and what a wall clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub elapsed: Duration,
    pub unix_s: u32,
}

/// What all devices of one kind have in common.
pub struct Class {
    /// As the site file names it.
    pub name: &'static str,
    /// As the header names it.
    pub device_type: u16,
    /// Rows of the map after the header.
    pub signals: &'static [Signal],
    /// The bit that says that the device's own cover is open.
    pub cover: Signal,
    pub actions: &'static [ActionHelp],
    /// Reads the class's own keys of the device's section. `None`: a fault is recorded.
    pub configure: fn(&mut Section<'_>) -> Option<Box<dyn Behaviour>>,
}

impl Class {
    pub fn named(name: &str) -> Option<&'static Self> {
        CLASSES.iter().copied().find(|class| class.name == name)
    }

    pub fn names() -> String {
        CLASSES.iter().map(|class| class.name).collect::<Vec<_>>().join(", ")
    }
}

/// How a device of a class reacts to time, to its surroundings and to what it is told.
pub trait Behaviour: Send + Sync {
    /// The same settings, at the beginning.
    fn fresh(&self) -> Box<dyn Behaviour>;

    /// A row of the class's table as this device has it; some have fewer elements than the map allows.
    fn fitted(&self, signal: Signal) -> Signal {
        signal
    }

    /// The values at the moment of switching on.
    fn start(&mut self, map: &mut RegisterMap);

    /// What time and the room have brought about since the last call, in words.
    fn advance(&mut self, map: &mut RegisterMap, now: Moment) -> Vec<String>;

    /// `None`: the class knows no such action.
    fn act(
        &mut self,
        map: &mut RegisterMap,
        action: &Action<'_>,
        now: Moment,
    ) -> Option<Result<String, ActionError>>;
}

/// What answers to requests for another unit on the same port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignUnit {
    /// Nobody, as on a real bus.
    Silence,
    /// A gateway, with exception 0B: the target did not respond.
    GatewayException,
}

/// What a site file says about a device, apart from its address.
pub struct Settings {
    pub class: &'static Class,
    pub unit: u8,
    pub foreign_unit: ForeignUnit,
    pub behaviour: Box<dyn Behaviour>,
}

pub struct Device {
    class: &'static Class,
    unit: u8,
    foreign_unit: ForeignUnit,
    map: RegisterMap,
    behaviour: Box<dyn Behaviour>,
    conduct: Conduct,
}

/// One row of what a person is shown about a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub signal: String,
    pub place: String,
    pub value: String,
    pub raw: i64,
    pub held: bool,
}

impl Device {
    pub fn new(settings: &Settings, seed: u64) -> Self {
        let mut behaviour = settings.behaviour.fresh();
        let own = settings.class.signals.iter().map(|signal| behaviour.fitted(*signal));
        let mut map = RegisterMap::new(header::SIGNALS.iter().copied().chain(own).collect(), seed);
        header::advance(&mut map, settings.class.device_type, settings.unit, Duration::ZERO);
        behaviour.start(&mut map);
        let (class, unit, foreign_unit) = (settings.class, settings.unit, settings.foreign_unit);
        Self { class, unit, foreign_unit, map, behaviour, conduct: Conduct::normal() }
    }

    pub fn class(&self) -> &'static Class {
        self.class
    }

    pub fn unit(&self) -> u8 {
        self.unit
    }

    pub fn link(&self) -> Link {
        self.conduct.link
    }

    pub fn conduct(&self) -> String {
        self.conduct.describe()
    }

    /// Brings the registers up to `now` and says what happened on the way.
    pub fn advance(&mut self, now: Moment) -> Vec<String> {
        let running = self.conduct.running(now.elapsed);
        header::advance(&mut self.map, self.class.device_type, self.unit, running);
        self.behaviour.advance(&mut self.map, now)
    }

    /// The answer to one request, from registers that [`Device::advance`] brought up to date.
    pub fn answer(&self, question: Question) -> Answer {
        let registers = self.conduct.seen(&self.map);
        question::answer(question, self.unit, self.foreign_unit, self.conduct.answering, registers)
    }

    /// Does what it is told and says what happened. What is well-formed but physically impossible is a happening too.
    pub fn act(&mut self, action: &Action<'_>, now: Moment) -> Result<String, ActionError> {
        if let Some(done) = self.conduct.act(&mut self.map, action, now.elapsed) {
            return done;
        }
        if action.word == "cover" {
            let open = action.switch()?;
            self.map.put(self.class.cover, open);
            return Ok(if open { "cover opened" } else { "cover shut" }.into());
        }
        self.behaviour.act(&mut self.map, action, now).unwrap_or_else(|| Err(self.unknown(action.word)))
    }

    fn unknown(&self, word: &str) -> ActionError {
        let known: Vec<&str> =
            self.class.actions.iter().chain(conduct::ACTIONS).map(|help| help.word).collect();
        ActionError::Unknown { class: self.class.name, word: word.into(), known: known.join(", ") }
    }

    pub fn find(&self, signal: &str) -> Result<Element, SignalError> {
        signal::find(self.map.signals(), signal)
    }

    /// Sets a value by hand and says how it reads now.
    pub fn set(&mut self, element: Element, raw: i64) -> String {
        self.map.set_by_hand(element, raw);
        format!("{} = {}", element.name(), self.map.display(element))
    }

    /// Gives a value held by hand back to the device's program.
    pub fn release(&mut self, element: Element) -> String {
        self.map.release(element);
        format!("{} is the device's own again", element.name())
    }

    /// Every signal as the bus sees it, in the order of the map.
    pub fn rows(&self) -> Vec<Row> {
        let map = self.conduct.seen(&self.map);
        let shown = map.signals().iter().filter(|signal| signal.source != Source::Reserved);
        let elements = shown.flat_map(|s| (0..s.count).map(|index| Element { signal: *s, index }));
        let mut elements: Vec<Element> = elements.collect();
        elements.sort_by_key(Element::order);
        let row = |element: Element| Row {
            signal: element.name(),
            place: element.place(),
            value: map.display(element),
            raw: map.get_at(element.signal, element.index),
            held: map.is_held(element),
        };
        elements.into_iter().map(row).collect()
    }
}
