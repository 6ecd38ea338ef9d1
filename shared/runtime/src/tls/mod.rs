//! The TLS of every Strongroom process: which provider, which protocol, which files. TLS 1.3 only.
//! The only place that knows the crypto provider and reads TLS files, so that another suite of
//! algorithms can replace it here alone.

mod client;
mod crl;
mod der;
mod error;
mod facts;
mod files;
mod server;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub use client::{ClientFiles, mutual_client, roots_client};
pub use crl::CrlState;
pub use der::DerError;
pub use error::TlsError;
pub use facts::{CertificateFacts, certificate_facts};
pub use server::{ServerFiles, ServerTls, https_server, mutual_server};

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
