//! Every rule of the default pack has a scenario in which it fires and one in which it does not. The scenarios are data:
//! `default.toml` beside this file.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use runtime::config::{FromSection, Section};
use strongroom_hub::correlate::rule::Pattern;
use strongroom_hub::correlate::{Pack, pack};
use wire::{Marks, Quality, Value, ValueType};

use crate::room::Room;

struct Scenarios(Vec<Scenario>);

struct Scenario {
    line: usize,
    rule: String,
    fires: bool,
    steps: Vec<String>,
    expect: Vec<String>,
}

impl FromSection for Scenarios {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        Some(Self(section.tables("scenarios")))
    }
}

impl FromSection for Scenario {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let line = section.line();
        let (rule, fires) = (section.required("rule"), section.required("fires"));
        let (steps, expect) = (section.required("steps"), section.optional("expect").unwrap_or_default());
        Some(Self { line, rule: rule?, fires: fires?, steps: steps?, expect })
    }
}

fn scenarios() -> Vec<Scenario> {
    let text = include_str!("default.toml");
    runtime::config::parse::<Scenarios>(Path::new("default.toml"), text).unwrap().0
}

fn play(room: &mut Room, step: &str) {
    match step {
        "silent" => room.silent(),
        "live" => room.live(),
        "missing" => room.missing(10, 20),
        "gap" => room.gap(10, 20),
        "fork" => room.fork(),
        _ => match step.split_once(' ') {
            Some((point, told)) => tell(room, point, told),
            None => room.wait_ms(millis(step)),
        },
    }
}

fn millis(text: &str) -> i64 {
    let units = [("s", 1), ("m", 60), ("h", 3_600)];
    let (number, seconds) = units
        .iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?.parse::<u64>().ok()?, *seconds)))
        .unwrap_or_else(|| panic!("`{step}` is no step", step = text));
    Duration::from_secs(number * seconds).as_millis() as i64
}

fn tell(room: &mut Room, point: &str, told: &str) {
    let kind = room.kind(point);
    let (mut marks, mut quality) = (Marks::NONE, Quality::Good);
    if kind.value_type() == ValueType::Text {
        return room.reading(point, Value::text(told), quality, marks);
    }
    let mut words = told.split(' ');
    let word = words.next().unwrap();
    for more in words {
        match Marks::NAMED.iter().find(|(_, name)| *name == more) {
            Some((mark, _)) => marks = marks.with(*mark),
            None if more == "stale" => quality = Quality::Stale,
            None => panic!("`{more}` is neither a mark nor a quality"),
        }
    }
    let value = match kind.value_type() {
        ValueType::Flag => Value::Flag(word == "yes"),
        // Whatever it was: it is not believed.
        ValueType::State(_) if word == "?" => Value::Integer(0),
        ValueType::State(_) => {
            Value::Integer(kind.state(word).unwrap_or_else(|| panic!("{kind} has no state {word}")))
        }
        ValueType::Count(_) => Value::Integer(word.parse().unwrap()),
        ValueType::Measure(_) => Value::Number(word.parse().unwrap()),
        ValueType::Text => unreachable!("told above, with all its words"),
    };
    room.reading(point, value, quality, marks);
}

#[test]
fn every_scenario_gives_the_incidents_that_it_names() {
    for scenario in scenarios() {
        let mut room = Room::new();
        // How the room came to rest is no part of the scenario.
        room.wait_ms(3_600_000);
        for step in &scenario.steps {
            play(&mut room, step);
        }
        let open: Vec<String> =
            room.open().iter().map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect();
        assert_eq!(open, scenario.expect, "the scenario of {} in line {}", scenario.rule, scenario.line);
        let fired = room.incidents.values().any(|incident| incident.rule == scenario.rule);
        assert_eq!(fired, scenario.fires, "whether {} fires, line {}", scenario.rule, scenario.line);
        assert_eq!(room.replayed(), room.incidents, "read again, line {}", scenario.line);
    }
}

#[test]
fn every_rule_has_a_scenario_in_which_it_fires_and_one_in_which_it_does_not() {
    let pack = Pack::parse(Path::new("default.toml"), pack::DEFAULT).unwrap();
    let told: BTreeSet<(String, bool)> =
        scenarios().into_iter().map(|scenario| (scenario.rule, scenario.fires)).collect();
    let active = pack.rules.iter().filter(|rule| !matches!(rule.pattern, Pattern::Waiting { .. }));
    let wanted = active.flat_map(|rule| [(rule.id.clone(), true), (rule.id.clone(), false)]).collect();
    assert_eq!(told, wanted, "scenarios (left) and rules (right)");
}
