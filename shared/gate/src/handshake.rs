//! TLS and the certificate: the only way from a socket to a `Peer`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use runtime::clock;
use runtime::tls::{ServerTls, TlsError, certificate_facts};
use rustls::CertificateError;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::identity::{Identity, IdentityError, Peer};
use crate::refused::Chain;

pub(crate) type Stream = TlsStream<TcpStream>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    #[error("the handshake took too long")]
    Late,
    #[error("the handshake failed")]
    Tls(#[source] io::Error),
    #[error("the client showed no certificate")]
    NoCertificate,
    #[error("cannot read the client's certificate")]
    Facts(#[source] TlsError),
    #[error("the certificate names nobody")]
    Name(#[source] IdentityError),
}

impl HandshakeError {
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Late => "handshake_timeout",
            Self::Tls(error) => tls_reason(error),
            Self::NoCertificate => "certificate_missing",
            Self::Facts(_) => "certificate_invalid",
            Self::Name(_) => "certificate_name",
        }
    }

    pub(crate) fn detail(&self) -> impl std::fmt::Display + '_ {
        Chain(self)
    }
}

/// Proves who the client is. Half a handshake costs its own task and no more than `limit`.
pub(crate) async fn shake(
    socket: TcpStream,
    address: SocketAddr,
    tls: &ServerTls,
    limit: Duration,
) -> Result<(Stream, Peer), HandshakeError> {
    let accepting = TlsAcceptor::from(tls.config.clone()).accept(socket);
    let stream = timeout(limit, accepting).await.map_err(|_| HandshakeError::Late)?;
    let stream = stream.map_err(HandshakeError::Tls)?;
    let peer = peer(&stream, address, tls)?;
    Ok((stream, peer))
}

fn peer(stream: &Stream, address: SocketAddr, tls: &ServerTls) -> Result<Peer, HandshakeError> {
    let chain = stream.get_ref().1.peer_certificates();
    let certificate = chain.and_then(|chain| chain.first()).ok_or(HandshakeError::NoCertificate)?;
    let facts = certificate_facts(certificate).map_err(HandshakeError::Facts)?;
    let identity = Identity::from_uri_names(&facts.uri_names).map_err(HandshakeError::Name)?;
    let crl_expired = tls.crl.expired(clock::wall_ms().div_euclid(1_000));
    Ok(Peer {
        identity,
        serial: facts.serial,
        certificate_sha256: facts.sha256,
        not_after_s: facts.not_after_s,
        address,
        crl_expired,
    })
}

/// rustls hides its error inside the I/O error. Operators want to know an expired certificate from a foreign one.
fn tls_reason(error: &io::Error) -> &'static str {
    let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::NoCertificatesPresented) => "certificate_missing",
        Some(rustls::Error::InvalidCertificate(fault)) => match fault {
            CertificateError::Revoked => "certificate_revoked",
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "certificate_expired",
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "certificate_not_yet_valid"
            }
            CertificateError::UnknownIssuer => "certificate_unknown_issuer",
            _ => "certificate_invalid",
        },
        Some(_) => "handshake_failed",
        None => "handshake_lost",
    }
}
