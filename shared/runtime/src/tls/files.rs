//! Reads the PEM files of TLS: bounded, and keys only when nobody else can read them.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use zeroize::Zeroizing;

use super::error::TlsError;
use super::facts;

/// A bundle of hundreds of certificates fits; a wrong path does not fill the memory.
const PEM_BYTES_MAX: u64 = 1024 * 1024;

/// Room for some 300,000 revoked certificates.
const CRL_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Whatever lets the group or others touch the file.
const FOREIGN_MODE_BITS: u32 = 0o077;

pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let pem = read(path, PEM_BYTES_MAX, Secrecy::Public)?;
    sections(path, &pem, "certificate")
}

pub(super) fn revocation_lists(path: &Path) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
    let pem = read(path, CRL_BYTES_MAX, Secrecy::Public)?;
    sections(path, &pem, "certificate revocation list")
}

pub(super) fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let pem = read(path, PEM_BYTES_MAX, Secrecy::OwnerOnly)?;
    let mut keys: Vec<PrivateKeyDer<'static>> = sections(path, &pem, "private key")?;
    match (keys.pop(), keys.len()) {
        (Some(key), 0) => Ok(key),
        (_, others) => Err(TlsError::KeyCount { path: path.to_owned(), count: others + 1 }),
    }
}

pub(super) fn roots(
    path: &Path,
    certificates: &[CertificateDer<'static>],
) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        if !facts::may_issue(certificate)
            .map_err(|source| TlsError::ParseRoot { path: path.to_owned(), source })?
        {
            return Err(TlsError::NotAnAuthority { path: path.to_owned() });
        }
        roots.add(certificate.clone()).map_err(|source| TlsError::Root { path: path.to_owned(), source })?;
    }
    Ok(Arc::new(roots))
}

enum Secrecy {
    Public,
    OwnerOnly,
}

/// Judges the open file, not its name, so that nothing can be exchanged in between.
fn read(path: &Path, bytes_max: u64, secrecy: Secrecy) -> Result<Zeroizing<Vec<u8>>, TlsError> {
    let failed = |source: io::Error| TlsError::Read { path: path.to_owned(), source };
    // Without blocking, because opening a pipe would otherwise wait for its writer for ever.
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = File::options().read(true).custom_flags(nonblocking).open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(TlsError::NotAFile { path: path.to_owned() });
    }
    let mode = metadata.mode() & 0o7777;
    if matches!(secrecy, Secrecy::OwnerOnly) && mode & FOREIGN_MODE_BITS != 0 {
        return Err(TlsError::OpenKey { path: path.to_owned(), mode });
    }
    if metadata.len() > bytes_max {
        return Err(TlsError::TooLarge { path: path.to_owned(), bytes_max });
    }
    // Reserved at once: a buffer that grows would leave copies of a key behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(metadata.len() as usize + 1));
    file.take(bytes_max).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn sections<T: PemObject>(path: &Path, pem: &[u8], object: &'static str) -> Result<Vec<T>, TlsError> {
    let sections: Result<Vec<T>, _> = T::pem_slice_iter(pem).collect();
    let sections = sections.map_err(|source| TlsError::Pem { path: path.to_owned(), source })?;
    if sections.is_empty() {
        return Err(TlsError::Empty { path: path.to_owned(), object });
    }
    Ok(sections)
}
