//! Where the edge shows how it is: on this machine alone, because the page asks for no password.

use std::fmt;
use std::net::{AddrParseError, SocketAddr};
use std::str::FromStr;

use runtime::config::{FromSection, Parsed, Section};

/// `None` unless the configuration says otherwise: several edges on one machine must not fight for a port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusConfig {
    pub address: Option<LoopbackAddress>,
}

/// An address that only this machine reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopbackAddress(SocketAddr);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoopbackError {
    #[error("`{text}` is not an address with a port; write \"127.0.0.1:9640\"")]
    Address { text: String, source: AddrParseError },
    #[error("{0} can be reached from other machines, and the status asks nobody who they are; write \"127.0.0.1:{port}\"", port = .0.port())]
    Reachable(SocketAddr),
}

impl LoopbackAddress {
    pub fn address(self) -> SocketAddr {
        self.0
    }
}

impl FromStr for LoopbackAddress {
    type Err = LoopbackError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = text.parse::<SocketAddr>();
        let address = parsed.map_err(|source| LoopbackError::Address { text: text.to_owned(), source })?;
        if address.ip().is_loopback() { Ok(Self(address)) } else { Err(LoopbackError::Reachable(address)) }
    }
}

impl fmt::Display for LoopbackAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromSection for StatusConfig {
    fn from_section(section: &mut Section<'_>) -> Option<Self> {
        let address = section.required("address").map(|Parsed(address)| address);
        Some(Self { address: Some(address?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_ask() {
        for sound in ["127.0.0.1:9640", "[::1]:9640", "127.8.8.8:1"] {
            assert_eq!(sound.parse::<LoopbackAddress>().unwrap().to_string(), sound);
        }
        for reachable in ["0.0.0.0:9640", "192.0.2.1:9640", "[::]:9640", "[::ffff:192.0.2.1]:9640"] {
            assert!(
                matches!(reachable.parse::<LoopbackAddress>(), Err(LoopbackError::Reachable(_))),
                "{reachable}"
            );
        }
        assert!(matches!("localhost".parse::<LoopbackAddress>(), Err(LoopbackError::Address { .. })));
    }
}
