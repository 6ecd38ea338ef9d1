//! Reports that come after their time tell what happened, and never how things stand now.

use wire::{BootId, PointNo};

use super::*;

/// A door that speaks by itself, every two seconds at least.
const SPEAKING: &str = "name = \"small-door\"\npoll_interval = \"2s\"\n\
    [[points]]\nname = \"contact\"\nkind = \"door.contact\"\nregister = 0\n\
    [[points]]\nname = \"access\"\nkind = \"door.access\"\nregister = 1\n";

fn speaking() -> Traced {
    let mut site = traced_with(SPEAKING, Hearing::Speaks);
    site.tick(0);
    site
}

impl Traced {
    /// A report of the door that was made at `stamp` and is there at `now_ms`.
    fn report(&mut self, stamp: Stamp, now_ms: u64, places: &[(u16, i64, Novelty)]) -> Vec<String> {
        let first = self.site.devices[DOOR].first.0;
        let samples = places.iter().map(|(place, state, novelty)| {
            sample(PointNo(first + place), Some(Value::Integer(*state)), *novelty)
        });
        let outcome = Ok(samples.collect());
        let found = self.detector.scan(&Scan { device: DOOR, stamp, outcome, receipt: None }, at(now_ms));
        self.lines(found)
    }
}

const CONTACT: u16 = 0;
const ACCESS: u16 = 1;

#[test]
fn an_older_level_is_ignored_and_an_older_event_is_told() {
    let mut site = speaking();
    let both = [(CONTACT, 1, Novelty::Level), (ACCESS, 1, Novelty::Happened)];
    site.report(at(5_000), 5_000, &both);
    assert_eq!(site.report(at(4_000), 5_100, &[(CONTACT, 0, Novelty::Level)]), NOTHING);
    assert_eq!(
        site.report(at(4_500), 5_200, &[(ACCESS, 2, Novelty::Happened)]),
        ["4500 door-1:access = denied_unknown (late)", "5000 door-1:access = granted"],
        "behind it stands how the point stands"
    );
    let found = site.detector.snapshot(at(6_000));
    assert_eq!(site.lines(found)[..2], ["5000 door-1:contact = open", "5000 door-1:access = granted"]);
}

#[test]
fn late_reports_make_nothing_fresh_but_their_device_is_there() {
    let mut site = speaking();
    site.report(at(5_000), 5_000, &[(CONTACT, 0, Novelty::Level)]);
    assert_eq!(site.tick(11_001), ["11001 door-1:contact = closed stale"]);
    assert_eq!(site.tick(15_000)[0], "15000 door-1:link = lost");
    // It returns and sends first what it kept.
    assert_eq!(
        site.report(at(7_000), 60_000, &[(CONTACT, 1, Novelty::Level)]),
        ["60000 door-1:link = online"],
        "that was long ago: how the door stands now it does not say"
    );
    assert_eq!(
        site.report(at(8_000), 60_010, &[(ACCESS, 5, Novelty::Happened)]),
        ["8000 door-1:access = duress (late)", "15000 door-1:access = nothing comm_failure"]
    );
    assert_eq!(
        site.report(at(60_020), 60_020, &[(CONTACT, 1, Novelty::Level)]),
        ["60020 door-1:contact = open"]
    );
}

#[test]
fn what_is_first_heard_of_a_point_long_after_it_happened_is_stale() {
    let mut site = speaking();
    assert_eq!(
        site.report(at(1_000), 20_000, &[(ACCESS, 5, Novelty::Happened)]),
        [
            "20000 door-1:link = online",
            "1000 door-1:access = duress (late)",
            "20000 door-1:access = duress stale"
        ]
    );
}

#[test]
fn a_report_of_an_earlier_boot_is_late_whatever_its_clock_says() {
    let mut site = speaking();
    site.report(at(5_000), 5_000, &[(ACCESS, 0, Novelty::Level)]);
    let earlier = Stamp { boot: BootId([1; 16]), ..at(900_000) };
    assert_eq!(
        site.report(earlier, 5_100, &[(ACCESS, 1, Novelty::Happened)]),
        ["900000 door-1:access = granted (late)", "5000 door-1:access = none"]
    );
}

#[test]
fn a_late_number_counts_once() {
    let mut site = speaking();
    site.report(at(5_000), 5_000, &[(ACCESS, 1, Novelty::Counted(40))]);
    assert_eq!(site.report(at(4_000), 5_100, &[(ACCESS, 1, Novelty::Counted(39))]), NOTHING);
    assert_eq!(site.report(at(5_200), 5_200, &[(ACCESS, 2, Novelty::Counted(41))]).len(), 1);
    assert_eq!(site.report(at(5_100), 5_300, &[(ACCESS, 2, Novelty::Counted(41))]), NOTHING);
}

