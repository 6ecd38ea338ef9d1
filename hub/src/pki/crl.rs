//! What stands in a revocation list: its number, its end, how many it names.

use serde::Serialize;
use x509_parser::pem::parse_x509_pem;
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use super::files::Moment;

/// Read from crl.pem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CrlFacts {
    /// Grows with every list.
    pub number: u64,
    /// After this moment the hub warns that the list is old (and still applies it).
    pub next_update: Moment,
    /// How many certificates it names.
    pub revoked: usize,
}

impl CrlFacts {
    /// `None` for anything that this authority would not have written.
    pub fn parse(pem: &str) -> Option<Self> {
        let (_, block) = parse_x509_pem(pem.as_bytes()).ok()?;
        let (_, list) = CertificateRevocationList::from_der(&block.contents).ok()?;
        Some(Self {
            number: u64::try_from(list.crl_number()?).ok()?,
            next_update: Moment::from_s(list.next_update()?.timestamp()),
            revoked: list.iter_revoked_certificates().count(),
        })
    }
}
