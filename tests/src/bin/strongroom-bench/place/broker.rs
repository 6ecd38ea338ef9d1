//! Mosquitto, as Debian ships it, beside the hub: the same certificates, the same load, nothing kept on disk.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::child::Process;
use super::pki::Pki;
use super::usage::{Memory, Usage};
use crate::load::line::{Door, Peer};

const START_MAX: Duration = Duration::from_secs(10);
/// Debian keeps daemons where a user's PATH does not look.
const PLACES: [&str; 3] = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"];

pub(crate) struct Broker {
    process: Process,
    address: SocketAddr,
}

/// `None` if it is not installed.
pub(crate) fn program() -> Option<PathBuf> {
    PLACES.iter().map(PathBuf::from).find(|path| path.exists())
}

/// As it names itself, such as `mosquitto 2.0.11`.
pub(crate) fn version(program: &Path) -> String {
    let help = Command::new(program).arg("-h").output();
    let text = help.map(|done| String::from_utf8_lossy(&done.stdout).into_owned()).unwrap_or_default();
    let version =
        text.lines().next().and_then(|line| line.split_whitespace().nth(2)).unwrap_or("of unknown version");
    format!("mosquitto {version}")
}

impl Broker {
    pub(crate) fn start(program: &Path, folder: &Path, pki: &Pki) -> anyhow::Result<Self> {
        // It cannot choose a port itself; between this line and its start nobody else asks for one here.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let config = folder.join("mosquitto.conf");
        std::fs::write(&config, configuration(address, pki))?;
        let config = config.to_str().context("the path of the configuration is text")?;
        let mut process = Process::start(program, &["-c", config], &folder.join("mosquitto.log"))?;
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            process.check()?;
            if begun.elapsed() > START_MAX {
                bail!("mosquitto did not listen within {} s", START_MAX.as_secs());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { process, address })
    }

    pub(crate) fn door(&self) -> Door {
        Door { address: self.address, peer: Peer::Broker }
    }

    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        Usage::of(self.process.id())
    }

    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        Memory::of(self.process.id())
    }

    pub(crate) fn stop(self) -> anyhow::Result<()> {
        self.process.stop().map(drop)
    }
}

fn configuration(address: SocketAddr, pki: &Pki) -> String {
    // It would give up root's rights, and with them the right to read the keys.
    let user = if rustix::process::geteuid().is_root() { "user root\n" } else { "" };
    format!(
        "{user}listener {port} {ip}\ncafile {ca}\ncrlfile {crl}\ncertfile {certificate}\nkeyfile {key}\n\
         require_certificate true\nuse_subject_as_username false\nallow_anonymous true\n\
         tls_version tlsv1.3\nset_tcp_nodelay true\npersistence false\nlog_type error\nlog_type warning\n",
        port = address.port(),
        ip = address.ip(),
        ca = pki.ca().display(),
        crl = pki.crl().display(),
        certificate = pki.server_certificate().display(),
        key = pki.server_key().display(),
    )
}
