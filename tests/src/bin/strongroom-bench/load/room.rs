//! One simulated edge on its connection: what it has under way, its heartbeat, and how it begins.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use wire::{Kind, Value};

use super::edge::{Edge, Message};
use super::frame::Inbound;
use super::line::Line;
use super::points::Point;
use super::script::Happening;
use super::tally::{Confirmed, Tally};

/// As a real edge does by default.
pub(crate) const HEARTBEAT_EVERY: Duration = Duration::from_secs(5);

pub(crate) struct Room {
    pub(crate) edge: Edge,
    pub(crate) line: Line,
    under_way: VecDeque<Sent>,
    tally: Arc<Tally>,
}

/// A publish whose PUBACK is owed.
struct Sent {
    at: Instant,
    records: u32,
    payload_bytes: u32,
}

impl Room {
    pub(crate) fn new(edge: Edge, line: Line, tally: Arc<Tally>) -> Self {
        Self { edge, line, under_way: VecDeque::new(), tally }
    }

    /// The first words of a new edge, confirmed: its table, its clock, and whether its part is set.
    pub(crate) async fn begin(&mut self, arming: Point, state: &'static str) -> anyhow::Result<()> {
        let now = Instant::now();
        let stamp = self.edge.now();
        let value = Value::Integer(Kind::PartArming.state(state).unwrap_or_default());
        for message in self.edge.first(&value) {
            note(&mut self.under_way, now, &message);
            self.line.put(&message);
        }
        self.put_single(Happening { point: arming, value }, stamp, now);
        self.heartbeat().await?;
        while !self.under_way.is_empty() {
            self.take_next().await?;
        }
        Ok(())
    }

    pub(crate) async fn heartbeat(&mut self) -> anyhow::Result<()> {
        let message = self.edge.heartbeat();
        note(&mut self.under_way, Instant::now(), &message);
        self.line.put(&message);
        self.line.flush().await
    }

    pub(crate) fn put_single(&mut self, happening: Happening, stamp: wire::Stamp, now: Instant) {
        let message = self.edge.single(happening, stamp);
        note(&mut self.under_way, now, &message);
        self.line.put(&message);
    }

    /// False if the event only went into an envelope that still has room.
    pub(crate) fn put_filled(&mut self, happening: Happening, stamp: wire::Stamp, now: Instant) -> bool {
        let Some(message) = self.edge.fill(happening, stamp) else { return false };
        note(&mut self.under_way, now, &message);
        self.line.put(&message);
        true
    }

    pub(crate) fn under_way(&self) -> usize {
        self.under_way.len()
    }

    /// Waits for what comes, and counts it.
    pub(crate) async fn take_next(&mut self) -> anyhow::Result<()> {
        match self.line.read().await? {
            Inbound::PubAcks(count) => self.confirmed(count),
            // A command that was sent again; nothing hangs on it here.
            Inbound::Publish { .. } => Ok(()),
            other => bail!("{} got {other:?}", self.edge.id),
        }
    }

    fn confirmed(&mut self, count: usize) -> anyhow::Result<()> {
        if count > self.under_way.len() {
            bail!("{} got more PUBACKs than it is owed", self.edge.id);
        }
        let now = Instant::now();
        let mut more = Confirmed::default();
        for sent in self.under_way.iter().take(count).filter(|sent| sent.records > 0) {
            more.events += u64::from(sent.records);
            more.envelopes += 1;
            more.payload_bytes += u64::from(sent.payload_bytes);
        }
        let events = self.under_way.drain(..count).filter(|sent| sent.records > 0);
        self.tally.confirmed(more, events.map(|sent| now.saturating_duration_since(sent.at)));
        Ok(())
    }
}

fn note(under_way: &mut VecDeque<Sent>, at: Instant, message: &Message<'_>) {
    under_way.push_back(Sent { at, records: message.records, payload_bytes: message.payload.len() as u32 });
}
