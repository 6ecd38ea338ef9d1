//! An advisory lock beside a file, so that two runs never change it at the same time. The kernel lets go of it when the
//! process ends, however it ends: there is no stale lock to remove by hand.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::FileError;

/// A change takes milliseconds; a run that holds the lock this long hangs, and a person should hear of it.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Often enough that a queue of runs flows, rarely enough to cost nothing.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// Held as long as the value lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock at `path`, which stays on the disk as an empty file.
    pub fn acquire(path: &Path) -> Result<Self, FileError> {
        Self::acquire_within(path, WAIT_MAX)
    }

    fn acquire_within(path: &Path, wait_max: Duration) -> Result<Self, FileError> {
        let failed = |source| FileError::Lock { path: path.to_owned(), source };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(source)) => return Err(failed(source)),
                Err(TryLockError::WouldBlock) if started.elapsed() >= wait_max => {
                    return Err(FileError::Busy { path: path.to_owned(), waited_s: wait_max.as_secs() });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(TRY_AGAIN_AFTER),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_waits_and_is_told_who_is_in_the_way() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(".lock");
        let held = Lock::acquire(&path).unwrap();
        let refused = Lock::acquire_within(&path, Duration::ZERO).unwrap_err();
        assert!(matches!(refused, FileError::Busy { .. }), "{refused}");
        drop(held);
        Lock::acquire_within(&path, Duration::ZERO).unwrap();
    }
}
