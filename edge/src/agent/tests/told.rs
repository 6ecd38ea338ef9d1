//! What happened between two looks, as reports that conform to the schema and that an edge takes.

use serde_json::{Value as Json, json};

use super::*;
use crate::agent::compare::{Between, events};
use crate::agent::reporter::{Made, Reporter, sent_now};
use crate::agent::run::clock_change;
use crate::clock::Steps;
use crate::field::report::format::{Agent, Boot, Event, Moment, Sent, State, Text};
use crate::field::report::tests::schema::faults;
use crate::field::report::{EVENTS_MAX, ITEMS_MAX, REPORT_BYTES_MAX};
use wire::{BootId, ClockState, Stamp};

const BOOT: Boot = Boot([7; 16]);
const OTHER_BOOT: Boot = Boot([8; 16]);

fn now() -> Moment {
    Moment { mono_ms: 5_000, wall_ms: 1_800_000_000_000 }
}

fn reporter(boot: Boot, last: Option<&[u8]>) -> Reporter {
    let agent = Agent { name: Text::cut("test"), version: Text::cut("1"), policy: None };
    Reporter::new("desk-1", agent, boot, now(), last).0
}

fn read(made: &Made) -> Json {
    let report = serde_json::from_slice(&made.json).unwrap();
    assert_eq!(faults(&report), [""; 0], "{report:#}");
    report
}

/// The events between two looks, as their kinds and what they are about.
fn told(before: &State, now: &State, between: Between) -> Vec<String> {
    let events = serde_json::to_value(events(before, now, between)).unwrap();
    let about = |event: &Json| {
        let fields =
            ["name", "serial", "user", "gateway", "peer"].iter().filter_map(|field| event[field].as_str());
        format!("{} {}", event["kind"].as_str().unwrap(), fields.collect::<Vec<_>>().join(" "))
    };
    events.as_array().unwrap().iter().map(|event| about(event).trim_end().to_owned()).collect()
}

#[test]
fn what_comes_and_goes_between_two_looks_is_told() {
    let tree = Tree::new();
    let empty = tree.observe();
    tree.usb("1-2", "60A4", "08");
    tree.interface("wlan0", "02:00:00:00:00:02", "up");
    tree.write("sys/class/net/wlan0/phy80211/name", "phy0\n");
    tree.write("sys/class/net/eth0/operstate", "down\n");
    tree.write("sys/class/video4linux/video0/name", "Cam\n");
    tree.write("run/systemd/sessions/1", "USER=u17\nTYPE=tty\nCLASS=user\nTTY=tty1\n");
    tree.write("proc/net/route", "x\nwlan0 00000000 010200C0 0003 0 0 0 00000000 0\n");
    let full = tree.observe();
    assert_eq!(
        told(&empty, &full, Between::OneBoot),
        [
            "radio_found wlan0",
            "interface_down eth0",
            "interface_new wlan0",
            "route_new 192.0.2.1",
            "media_insert 60A4",
            "audio_video_found video0/Cam",
            "logon u17",
        ]
    );
    assert!(told(&full, &full, Between::OneBoot).is_empty());
    assert_eq!(
        told(&full, &empty, Between::OneBoot),
        [
            "radio_gone wlan0",
            "interface_gone wlan0",
            "interface_up eth0",
            "route_gone 192.0.2.1",
            "media_remove 60A4",
            "audio_video_gone video0/Cam",
            "logoff u17",
        ]
    );
    let after = told(&full, &empty, Between::Boots);
    assert!(after.contains(&"media_remove 60A4".to_owned()) && !after.contains(&"logoff u17".to_owned()));
    assert_eq!(told(&full, &full, Between::Boots), ["logon u17"], "everybody has to log on again");
}

#[test]
fn two_alike_are_two_and_the_unobserved_is_no_event() {
    let tree = Tree::new();
    tree.usb("1-2", "SAME", "08");
    let one = tree.observe();
    tree.usb("1-3", "SAME", "08");
    let two = tree.observe();
    assert_eq!(told(&one, &two, Between::OneBoot), ["media_insert SAME"]);
    tree.unplug("1-2");
    assert_eq!(told(&two, &tree.observe(), Between::OneBoot), ["media_remove SAME"]);
    assert!(told(&two, &State::default(), Between::OneBoot).is_empty());
    assert!(told(&State::default(), &two, Between::OneBoot).is_empty());
}

#[test]
fn a_report_of_everything_conforms_to_the_schema() {
    let tree = Tree::new();
    let empty = tree.observe();
    tree.usb("1-2", "60A4", "08");
    tree.interface("wlan0", "02:00:00:00:00:02", "up");
    tree.write("sys/class/net/wlan0/phy80211/name", "phy0\n");
    tree.write("run/systemd/sessions/1", "USER=u17\nTYPE=wayland\nCLASS=user\nLOCKED_HINT=0\n");
    let full = tree.observe();
    let mut reporter = reporter(BOOT, None);
    let made = reporter.report(&events(&empty, &full, Between::OneBoot), &full, now());
    let report = read(&made[0]);
    assert_eq!((report["seq"].clone(), report["events"].as_array().unwrap().len()), (json!(5_001), 4));
    let sent = Sent { boot: OTHER_BOOT, mono_ms: 9, wall_ms: 10 };
    let renewed: Json = serde_json::from_slice(&sent_now(&made[0].json, sent).unwrap()).unwrap();
    assert_eq!(faults(&renewed), [""; 0]);
    assert_eq!(renewed["sent"], json!({ "boot": OTHER_BOOT.to_string(), "mono_ms": 9, "wall_ms": 10 }));
    assert_eq!(renewed["at"], report["at"]);
}

