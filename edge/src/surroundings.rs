//! Whether what a configuration names is there: the TLS files, this edge in its certificate, the folder of the spool. It
//! reads and writes nothing.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use runtime::causes::behind;
use runtime::tls::{self, ClientCa, OpenServerFiles, TlsError};
use wire::Digest;

use crate::config::{Access, BusConfig, BusId, CoilsPlace, Config, Endpoint, Hub, ListenerConfig};
use crate::health::Disk;
use crate::radio::{Kernel, Radio};
use crate::terminal::size;
use crate::uplink::{self, Finding};

/// Something that a configuration names and that an edge cannot work with; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Flaw {
    #[error(
        "{key}: cannot read {} ({source}); copy it there from where `strongroom-hub pki` wrote it, or correct the path",
        path.display()
    )]
    Unreadable { key: &'static str, path: PathBuf, source: io::Error },
    #[error("uplink: {source}{}", behind(source))]
    Tls { source: TlsError },
    #[error("listener `{name}`: {source}{}", behind(source))]
    Listener { name: String, source: TlsError },
    #[error("uplink.certificate: {finding}")]
    Certificate { finding: Finding },
    #[error("spool.path: the folder {} is not there ({source}); make it, for the edge's user", path.display())]
    NoFolder { path: PathBuf, source: io::Error },
    #[error("spool.path: {} is not a folder; choose another path", path.display())]
    NotAFolder { path: PathBuf },
    #[error("spool.path: nobody may write into the folder {}; give that right to the edge's user", path.display())]
    ClosedFolder { path: PathBuf },
    #[error("spool.path: cannot write {} ({source}); start the edge as the user who owns the file", path.display())]
    ClosedSpool { path: PathBuf, source: io::Error },
    #[error("buses.{bus}.path: the serial port {} is not there ({source}); plug the adapter in, or correct the path", path.display())]
    NoPort { bus: BusId, path: PathBuf, source: io::Error },
    #[error("spool.path: {} is a folder; write the path of a file in it, such as spool.redb", path.display())]
    SpoolIsAFolder { path: PathBuf },
    #[error("{key}: there is no network interface `{name}`; write one that `ip link` lists")]
    NoInterface { key: String, name: Box<str> },
    #[error(
        "{key}: it listens on every interface, also on the radio `{radio}`; add interface = \"…\", the wired one of the devices"
    )]
    Everywhere { key: String, radio: String },
    #[error("{key}: {source}")]
    Radio { key: String, source: Radio },
}

impl Flaw {
    /// Whether the configuration itself names the radio, and not only a route that leads over it.
    pub fn is_named_radio(&self) -> bool {
        match self {
            Flaw::Radio { key, .. } => {
                key == "uplink.interface" || key.starts_with("buses.") || key.starts_with("listeners[")
            }
            _ => false,
        }
    }
}

/// Everything that is not as an edge needs it now, at `now_s` seconds of the epoch.
pub fn flaws(config: &Config, now_s: i64) -> Vec<Flaw> {
    let mut flaws = tls(config, now_s);
    if flaws.is_empty() {
        let issued = tls::check_issued(&config.uplink.files);
        flaws.extend(issued.err().map(|source| Flaw::Tls { source }));
    }
    flaws.extend(config.listeners.iter().filter_map(listener));
    flaws.extend(spool(&config.spool.path));
    flaws.extend(radios(config, &Kernel::default()));
    flaws.extend(config.buses.iter().filter_map(port));
    flaws
}

/// What an edge can work with, and what somebody will regret.
pub fn doubts(config: &Config) -> Vec<String> {
    let spool = &config.spool;
    let held = fs::metadata(&spool.path).map_or(0, |file| file.len());
    let room = Disk::under(&spool.path).map(|disk| disk.free_bytes.saturating_add(held));
    let small = room.filter(|room| *room < spool.bytes_max).map(|room| {
        format!(
            "spool.bytes_max is {}, and its disk has room for {}: it is full before the spool makes room; write less",
            size(spool.bytes_max),
            size(room)
        )
    });
    small.into_iter().collect()
}

/// The same without the spool, which the running edge has open.
pub fn flaws_while_running(config: &Config, now_s: i64) -> Vec<Flaw> {
    let mut flaws = tls(config, now_s);
    flaws.extend(radios(config, &Kernel::default()));
    flaws
}

