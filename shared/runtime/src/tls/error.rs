//! What can be wrong with TLS files. Every variant names the file and what to do about it.

use std::io;
use std::path::PathBuf;

use rustls::pki_types::pem;
use rustls::server::VerifierBuilderError;

use super::der::DerError;

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is larger than {bytes_max} bytes", path.display())]
    TooLarge { path: PathBuf, bytes_max: u64 },
    #[error("{} is not a regular file", path.display())]
    NotAFile { path: PathBuf },
    #[error("the key {} is open to others (mode {mode:04o}); run: chmod 600 {}", path.display(), path.display())]
    OpenKey { path: PathBuf, mode: u32 },
    #[error("{} is not valid PEM", path.display())]
    Pem { path: PathBuf, source: pem::Error },
    #[error("{} holds no {object}; it needs at least one in PEM form", path.display())]
    Empty { path: PathBuf, object: &'static str },
    #[error("{} holds {count} private keys; leave exactly one", path.display())]
    KeyCount { path: PathBuf, count: usize },
    #[error("{} holds a certificate that cannot be a root of trust", path.display())]
    Root { path: PathBuf, source: rustls::Error },
    #[error("{} holds a certificate that is no CA's; give the ca.pem that `strongroom-hub pki init` wrote", path.display())]
    NotAnAuthority { path: PathBuf },
    #[error("{} holds a certificate that cannot be parsed", path.display())]
    ParseRoot { path: PathBuf, source: DerError },
    #[error("{} holds a revocation list that cannot be parsed", path.display())]
    ParseCrl { path: PathBuf, source: DerError },
    #[error("{} holds a revocation list that none of the CAs in {} has signed", path.display(), ca.display())]
    ForeignCrl { path: PathBuf, ca: PathBuf },
    /// A verifier picks a list by the name of the CA alone and would refuse the clients of one of them.
    #[error("{} holds two CAs with the same name and different keys; give the newer one another name", path.display())]
    SameName { path: PathBuf },
    /// A verifier looks at the first list of a CA only and would let in whom the second one revokes.
    #[error("{} holds two revocation lists of the same CA; leave only the newest", path.display())]
    SecondCrl { path: PathBuf },
    #[error("no client verifier can be built from {} and {}", ca.display(), crl.display())]
    Verifier { ca: PathBuf, crl: PathBuf, source: VerifierBuilderError },
    #[error("no server verifier can be built from {}", ca.display())]
    ServerVerifier { ca: PathBuf, source: VerifierBuilderError },
    #[error("the certificate {} and the key {} cannot be used together", certificate.display(), key.display())]
    Pair { certificate: PathBuf, key: PathBuf, source: rustls::Error },
    #[error("the TLS provider does not support TLS 1.3")]
    Protocol { source: rustls::Error },
    #[error(
        "none of the CAs in {} issued {}; issue one there, or name the CA that did",
        ca.display(), certificate.display()
    )]
    ForeignOwn { certificate: PathBuf, ca: PathBuf },
    #[error("the presented certificate cannot be parsed")]
    ParseCertificate { source: DerError },
}
