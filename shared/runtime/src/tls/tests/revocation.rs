//! A revoked certificate is refused, an expired list still applies, a foreign list is not taken.

use std::sync::Arc;

use rustls::ClientConfig;

use super::authority::Authority;
use super::handshake::{between, refusal};
use crate::tls::{ClientFiles, ServerFiles, TlsError, certificate_facts, mutual_client, mutual_server};

const DAY_S: i64 = 86_400;
const REVOKED: &[u8] = &[0x00, 0x9a, 0x01];
const GOOD: &[u8] = &[0x44];

#[tokio::test]
async fn the_revoked_client_is_refused_and_the_one_beside_it_is_not() {
    let authority = Authority::new();
    let server = mutual_server(&authority.server(&[&[0x9a, 0x01]], DAY_S)).unwrap();
    let revoked = mutual_client(&authority.client("revoked", REVOKED)).unwrap();
    assert!(refusal(&server.config, &revoked).await.contains("Revoked"));
    let good = mutual_client(&authority.client("good", GOOD)).unwrap();
    assert_eq!(between(&server.config, &good).await.1.unwrap(), 7);
}

#[tokio::test]
async fn an_expired_list_still_applies_and_says_so() {
    let authority = Authority::new();
    let server = mutual_server(&authority.server(&[REVOKED], -DAY_S)).unwrap();
    let revoked = mutual_client(&authority.client("revoked", REVOKED)).unwrap();
    assert!(refusal(&server.config, &revoked).await.contains("Revoked"));
    let good = mutual_client(&authority.client("good", GOOD)).unwrap();
    assert_eq!(between(&server.config, &good).await.1.unwrap(), 7);

    let next_update_s = server.crl.next_update_s().unwrap();
    assert!(!server.crl.expired(next_update_s) && server.crl.expired(next_update_s + 1));
}

#[test]
fn the_state_knows_serials_as_certificates_write_them() {
    let authority = Authority::new();
    let crl = mutual_server(&authority.server(&[&[0x9a, 0x01]], DAY_S)).unwrap().crl;
    let facts = certificate_facts(&authority.issue("a", REVOKED, Vec::new()).der).unwrap();
    assert!(crl.revokes(&facts.serial));
    assert!(crl.revokes(&[0x9a, 0x01]) && crl.revokes(&[0, 0, 0x9a, 0x01]));
    assert!(!crl.revokes(&[0x9a]) && !crl.revokes(&[0x9a, 0x01, 0x00]) && !crl.revokes(&[]));
    assert_eq!(crl.revoked_count(), 1);
}

/// A server of `one` that lets in the clients of both, with this list.
fn server_of_both(one: &Authority, two: &Authority, crl: &str) -> ServerFiles {
    let ca = one.write("both-ca.pem", &(one.pem() + &two.pem()), 0o644);
    let crl = one.write("both-crl.pem", crl, 0o644);
    ServerFiles { ca, crl, ..one.server(&[], DAY_S) }
}

/// A client of `two` that trusts the servers of `one`.
fn guest(one: &Authority, two: &Authority, serial: &[u8]) -> Arc<ClientConfig> {
    mutual_client(&ClientFiles { ca: one.path("ca.pem"), ..two.client("guest", serial) }).unwrap()
}

#[tokio::test]
async fn lists_of_several_cas_apply_together() {
    let (one, two) = (Authority::named("one"), Authority::named("two"));
    let lists = one.crl(&[], 10 * DAY_S) + &two.crl(&[REVOKED], DAY_S);
    let server = mutual_server(&server_of_both(&one, &two, &lists)).unwrap();
    assert!(refusal(&server.config, &guest(&one, &two, REVOKED)).await.contains("Revoked"));
    assert_eq!(between(&server.config, &guest(&one, &two, GOOD)).await.1.unwrap(), 7);
    let in_five_days = crate::clock::wall_ms() / 1_000 + 5 * DAY_S;
    assert!(server.crl.expired(in_five_days), "the earliest expiry counts");
}

#[tokio::test]
async fn a_client_whose_ca_has_no_list_is_refused() {
    let (one, two) = (Authority::named("one"), Authority::named("two"));
    let server = mutual_server(&server_of_both(&one, &two, &one.crl(&[], DAY_S))).unwrap();
    let refusal = refusal(&server.config, &guest(&one, &two, GOOD)).await;
    assert!(refusal.contains("UnknownRevocationStatus"), "{refusal}");
}

#[test]
fn a_list_that_our_ca_did_not_sign_is_not_taken() {
    // Both CAs carry the same name, so that the signature alone tells them apart.
    let (ours, theirs) = (Authority::new(), Authority::new());
    let mut files = ours.server(&[], DAY_S);
    files.crl = ours.write("foreign.pem", &theirs.crl(&[], DAY_S), 0o644);
    assert!(matches!(mutual_server(&files), Err(TlsError::ForeignCrl { .. })));
}

#[test]
fn cas_and_lists_that_cannot_be_told_apart_are_not_taken() {
    let (one, other) = (Authority::new(), Authority::new());
    let lists = one.crl(&[], DAY_S) + &other.crl(&[], DAY_S);
    assert!(matches!(mutual_server(&server_of_both(&one, &other, &lists)), Err(TlsError::SameName { .. })));

    let mut files = one.server(&[], DAY_S);
    files.crl = one.write("twice.pem", &(one.crl(&[], DAY_S) + &one.crl(&[REVOKED], DAY_S)), 0o644);
    assert!(matches!(mutual_server(&files), Err(TlsError::SecondCrl { .. })));
}
