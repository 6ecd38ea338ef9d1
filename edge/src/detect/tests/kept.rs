//! What is counted while an edge restarts is an event of the next life, as long as the restart is short.

use wire::BootId;

use super::*;
use crate::bookmark::Bookmark;

const COUNTING: &str = "name = \"small-door\"\npoll_interval = \"500ms\"\n\
    [[points]]\nname = \"access\"\nkind = \"door.access\"\nregister = 0\nsequence = { register = 1 }\n\
    [[points]]\nname = \"rex\"\nkind = \"door.rex\"\nregister = 3\nbit = 1\nsequence = { register = 2 }\n";

const MINUTE: u64 = 60_000;

struct Life {
    traced: Traced,
    bookmarks: Vec<Bookmark>,
}

impl Life {
    fn new() -> Self {
        Self { traced: traced_with(COUNTING, Hearing::Asked), bookmarks: Vec::new() }
    }

    /// The same edge after a restart, with what the spool kept of it.
    fn next(self, now: Stamp) -> Self {
        let mut next = Self { bookmarks: self.bookmarks, ..Self::new() };
        next.traced.detector.restore(&next.bookmarks, now);
        next
    }

    fn door(&mut self, stamp: Stamp, access: (i64, u64), presses: u64) -> Vec<String> {
        let first = self.traced.site.devices[DOOR].first;
        let samples = vec![
            sample(first, Some(Value::Integer(access.0)), Novelty::Counted(access.1)),
            sample(wire::PointNo(first.0 + 1), Some(Value::Flag(false)), Novelty::Counted(presses)),
        ];
        let scan = Scan { device: DOOR, stamp, outcome: Ok(samples), receipt: None };
        let found = self.traced.detector.scan(&scan, stamp);
        self.take(found)
    }

    fn take(&mut self, found: Found) -> Vec<String> {
        self.bookmarks.retain(|kept| found.bookmarks.iter().all(|newer| newer.name != kept.name));
        self.bookmarks.extend(found.bookmarks.clone());
        let of_points = |line: &String| line.contains("door-1:") && !line.contains(":link");
        self.traced.lines(found).into_iter().filter(of_points).collect()
    }
}

#[test]
fn a_badge_and_a_press_during_a_restart_are_events_and_late() {
    let mut life = Life::new();
    life.door(at(1_000), (1, 40), 7);
    let mut life = life.next(at(31_000));
    assert_eq!(
        life.door(at(32_000), (1, 42), 8),
        [
            "32000 door-1:access = granted (missed, late)",
            "32000 door-1:access = granted",
            "32000 door-1:rex = yes (late)",
            "32000 door-1:rex = no (late)",
            "32000 door-1:rex = no"
        ]
    );
    assert_eq!(life.door(at(33_000), (2, 43), 8), ["33000 door-1:access = denied_unknown"]);
}

#[test]
fn they_are_events_and_not_found() {
    let mut life = Life::new();
    life.door(at(1_000), (1, 40), 7);
    let mut life = life.next(at(31_000));
    let first = life.traced.site.devices[DOOR].first;
    let samples = vec![sample(first, Some(Value::Integer(1)), Novelty::Counted(41))];
    let scan = Scan { device: DOOR, stamp: at(32_000), outcome: Ok(samples), receipt: None };
    let found = life.traced.detector.scan(&scan, at(32_000)).detected;
    let access: Vec<What> =
        found.iter().filter(|found| found.point == first).map(|found| found.what).collect();
    assert_eq!(access, [What::Event, What::Snapshot], "and behind it stands how the point stands");
}

#[test]
fn without_anything_new_nothing_has_happened() {
    let mut life = Life::new();
    life.door(at(1_000), (1, 40), 7);
    let mut life = life.next(at(31_000));
    assert_eq!(life.door(at(32_000), (1, 40), 7), ["32000 door-1:access = granted", "32000 door-1:rex = no"]);
}

#[test]
fn what_may_be_old_is_found_and_no_event() {
    for away in [11 * MINUTE, 5 * MINUTE] {
        let mut life = Life::new();
        life.door(at(1_000), (1, 40), 7);
        // The edge is back soon in the second case, but its door is not.
        let mut life = life.next(at(1_000 + away));
        let lines = life.door(at(1_001 + 10 * MINUTE), (1, 41), 8);
        let expected = ["601001 door-1:access = granted", "601001 door-1:rex = no"];
        assert_eq!(lines, expected);
    }
}

