//! The arming of a part whose panel shows only its sectors and delays.

use super::*;

const SECTORS: &str = "name = \"small-panel\"\npoll_interval = \"250ms\"\n\
    [[points]]\nname = \"s-{n}\"\nkind = \"sector.armed\"\ntable = \"coil\"\nregister = 0\nrepeat = { count = 2, step = 1 }\n\
    [[points]]\nname = \"alarm\"\nkind = \"sector.alarm\"\ntable = \"coil\"\nregister = 2\n\
    [[points]]\nname = \"exit\"\nkind = \"panel.exit\"\ntable = \"coil\"\nregister = 3\n\
    [[points]]\nname = \"zone\"\nkind = \"zone.state\"\nregister = 4\n";

fn panel() -> Traced {
    let mut site = traced_by(SECTORS, DOOR_PROFILE, Hearing::Asked);
    site.tick(0);
    site
}

impl Traced {
    fn sectors(&mut self, ms: u64, flags: [bool; 4], zone: i64) -> Vec<String> {
        let mut values: Vec<Value> = flags.into_iter().map(Value::Flag).collect();
        values.push(Value::Integer(zone));
        self.good(PANEL, ms, &values)
    }
}

#[test]
fn the_sectors_of_one_scan_arm_the_part_at_once_and_before_its_zones() {
    let mut site = panel();
    let found = site.sectors(10, [false; 4], 0);
    assert_eq!(found[5..], ["10 edge:arming = unset", "10 panel-1:zone = normal"]);
    assert_eq!(
        site.sectors(260, [true, true, false, false], 1),
        [
            "260 panel-1:s-1 = yes",
            "260 panel-1:s-2 = yes",
            "260 edge:arming = set",
            "260 panel-1:zone = alarm"
        ]
    );
    assert_eq!(
        site.sectors(510, [true, true, true, false], 1),
        ["510 panel-1:alarm = yes", "510 edge:arming = alarm"]
    );
}

#[test]
fn who_leaves_has_the_delay_and_a_part_may_be_set_in_part() {
    let mut site = panel();
    site.sectors(0, [false; 4], 0);
    assert_eq!(site.sectors(250, [true, true, false, true], 0)[3], "250 edge:arming = exit");
    assert_eq!(site.sectors(500, [true, true, false, false], 0)[1], "500 edge:arming = set");
    assert_eq!(site.sectors(750, [true, false, false, false], 0)[1], "750 edge:arming = part");
}

#[test]
fn a_lost_panel_keeps_the_state_and_is_not_believed() {
    let mut site = panel();
    site.sectors(0, [true, true, false, false], 0);
    let stale = site.tick(1_001);
    assert_eq!(stale[4], "1001 edge:arming = set stale");
    let arming = |lines: &[String]| lines.iter().filter(|line| line.contains("arming")).count();
    assert_eq!(arming(&stale), 1, "once, however many sectors went stale");
    assert_eq!(site.sectors(2_000, [true, true, false, false], 0)[4], "2000 edge:arming = set");
}

#[test]
fn the_snapshot_takes_the_arming_along() {
    let mut site = panel();
    site.sectors(0, [false; 4], 0);
    let found = site.detector.snapshot(at(100));
    assert_eq!(site.lines(found)[4], "0 edge:arming = unset");
}

#[test]
fn what_is_marked_is_shown_until_it_is_over() {
    const LIMITED: &str = "name = \"small-door\"\npoll_interval = \"500ms\"\n\
        [[points]]\nname = \"contact\"\nkind = \"door.contact\"\nregister = 0\n\
        [[points]]\nname = \"supply\"\nkind = \"door.supply\"\nregister = 1\nlimits = { high = 13, high_high = 20 }\n";
    let mut site = traced_with(LIMITED, Hearing::Asked);
    let mut supply = |ms: u64, volts: f64| {
        let first = site.site.devices[DOOR].first.0;
        let level = |place: u16, value| sample(wire::PointNo(first + place), Some(value), Novelty::Level);
        let outcome = Ok(vec![level(0, Value::Integer(0)), level(1, Value::Number(volts))]);
        let _ = site.detector.scan(&Scan { device: DOOR, stamp: at(ms), outcome, receipt: None }, at(ms));
        site.detector.marked().collect::<Vec<_>>().concat()
    };
    assert!(supply(1_000, 12.0).is_empty());
    assert_eq!(supply(1_500, 24.0), ["supply is 24 V: high, high_high"]);
    assert!(supply(2_000, 12.0).is_empty());
}