/// Every way that leads over a radio: the interfaces that are named, where devices are listened to, and the routes to the
/// hub, the devices and the annunciators. A name of a host is not looked up: `check` asks nobody.
pub fn radios(config: &Config, kernel: &Kernel) -> Vec<Flaw> {
    let mut flaws = Vec::new();
    match &config.uplink.interface {
        Some(name) if !kernel.has_interface(name) => {
            flaws.push(Flaw::NoInterface { key: "uplink.interface".to_owned(), name: name.clone() });
        }
        Some(name) => flaws.extend(radio("uplink.interface".to_owned(), kernel.interface(name))),
        None => {
            let hubs = config.uplink.hubs.iter().enumerate();
            let judged =
                |(place, hub): (usize, &Hub)| way(format!("uplink.hubs[{place}]"), &hub.address, kernel);
            flaws.extend(hubs.filter_map(judged));
        }
    }
    let devices = config.devices.iter().enumerate();
    let devices = devices.filter_map(|(place, device)| match &device.access {
        Access::ModbusTcp { address, .. } => Some((format!("devices[{place}].address"), address)),
        Access::ModbusRtu { .. } | Access::Listener { .. } => None,
    });
    for bus in &config.buses {
        flaws.extend(radio(format!("buses.{}.path", bus.id), kernel.serial(&bus.path)));
    }
    let listeners = config.listeners.iter().enumerate();
    flaws.extend(listeners.filter_map(|(place, listener)| heard_over(place, listener, kernel)));
    let annunciators = config.annunciators.iter().enumerate();
    let annunciators = annunciators.filter_map(|(place, config)| match &config.place {
        CoilsPlace::Address(address) => Some((format!("annunciators[{place}].address"), address)),
        CoilsPlace::Bus(_) => None,
    });
    flaws.extend(devices.chain(annunciators).filter_map(|(key, address)| way(key, address, kernel)));
    flaws
}

/// The interface that is named, the one that has the address, or, for the address of all, each.
fn heard_over(place: usize, config: &ListenerConfig, kernel: &Kernel) -> Option<Flaw> {
    if let Some(name) = &config.interface {
        let key = format!("listeners[{place}].interface");
        if !kernel.has_interface(name) {
            return Some(Flaw::NoInterface { key, name: name.clone() });
        }
        return radio(key, kernel.interface(name));
    }
    let (key, address) = (format!("listeners[{place}].address"), config.address.ip());
    if address.is_unspecified() {
        return kernel.radios().into_iter().next().map(|radio| Flaw::Everywhere { key, radio });
    }
    // The narrowest route to an address of the machine is that of the network in which it has it.
    radio(key, kernel.way_to(address))
}

fn way(key: String, to: &Endpoint, kernel: &Kernel) -> Option<Flaw> {
    radio(key, kernel.way_to(to.host.parse().ok()?))
}

fn radio(key: String, judged: Result<(), Radio>) -> Option<Flaw> {
    judged.err().map(|source| Flaw::Radio { key, source })
}

/// Of the files that stages read when they start: one that was exchanged under its name is another configuration.
pub fn certificates(config: &Config) -> Digest {
    let own = &config.uplink.files;
    let mut paths = vec![&own.ca, &own.certificate, &own.key];
    for OpenServerFiles { certificate, key, clients } in config.listeners.iter().map(|from| &from.files) {
        paths.extend([certificate, key]);
        paths.extend(clients.iter().flat_map(|ClientCa { ca, crl }| std::iter::once(ca).chain(crl)));
    }
    // Whoever needs one that cannot be read says so. A pipe would be taken away from its reader.
    let bytes = |path: &PathBuf| {
        fs::metadata(path).ok().filter(fs::Metadata::is_file).and_then(|_| fs::read(path).ok())
    };
    let digests = paths.into_iter().flat_map(|path| Digest::of(&bytes(path).unwrap_or_default()).0);
    Digest::of(&digests.collect::<Vec<u8>>())
}

/// For people: that the file itself is in order, and each flaw on a line.
pub fn report(path: &Path, flaws: &[Flaw]) -> String {
    let (number, are) =
        (flaws.len(), if flaws.len() == 1 { "thing it names is" } else { "things it names are" });
    let head = format!("{}: the file is in order; {number} {are} not ready yet", path.display());
    let lines = flaws.iter().map(|flaw| format!("\n  {flaw}"));
    lines.fold(head, |text, line| text + &line)
}

