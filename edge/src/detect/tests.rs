//! Traces of a whole site: a panel that arms the part and a door, with scans going in and events coming out.

use std::io;

use proptest::prelude::*;
use wire::time::ClockState;
use wire::{Lane, Reading, Value};

use super::trace::at;
use super::*;
use crate::config::Config;
use crate::field::header::Mismatch;
use crate::field::{Novelty, Sample, ScanFailure};

const PANEL: usize = 0;
const DOOR: usize = 1;

/// Two small profiles, so that traces stay readable.
const PANEL_PROFILE: &str = "name = \"small-panel\"\npoll_interval = \"250ms\"\n\
    [[points]]\nname = \"arm\"\nkind = \"panel.arm_state\"\nregister = 0\n";
const DOOR_PROFILE: &str = "name = \"small-door\"\npoll_interval = \"500ms\"\n\
    [[points]]\nname = \"contact\"\nkind = \"door.contact\"\nregister = 0\ndebounce = \"100ms\"\n\
    [[points]]\nname = \"supply\"\nkind = \"door.supply\"\nregister = 1\n";

struct Traced {
    site: Site,
    detector: Detector,
}

fn traced() -> Traced {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("panel.toml"), PANEL_PROFILE).unwrap();
    std::fs::write(folder.path().join("door.toml"), DOOR_PROFILE).unwrap();
    let text = "[edge]\nid = \"edge-1\"\n\
        [uplink]\nhub = \"127.0.0.1:1\"\nca = \"a\"\ncertificate = \"b\"\nkey = \"c\"\n[spool]\npath = \"s\"\n\
        [arming]\ndevice = \"panel-1\"\n\
        [[devices]]\nid = \"panel-1\"\nprofile = \"panel.toml\"\naddress = \"127.0.0.1:2\"\nunit = 1\n\
        [[devices]]\nid = \"door-1\"\nprofile = \"door.toml\"\naddress = \"127.0.0.1:2\"\nunit = 2\n";
    let config: Config = runtime::config::parse(&folder.path().join("edge.toml"), text).unwrap();
    let site = Site::build(&config).unwrap();
    let detector = Detector::new(&site);
    Traced { site, detector }
}

impl Traced {
    fn good(&mut self, device: usize, ms: u64, values: &[Value]) -> Vec<String> {
        let first = self.site.devices[device].first.0;
        let sample = |(place, value): (u16, &Value)| Sample {
            point: wire::PointNo(first + place),
            value: Some(value.clone()),
            quality: Quality::Good,
            novelty: Novelty::Level,
        };
        let samples = (0..).zip(values).map(sample).collect();
        self.scan(Scan { device, stamp: at(ms), outcome: Ok(samples), receipt: None })
    }

    fn panel(&mut self, ms: u64, state: i64) -> Vec<String> {
        self.good(PANEL, ms, &[Value::Integer(state)])
    }

    fn door(&mut self, ms: u64, contact: i64) -> Vec<String> {
        self.good(DOOR, ms, &[Value::Integer(contact), Value::Number(27.0)])
    }

    fn bad(&mut self, device: usize, ms: u64, failure: ScanFailure) -> Vec<String> {
        self.scan(Scan { device, stamp: at(ms), outcome: Err(failure), receipt: None })
    }

    fn scan(&mut self, scan: Scan) -> Vec<String> {
        let detected = self.detector.scan(&scan, scan.stamp);
        self.lines(detected)
    }

    fn tick(&mut self, ms: u64) -> Vec<String> {
        let detected = self.detector.tick(at(ms));
        self.lines(detected)
    }

    /// `time point = value quality`; what is good is not said.
    fn lines(&self, detected: Vec<Detected>) -> Vec<String> {
        detected.into_iter().map(|found| self.line(found)).collect()
    }

    fn line(&self, found: Detected) -> String {
        let entry = self.site.table.point(found.point).unwrap();
        let kind = entry.kind().unwrap();
        let device = &self.site.table.device_of(entry).device;
        let value =
            found.reading.value.map_or("nothing".to_owned(), |value| kind.value_type().describe(&value));
        let quality = match found.reading.quality {
            Quality::Good => String::new(),
            quality => format!(" {quality}"),
        };
        let repeated = (found.what, found.lane) == (What::Snapshot, Lane::Routine);
        assert!(repeated || found.lane == kind.lane());
        format!("{} {device}:{} = {value}{quality}", found.reading.stamp.mono_ms, entry.point)
    }
}

const NOTHING: [&str; 0] = [];

#[test]
fn the_first_scans_tell_everything_and_the_next_ones_nothing() {
    let mut site = traced();
    assert_eq!(site.tick(0), ["0 edge:clock = free"]);
    assert_eq!(
        site.panel(10, 3),
        ["10 panel-1:link = online", "10 panel-1:arm = set", "10 edge:arming = set"]
    );
    assert_eq!(
        site.door(20, 0),
        ["20 door-1:link = online", "20 door-1:contact = closed", "20 door-1:supply = 27"]
    );
    assert_eq!(site.panel(260, 3), NOTHING);
    assert_eq!(site.door(520, 0), NOTHING);
}

