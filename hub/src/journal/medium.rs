//! Where segments live: a folder of files, or, for tests of power cuts, a disk that forgets what was not synced.

use std::fs;
use std::io;
use std::path::PathBuf;

use redb::{Database, DatabaseError};

/// A place for named redb files.
pub trait Medium: Send + Sync + 'static {
    /// Names of all segments, in any order.
    fn names(&self) -> io::Result<Vec<String>>;
    /// Opens a segment that was published.
    fn open(&self, name: &str, cache_bytes: usize) -> Result<Database, DatabaseError>;
    /// Makes a segment that nobody finds under its name before it is published: what a power cut leaves of one that is half
    /// made is never taken for a segment.
    fn create(&self, name: &str, cache_bytes: usize) -> Result<Database, DatabaseError>;
    fn publish(&self, name: &str) -> io::Result<()>;
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Bytes on the disk.
    fn size(&self, name: &str) -> io::Result<u64>;
    /// For messages.
    fn folder(&self) -> PathBuf;
}

/// A folder of the file system.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub fn create(path: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        Ok(Self { path })
    }
}

impl Folder {
    fn unpublished(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.new"))
    }
}

impl Medium for Folder {
    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            names.extend(entry?.file_name().into_string().ok());
        }
        Ok(names)
    }

    fn open(&self, name: &str, cache_bytes: usize) -> Result<Database, DatabaseError> {
        Database::builder().set_cache_size(cache_bytes).open(self.path.join(name))
    }

    fn create(&self, name: &str, cache_bytes: usize) -> Result<Database, DatabaseError> {
        let unpublished = self.unpublished(name);
        match fs::remove_file(&unpublished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(DatabaseError::Storage(error.into()));
            }
            Ok(()) | Err(_) => {}
        }
        Database::builder().set_cache_size(cache_bytes).create(unpublished)
    }

    fn publish(&self, name: &str) -> io::Result<()> {
        fs::rename(self.unpublished(name), self.path.join(name))?;
        // The name itself must outlive a power cut.
        fs::File::open(&self.path)?.sync_all()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path.join(name))
    }

    fn size(&self, name: &str) -> io::Result<u64> {
        // Blocks, not length: redb's files are sparse at their end.
        use std::os::unix::fs::MetadataExt;
        Ok(fs::metadata(self.path.join(name))?.blocks() * 512)
    }

    fn folder(&self) -> PathBuf {
        self.path.clone()
    }
}
