//! Certificate revocation lists. An expired list still applies: a forgotten renewal must not lock the
//! known edges out. Whoever owns the listener watches the expiry and raises it.

use std::collections::HashSet;
use std::path::Path;

use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use super::der::whole;
use super::error::TlsError;

/// What the lists of one file say together. The default is no list: nobody is revoked.
#[derive(Debug, Default)]
pub struct CrlState {
    revoked: HashSet<Box<[u8]>>,
    next_update_s: Option<i64>,
}

impl CrlState {
    /// Takes the serial as `CertificateFacts` gives it; leading zeros make no difference.
    pub fn revokes(&self, serial: &[u8]) -> bool {
        self.revoked.contains(significant(serial))
    }

    pub fn revoked_count(&self) -> usize {
        self.revoked.len()
    }

    /// When the first of the lists wants to be replaced, in unix seconds.
    pub fn next_update_s(&self) -> Option<i64> {
        self.next_update_s
    }

    pub fn expired(&self, now_s: i64) -> bool {
        self.next_update_s.is_some_and(|next_update_s| now_s > next_update_s)
    }
}

/// Reads lists that one of the CAs has signed. A foreign list would make every handshake fail, so it
/// is refused when it is loaded and not when the first client comes.
pub(super) fn state(
    crl: &Path,
    lists: &[CertificateRevocationListDer<'_>],
    ca: &Path,
    authorities: &[CertificateDer<'_>],
) -> Result<CrlState, TlsError> {
    let authorities: Vec<X509Certificate<'_>> = authorities
        .iter()
        .map(|der| whole(X509Certificate::from_der(der)))
        .collect::<Result<_, _>>()
        .map_err(|source| TlsError::ParseRoot { path: ca.to_owned(), source })?;
    if ambiguous(&authorities) {
        return Err(TlsError::SameName { path: ca.to_owned() });
    }
    let mut issuers = HashSet::new();
    let mut revoked = HashSet::new();
    let mut next_updates_s = Vec::new();
    for der in lists {
        let list = whole(CertificateRevocationList::from_der(der))
            .map_err(|source| TlsError::ParseCrl { path: crl.to_owned(), source })?;
        if !authorities.iter().any(|authority| signed(authority, &list)) {
            return Err(TlsError::ForeignCrl { path: crl.to_owned(), ca: ca.to_owned() });
        }
        if !issuers.insert(list.issuer().as_raw().to_vec()) {
            return Err(TlsError::SecondCrl { path: crl.to_owned() });
        }
        revoked.extend(list.iter_revoked_certificates().map(|entry| significant(entry.raw_serial()).into()));
        next_updates_s.extend(list.next_update().map(|time| time.timestamp()));
    }
    Ok(CrlState { revoked, next_update_s: next_updates_s.into_iter().min() })
}

/// The same CA certified anew with the same key is no trouble.
fn ambiguous(authorities: &[X509Certificate<'_>]) -> bool {
    let clash = |a: &X509Certificate<'_>, b: &X509Certificate<'_>| {
        a.subject() == b.subject() && a.public_key() != b.public_key()
    };
    authorities.iter().enumerate().any(|(index, a)| authorities[..index].iter().any(|b| clash(a, b)))
}

fn signed(authority: &X509Certificate<'_>, list: &CertificateRevocationList<'_>) -> bool {
    authority.subject() == list.issuer() && list.verify_signature(authority.public_key()).is_ok()
}

/// DER writes a leading zero where the first bit would otherwise read as a sign.
fn significant(serial: &[u8]) -> &[u8] {
    let zeros = serial.iter().take_while(|byte| **byte == 0).count();
    &serial[zeros..]
}
