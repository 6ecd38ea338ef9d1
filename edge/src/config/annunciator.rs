//! One `[[annunciators]]` entry: where its coils are, and which states of which kinds switch them on.

use std::collections::BTreeSet;
use std::time::Duration;

use runtime::config::{FromSection, Parsed, Section};
use wire::{DeviceId, Kind, Value, ValueType};

use super::bus::BusId;
use super::endpoint::Endpoint;

/// A room has a few sirens and lamps; each annunciator costs a task and a connection.
pub(super) const ANNUNCIATORS_MAX: usize = 16;
/// The largest relay modules have 32 outputs.
const COILS_MAX: usize = 32;
const NAME_BYTES_MAX: usize = 64;
/// How long a coil is on at least, so that a short alarm is noticed.
const MIN_ON: (Duration, Duration, Duration) =
    (Duration::from_secs(5), Duration::from_millis(100), Duration::from_secs(10 * 60));
/// How long at most: what sounds for ever is torn off the wall.
const MAX_ON: (Duration, Duration, Duration) =
    (Duration::from_secs(10 * 60), Duration::from_secs(1), Duration::from_secs(24 * 60 * 60));

#[derive(Clone, Debug)]
pub struct AnnunciatorConfig {
    pub id: String,
    pub place: CoilsPlace,
    /// The Modbus unit identifier.
    pub unit: u8,
    pub coils: Vec<CoilConfig>,
}

/// Where the coils are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CoilsPlace {
    /// Behind a connection of their own.
    Address(Endpoint),
    /// On a serial bus, among the units that are polled there; its unit may be one of these.
    Bus(BusId),
}

#[derive(Clone, Debug)]
pub struct CoilConfig {
    pub name: String,
    /// Its address as the protocol counts, from 0.
    pub coil: u16,
    pub on: Vec<Trigger>,
    pub min_on: Duration,
    pub max_on: Duration,
}

/// A kind of point, and those of its values that switch a coil on.
#[derive(Clone, Debug, PartialEq)]
pub struct Trigger {
    pub kind: Kind,
    pub values: Vec<Value>,
}

impl CoilConfig {
    /// The values of a point of this kind that switch the coil on; none if it does not care for such points.
    pub fn values(&self, kind: Kind) -> Vec<Value> {
        let triggers = self.on.iter().filter(|trigger| trigger.kind == kind);
        triggers.flat_map(|trigger| trigger.values.clone()).collect()
    }
}

impl FromSection for AnnunciatorConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        // An id as devices have it, so that it can stand in a table and in a metric.
        let id = section.required("id").map(|Parsed(id): Parsed<DeviceId>| id.to_string());
        let place = place(section);
        let unit = unit(section, place.as_ref());
        let coils: Vec<CoilConfig> = section.tables("coils");
        if !section.has("coils") {
            section.fault("coils", "an annunciator without coils does nothing; write [[annunciators.coils]]");
        }
        if coils.len() > COILS_MAX {
            section.fault("coils", format!("{} coils are too many; write up to {COILS_MAX}", coils.len()));
        }
        let (mut names, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        for (place, coil) in coils.iter().enumerate() {
            if !names.insert(coil.name.as_str()) {
                let message = format!("`{}` is the name of another coil already; choose another", coil.name);
                section.fault(&format!("coils[{place}].name"), message);
            }
            if !numbers.insert(coil.coil) {
                let message = format!("coil {} is named already; a coil follows one map only", coil.coil);
                section.fault(&format!("coils[{place}].coil"), message);
            }
        }
        Some(Self { id: id?, place: place?, unit, coils })
    }
}

fn place(section: &mut Section<'_>) -> Option<CoilsPlace> {
    match (section.has("address"), section.has("bus")) {
        (_, false) => section.required("address").map(|Parsed(address)| CoilsPlace::Address(address)),
        (false, true) => section.required("bus").map(|Parsed(bus)| CoilsPlace::Bus(bus)),
        (true, true) => {
            section.fault("bus", "the coils are at an address or on a bus; take one of them away");
            // Read, so that they are known keys.
            let _: (Option<Parsed<Endpoint>>, Option<Parsed<BusId>>) =
                (section.optional("address"), section.optional("bus"));
            None
        }
    }
}

