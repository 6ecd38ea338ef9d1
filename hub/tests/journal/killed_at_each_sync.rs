//! The power may go at any sync of any segment: every append that returned is there afterwards, whole and unchanged; one that
//! did not is there whole or not at all; and the journal goes on.

use power_cut::Fate;
use strongroom_hub::journal::{JournalError, Writer};

use crate::disks::Disks;
use crate::traces::{append_three, check_edges, read_all, small};

const APPENDS: u64 = 24;

/// Appends until the end or until the power goes; returns how many entries were reported durable.
fn run(disks: std::sync::Arc<Disks>, from: u64) -> u64 {
    let Ok((mut writer, _)) = Writer::open(disks, small()) else { return from };
    let mut durable = from;
    for _ in 0..APPENDS {
        match append_three(&mut writer, durable) {
            Ok(_) => durable += 3,
            Err(_) => {
                // After a failure nothing is written any more, whatever the disk would now say.
                assert!(matches!(append_three(&mut writer, durable), Err(JournalError::Poisoned)));
                break;
            }
        }
    }
    durable
}

fn check_after(disks: &Disks, durable: u64) {
    let rebooted = disks.after_power_cut();
    let (writer, reader) =
        Writer::open(rebooted.clone(), small()).expect("the journal opens after a power cut");
    let held = read_all(&reader);
    assert!(held == durable || held == durable + 3, "{durable} entries were durable and {held} are there");
    check_edges(&writer, held);
    drop((writer, reader));
    assert_eq!(run(rebooted.clone(), held), held + 3 * APPENDS);
    let (writer, reader) = Writer::open(rebooted.after_power_cut(), small()).unwrap();
    assert_eq!(read_all(&reader), held + 3 * APPENDS);
    check_edges(&writer, held + 3 * APPENDS);
}

#[test]
fn at_every_sync_of_every_segment() {
    let whole = Disks::spared();
    assert_eq!(run(whole.clone(), 0), 3 * APPENDS);
    let syncs = whole.syncs_of();
    assert!(syncs.len() >= 3, "the run was meant to begin several segments, not {}", syncs.len());
    for (segment, syncs) in syncs.iter().enumerate() {
        for at_sync in 1..=*syncs {
            let seed = 1_000 * segment as u64 + at_sync;
            let fate = move |made| {
                if made == segment as u64 { Fate::PowerCut { at_sync, seed } } else { Fate::Spared }
            };
            let disks = Disks::with(Box::new(fate));
            let durable = run(disks.clone(), 0);
            check_after(&disks, durable);
        }
    }
}

#[test]
fn a_failed_sync_ends_the_writing_and_loses_nothing() {
    let whole = Disks::spared();
    run(whole.clone(), 0);
    let mut ended = 0;
    for at_sync in 4..=whole.syncs_of()[0] {
        let fate = move |made| if made == 0 { Fate::SyncFails { at_sync } } else { Fate::Spared };
        let disks = Disks::with(Box::new(fate));
        let durable = run(disks.clone(), 0);
        // The last syncs belong to the closing of the file, after everything was appended.
        ended += u64::from(durable < 3 * APPENDS);
        check_after(&disks, durable);
    }
    assert!(ended >= 3, "a failed sync was meant to end the writing, and did so only {ended} times");
}
