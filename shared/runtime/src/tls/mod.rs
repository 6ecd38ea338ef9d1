//! The TLS of every Strongroom process: which provider, which protocol, which files. TLS 1.3 only,
//! unless a listener of the field is told to speak 1.2 as well.
//! The only place that knows the crypto provider and reads TLS files, so that another suite of
//! algorithms can replace it here alone.

mod client;
mod clockless;
mod crl;
mod der;
mod ecdsa;
mod error;
mod facts;
mod files;
mod issued;
mod server;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub use client::{
    CertificateTime, ClientFiles, mutual_client, mutual_client_at, own_certificate, roots_client,
};
pub use crl::CrlState;
pub use der::DerError;
pub use ecdsa::{FixedSignature, ecdsa_fixed};
pub use error::TlsError;
pub use facts::{CertificateFacts, FileFacts, certificate_facts, file_facts};
pub use issued::{Issuers, SignatureKind, Signer, Standing, check_issued};
pub use server::{
    ClientCa, OpenServerFiles, ServerFiles, ServerTls, TlsVersions, https_server, mutual_server, open_server,
};

/// Makes our provider the default of the process, for libraries that ask for one. Idempotent.
pub fn install_provider() {
    // An error means that a default is in place already: ours, from an earlier call.
    drop(rustls::crypto::ring::default_provider().install_default());
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[cfg(test)]
mod tests;
