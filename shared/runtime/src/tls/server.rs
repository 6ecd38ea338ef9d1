//! The listening side: the gate with client certificates, and plain HTTPS.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::TLS13;

use super::crl::{self, CrlState};
use super::error::TlsError;
use super::{files, provider};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFiles {
    /// The CAs whose clients are let in.
    pub ca: PathBuf,
    /// One list of each CA that issues client certificates; a client whose CA has no list is refused.
    pub crl: PathBuf,
    /// The server's own certificate, followed by its intermediates.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// To exchange certificates or the revocation list, build another one and hand it to the listener.
#[derive(Clone)]
pub struct ServerTls {
    pub config: Arc<ServerConfig>,
    pub crl: Arc<CrlState>,
}

/// A client certificate is required and checked against the revocation list. Sessions are never
/// resumed: a resumed session would skip both checks.
pub fn mutual_server(files: &ServerFiles) -> Result<ServerTls, TlsError> {
    let authorities = files::certificates(&files.ca)?;
    let lists = files::revocation_lists(&files.crl)?;
    let state = crl::state(&files.crl, &lists, &files.ca, &authorities)?;
    let roots = files::roots(&files.ca, &authorities)?;
    let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider())
        .with_crls(lists)
        .only_check_end_entity_revocation()
        .build()
        .map_err(|source| TlsError::Verifier { ca: files.ca.clone(), crl: files.crl.clone(), source })?;
    let mut config = config(verifier, &files.certificate, &files.key)?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(ServerTls { config: Arc::new(config), crl: Arc::new(state) })
}

pub fn https_server(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = config(WebPkiClientVerifier::no_client_auth(), certificate, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn config(
    verifier: Arc<dyn ClientCertVerifier>,
    certificate: &Path,
    key: &Path,
) -> Result<ServerConfig, TlsError> {
    let chain = files::certificates(certificate)?;
    let private_key = files::private_key(key)?;
    ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(|source| TlsError::Protocol { source })?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, private_key)
        .map_err(|source| TlsError::Pair { certificate: certificate.to_owned(), key: key.to_owned(), source })
}
