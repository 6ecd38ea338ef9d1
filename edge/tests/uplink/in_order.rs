//! Whatever happens to the connection, the hub gets every envelope, in order, in one chain.

use wire::{Digest, Envelope, Lane};

use crate::authority::Authority;
use crate::hub::{Hub, Memory};
use crate::room::{Room, edge, numbers};

fn verify(memory: &Memory, lane: Lane) {
    let mut expected = (wire::Seq::FIRST, Digest::origin(&edge(), memory.epoch.unwrap(), lane));
    for received in memory.received.iter().filter(|received| received.lane == lane) {
        let envelope = Envelope::decode(&received.bytes).unwrap();
        if envelope.header.first == expected.0 {
            assert_eq!(envelope.header.previous, expected.1);
            expected = (envelope.next(), Digest::of(&received.bytes));
        }
        assert!(envelope.next() <= expected.0, "{lane}: an envelope came before the one it follows");
    }
    assert_eq!(expected.0, memory.held[lane.index()].0);
}

#[tokio::test]
async fn a_backlog_is_sent_in_order_once_the_hub_is_there() {
    let authority = Authority::new();
    let hub = Hub::new(&edge());
    let listening = hub.listen(authority.hub("localhost"), 0).await;
    let port = listening.port;
    listening.close().await;

    let mut room = Room::open(&authority.folder().join("spool.redb"));
    room.connect(port, authority.edge("doc-1"), "localhost");
    room.append(Lane::Urgent, 0..100).await;
    room.append_backlog(40).await;

    let listening = hub.listen(authority.hub("localhost"), port).await;
    let memory = hub.holds(room.tails()).await;
    assert_eq!(numbers(&memory.journal(Lane::Urgent)), (0..100).collect::<Vec<_>>());
    Lane::ALL.into_iter().for_each(|lane| verify(&memory, lane));

    // What comes now goes out at once.
    room.append(Lane::Urgent, 100..101).await;
    hub.holds(room.tails()).await;
    room.close().await;
    listening.close().await;
}

#[tokio::test]
async fn a_connection_that_is_cut_again_and_again_loses_nothing() {
    let authority = Authority::new();
    let hub = Hub::new(&edge());
    let listening = hub.listen(authority.hub("localhost"), 0).await;
    let mut room = Room::open(&authority.folder().join("spool.redb"));
    room.connect(listening.port, authority.edge("doc-1"), "localhost");
    // Each return may take twice as long as the one before it, because no connection lasts.
    for round in 0..3 {
        let (connects, some) = (hub.memory().connects, hub.memory().received.len() + 5);
        room.append_backlog(20).await;
        room.append(Lane::Urgent, round * 10..round * 10 + 10).await;
        hub.wait("some envelopes came", |memory| memory.received.len() >= some).await;
        listening.cut(&hub);
        hub.wait("the edge comes back", |memory| memory.connects > connects).await;
    }
    let memory = hub.holds(room.tails()).await;
    assert_eq!(numbers(&memory.journal(Lane::Urgent)), (0..30).collect::<Vec<_>>());
    Lane::ALL.into_iter().for_each(|lane| verify(&memory, lane));
    room.close().await;
    listening.close().await;
}

/// Without the hub's word about what it holds, nothing but heartbeats goes out, and the edge tries another connection.
#[tokio::test]
async fn a_hub_that_does_not_say_what_it_holds_gets_heartbeats_only() {
    let authority = Authority::new();
    let hub = Hub::new(&edge());
    hub.change(|memory| memory.silent = true);
    let listening = hub.listen(authority.hub("localhost"), 0).await;
    let mut room = Room::open(&authority.folder().join("spool.redb"));
    room.append(Lane::Urgent, 0..10).await;
    room.connect(listening.port, authority.edge("doc-1"), "localhost");
    hub.wait("a second connection", |memory| memory.connects >= 2).await;
    let beats = |memory: &crate::hub::Memory| memory.heartbeats.len() > memory.connects + 1;
    let memory = hub.wait("the beat goes on within a connection", beats).await;
    assert!(memory.received.is_empty());
    let heartbeat = &memory.heartbeats[0];
    assert_eq!((&heartbeat.edge, heartbeat.config_hash), (&edge(), 7));
    assert_eq!(heartbeat.lanes[0].unconfirmed, room.tails()[0].0);

    hub.change(|memory| memory.silent = false);
    listening.cut(&hub);
    hub.holds(room.tails()).await;
    let after = hub.wait("a heartbeat without a backlog", |memory| {
        memory.heartbeats.last().is_some_and(|heartbeat| heartbeat.lanes[0].unconfirmed == 0)
    });
    after.await;
    room.close().await;
    listening.close().await;
}
