//! Certificates and signatures outside a connection: what our CAs say of a certificate, and whether its key made a signature.
//! Evidence is judged so long after it was made: whether a certificate had run out by then is for the caller to judge.

use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::client::ClientFiles;
use super::crl::CrlState;
use super::der::whole;
use super::ecdsa::{FixedSignature, ecdsa_der};
use super::error::TlsError;
use super::facts::{CertificateFacts, certificate_facts};
use super::{files, provider};

/// The CAs of a listener's clients, and whom they have revoked. Cheap to clone; the default is none.
#[derive(Clone, Debug, Default)]
pub struct Issuers {
    authorities: Arc<[CertificateDer<'static>]>,
    crl: Arc<CrlState>,
}

/// Who can have signed: the key of a certificate.
#[derive(Clone, Debug)]
pub struct Signer {
    pub facts: CertificateFacts,
    pub standing: Standing,
    /// The whole SubjectPublicKeyInfo (DER).
    pub key_info: Vec<u8>,
    key: Vec<u8>,
}

/// What our CAs say of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// One of them issued it, directly.
    Issued,
    /// One of them issued it, and revoked it since.
    Revoked,
    /// None of them issued it: anybody may have written it.
    Foreign,
}

/// How a signature of 64 bytes was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureKind {
    /// r and s over P-256, each of 32 bytes, with SHA-256.
    EcdsaP256,
    Ed25519,
}

impl Issuers {
    pub(super) fn new(authorities: Vec<CertificateDer<'static>>, crl: Arc<CrlState>) -> Self {
        Self { authorities: authorities.into(), crl }
    }

    /// Reads a certificate and says what is to be thought of it.
    pub fn signer(&self, der: &[u8]) -> Result<Signer, TlsError> {
        let facts = certificate_facts(der)?;
        let failed = |source| TlsError::ParseCertificate { source };
        let certificate = whole(X509Certificate::from_der(der)).map_err(failed)?;
        let standing = match self.issued(&certificate) {
            false => Standing::Foreign,
            true if self.crl.revokes(&facts.serial) => Standing::Revoked,
            true => Standing::Issued,
        };
        let key = certificate.public_key();
        Ok(Signer { facts, standing, key_info: key.raw.to_vec(), key: key.subject_public_key.data.to_vec() })
    }

    fn issued(&self, certificate: &X509Certificate<'_>) -> bool {
        self.authorities.iter().any(|authority| {
            X509Certificate::from_der(authority).is_ok_and(|(_, authority)| {
                authority.subject() == certificate.issuer()
                    && certificate.verify_signature(Some(authority.public_key())).is_ok()
            })
        })
    }
}

/// Whether a connection with these files can succeed at a peer that trusts the same CAs: that one of them issued the client's
/// own certificate, or one that the client shows with it.
pub fn check_issued(files: &ClientFiles) -> Result<(), TlsError> {
    let authorities = files::certificates(&files.ca)?;
    let issuers = Issuers { authorities: authorities.into(), crl: Arc::default() };
    let issued =
        |own: &CertificateDer<'_>| X509Certificate::from_der(own).is_ok_and(|(_, own)| issuers.issued(&own));
    if files::certificates(&files.certificate)?.iter().any(issued) {
        return Ok(());
    }
    Err(TlsError::ForeignOwn { certificate: files.certificate.clone(), ca: files.ca.clone() })
}

impl Signer {
    pub fn signed(&self, kind: SignatureKind, message: &[u8], signature: &FixedSignature) -> bool {
        let (scheme, signature) = match kind {
            SignatureKind::EcdsaP256 => (SignatureScheme::ECDSA_NISTP256_SHA256, ecdsa_der(signature)),
            SignatureKind::Ed25519 => (SignatureScheme::ED25519, signature.to_vec()),
        };
        let algorithms = provider().signature_verification_algorithms;
        let fitting = algorithms.mapping.iter().filter(|(known, _)| *known == scheme);
        fitting
            .flat_map(|(_, algorithms)| algorithms.iter())
            .any(|algorithm| algorithm.verify_signature(&self.key, message, &signature).is_ok())
    }
}
