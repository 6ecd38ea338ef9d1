//! Traces of one point: samples go in, and what is sent comes out, as `time lane value quality (marks)`.

use std::path::Path;

use super::super::outbox::What;
use super::super::trace::at;
use super::*;
use crate::field::profile;

/// A point by the keys of its profile entry.
struct Traced {
    point: Point,
    out: Outbox,
}

fn point(keys: &str) -> Traced {
    point_of(&format!("name = \"trace\"\n[[points]]\nname = \"p\"\nregister = 0\n{keys}"))
}

/// A point that is told in words, of this kind.
fn spoken(kind: &str) -> Traced {
    let head = "name = \"trace\"\nprotocol = \"plain\"\n[[points]]\nname = \"p\"\ntopic = \"p\"\n";
    point_of(&format!("{head}kind = \"{kind}\"\n"))
}

fn point_of(text: &str) -> Traced {
    let profile = profile::parse(Path::new("trace.toml"), text).unwrap();
    Traced {
        point: Point::new(PointNo(5), &profile.points[0], profile.poll_interval),
        out: Outbox::default(),
    }
}

fn integer(state: i64) -> Value {
    Value::Integer(state)
}

impl Traced {
    fn read(&mut self, ms: u64, value: Value) -> Vec<String> {
        self.sample(ms, Some(value), Quality::Good, None)
    }

    fn counted(&mut self, ms: u64, value: Value, number: u64) -> Vec<String> {
        self.sample(ms, Some(value), Quality::Good, Some(number))
    }

    fn sample(
        &mut self,
        ms: u64,
        value: Option<Value>,
        quality: Quality,
        number: Option<u64>,
    ) -> Vec<String> {
        let novelty = number.map_or(Novelty::Level, Novelty::Counted);
        let sample = Sample { point: PointNo(5), value, quality, novelty, marks: Marks::NONE };
        self.point.read(&sample, at(ms), Restart::NotKnown, &mut self.out);
        self.sent()
    }

    fn degrade(&mut self, ms: u64, quality: Quality) -> Vec<String> {
        self.point.degrade(quality, at(ms), &mut self.out);
        self.sent()
    }

    fn tick(&mut self, ms: u64) -> Vec<String> {
        self.point.settle(ms, &mut self.out);
        self.sent()
    }

    fn snapshot(&mut self) -> Vec<String> {
        self.point.snapshot(&mut self.out);
        self.sent()
    }

    fn sent(&mut self) -> Vec<String> {
        let detected = std::mem::take(&mut self.out.found.detected);
        let line = |found: super::super::Detected| {
            let Reading { value, quality, stamp, marks } = found.reading;
            let value = value.map_or("nothing".to_owned(), |value| value.to_string());
            let what = if found.what == What::Event { "" } else { "snapshot " };
            let marks = if marks.is_empty() { String::new() } else { format!(" ({marks})") };
            format!("{} {what}{} {value} {quality}{marks}", stamp.mono_ms, found.lane)
        };
        detected.into_iter().map(line).collect()
    }
}

const NOTHING: [&str; 0] = [];

mod marks;

#[test]
fn how_a_point_is_found_is_told_once_and_then_only_changes_are() {
    let mut contact = point("kind = \"door.contact\"\n");
    assert_eq!(contact.read(100, integer(0)), ["100 snapshot urgent 0 good"]);
    assert_eq!(contact.read(200, integer(0)), NOTHING);
    assert_eq!(contact.read(300, integer(1)), ["300 urgent 1 good"]);
    assert_eq!(contact.read(400, integer(1)), NOTHING);
    assert_eq!(contact.snapshot(), ["400 snapshot routine 1 good"]);
}

#[test]
fn a_measure_is_compared_with_what_was_sent_and_not_with_the_last_sample() {
    let mut supply = point("kind = \"door.supply\"\ndeadband = 0.2\n");
    assert_eq!(supply.read(0, Value::Number(27.0)), ["0 snapshot routine 27 good"]);
    assert_eq!(supply.read(1, Value::Number(27.15)), NOTHING);
    assert_eq!(supply.read(2, Value::Number(27.25)), ["2 routine 27.25 good"], "slow drift is noticed too");
    assert_eq!(supply.read(3, Value::Number(27.1)), NOTHING);
    assert_eq!(supply.snapshot(), ["3 snapshot routine 27.1 good"], "the snapshot has the last read value");
    assert_eq!(supply.read(4, Value::Number(27.29)), NOTHING, "and the hub knows it from there on");
    assert_eq!(supply.read(5, Value::Number(27.35)), ["5 routine 27.35 good"]);
}

#[test]
fn a_debounced_value_must_hold_and_keeps_the_time_of_its_first_read() {
    let mut contact = point("kind = \"door.contact\"\ndebounce = \"100ms\"\n");
    assert_eq!(contact.read(0, integer(0)), ["0 snapshot urgent 0 good"]);
    assert_eq!(contact.read(1_000, integer(1)), NOTHING);
    assert_eq!(contact.point.debounce_due_ms(), Some(1_100));
    assert_eq!(contact.read(1_050, integer(0)), NOTHING, "a bounce");
    assert_eq!(contact.tick(1_200), NOTHING);
    assert_eq!(contact.read(2_000, integer(1)), NOTHING);
    assert_eq!(contact.snapshot(), ["1050 snapshot routine 0 good"]);
    assert_eq!(contact.tick(2_099), NOTHING);
    assert_eq!(contact.tick(2_100), ["2000 urgent 1 good"]);
    assert_eq!(contact.read(3_000, integer(0)), NOTHING);
    assert_eq!(contact.read(3_100, integer(0)), ["3000 urgent 0 good"], "a sample is as good as a tick");
}

