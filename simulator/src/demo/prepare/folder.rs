//! The folder of a demo: claimed by one demo at a time, cleared of a former one, and never anybody else's.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::leftovers;
use crate::demo::crew::record::{CHILDREN_FILE, DEMO_FILE};
use crate::demo::site::{HUB, ROOMS, Room};

const LOCK_FILE: &str = "demo.lock";
const LOGS: &str = "logs";
const PKI: &str = "pki";
/// Keys and tokens lie in there.
const OWNER_ONLY: u32 = 0o700;
/// What the address of a unix socket holds, less its closing NUL.
const SOCKET_PATH_BYTES_MAX: usize = 107;
/// Tries for a name that is not taken.
const TEMPORARY_NAMES: u32 = 1_000;

#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("cannot make the folder {}", path.display())]
    Make { path: PathBuf, source: io::Error },
    #[error("cannot use the folder {}", path.display())]
    Use { path: PathBuf, source: io::Error },
    #[error(
        "{} is not empty and is not the folder of a former demo; name a new or an empty folder, or that of a former demo",
        path.display()
    )]
    Foreign { path: PathBuf },
    #[error("another demo runs in {}; end it first, or name another folder", path.display())]
    InUse { path: PathBuf },
    #[error("the path {} is too long by {bytes} bytes for the sockets inside; name a shorter one", path.display())]
    TooLong { path: PathBuf, bytes: usize },
    #[error("the path {} is not UTF-8 and cannot stand in demo.json; name another folder", path.display())]
    NotText { path: PathBuf },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    Given,
    /// Made by us, and nobody asked to keep it.
    Temporary,
}

/// Holds the lock of the folder for as long as it lives.
pub struct Folder {
    path: PathBuf,
    origin: Origin,
    _lock: File,
    /// Processes of a former demo that were ended.
    pub leftovers: usize,
}

impl Folder {
    pub async fn claim(wanted: Option<&Path>) -> Result<Self, FolderError> {
        let (path, origin) = match wanted {
            Some(path) => (given(path)?, Origin::Given),
            None => (temporary()?, Origin::Temporary),
        };
        check_length(&path)?;
        let failed = |source| FolderError::Use { path: path.clone(), source };
        if !is_empty(&path).map_err(failed)? && !is_a_demos(&path) {
            return Err(FolderError::Foreign { path });
        }
        let lock = File::options().create(true).append(true).open(path.join(LOCK_FILE)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse { path }),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let leftovers = leftovers::end(&path).await;
        clear(&path).map_err(failed)?;
        for folder in [LOGS, HUB].into_iter().chain(ROOMS.iter().flat_map(|room| [room.part, room.edge])) {
            fs::create_dir(path.join(folder)).map_err(failed)?;
        }
        Ok(Self { path, origin, _lock: lock, leftovers })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn log(&self, process: &str) -> PathBuf {
        self.logs().join(format!("{process}.log"))
    }

    pub fn logs(&self) -> PathBuf {
        self.path.join(LOGS)
    }

    pub fn pki(&self) -> PathBuf {
        self.path.join(PKI)
    }

    /// A file of the hub, or of an edge or a room by its id.
    pub fn of(&self, owner: &str, file: &str) -> PathBuf {
        self.path.join(owner).join(file)
    }

    pub fn control(&self, room: &Room) -> PathBuf {
        self.of(room.part, CONTROL)
    }

    /// Removes a temporary folder; `false` when it stays.
    pub fn leave(&self) -> bool {
        if self.origin == Origin::Given {
            return false;
        }
        let removed = clear(&self.path).and_then(|()| fs::remove_file(self.path.join(LOCK_FILE)));
        removed.and_then(|()| fs::remove_dir(&self.path)).is_ok()
    }
}

/// The name of a room's control socket inside the room's folder.
pub const CONTROL: &str = "control";

fn given(path: &Path) -> Result<PathBuf, FolderError> {
    let made = DirBuilder::new().recursive(true).mode(OWNER_ONLY).create(path);
    made.and_then(|()| path.canonicalize()).map_err(|source| FolderError::Make { path: path.into(), source })
}

fn temporary() -> Result<PathBuf, FolderError> {
    let base = std::env::temp_dir();
    let name = |n| base.join(format!("strongroom-demo-{}-{n}", std::process::id()));
    for n in 0..TEMPORARY_NAMES {
        match DirBuilder::new().mode(OWNER_ONLY).create(name(n)) {
            Ok(()) => return given(&name(n)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(FolderError::Make { path: name(n), source }),
        }
    }
    Err(FolderError::Make { path: base, source: io::ErrorKind::AlreadyExists.into() })
}

fn check_length(path: &Path) -> Result<(), FolderError> {
    if path.to_str().is_none() {
        return Err(FolderError::NotText { path: path.into() });
    }
    let longest = ROOMS.iter().map(|room| path.join(room.part).join(CONTROL).as_os_str().len()).max();
    match longest.unwrap_or_default().saturating_sub(SOCKET_PATH_BYTES_MAX) {
        0 => Ok(()),
        bytes => Err(FolderError::TooLong { path: path.into(), bytes }),
    }
}

fn is_empty(path: &Path) -> io::Result<bool> {
    Ok(fs::read_dir(path)?.next().is_none())
}

fn is_a_demos(path: &Path) -> bool {
    path.join(LOCK_FILE).is_file()
}

/// Removes what a demo makes, by name; whatever else somebody put there stays.
fn clear(path: &Path) -> io::Result<()> {
    let folders = [LOGS, PKI, HUB].into_iter().chain(ROOMS.iter().flat_map(|room| [room.part, room.edge]));
    for folder in folders {
        unless_missing(fs::remove_dir_all(path.join(folder)))?;
    }
    for file in [DEMO_FILE, CHILDREN_FILE] {
        unless_missing(fs::remove_file(path.join(file)))?;
    }
    Ok(())
}

fn unless_missing(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_is_claimed_by_one_demo_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let wanted = dir.path().join("new/demo");
        let first = Folder::claim(Some(&wanted)).await.unwrap();
        let second = Folder::claim(Some(&wanted)).await;
        assert!(matches!(second, Err(FolderError::InUse { .. })));
        fs::write(first.of(HUB, "hub.toml"), "old").unwrap();
        assert!(!first.leave(), "a folder that was asked for stays");
        drop(first);

        let again = Folder::claim(Some(&wanted)).await.unwrap();
        assert!(!again.of(HUB, "hub.toml").exists(), "a former demo is cleared away");
    }

    #[tokio::test]
    async fn a_folder_of_somebody_else_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("thesis.txt"), "years of work").unwrap();
        let claimed = Folder::claim(Some(dir.path())).await;
        assert!(matches!(claimed, Err(FolderError::Foreign { .. })));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_temporary_folder_leaves_nothing_behind() {
        let folder = Folder::claim(None).await.unwrap();
        let path = folder.path().to_owned();
        fs::write(folder.log("hub"), "text").unwrap();
        assert!(folder.leave() && !path.exists());
    }

    #[tokio::test]
    async fn a_path_that_no_socket_can_have_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let claimed = Folder::claim(Some(&dir.path().join("x".repeat(100)))).await;
        assert!(matches!(claimed, Err(FolderError::TooLong { .. })));
    }
}
