//! The few things about a certificate that others want to know, so that nobody else parses X.509.

use std::path::Path;

use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;
use x509_parser::x509::AttributeTypeAndValue;

use super::der::{DerError, whole};
use super::error::TlsError;
use super::files;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts {
    /// The URI subject alternative names, in their order.
    pub uri_names: Vec<String>,
    /// The serial as the certificate writes it, big end first.
    pub serial: Vec<u8>,
    pub not_after_s: i64,
    /// Over the whole certificate.
    pub sha256: [u8; 32],
}

/// Says nothing about trust: a verifier has to have accepted the certificate before.
pub fn certificate_facts(der: &[u8]) -> Result<CertificateFacts, TlsError> {
    let failed = |source| TlsError::ParseCertificate { source };
    let certificate = whole(X509Certificate::from_der(der)).map_err(failed)?;
    Ok(CertificateFacts {
        uri_names: uri_names(&certificate).map_err(failed)?,
        serial: certificate.raw_serial().to_vec(),
        not_after_s: certificate.validity().not_after.timestamp(),
        sha256: Sha256::digest(der).into(),
    })
}

/// What the first certificate of a file says of itself, for checks of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// The organisation; our own authority writes the site there.
    pub organisation: Option<String>,
    /// The common name of who issued it.
    pub issuer: Option<String>,
    pub not_before_s: i64,
    pub not_after_s: i64,
}

pub fn file_facts(path: &Path) -> Result<FileFacts, TlsError> {
    let certificates = files::certificates(path)?;
    let failed = |source| TlsError::ParseRoot { path: path.to_owned(), source };
    let certificate = whole(X509Certificate::from_der(&certificates[0])).map_err(failed)?;
    let text = |value: Option<&AttributeTypeAndValue<'_>>| Some(value?.as_str().ok()?.to_owned());
    Ok(FileFacts {
        organisation: text(certificate.subject().iter_organization().next()),
        issuer: text(certificate.issuer().iter_common_name().next()),
        not_before_s: certificate.validity().not_before.timestamp(),
        not_after_s: certificate.validity().not_after.timestamp(),
    })
}

/// Whether it is a CA's certificate. rustls takes any as a root and would then refuse every peer.
pub(super) fn may_issue(der: &[u8]) -> Result<bool, DerError> {
    let certificate = whole(X509Certificate::from_der(der))?;
    Ok(certificate.is_ca())
}

fn uri_names(certificate: &X509Certificate<'_>) -> Result<Vec<String>, DerError> {
    let Some(extension) = certificate.subject_alternative_name().map_err(DerError::Parse)? else {
        return Ok(Vec::new());
    };
    let mut uri_names = Vec::new();
    for name in &extension.value.general_names {
        match name {
            GeneralName::URI(uri) => uri_names.push((*uri).to_owned()),
            // An identity that cannot be read must not pass for one that is absent.
            GeneralName::Invalid(..) => return Err(DerError::InvalidName),
            _ => {}
        }
    }
    Ok(uri_names)
}
