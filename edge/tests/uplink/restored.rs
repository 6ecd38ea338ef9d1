//! One side comes back from the past: a hub from its backup, or an edge from an old disk image.

use std::fs;

use wire::{Lane, OpenedReason, Record};

use crate::authority::Authority;
use crate::hub::Hub;
use crate::room::{Room, edge, numbers};

#[tokio::test]
async fn a_hub_that_lost_its_tail_is_refilled_with_the_same_bytes() {
    let authority = Authority::new();
    let hub = Hub::new(&edge());
    let listening = hub.listen(authority.hub("localhost"), 0).await;
    let mut room = Room::open(&authority.folder().join("spool.redb"));
    room.connect(listening.port, authority.edge("doc-1"), "localhost");
    room.append(Lane::Urgent, 0..10).await;
    let backup = hub.holds(room.tails()).await;
    room.append(Lane::Urgent, 10..20).await;
    room.append(Lane::Routine, 0..30).await;
    room.routine_reaches(30).await;
    let lost = hub.holds(room.tails()).await;

    hub.change(|memory| {
        memory.held = backup.held;
        memory.received.truncate(backup.received.len());
    });
    listening.cut(&hub);
    let refilled = hub.wait("the tail is back", |memory| memory.held == lost.held).await;
    assert!(refilled.received == lost.received, "the same envelopes in the same bytes, and no others");
    room.close().await;
    listening.close().await;
}

#[tokio::test]
async fn an_old_image_of_an_edge_begins_a_new_epoch_that_names_the_old_one() {
    let authority = Authority::new();
    let hub = Hub::new(&edge());
    let listening = hub.listen(authority.hub("localhost"), 0).await;
    let (file, image) = (authority.folder().join("spool.redb"), authority.folder().join("image.redb"));
    let files = authority.edge("doc-1");
    for numbers in [0..10, 10..20] {
        let mut room = Room::open(&file);
        room.connect(listening.port, files.clone(), "localhost");
        room.append(Lane::Urgent, numbers.clone()).await;
        hub.holds(room.tails()).await;
        room.close().await;
        if numbers.start == 0 {
            fs::copy(&file, &image).unwrap();
        }
    }
    let before = hub.memory();
    fs::copy(&image, &file).unwrap();

    let mut room = Room::open(&file);
    room.append(Lane::Urgent, 100..105).await;
    room.connect(listening.port, files, "localhost");
    let renewed = hub.wait("a new epoch", |memory| memory.epoch != before.epoch).await;
    assert!(renewed.connects > before.connects);
    let memory = hub.holds(room.tails()).await;
    let journal = memory.journal(Lane::Urgent);
    assert_eq!(numbers(&journal), (100..105).collect::<Vec<_>>());
    match &journal[0].records[0] {
        Record::Opened(opened) => {
            assert_eq!(opened.reason, OpenedReason::RolledBack);
            assert_eq!(opened.previous.as_ref().map(|previous| previous.epoch), before.epoch);
        }
        other => panic!("{other:?} opens no epoch"),
    }
    room.close().await;
    listening.close().await;
}
