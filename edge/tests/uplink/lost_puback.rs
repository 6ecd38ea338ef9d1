//! A PUBACK that is lost with its connection costs nothing: the envelope comes again in the same bytes, or not at all.

use std::collections::HashMap;

use wire::{Envelope, Lane, Seq};

use crate::authority::Authority;
use crate::hub::{Hub, Memory, Mood};
use crate::room::{Room, edge, numbers};

/// How often each envelope came; all comings are the same bytes.
fn comings(memory: &Memory) -> HashMap<(Lane, Seq), usize> {
    let mut first_bytes = HashMap::new();
    let mut comings = HashMap::new();
    for received in &memory.received {
        let key = (received.lane, Envelope::decode(&received.bytes).unwrap().header.first);
        let same = *first_bytes.entry(key).or_insert(&received.bytes) == &received.bytes;
        assert!(same, "{key:?} came in other bytes");
        *comings.entry(key).or_insert(0) += 1;
    }
    comings
}

async fn run(mood: Mood) -> HashMap<(Lane, Seq), usize> {
    let authority = Authority::new();
    let hub = Hub::new(&edge());
    let listening = hub.listen(authority.hub("localhost"), 0).await;
    let mut room = Room::open(&authority.folder().join("spool.redb"));
    room.connect(listening.port, authority.edge("doc-1"), "localhost");
    room.append(Lane::Urgent, 0..5).await;
    hub.holds(room.tails()).await;

    hub.change(|memory| memory.mood = mood);
    room.append(Lane::Urgent, 5..6).await;
    hub.wait("the edge comes back", |memory| memory.connects == 2).await;
    room.append(Lane::Urgent, 6..9).await;
    let memory = hub.holds(room.tails()).await;
    assert_eq!(numbers(&memory.journal(Lane::Urgent)), (0..9).collect::<Vec<_>>());
    room.close().await;
    listening.close().await;
    comings(&memory)
}

#[tokio::test]
async fn an_envelope_that_was_not_taken_in_comes_again() {
    let comings = run(Mood::LoseEnvelope).await;
    assert_eq!(comings.values().filter(|times| **times == 2).count(), 1);
}

#[tokio::test]
async fn an_envelope_that_was_taken_in_does_not_come_again() {
    let comings = run(Mood::LosePuback).await;
    assert!(comings.values().all(|times| *times == 1));
}
