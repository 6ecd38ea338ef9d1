//! Files beside the spool: damaged spools that were set aside for people to look at, and the mark of failed writes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tracing::{error, warn};

/// How many damaged files are kept. More would fill the disk of an edge whose storage is dying.
const DAMAGED_FILES_MAX: usize = 3;

/// `spool.redb` → `spool.redb.SUFFIX`.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

/// Renames the damaged file to `PATH.damaged-TIME`; the oldest beyond the limit go.
pub(super) fn set_aside(path: &Path, now_ms: i64) -> io::Result<PathBuf> {
    let aside = beside(path, &format!("damaged-{now_ms:020}"));
    fs::rename(path, &aside)?;
    error!(path = %path.display(), aside = %aside.display(), "the damaged spool file was set aside");
    let all = damaged(path)?;
    for old in all.iter().rev().skip(DAMAGED_FILES_MAX) {
        warn!(path = %old.display(), "an older damaged spool file is deleted");
        fs::remove_file(old)?;
    }
    Ok(aside)
}

/// Whether a damaged file was ever set aside here.
pub(super) fn has_damaged(path: &Path) -> bool {
    damaged(path).is_ok_and(|files| !files.is_empty())
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
        assert!(!has_damaged(&path));
        for now_ms in 1..=4 {
            fs::write(&path, now_ms.to_string()).unwrap();
            set_aside(&path, now_ms).unwrap();
        }
        let kept: Vec<String> =
            damaged(&path).unwrap().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        assert_eq!(kept, ["2", "3", "4"]);
        assert!(has_damaged(&path) && !path.exists());
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
