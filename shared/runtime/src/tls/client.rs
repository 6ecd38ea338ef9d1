//! The connecting side: with a certificate of its own towards a gate, without one towards HTTPS.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::{Resumption, WantsClientCert, WebPkiServerVerifier};
use rustls::pki_types::CertificateDer;
use rustls::version::TLS13;
use rustls::{ClientConfig, ConfigBuilder, WantsVerifier};

use super::clockless::Clockless;
use super::error::TlsError;
use super::facts::{CertificateFacts, certificate_facts};
use super::{files, provider};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFiles {
    /// The CAs whose servers are trusted.
    pub ca: PathBuf,
    /// The client's own certificate, followed by its intermediates.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// By which time a server's certificate is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateTime {
    /// By the machine's clock.
    Clock,
    /// The machine's clock cannot be trusted. It is at least this late; what became valid later is no objection, what had
    /// expired before is one.
    AtLeast { unix_s: u64 },
}

pub fn mutual_client(files: &ClientFiles) -> Result<Arc<ClientConfig>, TlsError> {
    mutual_client_at(files, CertificateTime::Clock)
}

/// For machines whose clock may be wrong.
pub fn mutual_client_at(files: &ClientFiles, time: CertificateTime) -> Result<Arc<ClientConfig>, TlsError> {
    client_with(files::certificates(&files.certificate)?, files, time)
}

/// What the client's own certificate says. The files are judged as a connection would: a key that does not belong to it is
/// an error.
pub fn own_certificate(files: &ClientFiles) -> Result<CertificateFacts, TlsError> {
    let chain = files::certificates(&files.certificate)?;
    // A file without a certificate is an error above.
    let facts = certificate_facts(&chain[0]);
    client_with(chain, files, CertificateTime::Clock)?;
    facts
}

fn client_with(
    chain: Vec<CertificateDer<'static>>,
    files: &ClientFiles,
    time: CertificateTime,
) -> Result<Arc<ClientConfig>, TlsError> {
    let key = files::private_key(&files.key)?;
    let builder = match time {
        CertificateTime::Clock => builder(&files.ca)?,
        CertificateTime::AtLeast { unix_s } => clockless_builder(&files.ca, unix_s)?,
    };
    let mut config = builder.with_client_auth_cert(chain, key).map_err(|source| TlsError::Pair {
        certificate: files.certificate.clone(),
        key: files.key.clone(),
        source,
    })?;
    // A gate never resumes, so there is nothing to remember.
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// For clients that identify themselves by other means than a certificate.
pub fn roots_client(ca: &Path) -> Result<Arc<ClientConfig>, TlsError> {
    Ok(Arc::new(builder(ca)?.with_no_client_auth()))
}

fn builder(ca: &Path) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    let roots = files::roots(ca, &files::certificates(ca)?)?;
    Ok(unverified()?.with_root_certificates(roots))
}

fn clockless_builder(
    ca: &Path,
    unix_s: u64,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, TlsError> {
    let roots = files::roots(ca, &files::certificates(ca)?)?;
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider())
        .build()
        .map_err(|source| TlsError::ServerVerifier { ca: ca.to_owned(), source })?;
    let verifier = Clockless::new(verifier, unix_s);
    // The verifier above is the usual one; only the time that it goes by is ours.
    Ok(unverified()?.dangerous().with_custom_certificate_verifier(Arc::new(verifier)))
}

fn unverified() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, TlsError> {
    ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(|source| TlsError::Protocol { source })
}
