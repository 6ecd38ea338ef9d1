//! What the authority signs is accepted by the verifiers that the hub and the edges use, for exactly the purpose, the
//! name, the time and the signer that it was made for.

#![allow(clippy::unwrap_used, reason = "a preparation that fails is a failed test")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::{CertificateError, Error};
use strongroom_hub::pki::{Authority, Holder, Issued, PkiError, Reason, RequestError, Subject, Target};
use tempfile::TempDir;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate};

const NOW_S: i64 = 1_800_000_000;
const DAY_S: i64 = 86_400;

fn authority() -> (TempDir, Authority) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::init(folder.path(), &"haus-a".parse().unwrap(), 10, 30, NOW_S).unwrap();
    (folder, authority)
}

fn edge(name: &str) -> Subject {
    Subject::Edge(name.parse().unwrap())
}

fn hub() -> Subject {
    Subject::Server {
        name: "hub".parse().unwrap(),
        dns: vec!["hub.example.org".parse().unwrap()],
        ips: vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()],
    }
}

fn issue(authority: &Authority, subject: &Subject) -> Issued {
    authority.issue(subject, 365, None, NOW_S).unwrap()
}

fn der(issued: &Issued) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(issued.certificate_pem.as_bytes()).unwrap()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn roots(folder: &Path) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.join("ca.pem")).unwrap()).unwrap();
    Arc::new(roots)
}

fn at(unix_s: i64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(unix_s.try_into().unwrap()))
}

fn verify_client(folder: &Path, certificate: &CertificateDer<'_>, unix_s: i64) -> Result<(), Error> {
    let crl = CertificateRevocationListDer::from_pem_file(folder.join("crl.pem")).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(roots(folder), provider())
        .with_crls([crl])
        .enforce_revocation_expiration()
        .build()
        .unwrap();
    verifier.verify_client_cert(certificate, &[], at(unix_s)).map(drop)
}

fn verify_server(folder: &Path, certificate: &CertificateDer<'_>, name: &str) -> Result<(), Error> {
    let verifier = WebPkiServerVerifier::builder_with_provider(roots(folder), provider()).build().unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    verifier.verify_server_cert(certificate, &[], &name, &[], at(NOW_S)).map(drop)
}

fn refusal(outcome: Result<(), Error>) -> CertificateError {
    match outcome {
        Err(Error::InvalidCertificate(error)) => error,
        other => panic!("expected a refused certificate, got {other:?}"),
    }
}

#[test]
fn an_edge_is_accepted_as_a_client_and_never_as_a_server() {
    let (folder, authority) = authority();
    let certificate = der(&issue(&authority, &edge("archive-1")));
    verify_client(folder.path(), &certificate, NOW_S).unwrap();
    let wrong_purpose = refusal(verify_server(folder.path(), &certificate, "archive-1"));
    assert!(format!("{wrong_purpose:?}").contains("Purpose"), "{wrong_purpose:?}");
}

#[test]
fn a_server_is_accepted_under_its_names_and_never_as_a_client() {
    let (folder, authority) = authority();
    let certificate = der(&issue(&authority, &hub()));
    for name in ["hub.example.org", "127.0.0.1", "::1"] {
        verify_server(folder.path(), &certificate, name).unwrap();
    }
    let foreign = refusal(verify_server(folder.path(), &certificate, "other.example.org"));
    assert!(format!("{foreign:?}").contains("NotValidForName"), "{foreign:?}");
    let wrong_purpose = refusal(verify_client(folder.path(), &certificate, NOW_S));
    assert!(format!("{wrong_purpose:?}").contains("Purpose"), "{wrong_purpose:?}");
}

#[test]
fn validity_begins_five_minutes_early_and_ends_with_its_last_second() {
    let (folder, authority) = authority();
    let certificate = der(&authority.issue(&edge("a"), 10, None, NOW_S).unwrap());
    let verify = |unix_s| verify_client(folder.path(), &certificate, unix_s);
    verify(NOW_S - 300).unwrap();
    verify(NOW_S + 10 * DAY_S).unwrap();
    assert!(format!("{:?}", refusal(verify(NOW_S - 301))).contains("NotValidYet"));
    assert!(format!("{:?}", refusal(verify(NOW_S + 10 * DAY_S + 1))).contains("Expired"));
}

#[test]
fn a_certificate_of_another_authority_of_the_same_site_is_refused() {
    let (folder, _) = authority();
    let (_other_folder, other) = authority();
    let foreign = refusal(verify_client(folder.path(), &der(&issue(&other, &edge("a"))), NOW_S));
    assert!(matches!(foreign, CertificateError::UnknownIssuer), "{foreign:?}");
}

