//! Marks come and go as events of their own, however little the value itself matters.

use super::*;

const TEMPERATURE: &str = "kind = \"environment.temperature\"\ndeadband = 5\n";

fn number(number: f64) -> Value {
    Value::Number(number)
}

#[test]
fn a_crossed_limit_is_an_event_at_once_and_urgent_whatever_the_deadband() {
    let keys = "limits = { high = 30, high_high = 40, hysteresis = 1 }\n";
    let mut room = point(&format!("{TEMPERATURE}{keys}"));
    assert_eq!(room.read(0, number(29.0)), ["0 snapshot routine 29 good"]);
    assert_eq!(room.read(1, number(30.1)), ["1 urgent 30.1 good (high)"]);
    assert_eq!(room.read(2, number(29.5)), NOTHING, "within the hysteresis");
    assert_eq!(room.snapshot(), ["2 snapshot routine 29.5 good (high)"]);
    assert_eq!(room.read(3, number(35.0)), ["3 routine 35 good (high)"], "a change as any other");
    assert_eq!(room.read(4, number(40.0)), ["4 urgent 40 good (high, high_high)"]);
    assert_eq!(room.read(5, number(38.0)), ["5 urgent 38 good (high)"]);
    assert_eq!(room.read(6, number(29.0)), ["6 urgent 29 good"], "the restore");
}

#[test]
fn a_value_that_is_found_beyond_a_limit_is_told_urgently() {
    let mut room = point(&format!("{TEMPERATURE}limits = {{ low = 5 }}\n"));
    assert_eq!(room.read(0, number(1.0)), ["0 snapshot urgent 1 good (low)"]);
}

#[test]
fn limits_count_also_for_what_is_only_sent_with_the_snapshot() {
    let mut room =
        point("kind = \"environment.temperature\"\nreport = \"snapshot\"\nlimits = { high = 30 }\n");
    room.read(0, number(20.0));
    assert_eq!(room.read(1, number(29.0)), NOTHING);
    assert_eq!(room.read(2, number(30.0)), ["2 urgent 30 good (high)"]);
    assert_eq!(room.read(3, number(20.0)), ["3 urgent 20 good"]);
}

#[test]
fn what_was_beyond_a_limit_when_the_device_went_away_still_is() {
    let mut room = point(&format!("{TEMPERATURE}limits = {{ high = 30 }}\n"));
    room.read(0, number(31.0));
    assert_eq!(room.degrade(5_000, Quality::Stale), ["5000 routine 31 stale (high)"]);
    assert_eq!(room.read(6_000, number(31.0)), ["6000 routine 31 good (high)"]);
    room.degrade(9_000, Quality::CommFailure);
    assert_eq!(room.read(9_500, number(20.0)), ["9500 urgent 20 good"]);
}

#[test]
fn a_sensor_that_does_not_move_is_uncertain_until_it_moves() {
    let mut room = point(&format!("{TEMPERATURE}stuck_after = \"5s\"\n"));
    room.read(0, number(20.0));
    assert_eq!(room.read(4_000, number(20.0)), NOTHING);
    assert_eq!(room.read(5_000, number(20.0)), ["5000 urgent 20 uncertain (stuck)"]);
    assert_eq!(room.read(6_000, number(20.0)), NOTHING);
    assert_eq!(room.read(7_000, number(20.1)), ["7000 urgent 20.1 good"]);
}

#[test]
fn how_a_value_moves_nobody_knows_while_its_device_is_away() {
    let mut room = point(&format!("{TEMPERATURE}stuck_after = \"5s\"\n"));
    room.read(0, number(20.0));
    room.read(5_000, number(20.0));
    assert_eq!(room.degrade(9_000, Quality::CommFailure), ["9000 urgent 20 comm_failure"]);
    let back = room.read(60_000, number(20.0));
    assert_eq!(back, ["60000 urgent 20 uncertain (stuck)"], "what stood still before is not forgiven");
}

#[test]
fn a_value_that_moves_too_fast_is_marked_while_it_does() {
    let mut room = point(&format!("{TEMPERATURE}rate_max = 0.1\n"));
    room.read(0, number(20.0));
    assert_eq!(room.read(1_000, number(20.9)), NOTHING);
    assert_eq!(room.read(2_000, number(21.1)), ["2000 urgent 21.1 good (fast)"]);
    assert_eq!(room.read(5_000, number(21.1)), NOTHING);
    assert_eq!(room.read(14_000, number(21.1)), ["14000 urgent 21.1 good"]);
}

#[test]
fn a_counter_that_went_back_is_named_once_and_stands_without_a_mark() {
    let mut hours = point("kind = \"jammer.hours\"\ndeadband = 10\nrises = true\n");
    hours.read(0, number(500.0));
    assert_eq!(hours.read(1, number(499.0)), ["1 urgent 499 good (rolled_back)"]);
    assert_eq!(hours.read(2, number(499.0)), NOTHING);
    assert_eq!(hours.snapshot(), ["2 snapshot routine 499 good"]);
}

#[test]
fn a_device_that_restarted_may_count_anew() {
    let mut hours = point("kind = \"jammer.hours\"\nrises = true\n");
    hours.read(0, number(500.0));
    let sample = Sample {
        point: PointNo(5),
        value: Some(number(0.0)),
        quality: Quality::Good,
        novelty: Novelty::Level,
        marks: Marks::NONE,
    };
    hours.point.read(&sample, at(1), Restart::Known, &mut hours.out);
    assert_eq!(hours.sent(), ["1 routine 0 good"]);
}

