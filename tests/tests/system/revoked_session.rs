//! A revoked certificate loses its session at once and gets no new one; the others notice nothing.

use rustix::process::Signal;
use strongroom_tests::edge_client::LineError;
use strongroom_tests::site::Site;
use strongroom_tests::wait::soon;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_cuts_the_session_and_no_other() {
    let site = Site::with_edges(&["edge-1", "edge-2"]).await;
    let (mut revoked, mut other) = (site.edge_client("edge-1"), site.edge_client("edge-2"));
    revoked.connect_and_deliver().await.unwrap();
    other.connect_and_deliver().await.unwrap();

    site.authority.revoke_edge("edge-1");
    site.hub.process().signal(Signal::HUP);
    soon("the revoked session to be cut", revoked.line().until_closed()).await.unwrap();
    assert_eq!(site.api().refused("certificate_revoked").await, 1.0);

    other.event("door-1:handle", "yes");
    other.deliver().await.expect("the other edge keeps its session");

    revoked.event("door-1:handle", "yes");
    let again = revoked.connect().await;
    assert!(matches!(again, Err(LineError::Io(_) | LineError::Closed)), "{again:?}");
    assert_eq!(site.api().refused("certificate_revoked").await, 2.0);
    assert!(site.api().events("edge-1").await.is_empty());
}