#[test]
fn a_revoked_certificate_is_refused_from_the_next_list_on_and_its_neighbours_are_not() {
    let (folder, authority) = authority();
    let (old, new) = (issue(&authority, &edge("a")), issue(&authority, &edge("a")));
    assert_eq!((old.live_before, new.live_before), (0, 1));
    let neighbour = issue(&authority, &edge("b"));

    authority.revoke(&Target::Serial(old.entry.serial), Reason::Superseded, NOW_S).unwrap();
    let revoked = refusal(verify_client(folder.path(), &der(&old), NOW_S));
    assert!(matches!(revoked, CertificateError::Revoked), "{revoked:?}");
    verify_client(folder.path(), &der(&new), NOW_S).unwrap();

    let holder = Target::Holder(Holder::Edge("a".parse().unwrap()));
    let outcome = authority.revoke(&holder, Reason::KeyCompromise, NOW_S).unwrap();
    assert_eq!((outcome.newly.len(), outcome.crl_number), (1, 3));
    assert!(matches!(refusal(verify_client(folder.path(), &der(&new), NOW_S)), CertificateError::Revoked));
    verify_client(folder.path(), &der(&neighbour), NOW_S).unwrap();
}

#[test]
fn a_list_is_fresh_for_the_days_that_were_asked_for() {
    let (folder, authority) = authority();
    let certificate = der(&issue(&authority, &edge("a")));
    let after = NOW_S + 31 * DAY_S;
    assert!(format!("{:?}", refusal(verify_client(folder.path(), &certificate, after))).contains("Expired"));
    let list = authority.renew_crl(Some(60), NOW_S).unwrap();
    assert_eq!((list.number, list.revoked), (2, 0));
    verify_client(folder.path(), &certificate, after).unwrap();
}

#[test]
fn the_identity_is_one_uri_and_the_key_identifiers_link_leaf_and_authority() {
    let (folder, authority) = authority();
    let leaf = der(&issue(&authority, &edge("archive-1")));
    let root = CertificateDer::from_pem_file(folder.path().join("ca.pem")).unwrap();
    let (_, leaf) = X509Certificate::from_der(&leaf).unwrap();
    let (_, root) = X509Certificate::from_der(&root).unwrap();

    let names = &leaf.subject_alternative_name().unwrap().unwrap().value.general_names;
    assert!(matches!(names[..], [GeneralName::URI("spiffe://haus-a/edge/archive-1")]), "{names:?}");
    assert!(!leaf.is_ca() && root.is_ca());
    assert_eq!(leaf.raw_serial().len(), 16);
    assert!(leaf.raw_serial()[0] < 0x80, "a serial is positive");

    let subject_key = |certificate: &X509Certificate<'_>| {
        certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0.to_vec()),
            _ => None,
        })
    };
    let authority_key = leaf.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(key) => key.key_identifier.as_ref().map(|id| id.0.to_vec()),
        _ => None,
    });
    assert!(subject_key(&leaf).is_some());
    assert_eq!(authority_key, subject_key(&root));
}

#[test]
fn a_key_made_here_fits_its_certificate() {
    let (_folder, authority) = authority();
    let issued = issue(&authority, &hub());
    let key = issued.key_pem.as_ref().unwrap().reveal();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let signing = provider().key_provider.load_private_key(key).unwrap();
    rustls::sign::CertifiedKey::new(vec![der(&issued)], signing).keys_match().unwrap();
}

#[test]
fn a_request_brings_its_key_and_nothing_else() {
    let (folder, authority) = authority();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut wish = rcgen::CertificateParams::new(vec!["hub.example.org".to_owned()]).unwrap();
    wish.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    wish.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let request = wish.serialize_request(&key).unwrap().pem().unwrap();

    let issued = authority.issue(&edge("a"), 365, Some(&request), NOW_S).unwrap();
    assert!(issued.key_pem.is_none());
    let certificate = der(&issued);
    verify_client(folder.path(), &certificate, NOW_S).unwrap();
    verify_server(folder.path(), &certificate, "hub.example.org").unwrap_err();
    let (_, parsed) = X509Certificate::from_der(&certificate).unwrap();
    assert_eq!(parsed.public_key().subject_public_key.data.as_ref(), key.public_key_raw());
    assert!(!parsed.is_ca());

    let garbage = authority.issue(&edge("a"), 365, Some("garbage"), NOW_S).unwrap_err();
    assert!(matches!(garbage, PkiError::Request(RequestError::NotPem)), "{garbage}");
}
