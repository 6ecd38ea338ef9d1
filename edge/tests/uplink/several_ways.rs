//! Several addresses of one hub, in order of preference.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use runtime::tls::ServerTls;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use wire::{ClockState, Lane};

use crate::authority::Authority;
use crate::hub::{Hub, PATIENCE};
use crate::room::{Room, clock_from, edge, numbers};

/// No way is waited for longer than ten seconds, and the next one follows within one; the rest is the test machine's.
const MOVED_ON: Duration = Duration::from_secs(30);

/// A port where nobody listens, kept free for later.
async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn a_way_that_fails_is_passed_over_and_taken_again_once_it_answers() {
    let authority = Authority::new();
    let hub = Hub::new(&edge());
    let preferred = free_port().await;
    let other = hub.listen(authority.hub("localhost"), 0).await;
    let mut room = Room::open(&authority.folder().join("spool.redb"));
    room.connect_to(&[preferred, other.port], authority.edge("doc-1"), "localhost");
    room.append(Lane::Urgent, 1..2).await;
    hub.holds(room.tails()).await;
    let mut quality = room.quality.clone().unwrap();
    quality.wait_for(|quality| quality.connected && !quality.is_preferred()).await.unwrap();

    // Both ways lead to one memory: whatever was confirmed over one is held over the other.
    let first = hub.listen(authority.hub("localhost"), preferred).await;
    quality.wait_for(|quality| quality.connected && quality.is_preferred()).await.unwrap();
    room.append(Lane::Urgent, 2..3).await;
    let memory = hub.holds(room.tails()).await;
    assert_eq!(numbers(&memory.journal(Lane::Urgent)), [1, 2]);
    assert!(quality.borrow().hub.ends_with(&preferred.to_string()));
    room.close().await;
    first.close().await;
    other.close().await;
}

#[tokio::test]
async fn a_preferred_way_that_answers_only_half_is_not_taken() {
    let authority = Authority::new();
    let (hub, mute) = (Hub::new(&edge()), Hub::new(&edge()));
    mute.change(|memory| memory.silent = true);
    let preferred = free_port().await;
    let other = hub.listen(authority.hub("localhost"), 0).await;
    let mut room = Room::open(&authority.folder().join("spool.redb"));
    room.connect_to(&[preferred, other.port], authority.edge("doc-1"), "localhost");
    room.append(Lane::Urgent, 1..2).await;
    let memory = hub.holds(room.tails()).await;

    // It accepts the edge, and never says what it holds.
    let first = mute.listen(authority.hub("localhost"), preferred).await;
    mute.wait("it was probed twice", |memory| memory.connects >= 2).await;
    room.append(Lane::Urgent, 2..3).await;
    let after = hub.holds(room.tails()).await;
    assert_eq!(after.connects, memory.connects, "the connection beside the probe stands");
    assert!(mute.memory().received.is_empty());
    room.close().await;
    first.close().await;
    other.close().await;
}

/// Accepts connections, and reads what comes, over TLS if there is any, and never says a word of its own.
async fn mute(tls: Option<ServerTls>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut bytes = [0; 1_024];
        while let Ok((mut tcp, _)) = listener.accept().await {
            match &tls {
                None => while tcp.read(&mut bytes).await.is_ok_and(|length| length > 0) {},
                Some(tls) => {
                    if let Ok(mut stream) = TlsAcceptor::from(Arc::clone(&tls.config)).accept(tcp).await {
                        while stream.read(&mut bytes).await.is_ok_and(|length| length > 0) {}
                    }
                }
            }
        }
    });
    port
}

