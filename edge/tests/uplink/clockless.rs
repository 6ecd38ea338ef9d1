//! An edge that begins in 1970 reaches its hub, is no less careful about what had expired, and learns the time from it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use strongroom_edge::clock::HubTime;
use wire::{ClockState, Lane, Stamp};

use crate::authority::Authority;
use crate::hub::{Hub, PATIENCE};
use crate::room::{Room, clock_from, edge, numbers};

/// 2030-01-01T00:00:00Z.
const YEAR_2030_MS: i64 = 1_893_456_000_000;

/// An edge with this clock meets a hub whose certificate is valid in these years; whether they come together.
async fn meet(clock: ClockState, hub_time_ms: Option<i64>, years: std::ops::Range<i32>) -> bool {
    let authority = Authority::new();
    let hub = Hub::new(&edge());
    let listening = hub.listen(authority.hub_in("localhost", years), 0).await;
    let mut room = Room::open(&authority.folder().join("spool.redb"));
    let wall_ms = if clock == ClockState::Unset { 0 } else { runtime::clock::wall_ms() };
    room.clock = clock_from(wall_ms, clock);
    if let Some(hub_time_ms) = hub_time_ms {
        fs::write(&room.hub_time, hub_time_ms.to_string()).unwrap();
    }
    room.append(Lane::Urgent, 1..2).await;
    room.connect(listening.port, authority.edge("doc-1"), "localhost");
    let mut quality = room.quality.clone().unwrap();
    let met =
        quality.wait_for(|quality| quality.connected || quality.reconnects > 0).await.unwrap().connected;
    if met {
        let memory = hub.holds(room.tails()).await;
        assert_eq!(numbers(&memory.journal(Lane::Urgent)), [1]);
        // It may come after the envelopes.
        let memory = hub.wait("a heartbeat arrives", |memory| !memory.heartbeats.is_empty()).await;
        let heartbeat = &memory.heartbeats[0];
        assert_eq!(heartbeat.clock, clock);
        assert!(
            clock != ClockState::Unset || heartbeat.wall_ms < 1_000_000,
            "both clocks are kept as they are"
        );
        let learnt_ms = HubTime::load(room.hub_time.clone()).latest_ms().unwrap();
        let off_ms = (learnt_ms - runtime::clock::wall_ms()).abs();
        assert!(off_ms < 60_000 || hub_time_ms.is_some(), "the hub's time was written down: {off_ms}");
    }
    room.close().await;
    listening.close().await;
    met
}

#[tokio::test]
async fn a_certificate_that_the_clock_has_not_reached_is_taken_without_a_clock_only() {
    assert!(meet(ClockState::Unset, None, 2080..2090).await);
    assert!(meet(ClockState::Free, None, 2080..2090).await);
    assert!(!meet(ClockState::Synchronised, None, 2080..2090).await);
}

#[tokio::test]
async fn a_certificate_that_had_expired_when_this_software_was_made_is_never_taken() {
    for clock in [ClockState::Unset, ClockState::Free, ClockState::Synchronised] {
        assert!(!meet(clock, None, 2001..2020).await, "{clock:?}");
    }
}

#[tokio::test]
async fn what_the_hub_said_before_the_restart_still_counts() {
    assert!(meet(ClockState::Unset, None, 2001..2029).await);
    assert!(!meet(ClockState::Unset, Some(YEAR_2030_MS), 2001..2029).await);
    assert!(meet(ClockState::Unset, Some(YEAR_2030_MS), 2001..2031).await);
}

#[tokio::test]
async fn a_learnt_time_that_keeps_every_hub_out_does_so_for_an_hour_only() {
    let authority = Authority::new();
    let hub = Hub::new(&edge());
    let listening = hub.listen(authority.hub_in("localhost", 2001..2029), 0).await;
    let mut room = Room::open(&authority.folder().join("spool.redb"));
    fs::write(&room.hub_time, YEAR_2030_MS.to_string()).unwrap();
    let (unset, passed_ms) = (clock_from(0, ClockState::Unset), Arc::new(AtomicU64::new(0)));
    let also_passed_ms = Arc::clone(&passed_ms);
    room.clock = Arc::new(move || {
        let now = unset();
        Stamp { mono_ms: now.mono_ms + also_passed_ms.load(Ordering::Relaxed), ..now }
    });
    room.connect(listening.port, authority.edge("doc-1"), "localhost");
    let mut quality = room.quality.clone().unwrap();
    let expired = quality.wait_for(|quality| quality.down.is_some()).await.unwrap().clone();
    let why = expired.down.unwrap().failures.into_values().next().unwrap();
    assert!(why.contains("has expired, or this edge's clock is wrong"), "{why}");
    passed_ms.store(3_600_000, Ordering::Relaxed);
    let forgotten = quality.wait_for(|quality| quality.connected);
    tokio::time::timeout(PATIENCE, forgotten).await.expect("the learnt time is forgotten").unwrap();
    hub.holds(room.tails()).await;
    room.close().await;
    listening.close().await;
}

#[tokio::test]
async fn a_hub_whose_clock_was_set_right_leaves_no_wrong_time_behind() {
    let authority = Authority::new();
    let hub = Hub::new(&edge());
    hub.change(|memory| memory.clock_ms = Some(YEAR_2030_MS));
    let listening = hub.listen(authority.hub_in("localhost", 2001..2090), 0).await;
    let mut room = Room::open(&authority.folder().join("spool.redb"));
    room.clock = clock_from(0, ClockState::Unset);
    room.connect(listening.port, authority.edge("doc-1"), "localhost");
    hub.wait("a heartbeat arrives", |memory| !memory.heartbeats.is_empty()).await;
    until_learnt(&room, |learnt_ms| learnt_ms >= YEAR_2030_MS).await;
    hub.change(|memory| memory.clock_ms = None);
    listening.cut(&hub);
    until_learnt(&room, |learnt_ms| learnt_ms < YEAR_2030_MS).await;
    let port = listening.port;
    listening.close().await;

    // A certificate that ends before the wrong time is none that has expired.
    let connects = hub.memory().connects;
    let listening = hub.listen(authority.hub_in("localhost", 2001..2029), port).await;
    hub.wait("the edge connects again", |memory| memory.connects > connects).await;
    room.close().await;
    listening.close().await;
}

/// Waits until the time that a start would go by is as wanted.
async fn until_learnt(room: &Room, wanted: impl Fn(i64) -> bool) {
    let learnt = async {
        while !HubTime::load(room.hub_time.clone()).latest_ms().is_some_and(&wanted) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, learnt).await.expect("the time is learnt");
}
