//! Who stands behind a certificate: exactly one URI name `spiffe://<site>/<class>/<id>`.
//! Whatever a client says about itself later is judged against this, never believed. A gate whose policy takes logins
//! gives the client of a login an identity of the same form.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

/// Long enough for any name we give, short enough for topics, file names and metric labels.
const PART_BYTES_MAX: usize = 64;

const SCHEME: &str = "spiffe://";

/// The name that a certificate authority vouches for. Each part is `[A-Za-z0-9._-]{1,64}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    pub site: String,
    /// What kind of client this is, such as `edge` or `agent`.
    pub class: String,
    pub id: String,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    #[error("the certificate carries {count} URI names; exactly one is needed")]
    NotOneName { count: usize },
    #[error("the name {name:?} is not spiffe://<site>/<class>/<id>")]
    Shape { name: String },
    #[error("the part {part:?} of a name is not [A-Za-z0-9._-]{{1,64}}")]
    Part { part: String },
}

impl Identity {
    /// A second name would leave open which of the two the authority checked, so it is refused.
    pub(crate) fn from_uri_names(names: &[String]) -> Result<Self, IdentityError> {
        match names {
            [name] => name.parse(),
            _ => Err(IdentityError::NotOneName { count: names.len() }),
        }
    }
}

impl FromStr for Identity {
    type Err = IdentityError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let shape = || IdentityError::Shape { name: name.to_owned() };
        let mut parts = name.strip_prefix(SCHEME).ok_or_else(shape)?.split('/');
        let (Some(site), Some(class), Some(id), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(shape());
        };
        Ok(Self { site: checked(site)?, class: checked(class)?, id: checked(id)? })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{SCHEME}{}/{}/{}", self.site, self.class, self.id)
    }
}

/// `.` and `..` are legal characters but not legal names: an id may become part of a path.
fn checked(part: &str) -> Result<String, IdentityError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let fits = (1..=PART_BYTES_MAX).contains(&part.len()) && part.bytes().all(allowed);
    if !fits || part == "." || part == ".." {
        return Err(IdentityError::Part { part: part.to_owned() });
    }
    Ok(part.to_owned())
}

/// A client certificate that the handshake has verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The name that it vouches for.
    pub identity: Identity,
    /// As `CertificateFacts` and the revocation list give it.
    pub serial: Vec<u8>,
    pub sha256: [u8; 32],
    /// Unix seconds. A session may outlive its certificate; the next handshake will not.
    pub not_after_s: i64,
    /// The revocation list was overdue at the handshake. It was applied all the same.
    pub crl_expired: bool,
}

/// Whoever has come through the handshake and wants to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub address: SocketAddr,
    pub certificate: Option<Certificate>,
}

impl fmt::Display for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.certificate {
            Some(certificate) => write!(formatter, "{} at {}", certificate.identity, self.address),
            None => write!(formatter, "a client without a certificate at {}", self.address),
        }
    }
}

/// The client of one session: a caller whom the policy has let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    pub identity: Identity,
    pub address: SocketAddr,
    /// `None`: it came with a login. A gate of a `Policy` has no such peers.
    pub certificate: Option<Certificate>,
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at {}", self.identity, self.address)
    }
}

/// One connection of one client. Never used twice by a process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct SessionId(u64);

impl SessionId {
    pub(crate) fn new(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_well_formed_name_survives_the_round_trip() {
        let name = "spiffe://north.example/edge/document-room_1";
        let identity: Identity = name.parse().unwrap();
        assert_eq!((identity.site.as_str(), identity.class.as_str()), ("north.example", "edge"));
        assert_eq!(identity.to_string(), name);
    }

    #[test]
    fn malformed_names_are_refused() {
        let long = format!("spiffe://site/edge/{}", "x".repeat(PART_BYTES_MAX + 1));
        for name in [
            "",
            "spiffe://",
            "spiffe://site",
            "spiffe://site/edge",
            "spiffe://site/edge/",
            "spiffe:///edge/a",
            "spiffe://site/edge/a/b",
            "SPIFFE://site/edge/a",
            "https://site/edge/a",
            "spiffe://site/edge/a b",
            "spiffe://site/edge/é",
            "spiffe://site/edge/..",
            "spiffe://./edge/a",
            "spiffe://site/edge/a+",
            &long,
        ] {
            assert!(name.parse::<Identity>().is_err(), "{name:?} must be refused");
        }
    }

    #[test]
    fn exactly_one_name_is_needed() {
        let one = "spiffe://site/edge/a".to_owned();
        assert!(Identity::from_uri_names(std::slice::from_ref(&one)).is_ok());
        assert_eq!(Identity::from_uri_names(&[]), Err(IdentityError::NotOneName { count: 0 }));
        let two = [one, "https://example.org".to_owned()];
        assert_eq!(Identity::from_uri_names(&two), Err(IdentityError::NotOneName { count: 2 }));
    }
}