fn tls(config: &Config, now_s: i64) -> Vec<Flaw> {
    let files = &config.uplink.files;
    let named =
        [("uplink.ca", &files.ca), ("uplink.certificate", &files.certificate), ("uplink.key", &files.key)];
    let unreadable = |(key, path): (&'static str, &PathBuf)| {
        // Without opening a pipe, which would wait for its writer.
        let opened =
            fs::metadata(path).and_then(|is| if is.is_file() { File::open(path).map(drop) } else { Ok(()) });
        opened.err().map(|source| Flaw::Unreadable { key, path: path.clone(), source })
    };
    let unreadable: Vec<Flaw> = named.into_iter().filter_map(unreadable).collect();
    if !unreadable.is_empty() {
        return unreadable;
    }
    match uplink::examine(files, &config.edge, now_s) {
        Ok(Finding::Ours) => Vec::new(),
        Ok(finding) => vec![Flaw::Certificate { finding }],
        Err(source) => vec![Flaw::Tls { source }],
    }
}

fn listener(config: &ListenerConfig) -> Option<Flaw> {
    let built = runtime::tls::open_server(&config.files, config.versions);
    built.err().map(|source| Flaw::Listener { name: config.name.clone(), source })
}

fn spool(path: &Path) -> Option<Flaw> {
    match fs::metadata(path) {
        Ok(is) if is.is_dir() => return Some(Flaw::SpoolIsAFolder { path: path.to_owned() }),
        Ok(_) => {
            let opened = OpenOptions::new().read(true).write(true).open(path);
            return opened.err().map(|source| Flaw::ClosedSpool { path: path.to_owned(), source });
        }
        Err(_) => {}
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let path = folder.to_owned();
    match fs::metadata(folder) {
        Err(source) => Some(Flaw::NoFolder { path, source }),
        Ok(is) if !is.is_dir() => Some(Flaw::NotAFolder { path }),
        Ok(is) if is.permissions().readonly() => Some(Flaw::ClosedFolder { path }),
        Ok(_) => None,
    }
}

/// It is not opened: an edge that runs may be using it.
fn port(bus: &BusConfig) -> Option<Flaw> {
    let missing = fs::metadata(&bus.path).err()?;
    Some(Flaw::NoPort { bus: bus.id.clone(), path: bus.path.clone(), source: missing })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(config: &Path, spool: &str) -> Vec<String> {
        text_with(config, spool, "")
    }

    fn text_with(config: &Path, spool: &str, more: &str) -> Vec<String> {
        let text = format!(
            "[edge]\nid = \"e\"\n[uplink]\nhubs = [\"hub:1\"]\nca = \"ca.pem\"\ncertificate = \"e.pem\"\nkey = \"e.key\"\n\
             [spool]\npath = {spool:?}\n{more}"
        );
        let config: Config = runtime::config::parse(&config.join("edge.toml"), &text).unwrap();
        flaws(&config, 0).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_spool_larger_than_its_disk_is_a_doubt() {
        let folder = tempfile::tempdir().unwrap();
        let doubts = |bytes_max: u64| {
            let text = format!(
                "[edge]\nid = \"e\"\n[uplink]\nhubs = [\"hub:1\"]\nca = \"a\"\ncertificate = \"b\"\nkey = \"c\"\n\
                 [spool]\npath = \"s\"\nbytes_max = {bytes_max}\n"
            );
            let config: Config = runtime::config::parse(&folder.path().join("edge.toml"), &text).unwrap();
            super::doubts(&config)
        };
        assert!(doubts(1 << 20).is_empty());
        let large = doubts(1 << 40);
        assert!(large.len() == 1 && large[0].starts_with("spool.bytes_max is 1024 GiB"), "{large:?}");
    }

    #[test]
    fn every_missing_thing_is_named_with_its_key_and_path() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("e.pem"), "").unwrap();
        let flaws = text(folder.path(), "nowhere/spool.redb");
        let begins = ["uplink.ca: ", "uplink.key: ", "spool.path: "];
        assert_eq!(flaws.len(), begins.len(), "{flaws:?}");
        assert!(flaws.iter().zip(begins).all(|(flaw, begin)| flaw.starts_with(begin)), "{flaws:?}");
        assert!(flaws[2].contains(folder.path().join("nowhere").to_str().unwrap()));
    }

    #[test]
    fn ways_over_a_radio_are_flaws() {
        let folder = tempfile::tempdir().unwrap();
        let net = folder.path().join("class/net");
        fs::create_dir_all(net.join("lan0/wireless")).unwrap();
        fs::create_dir_all(folder.path().join("net")).unwrap();
        let route = "head\nwlan0\t00000000\t010200C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n";
        fs::write(folder.path().join("net/route"), route).unwrap();
        let kernel = Kernel { sys: folder.path().into(), proc: folder.path().into() };
        let flaws = |interface: &str, hub: &str| -> Vec<String> {
            let text = format!(
                "[edge]\nid = \"e\"\n[uplink]\nhubs = [\"{hub}:1\"]\n{interface}\nca = \"a\"\ncertificate = \"b\"\nkey = \"c\"\n\
                 [spool]\npath = \"s\"\n[[devices]]\nid = \"d\"\nprofile = \"alarm-panel\"\naddress = \"192.0.2.9:502\"\nunit = 1\n"
            );
            let config: Config = runtime::config::parse(Path::new("edge.toml"), &text).unwrap();
            radios(&config, &kernel).iter().map(ToString::to_string).collect()
        };
        let begins = |flaws: &[String], begins: &[&str]| {
            assert_eq!(flaws.len(), begins.len(), "{flaws:?}");
            assert!(flaws.iter().zip(begins).all(|(flaw, begin)| flaw.starts_with(begin)), "{flaws:?}");
        };
        begins(&flaws("interface = \"lan0\"", "192.0.2.1"), &["uplink.interface: ", "devices[0].address: "]);
        begins(&flaws("interface = \"eth7\"", "192.0.2.1"), &["uplink.interface: there is no", "devices[0]"]);
        begins(&flaws("", "192.0.2.1"), &["uplink.hubs[0]: `wlan0`", "devices[0].address: "]);
        begins(&flaws("", "hub.example"), &["devices[0].address: "]);
        let heard = |address: &str, interface: &str| -> Vec<Flaw> {
            let text = format!(
                "[edge]\nid = \"e\"\n[uplink]\nhubs = [\"h:1\"]\nca = \"a\"\ncertificate = \"b\"\nkey = \"c\"\n[spool]\n\
                 path = \"s\"\n[[listeners]]\nname = \"l\"\naddress = \"{address}:8883\"\n{interface}\n\
                 certificate = \"b\"\nkey = \"c\"\n"
            );
            let config: Config = runtime::config::parse(Path::new("edge.toml"), &text).unwrap();
            radios(&config, &kernel)
        };
        let wired = "interface = \"eth0\"";
        fs::create_dir_all(net.join("eth0")).unwrap();
        assert!(heard("127.0.0.1", "").is_empty() && heard("0.0.0.0", wired).is_empty());
        for (address, interface, named) in
            [("192.0.2.5", "", true), ("0.0.0.0", "interface = \"lan0\"", true), ("0.0.0.0", "", false)]
        {
            let flaws = heard(address, interface);
            assert_eq!(flaws.len(), 1, "{address} {interface}");
            assert_eq!(flaws[0].is_named_radio(), named, "{}", flaws[0]);
            assert!(flaws[0].to_string().starts_with("listeners[0]."), "{}", flaws[0]);
        }
    }

    #[test]
    fn files_that_hold_nothing_and_a_spool_that_is_a_folder_are_flaws() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["ca.pem", "e.pem", "e.key"] {
            fs::write(folder.path().join(file), "").unwrap();
        }
        let flaws = text(folder.path(), ".");
        assert_eq!(flaws.len(), 2, "{flaws:?}");
        assert!(flaws[0].contains("e.pem") && flaws[1].contains("is a folder"), "{flaws:?}");
        assert_eq!(text(folder.path(), "ca.pem/spool.redb").len(), 2);
        assert_eq!(text(folder.path(), "spool.redb").len(), 1, "the folder is there");
    }

    #[test]
    fn a_serial_port_that_is_not_there_is_a_flaw() {
        let folder = tempfile::tempdir().unwrap();
        let bus = |path: &str| format!("[[buses]]\nid = \"b\"\npath = {path:?}\n");
        let flaws = |path: &str| {
            text_with(folder.path(), "s", &bus(path)).into_iter().filter(|flaw| flaw.contains("buses.b.path"))
        };
        assert_eq!((flaws("nowhere").count(), flaws("/dev/null").count()), (1, 0));
    }
}
