//! The desk of one device: who reads its messages, and what the end of its connection means. Pure, apart from counting.
//! That it is silent for too long, the detector finds by itself.

use std::sync::Arc;
use std::time::Instant;

use gate::{Pace, SessionId};
use metrics::Counter;
use tracing::warn;
use wire::{DeviceId, Stamp};

use super::lines::Lines;
use super::reader::Reader;
use super::standing::SenderStanding;
use crate::field::ScanFailure;
use crate::field::message::{Rejected, Taken};

/// Ends that say nothing about the device: it took its leave, or came back at once, or the edge itself stops.
const HARMLESS_ENDS: [&str; 3] = ["disconnected", "taken_over", "shutdown"];

pub(super) struct Desk {
    /// The device's place in `Site::devices`.
    pub(super) place: usize,
    id: DeviceId,
    reader: Reader,
    session: Option<SessionId>,
    /// Whether its last connection broke off.
    broken: bool,
    /// What was logged about the messages that are rejected now; the same reason is not logged again.
    rejecting: Option<&'static str>,
    messages: Counter,
    pace: Option<Arc<Pace>>,
}

impl Desk {
    pub(super) fn new(place: usize, id: DeviceId, reader: Reader, pace: Option<Arc<Pace>>) -> Self {
        let messages = metrics::counter!("edge_messages_total", "device" => id.to_string());
        Self { place, id, reader, session: None, broken: false, rejecting: None, messages, pace }
    }

    /// The reason if the message is refused, which is counted and logged. It shows no sign of life.
    pub(super) fn message(
        &mut self,
        topic: &str,
        payload: &[u8],
        now: Stamp,
        lines: &mut Lines,
    ) -> Result<Taken, &'static str> {
        self.messages.increment(1);
        match self.reader.take(topic, payload, now) {
            Ok(taken) => {
                self.rejecting = None;
                Ok(taken)
            }
            Err(rejected) => {
                self.reject(topic, payload.len(), &rejected, lines);
                Err(rejected.name())
            }
        }
    }

    /// What follows from a connection: only one that comes after a break is news.
    pub(super) fn connected(&mut self, session: SessionId) -> Option<ScanFailure> {
        self.session = Some(session);
        std::mem::take(&mut self.broken).then_some(ScanFailure::Returned)
    }

    /// What follows from the end of a connection, if anything does. A device that comes back is believed again with its
    /// next message: what happened in between nobody saw.
    pub(super) fn disconnected(&mut self, session: SessionId, reason: &'static str) -> Option<ScanFailure> {
        if self.session != Some(session) {
            return None;
        }
        self.session = None;
        self.reader.disconnected();
        self.broken = !HARMLESS_ENDS.contains(&reason);
        self.broken.then_some(ScanFailure::Disconnected)
    }

    /// As others are to see it, behind a message that came at `now`.
    pub(super) fn show_message(&self, now: Stamp, shown: &mut SenderStanding) {
        shown.messages += 1;
        shown.last_ms = Some(now.mono_ms);
        shown.throttled = self.pace.as_ref().map_or(0, |pace| pace.delayed());
    }

    pub(super) fn is_connected(&self) -> bool {
        self.session.is_some()
    }

    fn reject(&mut self, topic: &str, bytes: usize, rejected: &Rejected, lines: &mut Lines) {
        let (device, reason) = (&self.id, rejected.name());
        metrics::counter!(
            "edge_messages_rejected_total", "device" => device.to_string(), "reason" => reason
        )
        .increment(1);
        // Nonsense that takes turns with sense is new each time.
        if self.rejecting.replace(reason) != Some(reason)
            && let Some(suppressed) = lines.due("rejected", Instant::now())
        {
            let source = std::error::Error::source(rejected).map(ToString::to_string);
            warn!(%device, topic, bytes, reason, source, suppressed, "a message was rejected: {rejected}");
        }
    }
}
