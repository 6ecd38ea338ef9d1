//! An edge in which nothing happens: connected, with heartbeats. On request its cabinet is opened.

use std::time::Instant;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{MissedTickBehavior, interval_at};
use wire::Value;

use super::fleet::Phase;
use super::points::Point;
use super::room::{HEARTBEAT_EVERY, Room};
use super::script::Happening;

/// The wish that this point takes this value now. Answered with the moment just before the event went to the socket.
pub(crate) struct Wish {
    pub(crate) point: Point,
    pub(crate) value: Value,
    pub(crate) sent: oneshot::Sender<Instant>,
}

/// `share`: 0 to 1, so that heartbeats do not come in step.
pub(crate) async fn run(
    mut room: Room,
    share: f64,
    mut wishes: mpsc::Receiver<Wish>,
    mut phase: watch::Receiver<Phase>,
) -> anyhow::Result<()> {
    let first = tokio::time::Instant::now() + HEARTBEAT_EVERY.mul_f64(share);
    let mut heartbeat = interval_at(first, HEARTBEAT_EVERY);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while *phase.borrow_and_update() != Phase::Stop {
        tokio::select! {
            biased;
            taken = room.take_next() => taken?,
            Some(wish) = wishes.recv() => fulfil(&mut room, wish).await?,
            _ = heartbeat.tick() => room.heartbeat().await?,
            changed = phase.changed() => changed?,
        }
    }
    room.line.disconnect().await;
    Ok(())
}

async fn fulfil(room: &mut Room, wish: Wish) -> anyhow::Result<()> {
    let stamp = room.edge.now();
    let now = Instant::now();
    room.put_single(Happening { point: wish.point, value: wish.value }, stamp, now);
    room.line.flush().await?;
    // Whoever wished may have given up waiting.
    let _ = wish.sent.send(now);
    Ok(())
}
