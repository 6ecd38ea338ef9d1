//! Files beside the spool: damaged spools that were set aside for people to look at, and the mark of failed writes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tracing::{error, warn};

use super::past::Past;

/// How many damaged files are kept. More would fill the disk of an edge whose storage is dying.
const DAMAGED_FILES_MAX: usize = 3;

/// `spool.redb` → `spool.redb.SUFFIX`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Renames the damaged file to `PATH.damaged-TIME`; the oldest beyond the limit go. The time is never less than that of the
/// last one: a clock that was put back or never set would put the newest file in the oldest one's place. It is written down
/// before it happens, so that a process that dies in between does not take the file for a missing one.
pub(super) fn set_aside(path: &Path, past: &mut Past, now_ms: i64) -> io::Result<()> {
    let earlier = damaged(path)?;
    let last_ms = earlier.last().and_then(|last| time_ms(last)).unwrap_or(0);
    let aside = beside(path, &format!("damaged-{:020}", now_ms.max(last_ms.saturating_add(1))));
    past.damaged(&aside, now_ms);
    fs::rename(path, &aside)?;
    error!(path = %path.display(), aside = %aside.display(), "the damaged spool file was set aside");
    for old in earlier.iter().rev().skip(DAMAGED_FILES_MAX - 1) {
        match fs::remove_file(old) {
            Ok(()) => warn!(path = %old.display(), "an older damaged spool file is deleted"),
            Err(error) => {
                warn!(path = %old.display(), %error, "an older damaged spool file cannot be deleted");
            }
        }
    }
    Ok(())
}

fn time_ms(aside: &Path) -> Option<i64> {
    aside.to_str()?.rsplit_once("damaged-")?.1.parse().ok()
}

/// Oldest first: the time in their names has a fixed width.
pub(super) fn damaged(path: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let prefix = beside(Path::new(path.file_name().unwrap_or_default()), "damaged-");
    let prefix = prefix.to_string_lossy().into_owned();
    let entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let ours = entries.iter().filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix));
    let mut ours: Vec<PathBuf> = ours.map(fs::DirEntry::path).collect();
    ours.sort();
    Ok(ours)
}

/// Counts failed writes across restarts, in two empty files: a full disk still has room for a name. Everything is best
/// effort, for the disk is bad.
#[derive(Clone, Debug)]
pub(super) struct FailureMark {
    first: PathBuf,
    second: PathBuf,
}

impl FailureMark {
    pub(super) fn of(spool: &Path) -> Self {
        Self { first: beside(spool, "failed-once"), second: beside(spool, "failed-twice") }
    }

    /// Whether writing failed twice in a row, so that the disk is not worth another try.
    pub(super) fn is_hopeless(&self) -> bool {
        self.second.exists()
    }

    pub(super) fn add(&self) {
        let mark = if self.first.exists() { &self.second } else { &self.first };
        if let Err(error) = File::create(mark) {
            warn!(path = %mark.display(), %error, "the failure could not be marked");
        }
    }

    pub(super) fn clear(&self) {
        for mark in [&self.second, &self.first] {
            match fs::remove_file(mark) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    warn!(path = %mark.display(), %error, "the mark of a failure could not be removed")
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_damaged_files_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spool.redb");
        assert!(damaged(&path).unwrap().is_empty());
        for now_ms in 1..=4 {
            fs::write(&path, now_ms.to_string()).unwrap();
            set_aside(&path, &mut Past::of(&path), now_ms).unwrap();
        }
        let kept: Vec<String> =
            damaged(&path).unwrap().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        assert_eq!(kept, ["2", "3", "4"]);
        assert!(!path.exists());
    }

    #[test]
    fn a_clock_that_was_put_back_or_stands_takes_no_newer_file_for_an_older_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("spool.redb");
        for (number, now_ms) in [9_000, 7, 7, -5].into_iter().enumerate() {
            fs::write(&path, number.to_string()).unwrap();
            set_aside(&path, &mut Past::of(&path), now_ms).unwrap();
        }
        let kept = damaged(&path).unwrap();
        let kept: Vec<String> = kept.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        assert_eq!(kept, ["1", "2", "3"]);
    }

    #[test]
    fn two_failures_in_a_row_are_enough() {
        let folder = tempfile::tempdir().unwrap();
        let mark = FailureMark::of(&folder.path().join("spool.redb"));
        mark.clear();
        mark.add();
        assert!(!mark.is_hopeless());
        mark.add();
        assert!(mark.is_hopeless());
        mark.clear();
        assert!(!mark.is_hopeless());
    }
}
