//! Files that appear whole or not at all, and that only their owner can read.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const OWNER_ONLY: u32 = 0o600;

#[derive(Debug, thiserror::Error)]
#[error("cannot write {}", path.display())]
pub struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// Written beside its place and renamed into it, so that a reader who polls for the file never sees half of it.
pub fn write_whole(path: &Path, text: &str) -> Result<(), WriteError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let written = create(Path::new(&beside), text).and_then(|()| fs::rename(&beside, path));
    written.map_err(|source| WriteError { path: path.into(), source })
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    // One left behind by a process that was killed may have other rights.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::options().write(true).create_new(true).mode(OWNER_ONLY).open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_replaced_and_stays_its_owners() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("demo.json");
        fs::write(dir.path().join("demo.json.new"), "left behind by a killed process").unwrap();
        for text in ["first", "second"] {
            write_whole(&path, text).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
