//! Where something listens: a host and a port.

use std::fmt;
use std::str::FromStr;

/// `host:port`; an IPv6 address stands in brackets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    pub host: String,
    pub port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    #[error(
        "`{text}` names no port; write host and port, such as \"{text}:8883\" for a hub or \"{text}:502\" for a device"
    )]
    NoPort { text: String },
    #[error("`{port}` is not a port; write a number from 1 to 65535 behind the last colon")]
    Port { port: String },
    #[error(
        "`{host}` is not a host name or address; an IPv6 address stands in brackets, such as \"[::1]:1502\""
    )]
    Host { host: String },
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (host, port) =
            text.rsplit_once(':').ok_or_else(|| EndpointError::NoPort { text: text.to_owned() })?;
        let bare = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(address) => address.parse::<std::net::Ipv6Addr>().ok().map(|_| address),
            None => is_host(host).then_some(host),
        };
        let host = bare.ok_or_else(|| EndpointError::Host { host: host.to_owned() })?;
        match port.parse() {
            Ok(number) if number != 0 => Ok(Self { host: host.to_owned(), port: number }),
            _ => Err(EndpointError::Port { port: port.to_owned() }),
        }
    }
}

fn is_host(host: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    !host.is_empty() && host.chars().all(allowed)
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports_are_taken_apart_and_put_together() {
        for text in ["127.0.0.1:1502", "hub.example:8883", "[::1]:8883"] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
        assert_eq!("[::1]:5".parse::<Endpoint>().unwrap().host, "::1");
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        assert!(matches!("hub".parse::<Endpoint>(), Err(EndpointError::NoPort { .. })));
        assert!(matches!("hub:0".parse::<Endpoint>(), Err(EndpointError::Port { .. })));
        assert!(matches!("hub:65536".parse::<Endpoint>(), Err(EndpointError::Port { .. })));
        assert!(matches!(":8883".parse::<Endpoint>(), Err(EndpointError::Host { .. })));
        assert!(matches!("::1:8883".parse::<Endpoint>(), Err(EndpointError::Host { .. })));
        assert!(matches!("a/b:8883".parse::<Endpoint>(), Err(EndpointError::Host { .. })));
    }
}
