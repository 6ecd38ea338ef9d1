//! Whether the configuration file is still what this process was started with. It is read at the start alone: a running hub
//! says so when it is asked to read again, and what a restart would do.

use std::path::{Path, PathBuf};

use runtime::config::ConfigError;
use sha2::{Digest, Sha256};

use crate::config::Config;

pub(super) struct ConfigFile {
    path: PathBuf,
    started_with: Option<[u8; 32]>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Unchanged,
    Changed,
    /// With its first fault.
    Faulty(String),
}

impl ConfigFile {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), started_with: digest(path) }
    }

    pub(super) fn look(&self) -> Standing {
        match Config::load(&self.path) {
            Ok(_) if digest(&self.path) == self.started_with => Standing::Unchanged,
            Ok(_) => Standing::Changed,
            Err(ConfigError::Faulty { faults, .. }) if !faults.is_empty() => {
                Standing::Faulty(faults[0].to_string())
            }
            Err(error) => Standing::Faulty(error.to_string()),
        }
    }

    pub(super) fn tell(&self) {
        let file = self.path.display();
        match self.look() {
            Standing::Unchanged => {
                tracing::info!(%file, "the configuration has not changed; only a restart would read it");
            }
            Standing::Changed => tracing::warn!(
                %file,
                "the configuration has changed, and a running hub does not read it again: restart the hub to use it"
            ),
            Standing::Faulty(fault) => tracing::error!(
                %file,
                fault,
                "the configuration is faulty now; the hub works on with what it was started with, but a restart would fail: \
                 `strongroom-hub check` names every fault"
            ),
        }
    }
}

fn digest(path: &Path) -> Option<[u8; 32]> {
    std::fs::read(path).ok().map(|bytes| Sha256::digest(&bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_and_a_fault_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.toml");
        let text = include_str!("../../../deploy/examples/hub.toml");
        std::fs::write(&path, text).unwrap();
        let file = ConfigFile::new(&path);
        assert_eq!(file.look(), Standing::Unchanged);
        std::fs::write(&path, text.replace("name = \"My site\"", "name = \"Another\"")).unwrap();
        assert_eq!(file.look(), Standing::Changed);
        std::fs::write(&path, text.replace("silent_after = \"15s\"", "silent_after = \"1s\"")).unwrap();
        let Standing::Faulty(fault) = file.look() else { panic!("it is faulty") };
        assert!(fault.contains("liveness.silent_after"), "{fault}");
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(file.look(), Standing::Faulty(_)));
    }
}
