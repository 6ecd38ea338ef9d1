//! A serial bus while its port is there: one question after the other, with the silences between them.
//!
//! An answer may come after its time-out, and RTU has no number by which to tell it from the next one: door B would be
//! shown closed with the answer of door A. So whatever ends a question but its own sound answer leaves the line
//! suspect, and nothing is asked on a suspect line before it was quiet for as long as an answer may take.

use std::io;
use std::path::Path;
use std::time::Duration;

use metrics::Counter;
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::failure::ScanFailure;
use super::frame::{Heard, Hearing, Question};
use super::port::Port;
use super::switch::Switch;
use super::timing;
use crate::config::{BusConfig, BusId, LineMode};

/// A line that does not fall silent in so many times the time it should is asked all the same: its noise is sorted out
/// answer by answer, and to wait for ever would be to be silenced by one babbling device.
const DRAIN_TIMES_MAX: u32 = 3;
const READ_BYTES: usize = 256;

pub(super) struct Line {
    bus: BusId,
    mode: LineMode,
    gap: Duration,
    port: Port,
    /// When something last was on the line, or may have been.
    active_at: Instant,
    /// How long an answer may still be on its way.
    suspect: Option<Duration>,
    babbles: bool,
    counters: Counters,
}

/// One frame, and what is known of the answer to it.
struct Sent {
    frame: Vec<u8>,
    answer_bytes: usize,
    limit: Duration,
}

struct Counters {
    drains: Counter,
    babbled: Counter,
    stray_bytes: Counter,
    foreign_frames: Counter,
}

impl Line {
    pub(super) fn open(bus: &BusConfig) -> io::Result<Line> {
        let port = Port::open(Path::new(&bus.path), bus.mode)?;
        let id = bus.id.to_string();
        let counters = Counters {
            drains: metrics::counter!("edge_bus_drains_total", "bus" => id.clone()),
            babbled: metrics::counter!("edge_bus_babbled_total", "bus" => id.clone()),
            stray_bytes: metrics::counter!("edge_bus_stray_bytes_total", "bus" => id.clone()),
            foreign_frames: metrics::counter!("edge_bus_foreign_frames_total", "bus" => id),
        };
        let (bus, mode, gap) = (bus.id.clone(), bus.mode, bus.gap);
        Ok(Line { bus, mode, gap, port, active_at: Instant::now(), suspect: None, babbles: false, counters })
    }

    /// What the unit answers, on a line that has settled. The limit is for the device; the time that the bytes need on the
    /// line is added to it.
    pub(super) async fn ask(
        &mut self,
        unit: u8,
        question: Question,
        limit: Duration,
    ) -> Result<Vec<u8>, ScanFailure> {
        let sent = Sent { frame: question.frame(unit), answer_bytes: question.answer_bytes(), limit };
        self.exchange(sent, Hearing::new(unit, question)).await
    }

    /// Switches a coil, and comes back once its unit has said that it did. The line need not have settled, and is as suspect
    /// afterwards as it was: no late answer to a read is the echo of a write, and a late echo is that of the try just before,
    /// of the same coil and state, since whoever failed twice is first found again by a read.
    pub(super) async fn switch(&mut self, switch: Switch, limit: Duration) -> Result<(), ScanFailure> {
        let suspect = self.suspect;
        let frame = switch.frame();
        let sent = Sent { answer_bytes: frame.len(), frame, limit };
        let echoed = self.exchange(sent, Hearing::echo(switch)).await;
        self.suspect = self.suspect.max(suspect);
        echoed.map(drop)
    }

    async fn exchange(&mut self, sent: Sent, mut hearing: Hearing) -> Result<Vec<u8>, ScanFailure> {
        let Sent { frame, answer_bytes, limit } = sent;
        if !self.quiet(timing::silence(self.mode) + self.gap).await? {
            self.babbled();
        }
        let on_the_wire = |bytes| timing::transfer(self.mode, bytes);
        let deadline = Instant::now() + limit + on_the_wire(frame.len()) + on_the_wire(answer_bytes);
        // Until the answer is there; also if nobody waits for it any more.
        self.suspect = Some(self.suspect.unwrap_or_default().max(limit));
        self.port.clear().map_err(ScanFailure::Port)?;
        let written = timeout_at(deadline, self.port.write(&frame)).await;
        self.active_at = Instant::now();
        if written.is_err() {
            // What an adapter that hangs has not sent yet must not go out in the middle of what comes next.
            self.port.forget().map_err(ScanFailure::Port)?;
        }
        written.map_err(|_| timed_out(limit))?.map_err(ScanFailure::Port)?;
        let heard = self.listen(&mut hearing, deadline, limit).await;
        self.active_at = Instant::now();
        self.counters.foreign_frames.increment(u64::from(hearing.foreign()));
        if matches!(heard, Ok(_) | Err(ScanFailure::Exception(_))) && hearing.foreign() == 0 {
            self.suspect = None;
        }
        heard
    }

    async fn listen(
        &self,
        hearing: &mut Hearing,
        deadline: Instant,
        limit: Duration,
    ) -> Result<Vec<u8>, ScanFailure> {
        loop {
            let mut bytes = [0; READ_BYTES];
            let Ok(read) = timeout_at(deadline, self.port.read(&mut bytes)).await else {
                return Err(hearing.rest().map_or(timed_out(limit), broken));
            };
            match hearing.hear(&bytes[..read.map_err(ScanFailure::Port)?]) {
                Heard::Undecided => {}
                Heard::Answer(values) => return Ok(values),
                Heard::Refusal(code) => return Err(ScanFailure::Exception(code)),
                Heard::Broken(flaw) => return Err(broken(flaw)),
            }
        }
    }

    /// The last answer is not to be believed after all.
    pub(super) fn distrust(&mut self, limit: Duration) {
        self.suspect = Some(limit);
    }

    /// Drains a suspect line: waits until no answer can be on its way any more. It may be broken off, and begun again.
    pub(super) async fn settle(&mut self) -> Result<(), ScanFailure> {
        let Some(limit) = self.suspect else {
            return Ok(());
        };
        self.counters.drains.increment(1);
        if self.quiet(limit + timing::silence(self.mode)).await? {
            self.babbles = false;
        } else {
            self.babbled();
        }
        self.suspect = None;
        Ok(())
    }

    /// Throws away what comes, until the line was quiet for so long, or will not be: then it says so.
    async fn quiet(&mut self, wanted: Duration) -> Result<bool, ScanFailure> {
        let end = Instant::now() + wanted * DRAIN_TIMES_MAX;
        loop {
            let until = self.active_at + wanted;
            let mut bytes = [0; READ_BYTES];
            let Ok(read) = timeout_at(until.min(end), self.port.read(&mut bytes)).await else {
                return Ok(until <= end);
            };
            self.counters.stray_bytes.increment(read.map_err(ScanFailure::Port)? as u64);
            self.active_at = Instant::now();
            // Bytes that are always there would keep the time-out from ever being looked at.
            if self.active_at >= end {
                return Ok(false);
            }
        }
    }

    /// Said once, until a drain ends in silence.
    fn babbled(&mut self) {
        self.counters.babbled.increment(1);
        if !std::mem::replace(&mut self.babbles, true) {
            warn!(bus = %self.bus, "the bus does not fall silent: a device babbles, or another master asks on it");
        }
    }
}

fn timed_out(limit: Duration) -> ScanFailure {
    ScanFailure::Timeout { waited_ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX) }
}

fn broken(flaw: super::frame::Flaw) -> ScanFailure {
    ScanFailure::Protocol { detail: flaw.to_string() }
}
