//! The connecting side: with a certificate of its own towards a gate, without one towards HTTPS.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::{Resumption, WantsClientCert};
use rustls::version::TLS13;
use rustls::{ClientConfig, ConfigBuilder};

use super::error::TlsError;
use super::{files, provider};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientFiles {
    /// The CAs whose servers are trusted.
    pub ca: PathBuf,
    /// The client's own certificate, followed by its intermediates.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

pub fn mutual_client(files: &ClientFiles) -> Result<Arc<ClientConfig>, TlsError> {
    let chain = files::certificates(&files.certificate)?;
    let key = files::private_key(&files.key)?;
    let mut config = builder(&files.ca)?.with_client_auth_cert(chain, key).map_err(|source| {
        TlsError::Pair { certificate: files.certificate.clone(), key: files.key.clone(), source }
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
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(|source| TlsError::Protocol { source })?;
    Ok(builder.with_root_certificates(roots))
}
