//! A machine without a clock reaches its server, and still takes no certificate that had expired before.

use std::ops::Range;

use super::authority::Authority;
use super::handshake::between;
use crate::tls::{CertificateTime, ClientFiles, mutual_client, mutual_client_at, mutual_server};

/// Long before and long after any moment at which this test runs.
const PAST_S: i64 = 1_000_000_000;
const LATER_S: i64 = 3_900_000_000;

async fn reached(authority: &Authority, client: &ClientFiles, valid_s: Range<i64>, unix_s: u64) -> bool {
    let server = mutual_server(&authority.server_for(valid_s)).unwrap();
    let client = mutual_client_at(client, CertificateTime::AtLeast { unix_s }).unwrap();
    between(&server.config, &client).await.1.is_ok()
}

#[tokio::test]
async fn a_certificate_that_became_valid_later_is_taken() {
    let authority = Authority::new();
    let files = authority.client("edge-1", &[2]);
    let valid_s = LATER_S..LATER_S + 1_000;
    assert!(reached(&authority, &files, valid_s.clone(), 0).await);
    assert!(reached(&authority, &files, valid_s.clone(), LATER_S as u64 + 500).await);

    // With a clock it is not: the test would be worth nothing otherwise.
    let server = mutual_server(&authority.server_for(valid_s)).unwrap();
    let (_, byte) = between(&server.config, &mutual_client(&files).unwrap()).await;
    assert!(byte.unwrap_err().to_string().contains("invalid peer certificate"));
}

#[tokio::test]
async fn a_certificate_that_had_expired_before_is_refused() {
    let authority = Authority::new();
    let files = authority.client("edge-1", &[2]);
    let valid_s = PAST_S..PAST_S + 1_000;
    assert!(reached(&authority, &files, valid_s.clone(), PAST_S as u64 + 999).await);
    assert!(!reached(&authority, &files, valid_s, PAST_S as u64 + 1_001).await);
}

#[tokio::test]
async fn strangers_are_refused_without_a_clock_too() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let files = ours.client("edge-1", &[2]);
    assert!(!reached(&theirs, &files, PAST_S..LATER_S, 0).await);
}