#[test]
fn arming_follows_the_panel_into_staleness_and_back() {
    let mut site = traced();
    site.panel(0, 3);
    assert_eq!(site.panel(250, 0), ["250 panel-1:arm = unset", "250 edge:arming = unset"]);
    assert_eq!(site.detector.next_tick_ms(), Some(1_251));
    assert_eq!(site.tick(1_250), NOTHING);
    assert_eq!(site.tick(1_251), ["1251 panel-1:arm = unset stale", "1251 edge:arming = unset stale"]);
    assert_eq!(site.panel(1_300, 0), ["1300 panel-1:arm = unset", "1300 edge:arming = unset"]);
}

#[test]
fn a_silent_device_becomes_stale_and_then_lost_and_the_other_one_stays() {
    let mut site = traced();
    site.panel(0, 3);
    site.door(0, 0);
    for ms in [500, 1_500] {
        assert_eq!(site.bad(DOOR, ms, ScanFailure::Timeout { waited_ms: 500 }), NOTHING);
        site.panel(ms, 3);
    }
    assert_eq!(site.tick(1_501), ["1501 door-1:contact = closed stale", "1501 door-1:supply = 27 stale"]);
    for ms in (2_500..10_000).step_by(1_000) {
        assert_eq!(site.bad(DOOR, ms, ScanFailure::Closed(io::ErrorKind::ConnectionReset.into())), NOTHING);
        assert_eq!(site.panel(ms, 3), NOTHING);
    }
    assert_eq!(
        site.tick(10_000),
        [
            "10000 door-1:link = lost",
            "10000 door-1:contact = closed comm_failure",
            "10000 door-1:supply = 27 comm_failure"
        ]
    );
    assert_eq!(site.bad(DOOR, 11_000, ScanFailure::Timeout { waited_ms: 500 }), NOTHING);
    assert_eq!(
        site.door(30_000, 1),
        ["30000 door-1:link = online", "30000 door-1:contact = open", "30000 door-1:supply = 27"],
        "what returns is sent at once, without a debounce"
    );
}

#[test]
fn a_foreign_device_is_named_at_once_and_none_of_its_values_count() {
    let mut site = traced();
    site.door(0, 0);
    let foreign = || ScanFailure::Foreign(Mismatch::Unit { found: 9, wanted: 2 });
    assert_eq!(
        site.bad(DOOR, 100, foreign()),
        [
            "100 door-1:link = foreign",
            "100 door-1:contact = closed comm_failure",
            "100 door-1:supply = 27 comm_failure"
        ]
    );
    assert_eq!(site.bad(DOOR, 600, foreign()), NOTHING);
    assert_eq!(site.tick(5_000), NOTHING, "what is foreign is not stale as well");
}

#[test]
fn frozen_misconfigured_and_defective_devices_have_failed_and_are_not_lost() {
    let mut site = traced();
    site.door(0, 0);
    let link = |lines: Vec<String>| lines.first().cloned().unwrap_or_default();
    let frozen = site.bad(DOOR, 30_000, ScanFailure::Frozen { still_ms: 30_000 });
    assert_eq!(frozen[1], "30000 door-1:contact = closed device_failure");
    assert_eq!(link(frozen), "30000 door-1:link = frozen");
    assert_eq!(link(site.bad(DOOR, 31_000, ScanFailure::Exception(2))), "31000 door-1:link = misconfigured");
    assert_eq!(
        link(site.bad(DOOR, 32_000, ScanFailure::Exception(4))),
        "32000 door-1:link = online device_failure"
    );
    for ms in [33_000, 34_000, 35_000] {
        assert_eq!(
            site.bad(DOOR, ms, ScanFailure::Exception(6)),
            NOTHING,
            "busy is a failed poll and no more"
        );
    }
    assert_eq!(link(site.bad(DOOR, 42_000, ScanFailure::Exception(0x0B))), "42000 door-1:link = lost");
    assert_eq!(link(site.door(43_000, 0)), "43000 door-1:link = online");
}

#[test]
fn a_debounced_contact_is_due_by_the_clock() {
    let mut site = traced();
    site.panel(0, 3);
    site.door(0, 0);
    assert_eq!(site.door(500, 1), NOTHING);
    assert_eq!(site.detector.next_tick_ms(), Some(600));
    assert_eq!(site.tick(600), ["500 door-1:contact = open"]);
    assert_eq!(site.detector.next_tick_ms(), Some(1_001), "next is the staleness of the panel");
}

