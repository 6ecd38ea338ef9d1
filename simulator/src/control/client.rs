//! The commands' side of the control socket: one request, one reply. Plain blocking code, the command does nothing else.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Reply, Request};

/// The site answers within milliseconds; a person should not wait longer than this to learn that it hangs.
const PATIENCE: Duration = Duration::from_secs(10);
/// Hundreds of devices with a hundred signals each.
const REPLY_BYTES_MAX: u64 = 32 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("cannot reach a simulator at {} (does it run, and is this the `control` of its site file?)", path.display())]
    Connect { path: PathBuf, source: io::Error },
    #[error("the simulator at {} did not answer", path.display())]
    Exchange { path: PathBuf, source: io::Error },
    #[error("the simulator at {} answered something else than a reply", path.display())]
    Reply { path: PathBuf, source: serde_json::Error },
}

pub fn ask(path: &Path, request: &Request) -> Result<Reply, AskError> {
    let connected = UnixStream::connect(path);
    let stream = connected.map_err(|source| AskError::Connect { path: path.into(), source })?;
    let line =
        exchange(&stream, request).map_err(|source| AskError::Exchange { path: path.into(), source })?;
    serde_json::from_str(&line).map_err(|source| AskError::Reply { path: path.into(), source })
}

fn exchange(mut stream: &UnixStream, request: &Request) -> io::Result<String> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut text = serde_json::to_vec(request)?;
    text.push(b'\n');
    stream.write_all(&text)?;
    let mut line = String::new();
    BufReader::new(stream).take(REPLY_BYTES_MAX).read_line(&mut line)?;
    Ok(line)
}
