//! The hub's configuration file. Everything wrong with it is found at once, each with its line.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use runtime::config::{ConfigError, FromSection, Parsed, Section, load};
use runtime::telemetry::LogFormat;
use runtime::tls::ServerFiles;
use wire::{EdgeId, PartId};

use crate::ingest::liveness::{AFTER_START, LivenessSettings};
use crate::journal::PartBinding;
use crate::journal::writer::Retention;

/// More parts than any site has; a larger number is a mistake.
const PARTS_MAX: usize = 5_000;
const NAME_BYTES_MAX: usize = 200;

const MIB: u64 = 1 << 20;

pub struct Config {
    /// The site in the edges' certificates.
    pub site: String,
    /// What people call the site.
    pub name: String,
    /// Folder of the journal and the store.
    pub data: PathBuf,
    pub gate: GateConfig,
    pub api: ApiConfig,
    pub liveness: LivenessSettings,
    pub retention: Retention,
    /// A rule pack of one's own; the built-in one if `None`.
    pub pack: Option<PathBuf>,
    pub log: LogFormat,
    pub parts: Vec<PartBinding>,
}

pub struct GateConfig {
    pub listen: SocketAddr,
    pub files: ServerFiles,
    pub connections_max: usize,
    pub connections_per_address_max: usize,
}

pub struct ApiConfig {
    pub listen: SocketAddr,
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub tokens: PathBuf,
    /// Plain HTTP for a browser on the same machine.
    pub loopback: Option<SocketAddr>,
}

impl Config {
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        load(path)
    }
}

struct Head {
    site: String,
    name: Option<String>,
    data: PathBuf,
}

impl FromSection for Head {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let site = section.required::<Parsed<PartId>>("site");
        let name = section.optional("name");
        let data = section.path("data");
        Some(Self { site: site?.0.to_string(), name, data: data? })
    }
}

impl FromSection for GateConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let listen = section.required("listen");
        let ca = section.path("ca");
        let crl = section.path("crl");
        let certificate = section.path("certificate");
        let key = section.path("key");
        let connections_max = section.within("connections_max", 5_000, 1..=100_000);
        let connections_per_address_max = section.within("connections_per_address_max", 2_000, 1..=100_000);
        Some(Self {
            listen: listen?,
            files: ServerFiles { ca: ca?, crl: crl?, certificate: certificate?, key: key? },
            connections_max,
            connections_per_address_max,
        })
    }
}

impl FromSection for ApiConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let listen = section.required("listen");
        let certificate = section.path("certificate");
        let key = section.path("key");
        let tokens = section.path("tokens");
        let loopback: Option<SocketAddr> = section.optional("loopback");
        if loopback.is_some_and(|address| !address.ip().is_loopback()) {
            let message = "plain HTTP is for this machine only: use 127.0.0.1 or [::1], or leave the key out and use HTTPS";
            section.fault("loopback", message);
        }
        Some(Self { listen: listen?, certificate: certificate?, key: key?, tokens: tokens?, loopback })
    }
}

impl FromSection for LivenessSettings {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let range = || Duration::from_secs(2)..=Duration::from_secs(600);
        let silent_after = section.within("silent_after", SILENT_AFTER, range());
        let after_start = section.within("after_start", AFTER_START.max(silent_after), range());
        if after_start < silent_after {
            section.fault(
                "after_start",
                "an edge needs at least the time of silent_after to be heard: raise it or leave it out",
            );
        }
        Some(Self { silent_after, after_start })
    }
}

/// Three missed heartbeats of five seconds.
const SILENT_AFTER: Duration = Duration::from_secs(15);

struct JournalConfig(Retention);

impl FromSection for JournalConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let days = |days: u64| Duration::from_secs(days * 24 * 3_600);
        let segment_mib = section.within("segment_mib", 256, 1..=4_096_u64);
        let segment_age = section.within("segment_age", days(7), Duration::from_secs(60)..=days(90));
        let size_mib = section.within("size_mib", 20 * 1_024, 16..=10_000_000_u64);
        // Alarm, set and unset records are kept for six months and more.
        let age = section.within("age", days(400), days(1)..=days(3_650));
        if size_mib < 2 * segment_mib {
            section.fault(
                "size_mib",
                "the journal must be able to hold at least two segments: raise it or lower segment_mib",
            );
        }
        Some(Self(Retention {
            segment_bytes: segment_mib * MIB,
            segment_age,
            bytes_max: size_mib * MIB,
            age_max: age,
        }))
    }
}

struct RulesConfig {
    pack: Option<PathBuf>,
}

impl FromSection for RulesConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        Some(Self { pack: section.optional("pack") })
    }
}

struct LogConfig {
    format: LogFormat,
}

impl FromSection for LogConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        Some(Self { format: section.or("format", Parsed(LogFormat::Text)).0 })
    }
}

struct PartConfig(PartBinding);

