//! One connection to the hub, from its CONNACK to its end, as a pure state machine: inputs in, wishes out, time as an
//! argument. It knows no socket and no spool.
//!
//! Until the hub has said what it holds, only heartbeats go out. Then both lanes are sent from there, urgent first; a
//! PUBACK confirms. The link may send urgent before routine that it was given earlier, so PUBACKs keep their order lane by
//! lane, or the connection is given up: a confirm that skips an envelope would lose it.

use std::collections::VecDeque;
use std::time::Duration;

use wire::{Lane, Resume, Seq};

use super::drain::Mark;
use super::reason::Reason;
use super::window::Window;
use crate::spool::{Limit, Positions, Stored, Tails};

/// The hub says what it holds right after the subscription; without that in time, something is wrong with the connection.
const RESUME_WAIT_MS: u64 = 5_000;
/// A hub that does not confirm for so long is not there any more, or cannot store.
const CONFIRM_WAIT_MS: u64 = 30_000;
/// Read from the spool at once: enough to keep the window full between two reads.
const READ: Limit = Limit { envelopes: 16, bytes: 64 << 10 };
/// The link itself uses packet id 1, for its subscription.
const PACKET_ID_FIRST: u16 = 2;

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Input {
    Resume(Resume),
    /// The spool's answer to [`Output::Judge`].
    Judged(Positions),
    Tails(Tails),
    /// The spool's answer to [`Output::Read`].
    Read {
        lane: Lane,
        envelopes: Vec<Stored>,
    },
    Puback {
        packet_id: u16,
    },
    /// Time has passed.
    Tick,
}

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Output {
    Judge(Resume),
    Read {
        lane: Lane,
        from: Seq,
        limit: Limit,
    },
    Publish {
        packet_id: u16,
        lane: Lane,
        envelope: Stored,
    },
    Heartbeat {
        packet_id: u16,
    },
    Confirmed {
        lane: Lane,
        next: Seq,
    },
    /// A PUBACK came so long after its publish of `bytes`.
    Measured {
        trip_ms: u64,
        bytes: usize,
    },
    /// A heartbeat's PUBACK came so long after it.
    Beat {
        trip_ms: u64,
    },
    Reconnect(Reason),
}

#[derive(Debug)]
enum State {
    /// Nothing but heartbeats goes out.
    AwaitingResume {
        since_ms: u64,
    },
    /// The spool compares what the hub holds with what it keeps.
    Judging,
    Sending([Sending; 2]),
    /// The connection is given up; nothing matters any more.
    Over,
}

/// One lane on its way.
#[derive(Debug, Default)]
struct Sending {
    ready: VecDeque<Stored>,
    /// The next record to read from the spool.
    next: Seq,
    /// How far the spool reaches.
    tail: Seq,
    /// An answer of the spool is on its way.
    reading: bool,
}

#[derive(Debug)]
struct InFlight {
    packet_id: u16,
    sent_ms: u64,
    mark: Mark,
    what: Sent,
}

#[derive(Clone, Copy, Debug)]
enum Sent {
    Heartbeat,
    Envelope { lane: Lane, next: Seq, bytes: usize },
}

impl Sent {
    /// The place of its queue among those in flight.
    fn queue(self) -> usize {
        match self {
            Sent::Envelope { lane, .. } => lane.index(),
            Sent::Heartbeat => Lane::ALL.len(),
        }
    }
}

#[derive(Debug)]
pub(super) struct Session {
    state: State,
    window: Window,
    /// Urgent, routine, heartbeats.
    in_flight: [VecDeque<InFlight>; 3],
    packet_id: u16,
    heartbeat_ms: u64,
    heartbeat_due_ms: u64,
}

impl Session {
    /// The connection stands. The first heartbeat is due at once.
    pub(super) fn new(heartbeat_interval: Duration, now_ms: u64) -> Self {
        Self {
            state: State::AwaitingResume { since_ms: now_ms },
            window: Window::default(),
            in_flight: Default::default(),
            packet_id: PACKET_ID_FIRST,
            heartbeat_ms: u64::try_from(heartbeat_interval.as_millis()).unwrap_or(u64::MAX),
            heartbeat_due_ms: now_ms,
        }
    }

    pub(super) fn window(&self) -> usize {
        self.window.size()
    }

    /// Bytes per second that the link was seen to take; 0 while nothing is known.
    pub(super) fn rate(&self) -> u64 {
        self.window.rate()
    }

    /// Whether the hub has said what it holds.
    pub(super) fn is_sending(&self) -> bool {
        matches!(self.state, State::Sending(_))
    }

    /// When [`Input::Tick`] is due.
    pub(super) fn wake_ms(&self) -> u64 {
        let resume_ms = match self.state {
            State::AwaitingResume { since_ms } => since_ms.saturating_add(RESUME_WAIT_MS),
            State::Judging | State::Sending(_) | State::Over => u64::MAX,
        };
        let confirm_ms = self.oldest_ms().map_or(u64::MAX, |sent_ms| sent_ms.saturating_add(CONFIRM_WAIT_MS));
        self.heartbeat_due_ms.min(resume_ms).min(confirm_ms)
    }

