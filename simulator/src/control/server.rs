//! The control socket's side of the running site.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream as ProbeStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use runtime::causes::in_full;
use runtime::shutdown::Shutdown;
use rustix::fs::Mode;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::{Happened, REQUEST_BYTES_MAX, Reply, Request, Shown, ShownSignal};
use crate::roster::Happening;
use crate::site::{Picture, Site};

/// People and their scripts; more at once is a script gone wrong.
const CLIENTS_MAX: usize = 16;
/// A client that says nothing for so long gives its place back.
const CLIENT_IDLE_MAX: Duration = Duration::from_secs(60);
/// After a failed accept, which usually means that the process is out of files.
const ACCEPT_RETRY: Duration = Duration::from_millis(200);
/// Everything that others might do with the socket is masked out while it is made, so it is 0600 from its first moment.
const OWNER_ONLY: Mode = Mode::from_raw_mode(0o177);

#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("cannot open the control socket {}", path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error("{} is no socket; remove it or name another path for the control socket", path.display())]
    Foreign { path: PathBuf },
    #[error("another simulator answers on the control socket {}", path.display())]
    InUse { path: PathBuf },
}

pub struct ControlServer {
    listener: UnixListener,
    /// Removes the socket file when the server goes.
    _file: SocketFile,
    site: Arc<Site>,
    addresses: Arc<BTreeMap<String, SocketAddr>>,
}

struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            debug!(path = %self.0.display(), %error, "the control socket could not be removed");
        }
    }
}

impl ControlServer {
    pub fn open(
        path: &Path,
        site: Arc<Site>,
        addresses: Arc<BTreeMap<String, SocketAddr>>,
    ) -> Result<Self, ControlError> {
        clear_stale(path)?;
        let before = rustix::process::umask(OWNER_ONLY);
        let bound = UnixListener::bind(path);
        rustix::process::umask(before);
        let listener = bound.map_err(|source| ControlError::Open { path: path.into(), source })?;
        Ok(Self { listener, _file: SocketFile(path.into()), site, addresses })
    }

    pub async fn run(self, shutdown: Shutdown) -> Result<(), Infallible> {
        let places = Arc::new(Semaphore::new(CLIENTS_MAX));
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = shutdown.wait() => return Ok(()),
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    warn!(%error, "a control connection could not be accepted");
                    sleep(ACCEPT_RETRY).await;
                    continue;
                }
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                metrics::counter!("sim_control_refused_total").increment(1);
                warn!(clients_max = CLIENTS_MAX, "control connection refused, too many are open");
                continue;
            };
            let (site, addresses, shutdown) =
                (Arc::clone(&self.site), Arc::clone(&self.addresses), shutdown.clone());
            tokio::spawn(async move {
                tokio::select! {
                    ended = converse(stream, &site, &addresses) => {
                        if let Err(error) = ended {
                            debug!(%error, "control connection ended with an error");
                        }
                    }
                    () = shutdown.wait() => {}
                }
                drop(place);
            });
        }
    }
}

/// A socket file that nobody listens on was left behind by a process that was killed, and may go.
fn clear_stale(path: &Path) -> Result<(), ControlError> {
    let open = |source| ControlError::Open { path: path.into(), source };
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(open(error)),
        Ok(metadata) if !metadata.file_type().is_socket() => Err(ControlError::Foreign { path: path.into() }),
        Ok(_) => match ProbeStream::connect(path) {
            Ok(_) => Err(ControlError::InUse { path: path.into() }),
            Err(_) => fs::remove_file(path).map_err(open),
        },
    }
}

async fn converse(
    stream: UnixStream,
    site: &Site,
    addresses: &BTreeMap<String, SocketAddr>,
) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut read).take(REQUEST_BYTES_MAX);
        let length = timeout(CLIENT_IDLE_MAX, limited.read_until(b'\n', &mut line)).await??;
        if length == 0 {
            return Ok(());
        }
        let whole = line.ends_with(b"\n");
        let reply = if whole { answer(&line, site, addresses) } else { too_long() };
        let mut text = serde_json::to_vec(&reply)?;
        text.push(b'\n');
        timeout(CLIENT_IDLE_MAX, write.write_all(&text)).await??;
        if !whole {
            return Ok(());
        }
    }
}

fn too_long() -> Reply {
    Reply::Refused { reason: format!("a request is one line of at most {REQUEST_BYTES_MAX} bytes") }
}

fn answer(line: &[u8], site: &Site, addresses: &BTreeMap<String, SocketAddr>) -> Reply {
    let request = match serde_json::from_slice(line) {
        Ok(request) => request,
        Err(error) => return Reply::Refused { reason: format!("not understood: {error}") },
    };
    let reply = match request {
        Request::Set { assignments } => site.assign(&assignments).map(done),
        Request::Do { device, action } => site.act(&device, &action).map(done),
        Request::Show { device } => site.pictures(device.as_deref()).map(|pictures| Reply::Shown {
            devices: pictures.into_iter().map(|picture| shown(picture, addresses)).collect(),
        }),
    };
    reply.unwrap_or_else(|error| Reply::Refused { reason: in_full(&error).to_string() })
}

fn done(happenings: Vec<Happening>) -> Reply {
    let happened = happenings.into_iter().map(|h| Happened { device: h.device, says: h.says }).collect();
    Reply::Done { happened }
}

fn shown(picture: Picture, addresses: &BTreeMap<String, SocketAddr>) -> Shown {
    let address = addresses.get(&picture.name).map(ToString::to_string).unwrap_or_default();
    let signal = |row: crate::device::Row| ShownSignal {
        name: row.signal,
        place: row.place,
        value: row.value,
        raw: row.raw,
        held: row.held,
    };
    Shown {
        name: picture.name,
        class: picture.class.to_owned(),
        unit: picture.unit,
        address,
        conduct: picture.conduct,
        signals: picture.rows.into_iter().map(signal).collect(),
    }
}
