//! Who a certificate is for. A name goes into URIs, topics and file names, so it is checked once, here; the gate expects
//! exactly the form `spiffe://<site>/<class>/<name>` that this file builds.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A site's, edge's, host agent's or server's name: 1 to 64 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit, as
/// every id on the wire does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// The limit that the gate and the topics have too.
const NAME_CHARACTERS_MAX: usize = 64;

/// A name that nobody may carry.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not within the alphabet or the length.
    #[error(
        "`{given}` is not a name: use 1 to {NAME_CHARACTERS_MAX} of the characters A-Z a-z 0-9 . _ - and begin with a letter or digit"
    )]
    Name {
        /// The refused text.
        given: String,
    },
    /// Not a class and a name.
    #[error("`{given}` is not an identity: write edge/NAME, host-agent/NAME or server/NAME")]
    Holder {
        /// The refused text.
        given: String,
    },
    /// Not a host name.
    #[error(
        "`{given}` is not a DNS name: use letters, digits and hyphens between dots, at most 253 characters; give addresses with --ip"
    )]
    Dns {
        /// The refused text.
        given: String,
    },
}

impl Name {
    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let fits = (1..=NAME_CHARACTERS_MAX).contains(&text.len()) && text.bytes().all(known);
        // This also keeps out `.` and `..`, which would be steps through folders and URI paths.
        if !fits || !text.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            return Err(NameError::Name { given: text.to_owned() });
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

/// Whom the ledger knows: a class and a name, `edge/archive-1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Holder {
    /// A gateway process of one part.
    Edge(Name),
    /// The agent of one machine.
    HostAgent(Name),
    /// A server that edges and people connect to.
    Server(Name),
}

impl Holder {
    /// The middle of the URI, and the first half of the identity.
    pub fn class(&self) -> &'static str {
        match self {
            Self::Edge(_) => "edge",
            Self::HostAgent(_) => "host-agent",
            Self::Server(_) => "server",
        }
    }

    /// The holder's own name.
    pub fn name(&self) -> &Name {
        match self {
            Self::Edge(name) | Self::HostAgent(name) | Self::Server(name) => name,
        }
    }

    /// The URI that the gate reads from a client's certificate. A server is known by its DNS names and addresses instead.
    pub fn uri(&self, site: &Name) -> Option<String> {
        match self {
            Self::Edge(_) | Self::HostAgent(_) => Some(format!("spiffe://{site}/{self}")),
            Self::Server(_) => None,
        }
    }

    /// The name of its files, without the ending.
    pub fn file_stem(&self) -> String {
        format!("{}-{}", self.class(), self.name())
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.class(), self.name())
    }
}

impl TryFrom<String> for Holder {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        match text.split_once('/') {
            Some(("edge", name)) => Ok(Self::Edge(name.parse()?)),
            Some(("host-agent", name)) => Ok(Self::HostAgent(name.parse()?)),
            Some(("server", name)) => Ok(Self::Server(name.parse()?)),
            _ => Err(NameError::Holder { given: text }),
        }
    }
}

impl From<Holder> for String {
    fn from(holder: Holder) -> Self {
        holder.to_string()
    }
}

/// A host name as it stands in a server's certificate. No wildcards: each server has its own certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsName(String);

impl DnsName {
    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DnsName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let label_fits = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        // An address here would be written as a DNS name, and no client would accept it.
        if text.len() > 253 || text.parse::<IpAddr>().is_ok() || !text.split('.').all(label_fits) {
            return Err(NameError::Dns { given: text.to_owned() });
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

/// What a new certificate says about its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// May connect to the gate as this edge.
    Edge(Name),
    /// May connect to a gate as this host agent.
    HostAgent(Name),
    /// May be connected to under these names.
    Server {
        /// What the ledger calls it.
        name: Name,
        /// The host names that clients use.
        dns: Vec<DnsName>,
        /// The addresses that clients use.
        ips: Vec<IpAddr>,
    },
}

impl Subject {
    /// Whom the ledger records.
    pub fn holder(&self) -> Holder {
        match self {
            Self::Edge(name) => Holder::Edge(name.clone()),
            Self::HostAgent(name) => Holder::HostAgent(name.clone()),
            Self::Server { name, .. } => Holder::Server(name.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_a_folder_a_topic_or_a_uri_are_refused() {
        for good in ["a", "archive-1", "Haus_7.sued", &"x".repeat(64), "7."] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
        for bad in
            ["", ".", "..", ".a", "-a", "_a", "a/b", "a b", "a+", "#", "ä", "a\n", "a%2f", &"x".repeat(65)]
        {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_holder_is_read_back_from_its_text() {
        let holder = Holder::HostAgent("pc-3".parse().unwrap());
        assert_eq!(holder.to_string(), "host-agent/pc-3");
        assert_eq!(Holder::try_from(holder.to_string()).unwrap(), holder);
        for bad in ["edge", "edge/", "edge/a/b", "Edge/a", "person/a"] {
            assert!(Holder::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn dns_names_are_host_names() {
        assert_eq!("Hub.Example.org".parse::<DnsName>().unwrap().as_str(), "hub.example.org");
        for bad in ["", "127.0.0.1", "::1", "*.example.org", "-a.org", "a..b", "a_b", "a.", "ü.org"] {
            assert!(bad.parse::<DnsName>().is_err(), "{bad}");
        }
    }
}
