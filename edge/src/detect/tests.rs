//! Traces of a whole site: a panel that arms the part and a door, with scans going in and events coming out.

use std::io;

use wire::time::ClockState;
use wire::{Lane, Marks, Value};

use super::trace::at;
use super::*;
use crate::config::Config;
use crate::field::modbus::header::Mismatch;
use crate::field::{Hearing, Novelty, Sample, ScanFailure};

mod derived;
mod kept;
mod late;
mod property;
mod silent;

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
    traced_with(DOOR_PROFILE, Hearing::Asked)
}

/// A site whose door has this profile and is heard in this way.
fn traced_with(door_profile: &str, hearing: Hearing) -> Traced {
    traced_by(PANEL_PROFILE, door_profile, hearing)
}

fn traced_by(panel_profile: &str, door_profile: &str, hearing: Hearing) -> Traced {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("panel.toml"), panel_profile).unwrap();
    std::fs::write(folder.path().join("door.toml"), door_profile).unwrap();
    let text = "[edge]\nid = \"edge-1\"\n\
        [uplink]\nhubs = [\"127.0.0.1:1\"]\nca = \"a\"\ncertificate = \"b\"\nkey = \"c\"\n[spool]\npath = \"s\"\n\
        [arming]\ndevice = \"panel-1\"\n\
        [[devices]]\nid = \"panel-1\"\nprofile = \"panel.toml\"\naddress = \"127.0.0.1:2\"\nunit = 1\n\
        [[devices]]\nid = \"door-1\"\nprofile = \"door.toml\"\naddress = \"127.0.0.1:2\"\nunit = 2\n";
    let config: Config = runtime::config::parse(&folder.path().join("edge.toml"), text).unwrap();
    let mut site = Site::build(&config).unwrap();
    site.devices[DOOR].hearing = hearing;
    let detector = Detector::new(&site);
    Traced { site, detector }
}

fn sample(point: wire::PointNo, value: Option<Value>, novelty: Novelty) -> Sample {
    Sample { point, value, quality: Quality::Good, novelty, marks: Marks::NONE }
}

impl Traced {
    fn good(&mut self, device: usize, ms: u64, values: &[Value]) -> Vec<String> {
        let first = self.site.devices[device].first.0;
        let level = |(place, value): (u16, &Value)| {
            sample(wire::PointNo(first + place), Some(value.clone()), Novelty::Level)
        };
        let samples = (0..).zip(values).map(level).collect();
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
        let found = self.detector.scan(&scan, scan.stamp);
        self.lines(found)
    }

    fn tick(&mut self, ms: u64) -> Vec<String> {
        let found = self.detector.tick(at(ms));
        self.lines(found)
    }

    /// `time point = value quality (marks)`; what is good is not said.
    fn lines(&self, found: Found) -> Vec<String> {
        found.detected.into_iter().map(|found| self.line(found)).collect()
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
        let marks = found.reading.marks;
        let marks = if marks.is_empty() { String::new() } else { format!(" ({marks})") };
        let repeated = (found.what, found.lane) == (What::Snapshot, Lane::Routine);
        assert!(repeated || found.lane == kind.lane());
        format!("{} {device}:{} = {value}{quality}{marks}", found.reading.stamp.mono_ms, entry.point)
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
    assert_eq!(link(site.bad(DOOR, 32_000, ScanFailure::Exception(4))), "32000 door-1:link = defective");
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
    let found = site.detector.storage(true, at(530));
    assert_eq!(site.lines(found), ["530 edge:storage = yes"]);
    let found = site.detector.snapshot(at(900));
    assert_eq!(
        site.lines(found),
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
    let found = site.detector.snapshot(at(100));
    let lines = site.lines(found);
    assert_eq!(lines[..2], ["0 panel-1:arm = part", "0 edge:arming = part"]);
}

#[test]
fn a_clock_that_is_set_is_an_event() {
    let mut site = traced();
    site.tick(0);
    let now = Stamp { clock: ClockState::Synchronised, ..at(5) };
    let found = site.detector.tick(now);
    assert_eq!(site.lines(found), ["5 edge:clock = synchronised"]);
}

#[test]
fn scans_of_devices_and_points_that_do_not_exist_change_nothing() {
    let mut site = traced();
    site.tick(0);
    assert_eq!(site.scan(Scan { device: 9, stamp: at(1), outcome: Ok(vec![]), receipt: None }), NOTHING);
    let stray = sample(wire::PointNo(999), None, Novelty::Level);
    let sent = site.scan(Scan { device: DOOR, stamp: at(1), outcome: Ok(vec![stray]), receipt: None });
    assert_eq!(sent, ["1 door-1:link = online"]);
}

#[test]
fn behind_a_heartbeat_that_stands_still_values_are_stale_although_the_device_is_online() {
    let mut site = traced();
    site.door(1_000, 1);
    let still = site.bad(DOOR, 4_000, ScanFailure::Still { still_ms: 3_000 });
    assert!(still.iter().any(|line| line.contains("contact") && line.contains("stale")), "{still:?}");
    assert!(!still.iter().any(|line| line.contains("link")), "the link is sound: {still:?}");
    assert_eq!(site.bad(DOOR, 4_500, ScanFailure::Still { still_ms: 3_500 }), [""; 0], "said once");
    assert_eq!(site.tick(9_000), [""; 0], "nothing further becomes stale");
    let frozen = site.bad(DOOR, 31_000, ScanFailure::Frozen { still_ms: 30_000 });
    assert!(frozen.iter().any(|line| line.contains("link")), "{frozen:?}");
    let back = site.door(32_000, 1);
    assert!(back.iter().any(|line| line.contains("contact")), "{back:?}");
}

#[test]
fn a_message_that_comes_again_and_again_keeps_no_value_fresh_and_no_device_alive() {
    let mut site = traced_with(DOOR_PROFILE, Hearing::Speaks);
    site.door(0, 0);
    let mut told = Vec::new();
    for ms in (100..20_000).step_by(100) {
        let receipt = Some(crate::field::Receipt { bookmark: None, confirm: None });
        told.extend(site.scan(Scan { device: DOOR, stamp: at(ms), outcome: Ok(Vec::new()), receipt }));
        told.extend(site.tick(ms));
    }
    let contact = site.site.devices[DOOR].first;
    assert!(site.detector.links().any(|(id, link)| id.as_str() == "door-1" && link == "lost"), "{told:?}");
    let snapshot = site.detector.snapshot(at(20_000)).detected;
    let contact = snapshot.iter().find(|found| found.point == contact).unwrap();
    assert_eq!(contact.reading.quality, Quality::CommFailure);
}