#[test]
fn what_the_sender_marks_is_merged_with_what_is_found() {
    let mut room = point(&format!("{TEMPERATURE}limits = {{ high = 30 }}\n"));
    let marked = |marks| Sample {
        point: PointNo(5),
        value: Some(number(31.0)),
        quality: Quality::Good,
        novelty: Novelty::Level,
        marks,
    };
    room.point.read(&marked(Marks::FAST), at(0), Restart::NotKnown, &mut room.out);
    assert_eq!(room.sent(), ["0 snapshot urgent 31 good (high, fast)"]);
    room.point.read(&marked(Marks::NONE), at(1), Restart::NotKnown, &mut room.out);
    assert_eq!(room.sent(), ["1 urgent 31 good (high)"]);
}

#[test]
fn the_press_before_one_that_is_seen_is_missed_and_not_the_release() {
    let mut rex = point("kind = \"door.rex\"\nbit = 1\nsequence = { register = 1 }\n");
    rex.counted(0, Value::Flag(false), 7);
    assert_eq!(
        rex.counted(250, Value::Flag(false), 9),
        ["250 urgent true good (missed)", "250 urgent false good"]
    );
}

#[test]
fn what_its_sender_says_is_missing_or_late_stands_in_the_reading() {
    let mut log = spoken("panel.event");
    let sample = |text: &str, marks| Sample {
        point: PointNo(5),
        value: Some(Value::text(text)),
        quality: Quality::Good,
        novelty: Novelty::Happened,
        marks,
    };
    let mut read = |ms, sample: &Sample| {
        log.point.read(sample, at(ms), Restart::NotKnown, &mut log.out);
        log.sent()
    };
    assert_eq!(read(1, &sample("1130", Marks::MISSED)), ["1 urgent 1130 good (missed)"]);
    assert_eq!(
        read(2, &sample("1131", Marks::NONE)),
        ["2 urgent 1131 good"],
        "it belongs to one event alone"
    );
    let both = Marks::MISSED.with(Marks::LATE);
    assert_eq!(
        read(3, &sample("1132", both)),
        ["3 urgent 1132 good (missed, late)", "3 snapshot urgent 1132 good"]
    );
    for debounce in ["", "debounce = \"5s\"\n"] {
        let mut contact = point(&format!("kind = \"window.contact\"\n{debounce}"));
        contact.read(0, integer(0));
        let level = Sample { value: Some(integer(1)), novelty: Novelty::Level, ..sample("", Marks::MISSED) };
        contact.point.read(&level, at(1), Restart::NotKnown, &mut contact.out);
        assert_eq!(contact.sent(), ["1 urgent 1 good (missed)"]);
        contact.point.read(&level, at(2), Restart::NotKnown, &mut contact.out);
        assert_eq!(contact.sent(), NOTHING, "it stands as before");
    }
}

#[test]
fn acts_stay_as_they_are_when_their_device_goes_and_need_no_next_one() {
    for (kind, value) in [("panel.event", Value::text("1130")), ("host.media_copy", integer(1))] {
        let mut act = spoken(kind);
        assert_eq!(act.degrade(0, Quality::CommFailure), NOTHING, "none was told, so none is doubtful");
        let sample = Sample {
            point: PointNo(5),
            value: Some(value),
            quality: Quality::Good,
            novelty: Novelty::Happened,
            marks: Marks::NONE,
        };
        act.point.read(&sample, at(1), Restart::NotKnown, &mut act.out);
        let told = act.sent();
        assert_eq!(told.len(), 1);
        for quality in [Quality::Stale, Quality::CommFailure, Quality::DeviceFailure] {
            assert_eq!(act.degrade(2, quality), NOTHING);
        }
        assert_eq!(act.snapshot(), [told[0].replace(" urgent", " snapshot routine")]);
    }
}

#[test]
fn an_act_that_the_device_itself_calls_broken_is_not_believed_again_without_it() {
    let mut log = spoken("panel.event");
    log.read(0, Value::text("1130"));
    assert_eq!(log.sample(1, None, Quality::DeviceFailure, None), ["1 urgent 1130 device_failure"]);
    log.point.renew(&mut log.out);
    assert_eq!(log.sent(), NOTHING);
}

#[test]
fn what_happens_is_an_event_also_if_it_is_the_first_that_is_heard() {
    let mut logon = point("kind = \"panel.wrong_codes\"\n");
    let sample = |number| Sample {
        point: PointNo(5),
        value: Some(integer(number)),
        quality: Quality::Good,
        novelty: Novelty::Happened,
        marks: Marks::NONE,
    };
    logon.point.read(&sample(3), at(0), Restart::NotKnown, &mut logon.out);
    assert_eq!(logon.sent(), ["0 urgent 3 good"]);
}

#[test]
fn what_its_sender_calls_late_is_an_event_and_never_how_things_stand() {
    let mut codes = point("kind = \"panel.wrong_codes\"\n");
    let sample = |number, novelty| Sample {
        point: PointNo(5),
        value: Some(integer(number)),
        quality: Quality::Good,
        novelty,
        marks: Marks::LATE,
    };
    codes.point.read(&sample(3, Novelty::Happened), at(0), Restart::NotKnown, &mut codes.out);
    assert_eq!(codes.sent(), ["0 urgent 3 good (late)", "0 snapshot urgent 3 good"]);
    codes.point.read(&sample(4, Novelty::Level), at(1), Restart::NotKnown, &mut codes.out);
    assert_eq!(codes.sent(), ["1 urgent 4 good"]);
}
