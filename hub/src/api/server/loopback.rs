//! An address that only this machine reaches: the only kind on which plain HTTP is served.

use std::fmt;
use std::net::{AddrParseError, SocketAddr};
use std::str::FromStr;

/// A checked loopback address, for the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loopback(SocketAddr);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotLoopback {
    #[error("`{0}` is not an address with a port; write for example `127.0.0.1:8080`")]
    Unreadable(String, #[source] AddrParseError),
    #[error("{0} can be reached from the network, and plain HTTP would send tokens in the clear; use `127.0.0.1:{port}` here, and HTTPS for everybody else", port = .0.port())]
    Reachable(SocketAddr),
}

impl Loopback {
    pub fn address(self) -> SocketAddr {
        self.0
    }
}

impl TryFrom<SocketAddr> for Loopback {
    type Error = NotLoopback;

    fn try_from(address: SocketAddr) -> Result<Self, NotLoopback> {
        if address.ip().is_loopback() { Ok(Self(address)) } else { Err(NotLoopback::Reachable(address)) }
    }
}

impl FromStr for Loopback {
    type Err = NotLoopback;

    fn from_str(text: &str) -> Result<Self, NotLoopback> {
        let parsed = text.parse::<SocketAddr>();
        parsed.map_err(|error| NotLoopback::Unreadable(text.to_owned(), error))?.try_into()
    }
}

impl fmt::Display for Loopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_reach_plain_http() {
        assert!("127.0.0.1:8080".parse::<Loopback>().is_ok());
        assert!("[::1]:0".parse::<Loopback>().is_ok());
        for reachable in ["0.0.0.0:8080", "10.1.2.3:80", "[::]:8080", "[::ffff:127.0.0.1]:80"] {
            assert!(matches!(reachable.parse::<Loopback>(), Err(NotLoopback::Reachable(_))), "{reachable}");
        }
        let unreadable = "localhost".parse::<Loopback>().unwrap_err();
        assert!(unreadable.to_string().contains("127.0.0.1:8080"));
    }
}
