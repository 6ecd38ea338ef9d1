//! Certificates and signatures outside a connection: whether one of our CAs issued a certificate, and whether its key made a
//! signature. Evidence is judged so long after it was made; whether the certificate has run out since is of no concern.

use std::path::Path;

use rustls::SignatureScheme;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::der::whole;
use super::error::TlsError;
use super::facts::{CertificateFacts, certificate_facts};
use super::{files, provider};

/// The CAs of one file.
#[derive(Clone, Debug)]
pub struct Issuers {
    authorities: Vec<Vec<u8>>,
}

/// Who can have signed: the key of a certificate that one of our CAs issued.
#[derive(Clone, Debug)]
pub struct Signer {
    pub facts: CertificateFacts,
    /// The whole SubjectPublicKeyInfo (DER).
    pub key_info: Vec<u8>,
    key: Vec<u8>,
}

/// How a signature of 64 bytes was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureKind {
    /// r and s over P-256, each of 32 bytes, with SHA-256.
    EcdsaP256,
    Ed25519,
}

impl Issuers {
    pub fn load(ca: &Path) -> Result<Self, TlsError> {
        let authorities = files::certificates(ca)?;
        for der in &authorities {
            whole(X509Certificate::from_der(der))
                .map_err(|source| TlsError::ParseRoot { path: ca.to_owned(), source })?;
        }
        Ok(Self { authorities: authorities.iter().map(|der| der.to_vec()).collect() })
    }

    /// `Foreign` if none of the CAs issued it, directly.
    pub fn issued(&self, der: &[u8]) -> Result<Signer, TlsError> {
        let facts = certificate_facts(der)?;
        let failed = |source| TlsError::ParseCertificate { source };
        let certificate = whole(X509Certificate::from_der(der)).map_err(failed)?;
        let issued = |authority: &Vec<u8>| {
            X509Certificate::from_der(authority).is_ok_and(|(_, authority)| {
                authority.subject() == certificate.issuer()
                    && certificate.verify_signature(Some(authority.public_key())).is_ok()
            })
        };
        if !self.authorities.iter().any(issued) {
            return Err(TlsError::Foreign);
        }
        let key = certificate.public_key();
        Ok(Signer { facts, key_info: key.raw.to_vec(), key: key.subject_public_key.data.to_vec() })
    }
}

impl Signer {
    pub fn signed(&self, kind: SignatureKind, message: &[u8], signature: &[u8; 64]) -> bool {
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

/// As X.509 writes what COSE writes as two numbers side by side.
fn ecdsa_der(signature: &[u8; 64]) -> Vec<u8> {
    const SEQUENCE: u8 = 0x30;
    const INTEGER: u8 = 0x02;
    let mut numbers = Vec::with_capacity(72);
    for number in signature.chunks_exact(32) {
        let zeros = number.iter().take_while(|byte| **byte == 0).count().min(number.len() - 1);
        let digits = &number[zeros..];
        // A first bit that is set would read as a sign.
        let sign = usize::from(digits[0] & 0x80 != 0);
        numbers.extend([INTEGER, (digits.len() + sign) as u8]);
        numbers.extend(std::iter::repeat_n(0, sign));
        numbers.extend(digits);
    }
    let mut der = vec![SEQUENCE, numbers.len() as u8];
    der.append(&mut numbers);
    der
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_become_der_without_needless_zeros() {
        let mut signature = [0; 64];
        signature[31] = 5;
        signature[32] = 0x80;
        let der = ecdsa_der(&signature);
        assert_eq!(der[..5], [0x30, 38, 0x02, 1, 5]);
        assert_eq!(der[5..9], [0x02, 33, 0, 0x80]);
        assert_eq!(der.len(), 40);
        assert_eq!(ecdsa_der(&[0; 64]), [0x30, 6, 2, 1, 0, 2, 1, 0]);
    }
}
