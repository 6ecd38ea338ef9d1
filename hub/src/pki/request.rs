//! Certificate requests (PKCS #10). Only the public key is taken, after the request has proved that its sender holds the
//! private one; names and rights come from the command line, never from the request.

use rcgen::{PKCS_ECDSA_P256_SHA256, PublicKeyData, SubjectPublicKeyInfo};
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::FromDer;

/// What is wrong with a request, and how to make a right one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Not PEM, or PEM of something else.
    #[error("it holds no `-----BEGIN CERTIFICATE REQUEST-----` block in PEM form")]
    NotPem,
    /// The block does not decode.
    #[error("the block is not a certificate request (PKCS #10)")]
    NotARequest,
    /// The request was altered, or its sender does not hold the key.
    #[error("its signature does not match its key")]
    Signature,
    /// Every key of a site is of one kind.
    #[error(
        "its key is not on the curve P-256; make one with: openssl ecparam -name prime256v1 -genkey -noout -out device.key"
    )]
    Curve,
}

/// The proven public key of a request.
pub(super) fn public_key(pem: &str) -> Result<SubjectPublicKeyInfo, RequestError> {
    let (_, block) = parse_x509_pem(pem.as_bytes()).map_err(|_| RequestError::NotPem)?;
    if block.label != "CERTIFICATE REQUEST" {
        return Err(RequestError::NotPem);
    }
    proven_key(&block.contents)
}

fn proven_key(der: &[u8]) -> Result<SubjectPublicKeyInfo, RequestError> {
    let (rest, request) = X509CertificationRequest::from_der(der).map_err(|_| RequestError::NotARequest)?;
    if !rest.is_empty() {
        return Err(RequestError::NotARequest);
    }
    // The curve first: a key that we do not take needs no proof, and its owner needs the better advice.
    let key = SubjectPublicKeyInfo::from_der(request.certification_request_info.subject_pki.raw)
        .ok()
        .filter(|key| *key.algorithm() == PKCS_ECDSA_P256_SHA256)
        .ok_or(RequestError::Curve)?;
    request.verify_signature().map_err(|_| RequestError::Signature)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, CertificateSigningRequest, KeyPair, PKCS_ECDSA_P384_SHA384};

    fn request(key: &KeyPair) -> CertificateSigningRequest {
        let params = CertificateParams::new(vec!["other.example".to_owned()]).unwrap();
        params.serialize_request(key).unwrap()
    }

    fn from_pem(key: &KeyPair) -> Result<SubjectPublicKeyInfo, RequestError> {
        public_key(&request(key).pem().unwrap())
    }

    #[test]
    fn the_key_of_a_sound_request_is_taken() {
        let key = KeyPair::generate().unwrap();
        assert_eq!(from_pem(&key).unwrap().der_bytes(), key.der_bytes());
    }

    #[test]
    fn a_request_with_a_foreign_key_inside_is_refused() {
        let (own, foreign) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut altered = request(&own).der().to_vec();
        let at = altered.windows(65).position(|part| part == own.der_bytes()).unwrap();
        altered[at..at + 65].copy_from_slice(foreign.der_bytes());
        assert_eq!(proven_key(&altered).err(), Some(RequestError::Signature));
    }

    #[test]
    fn other_curves_and_other_files_are_refused_by_name() {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
        assert_eq!(from_pem(&key).err(), Some(RequestError::Curve));
        assert_eq!(public_key("").err(), Some(RequestError::NotPem));
        assert_eq!(public_key(&key.serialize_pem()).err(), Some(RequestError::NotPem));
        let torn = "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n";
        assert_eq!(public_key(torn).err(), Some(RequestError::NotARequest));
    }
}
