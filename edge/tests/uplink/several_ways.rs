//! Several addresses of one hub, in order of preference.

use tokio::net::TcpListener;
use wire::Lane;

use crate::authority::Authority;
use crate::hub::Hub;
use crate::room::{Room, edge, numbers};

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