    pub(super) fn on(&mut self, input: Input, now_ms: u64) -> Vec<Output> {
        let mut out = Vec::new();
        match input {
            Input::Resume(resume) => self.resume(resume, &mut out),
            Input::Judged(positions) => {
                if matches!(self.state, State::Judging) {
                    let sending = |next| Sending { next, tail: next, ..Sending::default() };
                    self.state = State::Sending(positions.from.map(sending));
                }
            }
            Input::Tails(tails) => {
                if let State::Sending(lanes) = &mut self.state {
                    lanes.iter_mut().zip(tails.next).for_each(|(lane, tail)| lane.tail = lane.tail.max(tail));
                }
            }
            Input::Read { lane, envelopes } => self.read(lane, envelopes),
            Input::Puback { packet_id } => self.puback(packet_id, now_ms, &mut out),
            Input::Tick => self.tick(now_ms, &mut out),
        }
        self.send(now_ms, &mut out);
        out
    }

    fn resume(&mut self, resume: Resume, out: &mut Vec<Output>) {
        // A second word in the same connection adds nothing: the PUBACKs have told since.
        if matches!(self.state, State::AwaitingResume { .. }) {
            self.state = State::Judging;
            out.push(Output::Judge(resume));
        }
    }

    fn read(&mut self, lane: Lane, envelopes: Vec<Stored>) {
        let State::Sending(lanes) = &mut self.state else { return };
        let sending = &mut lanes[lane.index()];
        // An empty answer means that what was there has been given up since; its gap record is on its way.
        sending.next = envelopes.last().map_or(sending.tail, |last| last.next);
        // The spool may have grown since it was last looked at.
        sending.tail = sending.tail.max(sending.next);
        sending.ready.extend(envelopes);
        sending.reading = false;
    }

    /// When the oldest packet left that is not confirmed.
    fn oldest_ms(&self) -> Option<u64> {
        self.in_flight.iter().filter_map(|queue| queue.front()).map(|first| first.sent_ms).min()
    }

    fn puback(&mut self, packet_id: u16, now_ms: u64, out: &mut Vec<Output>) {
        let is_next =
            |queue: &&mut VecDeque<InFlight>| queue.front().is_some_and(|first| first.packet_id == packet_id);
        let Some(first) = self.in_flight.iter_mut().find(is_next).and_then(VecDeque::pop_front) else {
            return self.give_up(Reason::ForeignPuback, out);
        };
        match first.what {
            Sent::Heartbeat => {
                let trip_ms = self.window.heartbeat_confirmed(first.mark, now_ms);
                out.push(Output::Beat { trip_ms });
            }
            Sent::Envelope { lane, next, bytes } => {
                let trip_ms = self.window.confirmed(lane, bytes, first.mark, now_ms);
                out.push(Output::Measured { trip_ms, bytes });
                out.push(Output::Confirmed { lane, next });
            }
        }
    }

    fn tick(&mut self, now_ms: u64, out: &mut Vec<Output>) {
        if let State::AwaitingResume { since_ms } = self.state
            && now_ms >= since_ms.saturating_add(RESUME_WAIT_MS)
        {
            return self.give_up(Reason::NoResume, out);
        }
        if self.oldest_ms().is_some_and(|sent_ms| now_ms >= sent_ms.saturating_add(CONFIRM_WAIT_MS)) {
            return self.give_up(Reason::NoConfirm, out);
        }
        if now_ms >= self.heartbeat_due_ms && !matches!(self.state, State::Over) {
            self.heartbeat_due_ms = now_ms.saturating_add(self.heartbeat_ms);
            let mark = self.window.heartbeat(now_ms);
            let packet_id = self.track(Sent::Heartbeat, mark, now_ms);
            out.push(Output::Heartbeat { packet_id });
        }
    }

    fn give_up(&mut self, reason: Reason, out: &mut Vec<Output>) {
        self.state = State::Over;
        out.push(Output::Reconnect(reason));
    }

    /// Sends what the window admits. Routine waits as long as anything urgent does.
    fn send(&mut self, now_ms: u64, out: &mut Vec<Output>) {
        for lane in Lane::ALL {
            while let Some(envelope) = self.next_admitted(lane) {
                let bytes = envelope.bytes.len();
                let mark = self.window.sent(lane, bytes, now_ms);
                let what = Sent::Envelope { lane, next: envelope.next, bytes };
                let packet_id = self.track(what, mark, now_ms);
                out.push(Output::Publish { packet_id, lane, envelope });
            }
            let State::Sending(lanes) = &mut self.state else { return };
            let sending = &mut lanes[lane.index()];
            if sending.ready.is_empty() && sending.next == sending.tail {
                continue;
            }
            if sending.ready.is_empty() && !sending.reading && self.window.admits(lane, 0) {
                sending.reading = true;
                out.push(Output::Read { lane, from: sending.next, limit: READ });
            }
            return;
        }
    }

    fn next_admitted(&mut self, lane: Lane) -> Option<Stored> {
        let State::Sending(lanes) = &mut self.state else { return None };
        let ready = &mut lanes[lane.index()].ready;
        let fits = ready.front().is_some_and(|first| self.window.admits(lane, first.bytes.len()));
        if fits { ready.pop_front() } else { None }
    }

    fn track(&mut self, what: Sent, mark: Mark, now_ms: u64) -> u16 {
        let packet_id = self.packet_id;
        self.packet_id = packet_id.checked_add(1).unwrap_or(PACKET_ID_FIRST);
        self.in_flight[what.queue()].push_back(InFlight { packet_id, sent_ms: now_ms, mark, what });
        packet_id
    }
}

#[cfg(test)]
mod tests;
