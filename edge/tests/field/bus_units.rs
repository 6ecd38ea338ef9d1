//! The units of a bus share it fairly: all are read, and those that are dead do not take it from the others.

use std::collections::BTreeMap;
use std::time::Duration;

use strongroom_edge::field::ScanFailure;

use crate::line::{Line, Question, Says, answer, sections};
use crate::rig::{PROFILE, Rig, contact, words};

fn sound(asked: Question) -> Says {
    Says::Now(answer(asked, &words(asked.unit, asked.number as u16, u16::from(asked.unit % 2))))
}

#[tokio::test]
async fn every_unit_that_a_bus_may_have_is_read() {
    let line = Line::start(sound);
    let units = 1..=247_u8;
    // As often as the line can carry it.
    let lines = "poll_interval = \"3s\"\ntimeout = \"5s\"\n";
    let mut rig = Rig::with(&sections(&line.path, units.clone(), lines), PROFILE);
    let mut read: BTreeMap<usize, usize> = BTreeMap::new();
    while read.len() < units.len() || read.values().any(|times| *times < 2) {
        let scan = rig.scan().await;
        let unit = units.clone().nth(scan.device).unwrap();
        assert_eq!(contact(&scan.outcome.unwrap()), i64::from(unit % 2), "unit {unit}");
        *read.entry(scan.device).or_default() += 1;
    }
    rig.stop().await;
}

/// A poll of several reads takes its time, and what its first read brought is as old as that.
#[tokio::test]
async fn a_scan_carries_the_time_of_its_first_reply() {
    const LONG: Duration = Duration::from_secs(1);
    let line = Line::start(|asked| match asked.function {
        4 => sound(asked),
        _ => Says::Late(LONG, answer(asked, &[1])),
    });
    let holding =
        "[[points]]\nname = \"supply\"\nkind = \"door.supply\"\ntable = \"holding\"\nregister = 5\n";
    let profile = format!("{PROFILE}{holding}");
    let lines = "poll_interval = \"100ms\"\ntimeout = \"20s\"\n";
    let mut rig = Rig::with(&sections(&line.path, [1], lines), &profile);
    let scan = rig.scan().await;
    assert_eq!(scan.outcome.unwrap().len(), 2);
    let age_ms = u128::from(rig.now_ms() - scan.stamp.mono_ms);
    assert!(age_ms + 50 >= LONG.as_millis(), "the first reply came {age_ms} ms ago");
    rig.stop().await;
}

#[tokio::test]
async fn a_dead_unit_leaves_the_bus_to_those_that_live() {
    const DEAD: usize = 1;
    let line = Line::start(|asked| if asked.unit == 2 { Says::Nothing } else { sound(asked) });
    let lines = "poll_interval = \"100ms\"\ntimeout = \"600ms\"\n";
    let mut rig = Rig::with(&sections(&line.path, 1..=4, lines), PROFILE);
    let mut failures = 0;
    // How often the others were read since the dead one was asked.
    let mut read = [0; 4];
    while failures < 2 {
        let scan = rig.scan().await;
        match scan.outcome {
            Ok(_) => read[scan.device] += 1,
            Err(ScanFailure::Timeout { .. }) => {
                assert_eq!(scan.device, DEAD);
                failures += 1;
                // Its time-out and the drain took 1.2 s, so it rests for 4.8: far more than ten polls of the others.
                let others = read.iter().enumerate().filter(|(device, _)| *device != DEAD);
                assert!(failures == 1 || others.clone().all(|(_, times)| *times >= 10), "{read:?}");
                read = [0; 4];
            }
            Err(failure) => panic!("{failure}"),
        }
    }
    let asked = line.asked().iter().filter(|asked| asked.unit == 2).count();
    assert_eq!(
        asked, 3,
        "a retry for the first failure, when it still seemed to be noise, and none after it"
    );
    rig.stop().await;
}
