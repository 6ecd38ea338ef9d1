//! The ports file: tells other programs where each device listens, once all of them do. It appears whole or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
#[error("cannot write the ports file {}", path.display())]
pub struct PortsError {
    path: PathBuf,
    source: io::Error,
}

/// Writes `{"door-1": "127.0.0.1:40123", …}`.
pub fn write(path: &Path, addresses: &BTreeMap<String, SocketAddr>) -> Result<(), PortsError> {
    let text = serde_json::to_string_pretty(addresses).map_err(io::Error::other);
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    // Renamed into place, so that a reader who polls for the file never sees half of it.
    let written =
        text.and_then(|text| fs::write(&beside, text + "\n")).and_then(|()| fs::rename(&beside, path));
    written.map_err(|source| PortsError { path: path.into(), source })
}
