//! Reading with a limit, and noticing that a file has changed since.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::FileError;

/// The permission bits of the group and of everybody else.
const OTHERS: u32 = 0o077;

/// What tells one version of a file from the next: a replacement has a new inode, an edit a new time or length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    inode: u64,
    bytes: u64,
    modified_s: i64,
    modified_ns: i64,
}

impl Stamp {
    /// The stamp of what stands at `path` now.
    pub fn of(path: &Path) -> Result<Self, FileError> {
        path.metadata().map(|metadata| Self::from(&metadata)).map_err(FileError::read(path))
    }
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        Self {
            inode: metadata.ino(),
            bytes: metadata.len(),
            modified_s: metadata.mtime(),
            modified_ns: metadata.mtime_nsec(),
        }
    }
}

/// A file's text, and which version of the file it is.
#[derive(Debug)]
pub struct TextFile {
    /// The whole file.
    pub text: String,
    /// Taken from the open file before it was read, so a later change is always noticed.
    pub stamp: Stamp,
}

/// Reads a file of at most `bytes_max` bytes.
pub fn read(path: &Path, bytes_max: u64) -> Result<TextFile, FileError> {
    let file = File::open(path).map_err(FileError::read(path))?;
    let metadata = file.metadata().map_err(FileError::read(path))?;
    read_open(path, &file, &metadata, bytes_max)
}

/// Reads a secret file; refuses one that anybody but its owner may read.
pub fn read_private(path: &Path, bytes_max: u64) -> Result<TextFile, FileError> {
    let file = File::open(path).map_err(FileError::read(path))?;
    let metadata = file.metadata().map_err(FileError::read(path))?;
    let mode = metadata.mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(FileError::Exposed { path: path.to_owned(), mode });
    }
    read_open(path, &file, &metadata, bytes_max)
}

fn read_open(path: &Path, file: &File, metadata: &Metadata, bytes_max: u64) -> Result<TextFile, FileError> {
    if !metadata.is_file() {
        let source = io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
        return Err(FileError::Read { path: path.to_owned(), source });
    }
    let mut text = String::new();
    // One byte more than allowed tells a file at the limit from one beyond it, even while it grows.
    file.take(bytes_max + 1).read_to_string(&mut text).map_err(FileError::read(path))?;
    if text.len() as u64 > bytes_max {
        return Err(FileError::TooLarge { path: path.to_owned(), bytes_max });
    }
    Ok(TextFile { text, stamp: Stamp::from(metadata) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn limits_and_open_permissions_are_refused_by_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("secret");
        assert!(read(&path, 8).unwrap_err().is_missing());
        fs::write(&path, "12345678").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();

        assert_eq!(read(&path, 8).unwrap().text, "12345678");
        assert!(matches!(read(&path, 7), Err(FileError::TooLarge { bytes_max: 7, .. })));
        let refused = read_private(&path, 8).unwrap_err().to_string();
        assert!(refused.contains("mode 640") && refused.contains("chmod 600"), "{refused}");
        assert!(matches!(read(folder.path(), 8), Err(FileError::Read { .. })));

        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        read_private(&path, 8).unwrap();
    }
}