/// Whether an edge whose preferred way is this one takes the other in time, and what it says of the first.
async fn moves_on(authority: &Authority, tls: &ServerTls, name: &str, first: u16) -> String {
    let hub = Hub::new(&edge());
    let other = hub.listen(tls.clone(), 0).await;
    let mut room = Room::open(&authority.folder().join(name).with_extension("redb"));
    room.connect_to(&[first, other.port], authority.edge_files("doc-1"), "localhost");
    let mut quality = room.quality.clone().unwrap();
    let down = quality.wait_for(|quality| quality.down.is_some() || !quality.is_preferred());
    let down = timeout(MOVED_ON, down).await.unwrap_or_else(|_| panic!("{name}: it waits for ever"));
    let down = down.unwrap().down.clone();
    let second = quality.wait_for(|quality| quality.connected && !quality.is_preferred());
    timeout(MOVED_ON, second).await.unwrap_or_else(|_| panic!("{name}: it does not move on")).unwrap();
    room.close().await;
    other.close().await;
    down.map_or_else(String::new, |down| down.failures[&format!("127.0.0.1:{first}")].clone())
}

#[tokio::test]
async fn a_way_that_fails_in_whatever_manner_is_left_for_the_next() {
    let authority = Authority::new();
    let tls = authority.hub("localhost");
    authority.edge("doc-1");
    let (refusing, silent) = (Hub::new(&edge()), Hub::new(&edge()));
    refusing.change(|memory| memory.refusing = true);
    silent.change(|memory| memory.silent = true);
    let (refusing, silent) = (refusing.listen(tls.clone(), 0).await, silent.listen(tls.clone(), 0).await);
    let (no_tls, no_mqtt) = (mute(None).await, mute(Some(tls.clone())).await);
    let closed = free_port().await;
    let moves_on = |name, first| moves_on(&authority, &tls, name, first);
    let said = tokio::join!(
        moves_on("closed", closed),
        moves_on("no-tls", no_tls),
        moves_on("no-mqtt", no_mqtt),
        moves_on("refusing", refusing.port),
        moves_on("silent", silent.port),
    );
    let expected = [
        (said.0, "no TCP connection: Connection refused"),
        (said.1, "no answer within 10 s"),
        (said.2, "no answer within 10 s"),
        (said.3, "the hub refused this edge"),
        (said.4, "the hub did not say what it holds"),
    ];
    for (said, why) in expected {
        assert!(said.starts_with(why), "`{said}` does not say `{why}`");
    }
    refusing.close().await;
    silent.close().await;
}

/// Hands connections on from one port to another, one at a time, and counts them.
async fn relay(from: u16, to: u16) -> Arc<AtomicUsize> {
    let listener = TcpListener::bind(("127.0.0.1", from)).await.unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut edge, _)) = listener.accept().await {
            let mut gate = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            // However it ends: the edge may well break it off.
            let _ = tokio::io::copy_bidirectional(&mut edge, &mut gate).await;
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    count
}

#[tokio::test]
async fn a_probe_goes_by_what_was_learnt_since_the_connection_began() {
    let authority = Authority::new();
    let (hub, expired) = (Hub::new(&edge()), Hub::new(&edge()));
    // 2030-01-01T00:00:00Z
    hub.change(|memory| memory.clock_ms = Some(1_893_456_000_000));
    let other = hub.listen(authority.hub_in("localhost", 2001..2031), 0).await;
    let gate = expired.listen(authority.hub_in("localhost", 2001..2029), 0).await;
    let preferred = free_port().await;
    let mut room = Room::open(&authority.folder().join("spool.redb"));
    room.clock = clock_from(0, ClockState::Unset);
    room.connect_to(&[preferred, other.port], authority.edge("doc-1"), "localhost");
    hub.wait("it is connected", |memory| !memory.heartbeats.is_empty()).await;
    let probes = relay(preferred, gate.port).await;
    let twice = async {
        while probes.load(Ordering::Relaxed) < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, twice).await.expect("the preferred way is probed");
    assert_eq!(
        expired.memory().connects,
        0,
        "the certificate of the preferred way had expired by the hub's word"
    );
    room.close().await;
    gate.close().await;
    other.close().await;
}
