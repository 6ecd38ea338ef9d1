//! The soak: a watched room that lives for as long as one likes, with something going wrong every few seconds. After each
//! trouble the whole way must work again, at the end every record must stand at the hub exactly once, and the edge must
//! have grown neither in memory nor in file descriptors.

mod growth;
mod sample;
mod trouble;

use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

use crate::wait::until;
use crate::watched_room::{Handle, WatchedRoom};

pub use growth::Growth;

use growth::grown;
use sample::Sample;
use trouble::Trouble;

/// Close enough to see a leak of a few kilobytes a minute within an hour.
const SAMPLE_EVERY: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub lasts: Duration,
    /// From one trouble to the next.
    pub trouble_every: Duration,
}

/// What the soak saw.
#[derive(Debug)]
pub struct Outcome {
    pub troubles: usize,
    pub records: usize,
    pub edge: Growth,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Outcome { troubles, records, edge } = self;
        write!(f, "{troubles} troubles, {records} records held once each; the edge: {edge}")
    }
}

/// Panics with what was seen if anything is lost, doubled or leaked.
pub async fn run(settings: Settings) -> Outcome {
    let (mut room, proxy) = WatchedRoom::behind_proxy().await;
    let end = Instant::now() + settings.lasts;
    let mut samples = Vec::new();
    let mut ticks = interval(SAMPLE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut troubles = 0;
    let mut turns = Handle::turns();
    for trouble in Trouble::ALL.into_iter().cycle() {
        if Instant::now() >= end {
            break;
        }
        trouble.happens(&mut room, &proxy).await;
        troubles += 1;
        room.handle_becomes(turns.next().expect("there is always another turn")).await;
        let next = (Instant::now() + settings.trouble_every).min(end);
        while timeout_at(next, ticks.tick()).await.is_ok() {
            samples.push(Sample::of(room.edge.process().pid()).expect("the edge runs"));
        }
    }
    drained(&room).await;
    let records = room.holds_each_record_once().await.len();
    let edge = grown(&samples);
    assert!(!edge.is_a_leak(), "the edge grew: {edge}");
    Outcome { troubles, records, edge }
}

/// Waits until the hub has all that the edge holds.
async fn drained(room: &WatchedRoom) {
    until("the edge to hold nothing back", async || {
        let edges = room.site.api().get("/api/v1/edges").await.body;
        let lanes = edges["items"][0]["lanes"].as_array().cloned().unwrap_or_default();
        let waiting: Vec<_> = lanes.iter().filter_map(|lane| lane["unconfirmed"].as_u64()).collect();
        if waiting.iter().sum::<u64>() == 0 { Ok(()) } else { Err(edges.to_string()) }
    })
    .await;
}