#[test]
fn numbers_go_on_over_a_restart_and_begin_anew_with_a_boot() {
    let mut first = reporter(BOOT, None);
    let made = first.report(&[], &State::default(), now()).remove(0);
    let seq = |mut reporter: Reporter| {
        read(&reporter.report(&[], &State::default(), now())[0])["seq"].as_u64().unwrap()
    };
    assert_eq!(seq(reporter(BOOT, Some(&made.json))), 5_002);
    assert_eq!(seq(reporter(OTHER_BOOT, Some(&made.json))), 1);
    assert_eq!(seq(reporter(BOOT, Some(b"garbage"))), 5_001);
}

#[test]
fn a_step_of_the_wall_clock_is_told_in_seconds_and_with_its_sign() {
    let stamp = |mono_ms, wall_ms| Stamp { boot: BootId([7; 16]), mono_ms, wall_ms, clock: ClockState::Free };
    let mut steps = Steps::default();
    let mut look = |mono_ms, wall_ms| steps.look(&stamp(mono_ms, wall_ms)).map(clock_change);
    assert_eq!(look(1_000, 60_000), None);
    assert_eq!(look(3_000, 7_000), Some(Event::ClockChange { seconds: -55 }));
    assert_eq!(look(4_000, i64::MAX), Some(Event::ClockChange { seconds: (i64::MAX - 8_000) / 1_000 }));
}

#[test]
fn a_stick_in_a_crowd_is_told_and_the_crowd_is_counted() {
    let tree = Tree::new();
    for number in 0..200 {
        tree.interface(&format!("dummy{number:03}"), "02:00:00:00:00:09", "down");
        tree.usb(&format!("1-{number:03}"), &format!("S{number}"), "08");
    }
    let crowd = tree.observe();
    tree.usb("9-1", "THE-STICK", "08");
    let now_there = tree.observe();
    assert_eq!(told(&crowd, &now_there, Between::OneBoot), ["media_insert THE-STICK"]);
    tree.unplug("9-1");
    assert_eq!(told(&now_there, &tree.observe(), Between::OneBoot), ["media_remove THE-STICK"]);

    let report = read(&reporter(BOOT, None).report(&[], &now_there, now())[0]);
    assert_eq!(
        report["state"]["unlisted"],
        json!({ "interfaces": 201 - ITEMS_MAX, "media": 201 - ITEMS_MAX })
    );
    assert_eq!(report["state"]["media"].as_array().unwrap().len(), ITEMS_MAX);
}

#[test]
fn lists_that_do_not_fit_are_counted_and_what_came_meanwhile_is_told_after_a_restart() {
    let tree = Tree::new();
    for number in 0..60 {
        let long = "\u{1}".repeat(250);
        tree.usb(&format!("1-{number}"), &format!("S{number}"), "08");
        tree.write(
            &format!("sys/bus/usb/devices/1-{number}/serial"),
            format!("S{number}{}", "\"".repeat(240)),
        );
        tree.write(&format!("sys/class/net/eth{number}/type"), "1");
        tree.write(&format!("sys/class/net/eth{number}/address"), format!("A{long}{}", "\"".repeat(240)));
    }
    let state = tree.observe();
    let made = reporter(BOOT, None).report(&[Event::Boot], &state, now());
    assert_eq!(made.len(), 1);
    let report = read(&made[0]);
    let listed = report["state"]["media"].as_array().unwrap().len() as u64;
    assert!(listed < 60 && report["state"]["unlisted"]["media"] == 60 - listed, "{listed}");
    tree.usb("9-1", "THE-STICK", "08");
    let agent = Agent { name: Text::cut("test"), version: Text::cut("1"), policy: None };
    let (_, last) = Reporter::new("desk-1", agent, BOOT, now(), Some(&made[0].json));
    let told = told(&last.unwrap().state, &tree.observe(), Between::OneBoot);
    assert!(told.contains(&"media_insert THE-STICK".to_owned()));
}

#[test]
fn what_breaks_a_limit_becomes_several_reports_and_no_event_is_lost() {
    let mut reporter = reporter(BOOT, None);
    let long =
        |number: usize| Event::PolicyTamper { what: Text::cut(&format!("{number}{}", "\u{1}".repeat(300))) };
    let many: Vec<Event> = (0..EVENTS_MAX + 50).map(long).collect();
    let tree = Tree::new();
    let state = tree.observe();
    let made = reporter.report(&many, &state, now());
    assert!(made.len() > 2 && made.iter().all(|made| made.json.len() <= REPORT_BYTES_MAX));
    let reports: Vec<Json> = made.iter().map(read).collect();
    let numbers: Vec<u64> = reports.iter().map(|report| report["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (5_001..5_001 + made.len() as u64).collect::<Vec<_>>());
    let events: Vec<&Json> = reports.iter().flat_map(|report| report["events"].as_array().unwrap()).collect();
    assert_eq!(events.len(), many.len());
    assert_eq!(made.iter().map(|made| made.events).sum::<u32>() as usize, many.len());
    assert!(reports.iter().rev().skip(1).all(|report| report["state"] == json!({})));
    assert_eq!(reports.last().unwrap()["state"], serde_json::to_value(&state).unwrap());
}
