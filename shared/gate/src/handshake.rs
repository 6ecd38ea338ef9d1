//! TLS and the certificate: the only way from a socket to a `Caller`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use runtime::causes::in_full;
use runtime::clock;
use runtime::tls::{ServerTls, TlsError, certificate_facts};
use rustls::{AlertDescription, CertificateError};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::identity::{Caller, Certificate, Identity, IdentityError};
use crate::policy::ClientAuth;

pub(crate) type Stream = TlsStream<TcpStream>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    #[error("the handshake took too long")]
    Late,
    #[error("the handshake failed")]
    Tls(#[source] io::Error),
    /// It is the client that ends it, with an alert of whatever name its library gives that.
    #[error(
        "the client refuses this certificate: does it carry the name or address that the client dials, and does the client \
         trust its CA?"
    )]
    TurnedAway(#[source] io::Error),
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
            Self::Tls(error) | Self::TurnedAway(error) => tls_reason(error),
            Self::NoCertificate => "certificate_missing",
            Self::Facts(_) => "certificate_invalid",
            Self::Name(_) => "certificate_name",
        }
    }

    pub(crate) fn detail(&self) -> impl std::fmt::Display + '_ {
        in_full(self)
    }
}

/// Proves who the client is. Half a handshake costs its own task and no more than `limit`.
pub(crate) async fn shake(
    socket: TcpStream,
    address: SocketAddr,
    tls: &ServerTls,
    client_auth: ClientAuth,
    limit: Duration,
) -> Result<(Stream, Caller), HandshakeError> {
    let accepting = TlsAcceptor::from(tls.config.clone()).accept(socket);
    let stream = timeout(limit, accepting).await.map_err(|_| HandshakeError::Late)?;
    let stream = stream.map_err(broken)?;
    let certificate = certificate(&stream, tls)?;
    if certificate.is_none() && client_auth == ClientAuth::Required {
        return Err(HandshakeError::NoCertificate);
    }
    Ok((stream, Caller { address, certificate }))
}

fn broken(error: io::Error) -> HandshakeError {
    match cause(&error) {
        // These are about the protocol, before any certificate was seen.
        Some(rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion | AlertDescription::HandshakeFailure,
        )) => HandshakeError::Tls(error),
        Some(rustls::Error::AlertReceived(_)) => HandshakeError::TurnedAway(error),
        _ => HandshakeError::Tls(error),
    }
}

/// rustls hides its error inside the I/O error.
fn cause(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

fn certificate(stream: &Stream, tls: &ServerTls) -> Result<Option<Certificate>, HandshakeError> {
    let chain = stream.get_ref().1.peer_certificates();
    let Some(certificate) = chain.and_then(|chain| chain.first()) else { return Ok(None) };
    let facts = certificate_facts(certificate).map_err(HandshakeError::Facts)?;
    let identity = Identity::from_uri_names(&facts.uri_names).map_err(HandshakeError::Name)?;
    let crl_expired = tls.crl.expired(clock::wall_ms().div_euclid(1_000));
    Ok(Some(Certificate {
        identity,
        serial: facts.serial,
        sha256: facts.sha256,
        not_after_s: facts.not_after_s,
        crl_expired,
    }))
}

/// Operators want to know an expired certificate from a foreign one.
fn tls_reason(error: &io::Error) -> &'static str {
    match cause(error) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_breaks_off_is_told_from_one_that_speaks_another_protocol() {
        let alerted = |alert| {
            let error = rustls::Error::AlertReceived(alert);
            broken(io::Error::new(io::ErrorKind::InvalidData, error)).detail().to_string()
        };
        // What OpenSSL says of a certificate with another name depends on its version.
        for alert in
            [AlertDescription::InternalError, AlertDescription::UnknownCA, AlertDescription::BadCertificate]
        {
            assert!(alerted(alert).contains("the name or address that the client dials"), "{alert:?}");
        }
        assert!(alerted(AlertDescription::ProtocolVersion).starts_with("the handshake failed"));
    }
}
