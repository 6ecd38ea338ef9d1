//! Who is not an edge of this site, or says what another edge would say, is refused with a reason that is counted and
//! logged, and a good edge beside never waits.

use std::sync::Arc;
use std::time::Duration;

use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v4::{ConnectReturnCode, Packet, Subscribe, SubscribeReasonCode};
use runtime::tls::{ClientFiles, mutual_client, roots_client};
use rustls::ClientConfig;
use strongroom_tests::authority::{Authority, Odd};
use strongroom_tests::companion::Companion;
use strongroom_tests::edge_client::{Line, LineError};
use strongroom_tests::site::Site;
use strongroom_tests::wait::until;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_refused_with_a_reason() {
    let site = Site::with_edges(&["edge-1", "edge-good"]).await;
    let good = Companion::start(site.edge_client("edge-good")).await;

    let authority = &site.authority;
    let foreign = Authority::init(site.folder().join("foreign-pki"), "test");
    let with_our_ca = |files: ClientFiles| ClientFiles { ca: authority.ca(), ..files };
    let odd = |edge: &str, odd| tls(&authority.issue_odd(edge, odd));
    let strangers = [
        ("certificate_unknown_issuer", tls(&with_our_ca(foreign.issue_edge("edge-1")))),
        ("certificate_missing", roots_client(&authority.ca()).unwrap()),
        ("certificate_invalid", tls(&authority.files("server-hub"))),
        ("certificate_expired", odd("edge-expired", Odd::Expired)),
        ("certificate_not_yet_valid", odd("edge-early", Odd::NotYetValid)),
        ("certificate_name", odd("edge-nameless", Odd::Nameless)),
        ("certificate_name", odd("edge-two", Odd::TwoNames)),
        ("foreign_site", odd("edge-1", Odd::ForeignSite)),
        ("not_an_edge", tls(&authority.issue_host_agent("agent-1"))),
    ];
    for (reason, tls) in strangers {
        let before = site.api().refused(reason).await;
        let taken = connect(&site, tls, "edge-1").await;
        assert!(taken.is_err(), "{reason}: a stranger was taken");
        counted(&site, reason, before + 1.0).await;
    }
    claims_of_another_edge(&site).await;

    good.served(10).await;
    let (_, longest) = good.finish().await;
    assert!(longest < Duration::from_secs(1), "the good edge waited {longest:?}");
    let api = site.api();
    assert!(api.events("edge-1").await.is_empty(), "nothing of a stranger is in the journal");
    assert_eq!(api.quarantine("edge-1").await.len(), 0);
}

/// A good certificate, used for what belongs to others.
async fn claims_of_another_edge(site: &Site) {
    let own = || tls(&site.authority.issue_edge("edge-1"));
    let refused = connect(site, own(), "edge-good").await.err();
    assert!(matches!(refused, Some(LineError::Refused(ConnectReturnCode::NotAuthorized))), "{refused:?}");
    counted(site, "foreign_client_id", 1.0).await;

    let mut line = connect(site, own(), "edge-1").await.unwrap();
    line.queue_publish("sr/v1/edge-good/urgent", b"x");
    line.flush().await.unwrap();
    assert_eq!(line.until_closed().await.unwrap(), [], "no PUBACK");
    counted(site, "foreign_topic", 1.0).await;

    let mut line = connect(site, own(), "edge-1").await.unwrap();
    let mut subscribe = Subscribe::new("sr/v1/edge-good/cmd/#", QoS::AtLeastOnce);
    subscribe.pkid = 1;
    line.send(&Packet::Subscribe(subscribe)).await.unwrap();
    match line.next("SUBACK").await.unwrap() {
        Packet::SubAck(suback) => assert_eq!(suback.return_codes, [SubscribeReasonCode::Failure]),
        packet => panic!("{packet:?}"),
    }
    counted(site, "foreign_filter", 1.0).await;
}

fn tls(files: &ClientFiles) -> Arc<ClientConfig> {
    mutual_client(files).expect("the certificates of a test can be read")
}

async fn connect(site: &Site, tls: Arc<ClientConfig>, client_id: &str) -> Result<Line, LineError> {
    let mut line = Line::open(site.hub.ports().gate, tls).await?;
    line.connect(client_id).await?;
    Ok(line)
}

async fn counted(site: &Site, reason: &str, times: f64) {
    until(&format!("the refusal {reason} to be counted"), async || {
        let counted = site.api().refused(reason).await;
        if counted == times { Ok(()) } else { Err(site.api().get("/metrics").await.text) }
    })
    .await;
    assert!(site.hub.log().contains(reason), "the log names {reason}");
}
