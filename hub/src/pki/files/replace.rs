//! Writing whole files: a replacement goes to a temporary file that is synced and renamed, and the folder is synced too,
//! because a rename that the disk has not heard of is undone by a power cut.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use super::FileError;

/// Who may read a file that we write. Set exactly, whatever the umask: a certificate that the service cannot read and a
/// key that everybody can read are both faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Keys, tokens, ledgers.
    OwnerOnly,
    /// Certificates and revocation lists.
    Everyone,
}

impl Readers {
    fn mode(self) -> u32 {
        match self {
            Self::OwnerOnly => 0o600,
            Self::Everyone => 0o644,
        }
    }
}

/// Puts `bytes` in the place of `path` in one step. The caller holds the lock that belongs to the file.
pub fn replace(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), FileError> {
    let temporary = temporary_of(path);
    let outcome = write_temporary(&temporary, path, bytes, readers)
        .and_then(|()| fs::rename(&temporary, path))
        .and_then(|()| sync_folder_of(path));
    outcome.map_err(|source| {
        // What stands at `path` is still whole; the leftover would only confuse a person who looks.
        let _ = fs::remove_file(&temporary);
        FileError::Write { path: path.to_owned(), source }
    })
}

/// Writes a new file; refuses to touch one that is there.
pub fn create(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), FileError> {
    let mut file = match create_new(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(FileError::AlreadyThere { path: path.to_owned() });
        }
        Err(source) => return Err(FileError::Write { path: path.to_owned(), source }),
    };
    fill(&mut file, bytes, readers).and_then(|()| sync_folder_of(path)).map_err(|source| {
        // The file is ours and incomplete: half a key must not stand in the way of the next try.
        let _ = fs::remove_file(path);
        FileError::Write { path: path.to_owned(), source }
    })
}

fn write_temporary(temporary: &Path, path: &Path, bytes: &[u8], readers: Readers) -> io::Result<()> {
    // A leftover of a run that was cut off may be open to others, so it is removed rather than reused.
    match fs::remove_file(temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = create_new(temporary)?;
    keep_owner(path, &file)?;
    fill(&mut file, bytes, readers)
}

/// Created closed; it is opened to others, if at all, only when its owner is right.
fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

fn fill(file: &mut File, bytes: &[u8], readers: Readers) -> io::Result<()> {
    file.write_all(bytes)?;
    file.set_permissions(Permissions::from_mode(readers.mode()))?;
    file.sync_all()
}

/// An administrator's run must not take the file away from the service that reads it.
fn keep_owner(path: &Path, file: &File) -> io::Result<()> {
    let before = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let now = file.metadata()?;
    if (before.uid(), before.gid()) == (now.uid(), now.gid()) {
        return Ok(());
    }
    fchown(file, Some(before.uid()), Some(before.gid()))
}

fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn temporary_of(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".new");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn a_leftover_of_a_torn_write_is_neither_read_nor_reused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("ledger.json");
        create(&path, b"old", Readers::OwnerOnly).unwrap();
        let leftover = temporary_of(&path);
        fs::write(&leftover, "{\"torn\":").unwrap();
        fs::set_permissions(&leftover, Permissions::from_mode(0o666)).unwrap();

        assert_eq!(fs::read(&path).unwrap(), b"old");
        replace(&path, b"new", Readers::OwnerOnly).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(mode(&path), 0o600);
        assert!(!leftover.exists());
    }

    #[test]
    fn a_replacement_that_fails_leaves_the_old_text() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("ledger.json");
        create(&path, b"old", Readers::OwnerOnly).unwrap();
        // A folder in the temporary file's place cannot be removed as a file, for root neither.
        fs::create_dir(temporary_of(&path)).unwrap();

        assert!(matches!(replace(&path, b"new", Readers::OwnerOnly), Err(FileError::Write { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn creating_never_overwrites_and_sets_the_mode() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("ca.pem");
        create(&path, b"one", Readers::Everyone).unwrap();
        assert_eq!(mode(&path), 0o644);
        assert!(matches!(create(&path, b"two", Readers::Everyone), Err(FileError::AlreadyThere { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"one");
    }
}
