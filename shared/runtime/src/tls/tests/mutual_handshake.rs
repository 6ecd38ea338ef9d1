//! Both sides prove who they are, with TLS 1.3, anew for every connection.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::version::TLS12;
use rustls::{ClientConfig, HandshakeKind};

use super::authority::Authority;
use super::handshake::{between, refusal};
use crate::tls::{
    certificate_facts, files, https_server, install_provider, mutual_client, mutual_server, roots_client,
};

const DAY_S: i64 = 86_400;

#[tokio::test]
async fn a_client_of_our_ca_is_let_in_and_known_by_its_certificate() {
    let authority = Authority::new();
    let server = mutual_server(&authority.server(&[], DAY_S)).unwrap();
    let client = mutual_client(&authority.client("edge-1", &[2])).unwrap();
    let (welcomed, byte) = between(&server.config, &client).await;
    assert_eq!(byte.unwrap(), 7);
    let facts = certificate_facts(&welcomed.unwrap().certificate.unwrap()).unwrap();
    assert_eq!(facts.uri_names, ["spiffe://site/edge/edge-1"]);
}

#[tokio::test]
async fn strangers_are_refused_on_both_sides() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let server = mutual_server(&ours.server(&[], DAY_S)).unwrap();

    let mut files = theirs.client("edge-1", &[2]);
    files.ca = ours.path("ca.pem");
    let stranger = mutual_client(&files).unwrap();
    assert!(refusal(&server.config, &stranger).await.contains("invalid peer certificate"));

    let nameless = roots_client(&ours.path("ca.pem")).unwrap();
    assert!(refusal(&server.config, &nameless).await.contains("sent no certificates"));

    let distrustful = mutual_client(&theirs.client("edge-2", &[3])).unwrap();
    let (_, byte) = between(&server.config, &distrustful).await;
    assert!(byte.unwrap_err().to_string().contains("invalid peer certificate"));
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    let authority = Authority::new();
    let server = mutual_server(&authority.server(&[], DAY_S)).unwrap();
    let roots =
        files::roots(&authority.path("ca.pem"), &files::certificates(&authority.path("ca.pem")).unwrap());
    install_provider();
    let old = ClientConfig::builder_with_protocol_versions(&[&TLS12])
        .with_root_certificates(roots.unwrap())
        .with_no_client_auth();
    assert!(refusal(&server.config, &Arc::new(old)).await.contains("peer is incompatible"));
}

#[tokio::test]
async fn sessions_are_not_resumed_even_if_the_client_would() {
    let authority = Authority::new();
    let server = mutual_server(&authority.server(&[], DAY_S)).unwrap();
    let client = mutual_client(&authority.client("edge-1", &[2])).unwrap();
    let mut eager = ClientConfig::clone(&client);
    eager.resumption = Resumption::in_memory_sessions(8);
    let eager = Arc::new(eager);
    for _ in 0..3 {
        let (welcomed, _) = between(&server.config, &eager).await;
        assert_eq!(welcomed.unwrap().kind, HandshakeKind::Full);
    }
}

#[tokio::test]
async fn https_asks_for_no_certificate_and_speaks_http_1() {
    let authority = Authority::new();
    let files = authority.server(&[], DAY_S);
    let server = https_server(&files.certificate, &files.key).unwrap();
    let mut client = ClientConfig::clone(&roots_client(&files.ca).unwrap());
    client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let (welcomed, byte) = between(&server, &Arc::new(client)).await;
    let welcomed = welcomed.unwrap();
    assert_eq!((byte.unwrap(), welcomed.alpn.as_deref()), (7, Some(b"http/1.1".as_slice())));
    assert!(welcomed.certificate.is_none());
}
