//! An edge that sends as fast as its window opens.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval_at};

use super::fleet::Phase;
use super::room::{HEARTBEAT_EVERY, Room};
use super::script::{Plan, Script};

/// How events are put into envelopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Each in one of its own: an edge that reports at once.
    Single,
    /// As many as fit: an edge that catches up.
    Full,
}

/// How a flooding edge sends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flood {
    pub(crate) packing: Packing,
    /// Envelopes under way at once. The edge tops up when half of it is free, so that it writes whole TLS records.
    pub(crate) window: usize,
    /// Events a second of one edge; `None`: as many as are confirmed.
    pub(crate) pace: Option<f64>,
}

/// A paced edge looks so often whether its next events are due.
const PACE_TICK: Duration = Duration::from_millis(10);

/// What a full envelope holds, about; only places the events on the clock.
const FULL_EVENTS: usize = 400;

struct Flooder {
    room: Room,
    script: Script,
    flood: Flood,
    /// How far the room's clock has come: events lie between the last top-up and now.
    clock_ms: u64,
    /// Events so far, and since when: what a pace is kept by.
    events: u64,
    begun: Option<Instant>,
}

/// `share`: 0 to 1, this edge's place among all.
pub(crate) async fn run(
    room: Room,
    plan: Arc<Plan>,
    share: f64,
    flood: Flood,
    mut phase: watch::Receiver<Phase>,
) -> anyhow::Result<()> {
    let clock_ms = room.edge.now().mono_ms;
    let script = Script::new(plan, clock_ms, share);
    let mut flooder = Flooder { room, script, flood, clock_ms, events: 0, begun: None };
    let first = tokio::time::Instant::now() + HEARTBEAT_EVERY.mul_f64(share);
    let mut heartbeat = interval_at(first, HEARTBEAT_EVERY);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pace = interval_at(tokio::time::Instant::now() + PACE_TICK.mul_f64(share), PACE_TICK);
    loop {
        let now = *phase.borrow_and_update();
        match now {
            Phase::Gather => {}
            Phase::Run => flooder.top_up().await?,
            Phase::Stop if flooder.room.under_way() == 0 => break,
            Phase::Stop => {}
        }
        tokio::select! {
            biased;
            taken = flooder.room.take_next() => taken?,
            _ = pace.tick(), if flood.pace.is_some() => {}
            _ = heartbeat.tick() => flooder.room.heartbeat().await?,
            changed = phase.changed() => changed?,
        }
    }
    flooder.room.line.disconnect().await;
    Ok(())
}

impl Flooder {
    async fn top_up(&mut self) -> anyhow::Result<()> {
        let free = self.flood.window.saturating_sub(self.room.under_way());
        let Some(due) = self.due(free) else { return Ok(()) };
        let mut stamp = self.room.edge.now();
        let now = Instant::now();
        let passed_ms = stamp.mono_ms.saturating_sub(self.clock_ms);
        let expected = match self.flood.packing {
            Packing::Single => due.min(free),
            Packing::Full => due.min(free * FULL_EVENTS),
        };
        let step_ms = passed_ms as f64 / expected as f64;
        let (begun_ms, end_ms, offset_ms) =
            (self.clock_ms, stamp.mono_ms, stamp.wall_ms - stamp.mono_ms as i64);
        let (mut sent, mut events) = (0, 0);
        while sent < free && events < due {
            events += 1;
            self.clock_ms = end_ms.min(begun_ms + (step_ms * events as f64) as u64);
            stamp.mono_ms = self.clock_ms;
            stamp.wall_ms = self.clock_ms as i64 + offset_ms;
            let happening = self.script.next(self.clock_ms);
            match self.flood.packing {
                Packing::Single => self.room.put_single(happening, stamp, now),
                Packing::Full if self.room.put_filled(happening, stamp, now) => {}
                Packing::Full => continue,
            }
            sent += 1;
        }
        self.events += events as u64;
        self.room.line.flush().await
    }

    /// How many events may go out now, if it is worth a write.
    fn due(&mut self, free: usize) -> Option<usize> {
        let Some(pace) = self.flood.pace else {
            return (free * 2 >= self.flood.window).then_some(usize::MAX);
        };
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let due = (begun.elapsed().as_secs_f64() * pace) as u64;
        let events = due.saturating_sub(self.events);
        (free > 0 && events > 0).then_some(events as usize)
    }
}