#[test]
fn across_boots_the_wall_clock_decides() {
    let after = |clock| {
        let mut life = Life::new();
        life.door(at(1_000), (1, 40), 7);
        let booted =
            |ms: u64| Stamp { boot: BootId([8; 16]), wall_ms: at(61_000 + ms).wall_ms, clock, ..at(ms) };
        let mut life = life.next(booted(5_000));
        life.door(booted(6_000), (1, 41), 7)[0].clone()
    };
    assert_eq!(after(ClockState::Free), "6000 door-1:access = granted (late)");
    assert_eq!(after(ClockState::Unset), "6000 door-1:access = granted");
}

#[test]
fn a_bookmark_is_written_when_a_number_changes_and_renewed_with_the_snapshot() {
    let mut life = Life::new();
    life.door(at(1_000), (1, 40), 7);
    assert_eq!(life.bookmarks.len(), 1);
    let first = std::mem::take(&mut life.bookmarks);
    life.door(at(2_000), (1, 40), 7);
    assert_eq!(life.bookmarks, [], "nothing has changed");
    let snapshot = |life: &mut Life, ms| {
        life.door(at(ms), (1, 40), 7);
        let found = life.traced.detector.snapshot(at(ms));
        life.take(found);
        life.bookmarks.len()
    };
    assert_eq!(snapshot(&mut life, 60_000), 0, "that would wear the flash for nothing");
    assert_eq!(snapshot(&mut life, 121_000), 1);
    assert_eq!(life.bookmarks[0].name, first[0].name);
    assert_ne!(life.bookmarks[0].bytes, first[0].bytes, "its age is that of the last look");
    // Two hours without a badge, then one within a restart.
    for minutes in (4..120).step_by(2) {
        snapshot(&mut life, minutes * MINUTE);
    }
    let mut life = life.next(at(121 * MINUTE));
    assert_eq!(life.door(at(121 * MINUTE), (1, 41), 7)[0], "7260000 door-1:access = granted (late)");
}

#[test]
fn garbage_and_bookmarks_of_others_are_left() {
    let mut life = Life::new();
    let named = |name: &str, bytes: &[u8]| Bookmark { name: name.into(), bytes: bytes.into() };
    life.bookmarks = vec![
        named("sequence/door-1/0", &[0xff, 0x00]),
        named("sequence/door-9/0", &[]),
        named("sequence", &[1]),
        named("agent/pc-1", &[1]),
    ];
    let mut life = life.next(at(1_000));
    assert_eq!(life.door(at(2_000), (1, 40), 7).len(), 2);
}

/// Over a reload the same process goes on: a device that speaks seldom is not unheard for it, and grows old by its own time.
#[test]
fn what_was_known_before_a_reload_is_taken_over_under_new_numbers() {
    const SPEAKING: &str = "name = \"small-door\"\npoll_interval = \"2s\"\n\
        [[points]]\nname = \"contact\"\nkind = \"door.contact\"\nregister = 0\n";
    const LARGER_PANEL: &str = "name = \"small-panel\"\npoll_interval = \"250ms\"\n\
        [[points]]\nname = \"arm\"\nkind = \"panel.arm_state\"\nregister = 0\n\
        [[points]]\nname = \"tamper\"\nkind = \"panel.tamper\"\nregister = 1\nbit = 0\n";
    let mut before = traced_with(SPEAKING, Hearing::Speaks);
    before.panel(1_000, 0);
    before.good(DOOR, 1_000, &[Value::Integer(1)]);
    let mut after = traced_by(LARGER_PANEL, SPEAKING, Hearing::Speaks);
    assert_ne!(before.site.devices[DOOR].first, after.site.devices[DOOR].first);

    before.detector.keep(|device| device.as_str() == "door-1");
    after.detector.take_over(before.detector);
    let links: Vec<&str> = after.detector.links().map(|(_, link)| link).collect();
    assert_eq!(links, ["unknown", "online"], "the panel is another one now");
    let found = after.detector.snapshot(at(2_000));
    let told = after.lines(found);
    assert!(told.contains(&"1000 door-1:contact = open".to_owned()), "{told:?}");
    assert_eq!(after.tick(7_001), ["7001 door-1:contact = open stale"]);
}
