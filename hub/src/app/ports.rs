//! Where the hub listens, written down for those who started it with port 0.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

#[derive(Clone, Debug, serde::Serialize)]
pub struct Ports {
    pub gate: SocketAddr,
    pub api: SocketAddr,
    pub loopback: Option<SocketAddr>,
}

impl Ports {
    /// Whoever waits for the file never sees half of it.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let text = serde_json::to_string(self).map_err(io::Error::other)?;
        let partial = path.with_extension("partial");
        std::fs::write(&partial, text)?;
        std::fs::rename(&partial, path)
    }
}
