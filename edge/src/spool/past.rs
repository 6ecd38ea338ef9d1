//! What outlives the spool file, in a small file beside it: that there was one, which epochs it has left, and what was lost
//! with it last. Without it nobody could tell a spool that was deleted from an edge that starts for the first time.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tracing::{error, warn};
use wire::{Epoch, OpenedReason};

use super::aside::beside;

/// A loss is shown for so long, unless the file that was set aside is taken away sooner: a week with a weekend in it.
const SHOWN_MS: i64 = 7 * 24 * 3_600 * 1_000;
/// Epochs that were left, the latest last. An image older than these is found out by the hub.
const LEFT_MAX: usize = 16;
/// Ours takes some hundred bytes and two paths.
const FILE_BYTES_MAX: u64 = 16 * 1_024;

/// What became of the spool, so that records were lost that the hub had not confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    pub kind: LossKind,
    pub wall_ms: i64,
    /// The file that was set aside, for people to look at.
    pub file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossKind {
    Damaged,
    Missing,
    RolledBack,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Written {
    /// The epoch of the spool file, in hexadecimal digits; `None` if it is known to be gone.
    epoch: Option<String>,
    left: Vec<String>,
    /// How it went, until another one has begun.
    gone: Option<LossKind>,
    loss: Option<Loss>,
}

/// The file, and what it says.
#[derive(Debug)]
pub(super) struct Past {
    path: PathBuf,
    written: Written,
}

impl Past {
    /// Beside the spool. One that cannot be read says at least that there was a spool.
    pub(super) fn of(spool: &Path) -> Self {
        let path = beside(spool, "past");
        let written = match read(&path) {
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Written::default(),
            Err(error) => {
                warn!(path = %path.display(), %error, "what became of earlier spools cannot be read");
                Written { gone: Some(LossKind::Missing), ..Written::default() }
            }
        };
        Self { path, written }
    }

    /// Why an epoch begins if the file holds none.
    pub(super) fn reason_if_new(&self) -> OpenedReason {
        match (self.written.gone, &self.written.epoch) {
            (Some(LossKind::Damaged), _) => OpenedReason::Damaged,
            (Some(LossKind::Missing | LossKind::RolledBack), _) | (None, Some(_)) => OpenedReason::Missing,
            (None, None) => OpenedReason::FirstStart,
        }
    }

    /// Whether the spool had left this epoch already: a file that holds it is an old image.
    pub(super) fn has_left(&self, epoch: Epoch) -> bool {
        self.written.left.contains(&epoch.to_string())
    }

    /// The file is to be set aside under this name.
    pub(super) fn damaged(&mut self, aside: &Path, now_ms: i64) {
        self.gone(LossKind::Damaged, Some(aside.to_owned()), now_ms);
    }

    /// There is no file. Nothing happens if there never was one, or if it is known how it went.
    pub(super) fn no_file(&mut self, now_ms: i64) {
        if let Some(epoch) = &self.written.epoch {
            error!(epoch, "the spool file is gone: what the hub has not confirmed of it is lost");
            self.gone(LossKind::Missing, None, now_ms);
        }
    }

    fn gone(&mut self, kind: LossKind, file: Option<PathBuf>, now_ms: i64) {
        self.leave();
        self.written.gone = Some(kind);
        self.written.loss = Some(Loss { kind, wall_ms: now_ms, file });
        self.write();
    }

    /// The hub, or the epoch in it, says that the file is an old image.
    pub(super) fn rolled_back(&mut self, now_ms: i64) {
        self.written.loss = Some(Loss { kind: LossKind::RolledBack, wall_ms: now_ms, file: None });
    }

    /// The spool lives, in this epoch.
    pub(super) fn holds(&mut self, epoch: Epoch) {
        let epoch = epoch.to_string();
        if self.written.epoch.as_ref() == Some(&epoch) {
            return;
        }
        self.leave();
        self.written.left.retain(|left| *left != epoch);
        self.written.epoch = Some(epoch);
        self.written.gone = None;
        self.write();
    }

    fn leave(&mut self) {
        self.written.left.extend(self.written.epoch.take());
        let beyond = self.written.left.len().saturating_sub(LEFT_MAX);
        self.written.left.drain(..beyond);
    }

    /// The latest loss, until its file was taken away, or for a week.
    pub(super) fn loss(&self, now_ms: i64) -> Option<Loss> {
        let is_shown = |loss: &&Loss| {
            let is_recent = now_ms.saturating_sub(loss.wall_ms) < SHOWN_MS;
            is_recent && loss.file.as_ref().is_none_or(|file| file.exists())
        };
        self.written.loss.as_ref().filter(is_shown).cloned()
    }

    /// Best effort: the disk may be why there is something to write. The next start tries again.
    fn write(&self) {
        if let Err(error) = write(&self.path, &self.written) {
            error!(path = %self.path.display(), %error, "what became of the spool could not be written down");
        }
    }
}

fn read(path: &Path) -> io::Result<Written> {
    if fs::metadata(path)?.len() > FILE_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// Durable when it returns.
fn write(path: &Path, written: &Written) -> io::Result<()> {
    let new = beside(path, "new");
    let mut file = File::create(&new)?;
    file.write_all(&serde_json::to_vec(written)?)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: Epoch = Epoch([1; 16]);
    const TWO: Epoch = Epoch([2; 16]);

    #[test]
    fn what_became_of_the_spool_outlives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let spool = folder.path().join("spool.redb");
        let reason = || Past::of(&spool).reason_if_new();
        assert_eq!(reason(), OpenedReason::FirstStart);
        Past::of(&spool).no_file(5);
        assert_eq!((reason(), Past::of(&spool).loss(5)), (OpenedReason::FirstStart, None));
        Past::of(&spool).holds(ONE);
        assert_eq!(reason(), OpenedReason::Missing);
        Past::of(&spool).no_file(5);
        // It is told until a spool has begun, however often the process dies in between.
        Past::of(&spool).no_file(6);
        assert_eq!(reason(), OpenedReason::Missing);
        let missing = Loss { kind: LossKind::Missing, wall_ms: 5, file: None };
        Past::of(&spool).holds(TWO);
        assert_eq!(Past::of(&spool).loss(6), Some(missing));
        assert!(Past::of(&spool).has_left(ONE) && !Past::of(&spool).has_left(TWO));
        Past::of(&spool).damaged(&folder.path().join("aside"), 7);
        assert_eq!(reason(), OpenedReason::Damaged);
    }

    #[test]
    fn a_loss_is_shown_for_a_week_or_until_its_file_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let mut past = Past::of(&folder.path().join("spool.redb"));
        let aside = folder.path().join("aside");
        fs::write(&aside, "x").unwrap();
        past.damaged(&aside, 1_000);
        assert!(past.loss(0).is_some() && past.loss(1_000 + SHOWN_MS - 1).is_some());
        assert_eq!(past.loss(1_000 + SHOWN_MS), None);
        fs::remove_file(&aside).unwrap();
        assert_eq!(past.loss(1_000), None);
    }

    #[test]
    fn only_the_latest_epochs_are_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let mut past = Past::of(&folder.path().join("spool.redb"));
        (0..40).for_each(|number| past.holds(Epoch([number; 16])));
        assert_eq!(past.written.left.len(), LEFT_MAX);
        assert!(past.has_left(Epoch([38; 16])) && !past.has_left(Epoch([39; 16])));
    }

    proptest! {
        /// A file that somebody else wrote still says that there was a spool.
        #[test]
        fn any_bytes_are_a_past(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let folder = tempfile::tempdir().unwrap();
            let spool = folder.path().join("spool.redb");
            fs::write(beside(&spool, "past"), bytes).unwrap();
            prop_assert_eq!(Past::of(&spool).reason_if_new(), OpenedReason::Missing);
        }
    }
}
