//! The configuration file of a host agent.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use runtime::config::{ConfigError, FromSection, Parsed, Section};
use runtime::telemetry::LogFormat;
use wire::DeviceId;

use crate::config::Endpoint;
use crate::field::report::HEARTBEAT_MS;
use crate::field::report::format::Level;

/// Three weeks of heartbeats.
const BUFFER_BYTES_DEFAULT: u64 = 16 << 20;
/// Room for some segments, so that there is always an old one to drop.
const BUFFER_BYTES_MIN: u64 = 256 << 10;
const BUFFER_BYTES_MAX: u64 = 1 << 30;
/// Each is asked with every probe.
const PROBES_MAX: usize = 16;
/// More media than that are managed by another program.
const MEDIA_MAX: usize = 4_096;

#[derive(Clone, Debug)]
pub struct Config {
    pub device: DeviceId,
    /// What the host calls itself, if not as its system does.
    pub host: Option<String>,
    pub policy: Option<String>,
    pub edge: EdgeConfig,
    pub buffer: BufferConfig,
    pub observe: ObserveConfig,
    pub probe: ProbeConfig,
    /// The register of media; `None` if there is none.
    pub media: Option<Vec<KnownMedia>>,
    pub log: LogFormat,
}

#[derive(Clone, Debug)]
pub struct EdgeConfig {
    pub address: Endpoint,
    pub server_name: String,
    pub ca: PathBuf,
    pub credentials: Credentials,
}

/// How the agent shows who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    Certificate {
        certificate: PathBuf,
        key: PathBuf,
    },
    /// A file that holds the token.
    Token(PathBuf),
}

#[derive(Clone, Debug)]
pub struct BufferConfig {
    pub folder: PathBuf,
    pub bytes_max: u64,
}

/// Where the system shows itself. Other roots are for tests.
#[derive(Clone, Debug)]
pub struct ObserveConfig {
    pub interval: Duration,
    pub heartbeat: Duration,
    pub sysfs: PathBuf,
    pub proc: PathBuf,
    pub run: PathBuf,
    /// A file that the system touches with each update.
    pub patch_stamp: Option<PathBuf>,
}

#[derive(Clone, Debug, Default)]
pub struct ProbeConfig {
    pub addresses: Vec<SocketAddr>,
    pub interval: Duration,
    pub timeout: Duration,
}

/// A registered medium.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownMedia {
    pub serial: String,
    pub vendor: Option<String>,
    pub product: Option<String>,
    pub level: Option<Level>,
}

impl Config {
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        runtime::config::load(path)
    }
}

impl FromSection for Config {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let agent = section.table::<AgentSection>("agent");
        let edge = section.table("edge");
        let buffer = section.table("buffer");
        let observe = section.optional_table("observe").unwrap_or_default();
        let probe = section.optional_table("probe").unwrap_or_default();
        let register = section.has("media");
        let media: Vec<KnownMedia> = section.tables("media");
        if media.len() > MEDIA_MAX {
            section.fault("media", format!("{} media are too many; write up to {MEDIA_MAX}", media.len()));
        }
        let log = section.optional_table::<LogSection>("log").map_or_else(LogFormat::default, |log| log.0);
        let AgentSection { device, host, policy } = agent?;
        let media = register.then_some(media);
        Some(Self { device, host, policy, edge: edge?, buffer: buffer?, observe, probe, media, log })
    }
}

struct AgentSection {
    device: DeviceId,
    host: Option<String>,
    policy: Option<String>,
}

impl FromSection for AgentSection {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let device = section.required("device").map(|Parsed(device)| device);
        let host = section.optional("host");
        let policy = section.optional("policy");
        Some(Self { device: device?, host, policy })
    }
}

impl FromSection for EdgeConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let address = section.required("address").map(|Parsed(address): Parsed<Endpoint>| address);
        let server_name: Option<String> = section.optional("server_name");
        let ca = section.path("ca");
        let certificate: Option<PathBuf> = section.optional("certificate");
        let key: Option<PathBuf> = section.optional("key");
        let token: Option<PathBuf> = section.optional("token_file");
        let credentials = match (certificate, key, token) {
            (Some(certificate), Some(key), None) => Some(Credentials::Certificate { certificate, key }),
            (None, None, Some(token)) => Some(Credentials::Token(token)),
            _ => {
                section.fault("", "write either `certificate` and `key`, or `token_file`");
                None
            }
        };
        let address = address?;
        let server_name = server_name.unwrap_or_else(|| address.host.clone());
        Some(Self { address, server_name, ca: ca?, credentials: credentials? })
    }
}

impl FromSection for BufferConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let folder = section.path("folder");
        let bounds = BUFFER_BYTES_MIN..=BUFFER_BYTES_MAX;
        let bytes_max = section.within("bytes_max", BUFFER_BYTES_DEFAULT, bounds);
        Some(Self { folder: folder?, bytes_max })
    }
}

impl Default for ObserveConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(2),
            heartbeat: Duration::from_millis(HEARTBEAT_MS),
            sysfs: "/sys".into(),
            proc: "/proc".into(),
            run: "/run".into(),
            patch_stamp: None,
        }
    }
}

impl FromSection for ObserveConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let own = Self::default();
        // A stick that comes and goes between two looks is still told by the kernel's own word.
        let bounds = Duration::from_millis(50)..=Duration::from_secs(60);
        let interval = section.within("interval", own.interval, bounds);
        let heartbeat =
            section.within("heartbeat", own.heartbeat, Duration::from_millis(100)..=own.heartbeat);
        Some(Self {
            interval,
            heartbeat,
            sysfs: section.or("sysfs", own.sysfs),
            proc: section.or("proc", own.proc),
            run: section.or("run", own.run),
            patch_stamp: section.optional("patch_stamp"),
        })
    }
}

impl FromSection for ProbeConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let texts: Vec<String> = section.or("addresses", Vec::new());
        let mut addresses = Vec::new();
        for text in &texts {
            match text.parse() {
                Ok(address) => addresses.push(address),
                Err(_) => section.fault(
                    "addresses",
                    format!("`{text}` is not an address with a port, such as \"192.0.2.1:443\""),
                ),
            }
        }
        if texts.len() > PROBES_MAX {
            section.fault("addresses", format!("{} are too many; write up to {PROBES_MAX}", texts.len()));
        }
        let bounds = Duration::from_secs(1)..=Duration::from_secs(24 * 60 * 60);
        let interval = section.within("interval", Duration::from_secs(300), bounds);
        let bounds = Duration::from_millis(100)..=Duration::from_secs(30);
        let timeout = section.within("timeout", Duration::from_secs(3), bounds);
        Some(Self { addresses, interval, timeout })
    }
}

impl FromSection for KnownMedia {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let serial = section.required("serial");
        let vendor = section.optional("vendor");
        let product = section.optional("product");
        let level: Option<String> = section.optional("level");
        let level = level.and_then(|name| {
            let known = Level::named(&name);
            if known.is_none() {
                section.fault("level", format!("`{name}` is not a level; write {}", Level::names()));
            }
            known
        });
        Some(Self { serial: serial?, vendor, product, level })
    }
}

struct LogSection(LogFormat);

impl FromSection for LogSection {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let format = section.optional("format");
        Some(Self(format.map(|Parsed(format)| format).unwrap_or_default()))
    }
}
