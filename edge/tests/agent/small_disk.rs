//! A disk that can be filled: a file system of its own in memory, as small as a test wants it. The unit tests of the buffer
//! use it too.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// On a folder that is there. `None` where nobody may mount anything.
    #[allow(
        clippy::print_stderr,
        reason = "whoever reads the test's output is to know that it tested nothing"
    )]
    pub(crate) fn mount(folder: &Path, kib: u32) -> Option<Self> {
        let size = format!("size={kib}k");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(folder.to_owned())),
            refused => {
                eprintln!("skipped: no small disk can be mounted here: {refused:?}");
                None
            }
        }
    }

    /// Somebody else takes all the room.
    pub(crate) fn fill(&self) -> PathBuf {
        let path = self.0.join("somebody-elses-file");
        let mut file = fs::File::create(&path).unwrap();
        while file.write_all(&[7; 512]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}
