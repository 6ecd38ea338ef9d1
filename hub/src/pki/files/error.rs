//! What can go wrong with a small file, and what a person can do about it.

use std::io;
use std::path::{Path, PathBuf};

/// A failed operation on one file; the message names the file and, where there is one, the way out.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Opening or reading failed.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is larger than anything we write.
    #[error("{} is larger than {bytes_max} bytes, which is more than this program ever writes; it is not our file", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        bytes_max: u64,
    },
    /// A secret file that its group or everybody may read.
    #[error("{path} can be read by others (mode {mode:03o}); close it with: chmod 600 {path}", path = path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Creating, writing, syncing or renaming failed.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A new file was wanted where one stands already.
    #[error("{} is already there and is not overwritten; move it away or choose another place", path.display())]
    AlreadyThere {
        /// The file.
        path: PathBuf,
    },
    /// The lock file could not be opened or locked.
    #[error("cannot lock {}", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another run holds the lock and does not let go.
    #[error("another run has held {} for {waited_s} s; wait until it has ended, then try again", path.display())]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// How long we waited.
        waited_s: u64,
    },
}

impl FileError {
    /// Whether the file simply does not exist, which callers answer with their own advice.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }

    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Read { path, source }
    }
}