#[test]
fn a_bad_quality_is_sent_once_with_the_time_of_its_beginning_and_the_last_value() {
    let mut contact = point("kind = \"door.contact\"\n");
    contact.read(100, integer(1));
    assert_eq!(contact.degrade(1_200, Quality::Stale), ["1200 urgent 1 stale"]);
    assert_eq!(contact.degrade(1_300, Quality::Stale), NOTHING);
    assert_eq!(contact.degrade(10_100, Quality::CommFailure), ["10100 urgent 1 comm_failure"]);
    assert_eq!(contact.snapshot(), ["10100 snapshot routine 1 comm_failure"]);
    assert_eq!(contact.read(20_000, integer(1)), ["20000 urgent 1 good"], "the same value, fresh");
}

#[test]
fn a_point_that_was_never_read_has_no_value() {
    let mut contact = point("kind = \"door.contact\"\n");
    assert_eq!(contact.snapshot(), NOTHING);
    assert_eq!(contact.degrade(10_000, Quality::CommFailure), ["10000 snapshot urgent nothing comm_failure"]);
}

#[test]
fn a_sample_without_a_value_keeps_the_last_one_and_says_that_the_device_failed() {
    let mut supply = point("kind = \"door.supply\"\n");
    supply.read(0, Value::Number(27.0));
    let sent = supply.sample(100, None, Quality::DeviceFailure, None);
    assert_eq!(sent, ["100 routine 27 device_failure"]);
    assert_eq!(supply.sample(200, None, Quality::DeviceFailure, None), NOTHING);
}

#[test]
fn a_value_that_was_waiting_when_the_device_went_away_is_not_lost() {
    let mut contact = point("kind = \"door.contact\"\ndebounce = \"5s\"\n");
    contact.read(0, integer(0));
    contact.read(1_000, integer(1));
    assert_eq!(contact.degrade(2_500, Quality::Stale), ["2500 urgent 1 stale"]);
    assert_eq!(contact.point.debounce_due_ms(), None);
}

const ACCESS: &str = "kind = \"door.access\"\nsequence = { register = 1, type = \"u32\" }\n";

#[test]
fn each_presented_credential_is_an_event_also_when_the_result_is_equal() {
    let mut access = point(ACCESS);
    assert_eq!(access.counted(0, integer(1), 40), ["0 snapshot urgent 1 good"], "nobody knows when that was");
    assert_eq!(access.counted(100, integer(1), 40), NOTHING);
    assert_eq!(access.counted(200, integer(1), 41), ["200 urgent 1 good"]);
    assert_eq!(access.counted(300, integer(2), 42), ["300 urgent 2 good"]);
    assert_eq!(access.counted(400, integer(2), 45), ["400 urgent 2 good (missed)"]);
    assert_eq!(access.out.missed, 2, "two came and went between the polls");
}

#[test]
fn an_old_credential_is_not_presented_again_by_a_device_that_returns() {
    let mut access = point(ACCESS);
    access.counted(0, integer(5), 40);
    assert_eq!(access.counted(100, integer(5), 41), ["100 urgent 5 good"]);
    access.degrade(5_000, Quality::CommFailure);
    assert_eq!(access.counted(9_000, integer(5), 41), ["9000 snapshot urgent 5 good"]);
    assert_eq!(access.counted(9_100, integer(1), 42), ["9100 urgent 1 good"]);
    assert_eq!(access.counted(9_200, integer(1), 0), ["9200 snapshot urgent 1 good"], "the device restarted");
    assert_eq!(access.counted(9_300, integer(1), 1), ["9300 urgent 1 good"]);
}

#[test]
fn a_short_press_is_seen_though_the_button_is_up_again() {
    let mut rex = point("kind = \"door.rex\"\nbit = 1\nsequence = { register = 1 }\n");
    assert_eq!(rex.counted(0, Value::Flag(false), 7), ["0 snapshot urgent false good"]);
    assert_eq!(rex.counted(250, Value::Flag(false), 8), ["250 urgent true good", "250 urgent false good"]);
    assert_eq!(rex.counted(500, Value::Flag(true), 9), ["500 urgent true good"]);
    assert_eq!(rex.counted(750, Value::Flag(false), 9), ["750 urgent false good"]);
}

#[test]
fn a_value_that_always_changes_may_leave_it_to_the_snapshot() {
    let mut uptime = point("kind = \"device.uptime\"\nreport = \"snapshot\"\n");
    assert_eq!(uptime.read(0, integer(1)), ["0 snapshot routine 1 good"]);
    assert_eq!(uptime.read(1_000, integer(2)), NOTHING);
    assert_eq!(uptime.read(2_000, integer(3)), NOTHING);
    assert_eq!(uptime.snapshot(), ["2000 snapshot routine 3 good"]);
    assert_eq!(uptime.degrade(9_000, Quality::Stale), ["9000 routine 3 stale"]);
}