impl FromSection for PartConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let part = section.required::<Parsed<PartId>>("id");
        let name: Option<String> = section.required("name");
        let edges: Vec<Parsed<EdgeId>> = section.or("edges", Vec::new());
        if name.as_ref().is_some_and(|name| name.is_empty() || name.len() > NAME_BYTES_MAX) {
            section.fault("name", format!("a name has 1 to {NAME_BYTES_MAX} bytes"));
        }
        let edges = edges.into_iter().map(|edge| edge.0).collect();
        Some(Self(PartBinding { part: part?.0, name: name?, edges }))
    }
}

impl FromSection for Config {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let head = section.table::<Head>("hub");
        let gate = section.table::<GateConfig>("gate");
        let api = section.table::<ApiConfig>("api");
        let liveness = section.optional_table::<LivenessSettings>("liveness");
        let journal = section.optional_table::<JournalConfig>("journal");
        let rules = section.optional_table::<RulesConfig>("rules");
        let log = section.optional_table::<LogConfig>("log");
        let parts: Vec<PartConfig> = section.tables("parts");
        check_parts(section, &parts);
        check_listeners(section, gate.as_ref(), api.as_ref());
        let default_journal = || JournalConfig(default_retention());
        let head = head?;
        Some(Self {
            name: head.name.unwrap_or_else(|| head.site.clone()),
            site: head.site,
            data: head.data,
            gate: gate?,
            api: api?,
            liveness: liveness
                .unwrap_or(LivenessSettings { silent_after: SILENT_AFTER, after_start: AFTER_START }),
            retention: journal.unwrap_or_else(default_journal).0,
            pack: rules.and_then(|rules| rules.pack),
            log: log.map_or(LogFormat::Text, |log| log.format),
            parts: parts.into_iter().map(|part| part.0).collect(),
        })
    }
}

fn default_retention() -> Retention {
    let day = Duration::from_secs(24 * 3_600);
    Retention {
        segment_bytes: 256 * MIB,
        segment_age: 7 * day,
        bytes_max: 20 * 1_024 * MIB,
        age_max: 400 * day,
    }
}

/// Two listeners with one port: the second could not be opened.
fn check_listeners(section: &mut Section<'_>, gate: Option<&GateConfig>, api: Option<&ApiConfig>) {
    let gate = gate.map(|gate| ("gate.listen", gate.listen));
    let loopback = api.and_then(|api| Some(("api.loopback", api.loopback?)));
    let api = api.map(|api| ("api.listen", api.listen));
    let listeners: Vec<(&str, SocketAddr)> = [gate, api, loopback].into_iter().flatten().collect();
    for (place, (key, address)) in listeners.iter().enumerate() {
        if let Some((other, taken)) = listeners[..place].iter().find(|(_, taken)| clash(*taken, *address)) {
            section.fault(
                key,
                format!("{other} ({taken}) takes the port {} already; choose another port", address.port()),
            );
        }
    }
}

/// Port 0 is a new one each time. The address of all interfaces holds every one of its family; that of IPv6 also IPv4's.
fn clash(a: SocketAddr, b: SocketAddr) -> bool {
    let holds = |all: SocketAddr, one: SocketAddr| {
        all.ip() == one.ip() || all.ip().is_unspecified() && (all.is_ipv6() || one.is_ipv4())
    };
    a.port() == b.port() && a.port() != 0 && (holds(a, b) || holds(b, a))
}

fn check_parts(section: &mut Section<'_>, parts: &[PartConfig]) {
    if parts.len() > PARTS_MAX {
        section.fault("parts", format!("{} parts are too many: at most {PARTS_MAX}", parts.len()));
    }
    let (mut ids, mut edges) = (BTreeMap::new(), BTreeMap::new());
    for (index, PartConfig(part)) in parts.iter().enumerate() {
        if let Some(first) = ids.insert(&part.part, index) {
            let message = format!("the id {} is taken by parts[{first}] already", part.part);
            section.fault(&format!("parts[{index}].id"), message);
        }
        for (place, edge) in part.edges.iter().enumerate() {
            if let Some(other) = edges.insert(edge, &part.part) {
                let message =
                    format!("the edge {edge} serves the part {other} already; an edge serves one part");
                section.fault(&format!("parts[{index}].edges[{place}]"), message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A setting behind a bare `#` is one that the example offers.
    fn offered(text: &str) -> String {
        let line = |line: &str| match line.strip_prefix('#') {
            Some(setting) if setting.starts_with(|c: char| c.is_ascii_lowercase()) => setting.to_owned(),
            _ => line.to_owned(),
        };
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_examples_are_sound_with_and_without_what_they_offer() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let example = root.join("deploy/examples/hub.toml");
        let given = Config::load(&example).unwrap();
        assert_eq!((given.pack, given.api.loopback), (None, None));
        let text = std::fs::read_to_string(&example).unwrap();
        let whole: Config = runtime::config::parse(&example, &offered(&text)).unwrap();
        assert!(whole.pack.is_some() && whole.api.loopback.is_some());
        Config::load(&root.join("simulator/examples/hub.toml")).unwrap();
    }
}
