//! The soak: a room with a device of every class that lives for as long as one likes, with something going wrong every few
//! seconds. After each trouble the whole way must work again; at the end the hub must hold every change that was made
//! exactly once, and neither edge nor hub may have grown in memory or in file descriptors.
//!
//! ```text
//! trouble ──► room ◄── hand (moves things, and writes down what it moved)
//!              │  sample, sample, …
//!              ▼
//!          evidence ──► verdict: one row per promise, and whether it was kept
//! ```

mod evidence;
mod growth;
mod hand;
mod sample;
mod trouble;
mod verdict;

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};

use crate::full_room::FullRoom;

pub use verdict::Verdict;

use evidence::Evidence;
use hand::Hand;
use sample::Samples;
use trouble::Trouble;

/// Close enough to judge the short form, and yet few in an hour.
const SAMPLE_EVERY: Duration = Duration::from_millis(250);

#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub lasts: Duration,
    /// From the end of one trouble to the next.
    pub trouble_every: Duration,
    /// Hears of every round of troubles: an hour is long.
    pub tell: fn(&str),
}

/// Panics if the room does not come back from a trouble; everything else is in the verdict.
pub async fn run(settings: Settings) -> Verdict {
    let (mut room, proxy) = FullRoom::behind_proxy().await;
    let begun = Instant::now();
    let end = begun + settings.lasts;
    let mut hand = Hand::new();
    let (mut edge, mut hub) = (Samples::default(), Samples::default());
    let mut ticks = interval(SAMPLE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut happened = Vec::new();
    for trouble in Trouble::ALL.into_iter().cycle() {
        if Instant::now() >= end {
            break;
        }
        // A hub that is killed again and again has no time to grow: it may live through the second half.
        if trouble == Trouble::HubKilled && begun.elapsed() > settings.lasts / 2 {
            continue;
        }
        if trouble == Trouble::ALL[0] && !happened.is_empty() {
            let (seconds, troubles) = (begun.elapsed().as_secs(), happened.len());
            (settings.tell)(&format!("{seconds:>6} s  {troubles} troubles; edge {edge}; hub {hub}"));
        }
        trouble.happens(&mut room, &proxy, &mut hand).await;
        happened.push(trouble);
        hand.moves_everything(&room).await;
        let next = (Instant::now() + settings.trouble_every).min(end);
        while timeout_at(next, ticks.tick()).await.is_ok() {
            edge.take(room.edge.process().pid());
            hub.take(room.site.hub.process().pid());
        }
    }
    let evidence = Evidence::gather(&room, &hand).await;
    Verdict::of(&happened, &evidence, edge.growth(), hub.growth())
}