fn unit(section: &mut Section<'_>, place: Option<&CoilsPlace>) -> u8 {
    let is_on_bus = matches!(place, Some(CoilsPlace::Bus(_)));
    // On a bus every unit has its number. The first one may well be the alarm panel.
    let unit: u8 = if is_on_bus { section.required("unit").unwrap_or(1) } else { section.or("unit", 1) };
    // 0 is everybody: the coil of every unit of a bus would be switched. 255 is whoever answers at an address.
    if unit == 0 || (248..=254).contains(&unit) || is_on_bus && unit == 255 {
        section.fault("unit", format!("{unit} is the unit of no device; write 1 to 247"));
    }
    unit
}

impl FromSection for CoilConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let name: Option<String> = section.required("name");
        if name.as_ref().is_some_and(|name| name.is_empty() || name.len() > NAME_BYTES_MAX) {
            section.fault("name", format!("write a name of 1 to {NAME_BYTES_MAX} bytes, such as \"siren\""));
        }
        let coil = section.required("coil");
        let on: Vec<Trigger> = section.tables("on");
        if !section.has("on") {
            section.fault("on", "nothing switches this coil on; write on = [{ kind = \"cabinet.tamper\" }]");
        }
        let min_on = section.within("min_on", MIN_ON.0, MIN_ON.1..=MIN_ON.2);
        let max_on = section.within("max_on", MAX_ON.0, MAX_ON.1..=MAX_ON.2);
        if min_on > max_on {
            section.fault("min_on", "min_on is longer than max_on; write a shorter one");
        }
        Some(Self { name: name?, coil: coil?, on, min_on, max_on })
    }
}

impl FromSection for Trigger {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let kind = section.required("kind").map(|Parsed(kind): Parsed<Kind>| kind);
        let states: Option<Vec<String>> = section.optional("states");
        let kind = kind?;
        if is_silent(kind.name()) {
            section.fault(
                "kind",
                format!(
                    "{kind} is silent: whoever is threatened must not be given away. Choose another kind"
                ),
            );
            return None;
        }
        let values = match (kind.value_type(), states) {
            (ValueType::Flag, None) => vec![Value::Flag(true)],
            (ValueType::Flag, Some(states)) => flags(section, &states),
            (ValueType::State(names), Some(states)) => numbers(section, kind, names, &states),
            (ValueType::State(names), None) => {
                section.fault(
                    "states",
                    format!("say which states switch the coil on; {kind} has {}", names.join(", ")),
                );
                Vec::new()
            }
            (ValueType::Count(_) | ValueType::Measure(_) | ValueType::Text, _) => {
                section.fault(
                    "kind",
                    format!("{kind} has no states that could switch a coil; choose a flag or a state"),
                );
                Vec::new()
            }
        };
        (!values.is_empty()).then_some(Self { kind, values })
    }
}

/// What a threatened person gives away in secret (R-10 of the signals: duress is never heard in the room).
fn is_silent(name: &str) -> bool {
    name.contains("duress")
}

fn flags(section: &mut Section<'_>, states: &[String]) -> Vec<Value> {
    let flag = |state: &String| match state.as_str() {
        "yes" => Some(Value::Flag(true)),
        "no" => Some(Value::Flag(false)),
        _ => None,
    };
    let values: Vec<Value> = states.iter().filter_map(flag).collect();
    if values.len() != 1 || states.len() != 1 {
        section
            .fault("states", "a flag switches a coil on by one of its states; write [\"yes\"] or [\"no\"]");
    }
    values
}

fn numbers(section: &mut Section<'_>, kind: Kind, names: &[&str], states: &[String]) -> Vec<Value> {
    if states.is_empty() {
        section.fault("states", format!("the list is empty; {kind} has {}", names.join(", ")));
    }
    let mut values = Vec::new();
    for state in states {
        match kind.state(state) {
            _ if is_silent(state) => {
                section.fault(
                    "states",
                    format!("`{state}` is silent: whoever is threatened must not be given away"),
                );
            }
            Some(number) => values.push(Value::Integer(number)),
            None => {
                section.fault("states", format!("{kind} has no state `{state}`; it has {}", names.join(", ")))
            }
        }
    }
    values
}
