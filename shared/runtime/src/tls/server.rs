//! The listening side: the gate with client certificates, the gate of the field that may do without, and plain HTTPS.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::SupportedProtocolVersion;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};

use super::crl::{self, CrlState};
use super::error::TlsError;
use super::issued::Issuers;
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

/// A listener whose clients may identify themselves by other means than a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenServerFiles {
    /// The server's own certificate, followed by its intermediates.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// Without it no client certificate is asked for.
    pub clients: Option<ClientCa>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCa {
    pub ca: PathBuf,
    /// Without a list nobody is revoked.
    pub crl: Option<PathBuf>,
}

/// Which versions of TLS a listener speaks. 1.2 is there for devices that know nothing newer; of its suites the provider
/// has only those with forward secrecy and authenticated encryption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsVersions {
    #[default]
    Only13,
    From12,
}

impl TlsVersions {
    fn supported(self) -> Vec<&'static SupportedProtocolVersion> {
        match self {
            Self::Only13 => vec![&TLS13],
            Self::From12 => vec![&TLS13, &TLS12],
        }
    }
}

/// To exchange certificates or the revocation list, build another one and hand it to the listener.
#[derive(Clone)]
pub struct ServerTls {
    pub config: Arc<ServerConfig>,
    pub crl: Arc<CrlState>,
    /// For what clients have signed outside a connection.
    pub issuers: Issuers,
}

/// A client certificate is required and checked against the revocation list. Sessions are never
/// resumed: a resumed session would skip both checks.
pub fn mutual_server(files: &ServerFiles) -> Result<ServerTls, TlsError> {
    let authorities = files::certificates(&files.ca)?;
    let roots = files::roots(&files.ca, &authorities)?;
    let lists = files::revocation_lists(&files.crl)?;
    let state = crl::state(&files.crl, &lists, &files.ca, &authorities)?;
    let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider())
        .with_crls(lists)
        .only_check_end_entity_revocation()
        .build()
        .map_err(|source| TlsError::Verifier { ca: files.ca.clone(), crl: files.crl.clone(), source })?;
    let config = config(TlsVersions::Only13, verifier, &files.certificate, &files.key)?;
    let crl = Arc::new(state);
    Ok(ServerTls {
        config: never_resuming(config),
        crl: crl.clone(),
        issuers: Issuers::new(authorities, crl),
    })
}

/// A client certificate is asked for if there is a CA, and checked if one is shown; a client may come without.
pub fn open_server(files: &OpenServerFiles, versions: TlsVersions) -> Result<ServerTls, TlsError> {
    let (verifier, state) = match &files.clients {
        Some(clients) => optional_certificates(clients)?,
        None => (WebPkiClientVerifier::no_client_auth(), CrlState::default()),
    };
    let config = config(versions, verifier, &files.certificate, &files.key)?;
    // Nothing that clients of such a listener send is signed outside their connection.
    Ok(ServerTls { config: never_resuming(config), crl: Arc::new(state), issuers: Issuers::default() })
}

fn optional_certificates(
    ClientCa { ca, crl }: &ClientCa,
) -> Result<(Arc<dyn ClientCertVerifier>, CrlState), TlsError> {
    let authorities = files::certificates(ca)?;
    let roots = files::roots(ca, &authorities)?;
    let mut builder = WebPkiClientVerifier::builder_with_provider(roots, provider()).allow_unauthenticated();
    let mut state = CrlState::default();
    if let Some(crl) = crl {
        let lists = files::revocation_lists(crl)?;
        state = crl::state(crl, &lists, ca, &authorities)?;
        builder = builder.with_crls(lists).only_check_end_entity_revocation();
    }
    let verifier = builder.build().map_err(|source| {
        let crl = crl.clone().unwrap_or_default();
        TlsError::Verifier { ca: ca.clone(), crl, source }
    })?;
    Ok((verifier, state))
}

fn never_resuming(mut config: ServerConfig) -> Arc<ServerConfig> {
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Arc::new(config)
}

pub fn https_server(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let mut config = config(TlsVersions::Only13, WebPkiClientVerifier::no_client_auth(), certificate, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn config(
    versions: TlsVersions,
    verifier: Arc<dyn ClientCertVerifier>,
    certificate: &Path,
    key: &Path,
) -> Result<ServerConfig, TlsError> {
    let chain = files::certificates(certificate)?;
    let private_key = files::private_key(key)?;
    ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&versions.supported())
        .map_err(|source| TlsError::Protocol { source })?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, private_key)
        .map_err(|source| TlsError::Pair { certificate: certificate.to_owned(), key: key.to_owned(), source })
}
