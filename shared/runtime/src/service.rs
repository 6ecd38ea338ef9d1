//! What a process tells the service manager that started it (the protocol of `sd_notify`): that it is ready, reloads or
//! stops, a line on how it is, and that it still makes progress. Without a service manager it tells nobody.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tracing::warn;

/// A status line is shown in one line; systemd keeps no more than a few hundred characters of it either.
const STATUS_BYTES_MAX: usize = 256;

const SOCKET: &str = "NOTIFY_SOCKET";
const WATCHDOG_USEC: &str = "WATCHDOG_USEC";
const WATCHDOG_PID: &str = "WATCHDOG_PID";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Everything works; also the end of a reload.
    Ready,
    Reloading,
    Stopping,
    /// Progress was made since the last one.
    Alive,
    /// How things are, for people.
    Status(String),
}

/// The way to the service manager.
#[derive(Debug, Default)]
pub struct Notifier {
    socket: Option<UnixDatagram>,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// As the service manager says in the environment. A socket that cannot be used is logged and done without: a process
    /// that watches a room does not stop for it.
    pub fn from_environment() -> Self {
        let Some(name) = env::var_os(SOCKET) else { return Self::default() };
        let watchdog = watchdog(
            env::var(WATCHDOG_USEC).ok().as_deref(),
            env::var(WATCHDOG_PID).ok().as_deref(),
            std::process::id(),
        );
        match Self::connect(&name, watchdog) {
            Ok(notifier) => notifier,
            Err(error) => {
                warn!(socket = ?name, %error, "the service manager cannot be told anything");
                Self::default()
            }
        }
    }

    /// By the name of a socket as the environment writes it.
    pub fn connect(name: &OsStr, watchdog: Option<Duration>) -> io::Result<Self> {
        Ok(Self { socket: Some(connect(name.as_bytes())?), watchdog })
    }

    /// How long the service manager waits for [`Notice::Alive`] before it kills the process.
    pub fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Never waits. What the service manager cannot take is logged and not tried again.
    pub fn tell(&self, notices: &[Notice]) {
        let Some(socket) = &self.socket else { return };
        let text: String = notices.iter().map(line).collect();
        if let Err(error) = socket.send(text.as_bytes()) {
            metrics::counter!("service_notices_failed_total").increment(1);
            warn!(%error, "the service manager did not take a notice");
        }
    }
}

fn connect(name: &[u8]) -> io::Result<UnixDatagram> {
    let address = match name {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        path => SocketAddr::from_pathname(Path::new(OsStr::from_bytes(path)))?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.connect_addr(&address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// The time that the environment sets, if it is meant for the process of this number.
fn watchdog(usec: Option<&str>, pid: Option<&str>, own: u32) -> Option<Duration> {
    let ours = pid.is_none_or(|pid| pid.parse() == Ok(own));
    let usec = usec?.parse().ok().filter(|usec| ours && *usec > 0)?;
    Some(Duration::from_micros(usec))
}

fn line(notice: &Notice) -> String {
    match notice {
        Notice::Ready => "READY=1\n".to_owned(),
        // Newer versions only believe in a reload that says when it began.
        Notice::Reloading => format!("RELOADING=1\nMONOTONIC_USEC={}\n", monotonic_us()),
        Notice::Stopping => "STOPPING=1\n".to_owned(),
        Notice::Alive => "WATCHDOG=1\n".to_owned(),
        Notice::Status(text) => format!("STATUS={}\n", one_line(text)),
    }
}

/// A line break would begin another notice.
fn one_line(text: &str) -> String {
    let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.truncate(line.floor_char_boundary(STATUS_BYTES_MAX));
    line
}

fn monotonic_us() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    // The kernel counts up from zero, so both fields are non-negative.
    time.tv_sec.unsigned_abs() * 1_000_000 + time.tv_nsec.unsigned_abs() / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_arrive_in_the_words_of_the_protocol() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let manager = UnixDatagram::bind(&path).unwrap();
        let socket = connect(path.as_os_str().as_bytes()).unwrap();
        let notifier = Notifier { socket: Some(socket), watchdog: None };
        let told = |notices: &[Notice]| {
            notifier.tell(notices);
            let mut bytes = [0; 4_096];
            let length = manager.recv(&mut bytes).unwrap();
            String::from_utf8(bytes[..length].to_vec()).unwrap()
        };
        let status = Notice::Status("3 devices\nREADY=1".to_owned());
        assert_eq!(told(&[Notice::Ready, status]), "READY=1\nSTATUS=3 devices READY=1\n");
        assert!(told(&[Notice::Reloading]).starts_with("RELOADING=1\nMONOTONIC_USEC="));
        assert_eq!(told(&[Notice::Alive]), "WATCHDOG=1\n");
        let long = told(&[Notice::Status("ü".repeat(500))]);
        assert!(long.len() <= STATUS_BYTES_MAX + "STATUS=\n".len(), "{long}");
    }

    #[test]
    fn nobody_is_told_when_nobody_listens() {
        Notifier::default().tell(&[Notice::Stopping]);
        assert!(connect(b"/nowhere/at/all").is_err());
        assert!(connect(b"@strongroom-that-nobody-bound").is_err());
    }

    #[test]
    fn the_watchdog_is_taken_if_it_is_meant_for_this_process() {
        assert_eq!(watchdog(Some("30000000"), Some("7"), 7), Some(Duration::from_secs(30)));
        assert_eq!(watchdog(Some("30000000"), None, 7), Some(Duration::from_secs(30)));
        assert_eq!(watchdog(Some("30000000"), Some("8"), 7), None);
        assert_eq!(watchdog(Some("0"), None, 7), None);
        assert_eq!(watchdog(Some("soon"), None, 7), None);
        assert_eq!(watchdog(None, None, 7), None);
    }
}
