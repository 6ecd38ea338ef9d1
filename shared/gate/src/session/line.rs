//! What a session shares with those who answer it: confirms, commands, and whoever cuts it.
//! One short lock guards what waits to be written; nobody waits for anything while holding it.

use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use super::window::CommandWindow;
use crate::codec;
use crate::confirm::{Abandoned, Confirm, Owed, Released, Ring, Slot};
use crate::identity::{Peer, SessionId};
use crate::limits::Limits;
use crate::policy::Qos;

/// One TLS record's worth. More would only delay the first of them.
const PUBACKS_PER_WRITE_MAX: usize = 4_096;

pub(crate) struct Line {
    pub(crate) id: SessionId,
    pub(crate) peer: Arc<Peer>,
    limits: Arc<Limits>,
    /// The bytes that all sessions may have in flight together.
    budget: Arc<Semaphore>,
    outbox: Mutex<Outbox>,
    to_write: Notify,
    room: Notify,
    cut: CancellationToken,
    cut_reason: OnceLock<&'static str>,
    ended: CancellationToken,
}

#[derive(Default)]
struct Outbox {
    ring: Ring,
    /// Everything but PUBACKs, encoded.
    answers: BytesMut,
    commands: CommandWindow,
    stage: Stage,
}

#[derive(Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Open,
    /// No more is read; what was handed over may still be confirmed.
    Draining,
    /// Nothing is written any more.
    Closed,
}

pub(crate) enum Drained {
    Bytes {
        pubacks: usize,
    },
    Nothing,
    /// Draining is complete: nothing will ever have to be written again.
    Finished,
}

impl Line {
    pub(crate) fn new(id: SessionId, peer: Arc<Peer>, limits: Arc<Limits>, budget: Arc<Semaphore>) -> Self {
        Self {
            id,
            peer,
            limits,
            budget,
            outbox: Mutex::default(),
            to_write: Notify::new(),
            room: Notify::new(),
            cut: CancellationToken::new(),
            cut_reason: OnceLock::new(),
            ended: CancellationToken::new(),
        }
    }

    /// Takes a slot if the session and the whole gate have room for `bytes` more.
    pub(crate) fn admit(self: &Arc<Self>, owed: Owed, bytes: usize) -> Option<Confirm> {
        let mut outbox = self.lock();
        if !self.fits(&outbox.ring, bytes) {
            return None;
        }
        self.budget.try_acquire_many(permits(bytes)).ok()?.forget();
        let slot = outbox.ring.push(owed, bytes);
        Some(Confirm::new(Arc::clone(self), slot))
    }

    /// The same with patience. Fair over all sessions: the budget is handed out in the order of asking.
    pub(crate) async fn admit_when_possible(self: &Arc<Self>, owed: Owed, bytes: usize) -> Confirm {
        // Only this session's reader takes slots, so room that was seen does not vanish.
        while !self.has_room(bytes) {
            self.room.notified().await;
        }
        let permit = self.budget.acquire_many(permits(bytes)).await;
        permit.expect("the budget is never closed").forget();
        let slot = self.lock().ring.push(owed, bytes);
        Confirm::new(Arc::clone(self), slot)
    }

    /// Owes the consumer's confirm for a will, which nobody waits for. It comes when the session is over, so only the
    /// memory of the whole gate has to have room.
    pub(crate) async fn admit_will(self: &Arc<Self>, bytes: usize) -> Confirm {
        let permit = self.budget.acquire_many(permits(bytes)).await;
        permit.expect("the budget is never closed").forget();
        let slot = self.lock().ring.push(Owed::Nothing, bytes);
        Confirm::new(Arc::clone(self), slot)
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.fits(&self.lock().ring, bytes)
    }

    fn fits(&self, ring: &Ring, bytes: usize) -> bool {
        ring.messages() < self.limits.in_flight_messages_max
            && ring.bytes() + bytes <= self.limits.in_flight_bytes_max
    }

    /// True if the caller has to wake the writer.
    pub(crate) fn settle(&self, slot: Slot) -> bool {
        let mut outbox = self.lock();
        let front_free = outbox.ring.settle(slot);
        if outbox.stage == Stage::Closed {
            self.give_back(&outbox.ring.discard());
            return false;
        }
        front_free
    }

