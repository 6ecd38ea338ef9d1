//! The way to the hub: where it listens, by which name its certificate is checked, and who this edge is.

use std::time::Duration;

use runtime::config::{FromSection, Parsed, Section};
use runtime::tls::ClientFiles;

use super::endpoint::Endpoint;
use super::interface::Interface;

/// Two networks, each with a stand-by, and room to spare; a longer list is a mistake.
const HUBS_MAX: usize = 8;

#[derive(Clone, Debug)]
pub struct UplinkConfig {
    /// The ways to the hub, the preferred one first; never empty.
    pub hubs: Vec<Hub>,
    pub files: ClientFiles,
    pub heartbeat_interval: Duration,
    /// The network interface that connections to the hub are bound to.
    pub interface: Option<Box<str>>,
}

/// One way to the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hub {
    pub address: Endpoint,
    /// The name that the hub's certificate must carry.
    pub server_name: String,
}

impl UplinkConfig {
    /// The addresses in their order, for people.
    pub fn addresses(&self) -> String {
        let addresses: Vec<String> = self.hubs.iter().map(|hub| hub.address.to_string()).collect();
        addresses.join(", ")
    }
}

impl FromSection for UplinkConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let addresses: Option<Vec<Parsed<Endpoint>>> = section.required("hubs");
        let server_name: Option<String> = section.optional("server_name");
        let ca = section.path("ca");
        let certificate = section.path("certificate");
        let key = section.path("key");
        let bounds = Duration::from_secs(1)..=Duration::from_secs(60);
        let heartbeat_interval = section.within("heartbeat_interval", Duration::from_secs(5), bounds);
        if server_name.as_deref() == Some("") {
            section.fault("server_name", "the name is empty; write the name in the hub's certificate");
        }
        let interface: Option<Parsed<Interface>> = section.optional("interface");
        let addresses = addresses?.into_iter().map(|Parsed(address)| address).collect::<Vec<_>>();
        check(section, &addresses);
        let hub = |address: Endpoint| Hub {
            server_name: server_name.clone().unwrap_or_else(|| address.host.clone()),
            address,
        };
        Some(Self {
            hubs: addresses.into_iter().map(hub).collect(),
            files: ClientFiles { ca: ca?, certificate: certificate?, key: key? },
            heartbeat_interval,
            interface: interface.map(|Parsed(Interface(name))| name),
        })
    }
}

fn check(section: &mut Section<'_>, addresses: &[Endpoint]) {
    if addresses.is_empty() {
        section
            .fault("hubs", "the list is empty; write where the hub listens, such as [\"hub.example:8883\"]");
    }
    if addresses.len() > HUBS_MAX {
        let message = format!("{} addresses are too many; write up to {HUBS_MAX}", addresses.len());
        section.fault("hubs", message);
    }
    for (place, address) in addresses.iter().enumerate() {
        if addresses[..place].contains(address) {
            section
                .fault(&format!("hubs[{place}]"), format!("{address} stands there already; leave one out"));
        }
    }
}
