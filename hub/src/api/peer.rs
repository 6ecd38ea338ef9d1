//! Who is at the other end of the connection and how the request came. The server puts it into every request.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    pub address: IpAddr,
    pub transport: Transport,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Https,
    /// Plain HTTP on a loopback address; the port is part of what `Host` must say.
    Loopback {
        port: u16,
    },
}

impl Transport {
    pub fn scheme(self) -> &'static str {
        match self {
            Transport::Https => "https",
            Transport::Loopback { .. } => "http",
        }
    }
}

impl Peer {
    pub fn is_local(&self) -> bool {
        self.address.to_canonical().is_loopback()
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Peer>()
            .copied()
            .ok_or_else(|| Problem::broken("a request came without its peer"))
    }
}