    pub(crate) fn abandon(&self, slot: Slot) {
        let mut outbox = self.lock();
        let abandoned = outbox.ring.abandon(slot);
        match outbox.stage {
            Stage::Closed => self.give_back(&outbox.ring.discard()),
            Stage::Draining => self.wake_writer(),
            Stage::Open => match abandoned {
                Abandoned::Broken => self.cut("confirm_dropped"),
                Abandoned::Harmless { front_free: true } => self.wake_writer(),
                Abandoned::Harmless { front_free: false } => {}
            },
        }
    }

    fn give_back(&self, released: &Released) {
        self.budget.add_permits(released.bytes);
    }

    pub(crate) fn wake_writer(&self) {
        self.to_write.notify_one();
    }

    /// Queues an answer. A client that asks without ever reading is cut.
    pub(crate) fn answer(&self, put: impl FnOnce(&mut BytesMut)) {
        let mut outbox = self.lock();
        if outbox.stage != Stage::Open {
            return;
        }
        put(&mut outbox.answers);
        let overflow = outbox.answers.len() > self.limits.outbound_queue_bytes_max;
        drop(outbox);
        if overflow { self.cut("slow_reader") } else { self.wake_writer() }
    }

    /// Queues a command. A client that lags too far behind is cut: it gets the present state on its next connect.
    pub(crate) fn command(&self, topic: &str, payload: &Bytes, qos: Qos) {
        let mut outbox = self.lock();
        if outbox.stage != Stage::Open {
            return;
        }
        let packet_id = match qos {
            Qos::AtMostOnce => None,
            Qos::AtLeastOnce => match outbox.commands.open(self.limits.outbound_queue_max) {
                Some(packet_id) => Some(packet_id),
                None => return self.cut("slow_reader"),
            },
        };
        drop(outbox);
        self.answer(|out| codec::put_command(out, topic, payload, packet_id));
    }

    /// False if nothing of that id was under way.
    pub(crate) fn command_confirmed(&self, packet_id: u16) -> bool {
        NonZeroU16::new(packet_id).is_some_and(|packet_id| self.lock().commands.close(packet_id))
    }

    /// Moves all that may be written now into `out`, which is empty.
    pub(crate) fn drain(&self, out: &mut BytesMut) -> Drained {
        let mut outbox = self.lock();
        std::mem::swap(out, &mut outbox.answers);
        let mut pubacks = 0;
        let released = outbox.ring.release(PUBACKS_PER_WRITE_MAX, |packet_id| {
            pubacks += 1;
            codec::put_puback(out, packet_id);
        });
        let finished = outbox.stage == Stage::Draining && outbox.ring.is_finished();
        drop(outbox);
        if released.messages > 0 {
            self.give_back(&released);
            self.room.notify_one();
        }
        match (out.is_empty(), finished) {
            (false, _) => Drained::Bytes { pubacks },
            (true, true) => Drained::Finished,
            (true, false) => Drained::Nothing,
        }
    }

    /// Resolves when there may be something to drain.
    pub(crate) async fn to_write(&self) {
        self.to_write.notified().await;
    }

    pub(crate) fn begin_drain(&self) {
        self.lock().stage = Stage::Draining;
        self.wake_writer();
    }

    /// Memory of what the consumer still holds is given back as its confirms are used or dropped.
    pub(crate) fn close(&self) {
        let mut outbox = self.lock();
        outbox.stage = Stage::Closed;
        outbox.answers = BytesMut::new();
        self.give_back(&outbox.ring.discard());
    }

    /// Ends the session from outside. The first reason counts.
    pub(crate) fn cut(&self, reason: &'static str) {
        self.cut_reason.get_or_init(|| reason);
        self.cut.cancel();
    }

    /// Resolves with the reason once somebody has cut the session.
    pub(crate) async fn until_cut(&self) -> &'static str {
        self.cut.cancelled().await;
        self.cut_reason.get().expect("a reason is set before the session is cut")
    }

    pub(crate) fn end(&self) {
        self.ended.cancel();
    }

    /// Resolves once the session is over and its consumer has been told.
    pub(crate) async fn until_ended(&self) {
        self.ended.cancelled().await;
    }

    fn lock(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `Limits::check` keeps every possible value far below the maximum.
fn permits(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
