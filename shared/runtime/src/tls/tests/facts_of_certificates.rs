//! The facts are those of the certificate, and bytes that are none are refused.

use rcgen::SanType;
use sha2::{Digest, Sha256};

use super::authority::{Authority, uri};
use crate::tls::{DerError, TlsError, certificate_facts, own_certificate};

#[test]
fn uri_names_are_told_from_other_names_in_their_order() {
    let dns = SanType::DnsName("edge.example".try_into().unwrap());
    let issued = Authority::new().issue("edge", &[0x7f, 0x00, 0x01], vec![uri("b"), dns, uri("a")]);
    let facts = certificate_facts(&issued.der).unwrap();
    assert_eq!(facts.uri_names, ["spiffe://site/edge/b", "spiffe://site/edge/a"]);
    assert_eq!(facts.serial, [0x7f, 0x00, 0x01]);
    assert_eq!(facts.not_after_s, 4_000_000_000);
    assert_eq!(facts.sha256, <[u8; 32]>::from(Sha256::digest(&issued.der)));
}

#[test]
fn a_certificate_without_names_has_none() {
    let issued = Authority::new().issue("edge", &[1], Vec::new());
    assert!(certificate_facts(&issued.der).unwrap().uri_names.is_empty());
}

#[test]
fn damaged_bytes_are_refused() {
    let der = Authority::new().issue("edge", &[1], vec![uri("a")]).der;
    for end in 0..der.len() {
        assert!(certificate_facts(&der[..end]).is_err(), "cut at {end}");
    }
    let longer = [der.as_slice(), &[0]].concat();
    let error = certificate_facts(&longer).unwrap_err();
    assert!(matches!(error, TlsError::ParseCertificate { source: DerError::TrailingBytes(1) }));
}

#[test]
fn no_single_damaged_byte_makes_the_parser_panic() {
    let der = Authority::new().issue("edge", &[1], vec![uri("a")]).der;
    for at in 0..der.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = der.clone();
            damaged[at] ^= flip;
            if let Ok(facts) = certificate_facts(&damaged) {
                assert_ne!(facts.sha256, <[u8; 32]>::from(Sha256::digest(&der)));
            }
        }
    }
}

#[test]
fn the_own_certificate_is_that_of_the_files_and_its_key_has_to_belong_to_it() {
    let authority = Authority::new();
    let mut files = authority.client("edge-1", &[2]);
    assert_eq!(own_certificate(&files).unwrap().uri_names, ["spiffe://site/edge/edge-1"]);
    files.key = authority.client("edge-2", &[3]).key;
    assert!(matches!(own_certificate(&files), Err(TlsError::Pair { .. })));
}
