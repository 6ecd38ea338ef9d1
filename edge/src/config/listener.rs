//! One `[[listeners]]` entry: where devices that speak by themselves may do so, and over which TLS.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::SocketAddr;
use std::path::PathBuf;

use runtime::config::{FromSection, FromValue, Item, Parsed, Section};
use runtime::tls::{ClientCa, OpenServerFiles, TlsVersions};

use super::interface::Interface;
use super::status::{LoopbackAddress, StatusConfig};

/// More listeners than ways of speaking nobody needs.
const LISTENERS_MAX: usize = 8;
/// A connection costs some 60 KiB; a room has a few dozen devices.
const CONNECTIONS_DEFAULT: usize = 256;
const CONNECTIONS_MAX: usize = 4_096;
/// Devices behind a gateway of their own share an address.
const PER_ADDRESS_DEFAULT: usize = 64;

#[derive(Clone, Debug)]
pub struct ListenerConfig {
    pub name: String,
    pub address: SocketAddr,
    /// The network interface that it is bound to.
    pub interface: Option<Box<str>>,
    pub files: OpenServerFiles,
    pub versions: TlsVersions,
    pub connections_max: usize,
    pub connections_per_address_max: usize,
}

impl FromSection for ListenerConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let name: Option<String> = section.required("name");
        let address = section.required("address");
        let interface: Option<Parsed<Interface>> = section.optional("interface");
        let certificate = section.path("certificate");
        let key = section.path("key");
        let ca: Option<PathBuf> = section.optional("ca");
        let crl = section.optional("crl");
        let versions = section.optional("tls").map_or(TlsVersions::Only13, |Versions(versions)| versions);
        let connections_max = section.within("connections_max", CONNECTIONS_DEFAULT, 1..=CONNECTIONS_MAX);
        let per_address = PER_ADDRESS_DEFAULT.min(connections_max);
        let connections_per_address_max =
            section.within("connections_per_address_max", per_address, 1..=CONNECTIONS_MAX);
        if name.as_deref() == Some("") {
            section.fault("name", "the name is empty; write one that devices can name, such as \"field\"");
        }
        if ca.is_none() && section.has("crl") {
            section.fault("crl", "a revocation list belongs to a CA; add `ca` or remove it");
        }
        let files = OpenServerFiles {
            certificate: certificate?,
            key: key?,
            clients: ca.map(|ca| ClientCa { ca, crl }),
        };
        let (name, address) = (name?, address?);
        let interface = interface.map(|Parsed(Interface(name))| name);
        Some(Self { name, address, interface, files, versions, connections_max, connections_per_address_max })
    }
}

/// What one entry says about another.
pub(super) fn check(section: &mut Section<'_>, listeners: &[ListenerConfig]) {
    if listeners.len() > LISTENERS_MAX {
        let message = format!("{} listeners are too many; write up to {LISTENERS_MAX}", listeners.len());
        section.fault("listeners", message);
    }
    let (mut names, mut addresses) = (BTreeMap::new(), BTreeMap::new());
    for (place, listener) in listeners.iter().enumerate() {
        match names.entry(&listener.name) {
            Entry::Vacant(free) => drop(free.insert(place)),
            Entry::Occupied(taken) => {
                let message =
                    format!("`{}` is already the name of listeners[{}]", listener.name, taken.get());
                section.fault(&format!("listeners[{place}].name"), message);
            }
        }
        if listener.address.port() == 0 {
            continue;
        }
        match addresses.entry(listener.address) {
            Entry::Vacant(free) => drop(free.insert(place)),
            Entry::Occupied(taken) => {
                let message = format!("listeners[{}] already listens there", taken.get());
                section.fault(&format!("listeners[{place}].address"), message);
            }
        }
    }
}

/// The status has a port of its own.
pub(super) fn check_status(section: &mut Section<'_>, listeners: &[ListenerConfig], status: &StatusConfig) {
    let Some(own) = status.address.map(LoopbackAddress::address) else { return };
    let takes = |listener: &ListenerConfig| {
        let (ip, port) = (listener.address.ip(), listener.address.port());
        port != 0 && port == own.port() && (ip == own.ip() || ip.is_unspecified())
    };
    for (place, _) in listeners.iter().enumerate().filter(|(_, listener)| takes(listener)) {
        let message = format!("status.address already takes {own}; choose another port");
        section.fault(&format!("listeners[{place}].address"), message);
    }
}

/// `tls = "1.2"` speaks both.
struct Versions(TlsVersions);

impl FromValue for Versions {
    fn wanted() -> String {
        "\"1.3\", or \"1.2\" for a listener whose devices know nothing newer".to_owned()
    }

    fn from_value(item: &Item<'_>) -> Option<Self> {
        match item.text() {
            Some("1.3") => Some(Self(TlsVersions::Only13)),
            Some("1.2") => Some(Self(TlsVersions::From12)),
            Some(other) => item.fault(format!("`{other}` is not offered; write {}", Self::wanted())),
            None => item.wrong_type(&Self::wanted()),
        }
    }
}
