//! Readers and retention do not disturb each other: what retention deletes is skipped, and nothing brings it back.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use strongroom_hub::journal::medium::{Folder, Medium};
use strongroom_hub::journal::writer::Retention;
use strongroom_hub::journal::{Body, Position, Reader, Writer};
use tempfile::TempDir;
use wire::{Lane, Seq};

use crate::traces::{EPOCH, append_three, edge, hub_ms, number_of, payload, small};

fn journal(retention: Retention) -> (TempDir, Arc<Folder>, Writer, Reader) {
    let folder = tempfile::tempdir().unwrap();
    let medium = Arc::new(Folder::create(folder.path().to_owned()).unwrap());
    let (writer, reader) = Writer::open(medium.clone(), retention).unwrap();
    (folder, medium, writer, reader)
}

/// Everything that a reader can ask, once. What it gets is whole and in order, wherever it begins.
fn ask(reader: &Reader) {
    let entries = reader.read(Position::FIRST, usize::MAX).expect("the journal can be read");
    let mut numbers = entries.iter().map(|(position, _)| number_of(*position));
    assert!(numbers.clone().is_sorted_by(|one, next| one < next));
    for (position, entry) in &entries {
        assert_eq!(entry.body, Body::Envelope(payload(number_of(*position))));
    }
    let Some(oldest) = numbers.next() else { return };
    reader.position_at(hub_ms(oldest)).expect("a time can be looked up");
    reader.lane_run(&edge(oldest % 2), Lane::Urgent, EPOCH, Seq(oldest)).expect("a record can be looked up");
}

#[test]
fn reading_in_tight_loops_does_not_disturb_deleting() {
    let (_folder, medium, mut writer, reader) = journal(Retention { bytes_max: 0, ..small() });
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    ask(&reader);
                }
            });
        }
        let mut deleted = 0;
        let mut outcome = Ok(0);
        for append in 0..150 {
            append_three(&mut writer, append * 3).unwrap();
            outcome = writer.delete_old(0, writer.next());
            match &outcome {
                Ok(segments) => deleted += segments,
                Err(_) => break,
            }
        }
        ended.store(true, Ordering::Relaxed);
        outcome.expect("retention goes on");
        assert!(deleted > 20, "only {deleted} segments were deleted");
    });
    ask(&reader);
    assert_eq!(medium.names().unwrap().len(), 1);
}

#[test]
fn a_file_that_has_gone_already_counts_as_deleted() {
    for read_before in [false, true] {
        let (folder, medium, mut writer, reader) = journal(Retention { bytes_max: 0, ..small() });
        for append in 0..40 {
            append_three(&mut writer, append * 3).unwrap();
        }
        if read_before {
            // Its file is open then, and only the deleting meets that it has gone.
            assert_eq!(reader.read(Position::FIRST, 1).unwrap().len(), 1);
        }
        std::fs::remove_file(oldest(&folder, &*medium)).unwrap();
        writer.delete_old(0, writer.next()).unwrap();
        assert_eq!(medium.names().unwrap().len(), 1);
        ask(&reader);
    }
}

fn oldest(folder: &TempDir, medium: &dyn Medium) -> std::path::PathBuf {
    folder.path().join(medium.names().unwrap().into_iter().min().unwrap())
}

/// Files of this folder that this process has open.
fn open_files(folder: &Path) -> usize {
    let open = std::fs::read_dir("/proc/self/fd").unwrap();
    open.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok())
        .filter(|file| file.starts_with(folder))
        .count()
}

#[test]
fn old_segments_do_not_stay_open() {
    let (folder, medium, mut writer, reader) = journal(small());
    for append in 0..250 {
        append_three(&mut writer, append * 3).unwrap();
    }
    assert!(medium.names().unwrap().len() > 30);
    for number in 0..750 {
        reader.position_at(hub_ms(number)).unwrap();
        reader.lane_run(&edge(number % 2), Lane::Urgent, EPOCH, Seq(number)).unwrap().unwrap();
    }
    assert_eq!(reader.read(Position::FIRST, usize::MAX).unwrap().len(), 750);
    let open = open_files(folder.path());
    assert!((1..=17).contains(&open), "{open} segments are open");
}