#[test]
fn a_partial_report_renews_what_it_speaks_of_and_nothing_else() {
    let mut site = speaking();
    site.report(at(1_000), 1_000, &[(CONTACT, 0, Novelty::Level), (ACCESS, 0, Novelty::Level)]);
    site.report(at(5_000), 5_000, &[(ACCESS, 1, Novelty::Happened)]);
    assert_eq!(site.tick(7_001), ["7001 door-1:contact = closed stale"]);
    assert_eq!(site.tick(11_001), ["11001 door-1:access = granted stale"]);
}

#[test]
fn a_device_that_speaks_is_lost_when_it_hangs_up_and_when_it_never_comes() {
    let mut site = speaking();
    assert_eq!(
        site.tick(10_000),
        [
            "10000 door-1:link = lost",
            "10000 door-1:contact = nothing comm_failure",
            "10000 door-1:access = nothing comm_failure"
        ]
    );
    site.report(at(12_000), 12_000, &[(CONTACT, 0, Novelty::Level)]);
    assert_eq!(site.bad(DOOR, 13_000, ScanFailure::Disconnected), NOTHING);
    assert_eq!(site.tick(18_001)[0], "18001 door-1:contact = closed stale");
    assert_eq!(site.tick(23_000)[0], "23000 door-1:link = lost");
}

#[test]
fn what_happened_is_as_true_as_before_whether_its_device_is_there_or_not() {
    let mut site = speaking();
    site.report(at(1_000), 1_000, &[(CONTACT, 0, Novelty::Level), (ACCESS, 5, Novelty::Happened)]);
    assert_eq!(site.tick(7_001), ["7001 door-1:contact = closed stale"], "a duress does not grow stale");
    assert_eq!(site.tick(11_000), ["11000 door-1:link = lost", "11000 door-1:contact = closed comm_failure"]);
    assert_eq!(
        site.report(at(12_000), 12_000, &[(CONTACT, 0, Novelty::Level)]),
        ["12000 door-1:link = online", "12000 door-1:contact = closed"]
    );
    site.tick(18_001);
    assert_eq!(
        site.report(at(19_000), 19_000, &[(ACCESS, 1, Novelty::Happened)]),
        ["19000 door-1:access = granted"],
        "how the contact stands now, the device has not said"
    );
}

#[test]
fn what_stood_before_it_happened_is_as_doubtful_as_any_other_level() {
    let mut site = speaking();
    site.report(at(1_000), 1_000, &[(ACCESS, 0, Novelty::Level)]);
    site.report(at(2_000), 2_000, &[(ACCESS, 5, Novelty::Happened)]);
    assert_eq!(site.tick(8_001), ["8001 door-1:access = duress stale"]);
    assert_eq!(
        site.report(at(9_000), 9_000, &[(CONTACT, 0, Novelty::Level)]),
        ["9000 door-1:contact = closed"],
        "how the access stands, nobody said"
    );
}

#[test]
fn a_device_that_connects_again_is_not_lost_and_not_judged_before_it_speaks() {
    let mut site = speaking();
    site.report(at(5_000), 5_000, &[(CONTACT, 0, Novelty::Level)]);
    site.bad(DOOR, 5_100, ScanFailure::Disconnected);
    assert_eq!(site.bad(DOOR, 6_000, ScanFailure::Returned), NOTHING);
    assert_eq!(site.tick(11_001)[0], "11001 door-1:contact = closed stale", "it is silent all the same");
    assert_eq!(site.tick(15_000)[0], "15000 door-1:link = lost", "ten seconds after its last word");
    site.bad(DOOR, 15_100, ScanFailure::Disconnected);
    assert_eq!(site.bad(DOOR, 15_200, ScanFailure::Returned), NOTHING, "a connection says nothing of a door");
    assert_eq!(
        site.report(at(15_300), 15_300, &[(CONTACT, 0, Novelty::Level)]),
        ["15300 door-1:link = online", "15300 door-1:contact = closed"]
    );
}

#[test]
fn a_scan_that_the_edge_itself_held_up_is_not_late() {
    let mut site = traced();
    site.door(0, 0);
    let opened = vec![sample(site.site.devices[DOOR].first, Some(Value::Integer(1)), Novelty::Level)];
    let scan = Scan { device: DOOR, stamp: at(500), outcome: Ok(opened), receipt: None };
    let _ = site.detector.scan(&scan, at(9_000));
    assert_eq!(site.tick(9_000)[0], "500 door-1:contact = open", "the disk was slow, not the door");
}
