//! Judges a server's certificate without a clock that can be trusted: by the latest time that is known to have passed. A
//! certificate that became valid later is taken as it is, because its CA would not have issued it before its time.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

#[derive(Debug)]
pub(super) struct Clockless {
    inner: Arc<WebPkiServerVerifier>,
    at_least: UnixTime,
}

impl Clockless {
    pub(super) fn new(inner: Arc<WebPkiServerVerifier>, unix_s: u64) -> Self {
        Self { inner, at_least: UnixTime::since_unix_epoch(Duration::from_secs(unix_s)) }
    }
}

impl ServerCertVerifier for Clockless {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judge =
            |now| self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let mut now = self.at_least;
        // Each certificate of the chain can set the time forward once.
        for _ in 0..=intermediates.len() {
            match judge(now) {
                Err(Error::InvalidCertificate(CertificateError::NotValidYetContext {
                    not_before, ..
                })) if not_before > now => now = not_before,
                judged => return judged,
            }
        }
        judge(now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