#[test]
fn a_snapshot_tells_how_everything_stands_and_when_it_was_read() {
    let mut site = traced();
    site.tick(0);
    site.door(20, 0);
    site.door(520, 0);
    let detected = site.detector.storage(true, at(530));
    assert_eq!(site.lines(detected), ["530 edge:storage = yes"]);
    let detected = site.detector.snapshot(at(900));
    assert_eq!(
        site.lines(detected),
        [
            "520 door-1:contact = closed",
            "520 door-1:supply = 27",
            "900 door-1:link = online",
            "900 edge:clock = free",
            "900 edge:storage = yes"
        ],
        "the panel was never heard of, so nothing is said about it"
    );
}

#[test]
fn the_snapshot_of_the_panel_takes_the_arming_along() {
    let mut site = traced();
    site.panel(0, 2);
    let detected = site.detector.snapshot(at(100));
    let lines = site.lines(detected);
    assert_eq!(lines[..2], ["0 panel-1:arm = part", "0 edge:arming = part"]);
}

#[test]
fn a_clock_that_is_set_is_an_event() {
    let mut site = traced();
    site.tick(0);
    let now = Stamp { clock: ClockState::Synchronised, ..at(5) };
    let detected = site.detector.tick(now);
    assert_eq!(site.lines(detected), ["5 edge:clock = synchronised"]);
}

#[test]
fn scans_of_devices_and_points_that_do_not_exist_change_nothing() {
    let mut site = traced();
    site.tick(0);
    assert_eq!(site.scan(Scan { device: 9, stamp: at(1), outcome: Ok(vec![]), receipt: None }), NOTHING);
    let stray =
        Sample { point: wire::PointNo(999), value: None, quality: Quality::Good, novelty: Novelty::Level };
    let sent = site.scan(Scan { device: DOOR, stamp: at(1), outcome: Ok(vec![stray]), receipt: None });
    assert_eq!(sent, ["1 door-1:link = online"]);
}

/// What may happen to a site, and how many milliseconds after the thing before.
#[derive(Clone, Debug)]
enum Happens {
    Good { device: usize, state: i64 },
    Bad { device: usize, failure: usize },
    Tick,
    Snapshot,
}

fn happenings() -> impl Strategy<Value = Vec<(u64, Happens)>> {
    let happens = prop_oneof![
        6 => (0..2_usize, 0..3_i64).prop_map(|(device, state)| Happens::Good { device, state }),
        4 => (0..2_usize, 0..5_usize).prop_map(|(device, failure)| Happens::Bad { device, failure }),
        4 => Just(Happens::Tick),
        1 => Just(Happens::Snapshot),
    ];
    proptest::collection::vec((0..3_000_u64, happens), 1..120)
}

fn failure(number: usize) -> ScanFailure {
    match number {
        0 => ScanFailure::Foreign(Mismatch::Missing),
        1 => ScanFailure::Frozen { still_ms: 30_000 },
        2 => ScanFailure::Exception(2),
        _ => ScanFailure::Timeout { waited_ms: 1 },
    }
}

proptest! {
    #[test]
    fn whatever_happens_values_are_true_events_are_news_and_ticks_make_progress(happenings in happenings()) {
        let Traced { site, mut detector } = traced();
        // What was read of each point and when, and what was last sent of it.
        let mut read = Vec::new();
        let mut sent = std::collections::BTreeMap::new();
        let mut ms = 0;
        for (later, happens) in happenings {
            ms += later;
            let detected = match happens {
                Happens::Good { device, state } => {
                    let point = site.devices[device].first;
                    let value = Value::Integer(state);
                    read.push((point, value.clone(), ms));
                    let sample = Sample { point, value: Some(value), quality: Quality::Good, novelty: Novelty::Level };
                    detector.scan(&Scan { device, stamp: at(ms), outcome: Ok(vec![sample]), receipt: None }, at(ms))
                }
                Happens::Bad { device, failure: number } => {
                    detector.scan(&Scan { device, stamp: at(ms), outcome: Err(failure(number)), receipt: None }, at(ms))
                }
                Happens::Tick => {
                    ms = detector.next_tick_ms().unwrap_or(ms).max(ms);
                    let detected = detector.tick(at(ms));
                    prop_assert!(detector.next_tick_ms().is_none_or(|next_ms| next_ms > ms), "the next tick is later");
                    detected
                }
                Happens::Snapshot => detector.snapshot(at(ms)),
            };
            for found in detected {
                let Reading { value, quality, stamp, .. } = &found.reading;
                prop_assert!(stamp.mono_ms <= ms);
                let of_profile = site.devices.iter().any(|device| device.first == found.point);
                if let (Quality::Good, Some(value), true) = (quality, value, of_profile) {
                    prop_assert!(read.contains(&(found.point, value.clone(), stamp.mono_ms)), "{found:?}");
                }
                let said = (value.clone(), *quality);
                let before = sent.insert(found.point, said.clone());
                if before.is_none() {
                    let kind = site.table.point(found.point).unwrap().kind().unwrap();
                    prop_assert_eq!((found.what, found.lane), (What::Snapshot, kind.lane()), "{:?}", found);
                }
                if found.what == What::Event {
                    prop_assert_ne!(before, Some(said), "nothing new in {:?}", found);
                }
            }
        }
    }
}
