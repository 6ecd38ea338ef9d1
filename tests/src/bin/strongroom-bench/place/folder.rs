//! A folder of its own on a real disk: what is measured is durability, and memory is not durable.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

/// `f_type` of tmpfs and ramfs, as statfs(2) lists them.
const MEMORY: [u64; 2] = [0x0102_1994, 0x8584_58f6];

pub(crate) struct Folder {
    path: PathBuf,
    /// Deletes the folder at the end; `None` if it is kept.
    guard: Option<TempDir>,
}

impl Folder {
    /// A new folder inside `parent`.
    pub(crate) fn new(parent: &Path, keep: bool) -> anyhow::Result<Self> {
        std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        let kind = rustix::fs::statfs(parent)
            .with_context(|| format!("cannot look at {}", parent.display()))?
            .f_type;
        if MEMORY.contains(&(kind as u64)) {
            bail!(
                "{} lies in memory, and writing there measures nothing: choose a real disk with --dir",
                parent.display()
            );
        }
        let folder = tempfile::Builder::new()
            .prefix("bench-")
            .tempdir_in(parent)
            .with_context(|| format!("cannot make a folder in {}", parent.display()))?;
        if keep {
            return Ok(Self { path: folder.keep(), guard: None });
        }
        Ok(Self { path: folder.path().to_owned(), guard: Some(folder) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// An empty folder inside, for one row. It goes with the row: full hubs are large.
    pub(crate) fn inside(&self, name: &str) -> anyhow::Result<Inside> {
        let path = self.path.join(name);
        std::fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Inside { path, keep: self.guard.is_none() })
    }
}

/// The folder of one row.
pub(crate) struct Inside {
    path: PathBuf,
    keep: bool,
}

impl Deref for Inside {
    type Target = Path;
    fn deref(&self) -> &Path {
        &self.path
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        if !self.keep {
            // What cannot be deleted now is deleted with the whole folder, or said then.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
