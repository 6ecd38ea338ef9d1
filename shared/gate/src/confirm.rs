//! The confirm: a PUBACK may leave once its publish is durable, and never before an older one.
//!
//! Publishes take slots of a ring in the order of receipt. Confirms settle slots in any order; only the
//! settled front of the ring is released. Nothing passes a confirm that was dropped unused, so its session
//! has to end, and the client sends again.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroU16;
use std::sync::Arc;

use crate::session::Line;

/// The right, and the duty, to say that one publish is durable.
/// Dropping it unused closes the session, except for QoS 0, where nobody waits for it.
#[must_use = "an unused confirm closes its session"]
pub struct Confirm {
    line: Arc<Line>,
    slot: Slot,
    used: bool,
}

impl Confirm {
    pub(crate) fn new(line: Arc<Line>, slot: Slot) -> Self {
        Self { line, slot, used: false }
    }

    /// The publish has reached stable storage: its PUBACK may leave.
    pub fn durable(mut self) {
        if self.settle() {
            self.line.wake_writer();
        }
    }

    fn settle(&mut self) -> bool {
        self.used = true;
        self.line.settle(self.slot)
    }
}

impl Drop for Confirm {
    fn drop(&mut self) {
        if !self.used {
            self.line.abandon(self.slot);
        }
    }
}

impl fmt::Debug for Confirm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Confirm({}, {})", self.line.id, self.slot.0)
    }
}

/// Confirms a whole commit. Cheaper than one by one: each session is woken once, at the end, and answers
/// with one write.
pub fn durable_all(confirms: impl IntoIterator<Item = Confirm>) {
    let mut to_wake = Vec::new();
    for mut confirm in confirms {
        if confirm.settle() {
            to_wake.push(Arc::clone(&confirm.line));
        }
    }
    to_wake.iter().for_each(|line| line.wake_writer());
}

/// The place of one publish in its session's ring. Wraps around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(u32);

/// What a publish is owed once it is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owed {
    Puback(NonZeroU16),
    Nothing,
}

struct Held {
    owed: Owed,
    bytes: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Settled,
    /// Its confirm was dropped unused. Nothing passes it.
    Abandoned,
}

/// The publishes of one session that the consumer holds.
#[derive(Default)]
pub(crate) struct Ring {
    held: VecDeque<Held>,
    front: u32,
    bytes: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Abandoned {
    /// Nobody waits for it, so it counts as settled.
    Harmless { front_free: bool },
    /// A PUBACK will be missing for ever, and with it all that would follow.
    Broken,
}

/// What left the ring.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Released {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

impl Ring {
    pub(crate) fn messages(&self) -> usize {
        self.held.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Nothing will ever leave any more: all has left, or an abandoned publish is in front.
    pub(crate) fn is_finished(&self) -> bool {
        self.held.front().is_none_or(|held| held.state == State::Abandoned)
    }

    pub(crate) fn push(&mut self, owed: Owed, bytes: usize) -> Slot {
        // The ring is bounded by `in_flight_messages_max`, far below a wrap of the slot numbers.
        let slot = Slot(self.front.wrapping_add(self.held.len() as u32));
        self.held.push_back(Held { owed, bytes, state: State::Waiting });
        self.bytes += bytes;
        slot
    }

    /// True if the front has become free to leave, which is the moment to wake the writer.
    pub(crate) fn settle(&mut self, slot: Slot) -> bool {
        self.held_at(slot).state = State::Settled;
        slot.0 == self.front
    }

    pub(crate) fn abandon(&mut self, slot: Slot) -> Abandoned {
        let held = self.held_at(slot);
        if held.owed == Owed::Nothing {
            return Abandoned::Harmless { front_free: self.settle(slot) };
        }
        held.state = State::Abandoned;
        Abandoned::Broken
    }

    /// Takes the settled front, at most `messages_max` of it.
    pub(crate) fn release(&mut self, messages_max: usize, mut puback: impl FnMut(NonZeroU16)) -> Released {
        let mut released = Released::default();
        while released.messages < messages_max {
            let Some(held) = self.held.pop_front_if(|held| held.state == State::Settled) else { break };
            if let Owed::Puback(packet_id) = held.owed {
                puback(packet_id);
            }
            self.count_out(&held, &mut released);
        }
        released
    }

    /// The session is over and no PUBACK leaves any more: only the memory is given back.
    pub(crate) fn discard(&mut self) -> Released {
        let mut released = Released::default();
        while let Some(held) = self.held.pop_front_if(|held| held.state != State::Waiting) {
            self.count_out(&held, &mut released);
        }
        released
    }

    fn count_out(&mut self, held: &Held, released: &mut Released) {
        self.front = self.front.wrapping_add(1);
        self.bytes -= held.bytes;
        released.messages += 1;
        released.bytes += held.bytes;
    }

    fn held_at(&mut self, slot: Slot) -> &mut Held {
        let index = slot.0.wrapping_sub(self.front) as usize;
        self.held.get_mut(index).expect("a slot stays in its ring until its only confirm is used")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn puback(packet_id: u16) -> Owed {
        Owed::Puback(NonZeroU16::new(packet_id).unwrap())
    }

    fn released(ring: &mut Ring) -> Vec<u16> {
        let mut ids = Vec::new();
        ring.release(usize::MAX, |id| ids.push(id.get()));
        ids
    }

    #[test]
    fn pubacks_leave_in_the_order_of_receipt() {
        let mut ring = Ring::default();
        let slots: Vec<Slot> = (1..=4).map(|id| ring.push(puback(id), 10)).collect();
        assert!(!ring.settle(slots[2]) && !ring.settle(slots[1]));
        assert!(released(&mut ring).is_empty());
        assert!(ring.settle(slots[0]), "the front became free");
        assert_eq!(released(&mut ring), [1, 2, 3]);
        assert_eq!((ring.messages(), ring.bytes()), (1, 10));
        assert!(ring.settle(slots[3]));
        assert_eq!(released(&mut ring), [4]);
        assert!(ring.is_finished());
    }

    #[test]
    fn nothing_passes_a_dropped_confirm_but_memory_comes_back_in_the_end() {
        let mut ring = Ring::default();
        let slots: Vec<Slot> = (1..=3).map(|id| ring.push(puback(id), 10)).collect();
        assert_eq!(ring.abandon(slots[1]), Abandoned::Broken);
        assert!(!ring.settle(slots[2]) && !ring.is_finished());
        ring.settle(slots[0]);
        assert_eq!(released(&mut ring), [1], "what came before it is still owed");
        assert!(ring.is_finished());
        assert_eq!(ring.discard(), Released { messages: 2, bytes: 20 });
    }

    #[test]
    fn a_dropped_confirm_of_qos_0_breaks_nothing() {
        let mut ring = Ring::default();
        let quiet = ring.push(Owed::Nothing, 5);
        let loud = ring.push(puback(9), 5);
        assert!(!ring.settle(loud));
        assert_eq!(ring.abandon(quiet), Abandoned::Harmless { front_free: true });
        assert_eq!(released(&mut ring), [9]);
    }

    #[test]
    fn slot_numbers_wrap_and_a_release_may_be_bounded() {
        let mut ring = Ring { front: u32::MAX - 1, ..Ring::default() };
        let slots: Vec<Slot> = (1..=4).map(|id| ring.push(puback(id), 1)).collect();
        slots.iter().rev().for_each(|slot| {
            ring.settle(*slot);
        });
        assert_eq!(ring.release(3, |_| ()), Released { messages: 3, bytes: 3 });
        assert_eq!(released(&mut ring), [4]);
    }

    #[test]
    fn nothing_is_released_twice_or_early_whatever_the_order() {
        // Every order of five confirms, by Heap's algorithm unrolled into a counter of factoradics.
        for code in 0..120_usize {
            let mut order: Vec<usize> = (0..5).collect();
            let mut rest = code;
            for (index, base) in (1..=5).rev().enumerate() {
                let pick = index + rest % base;
                rest /= base;
                order.swap(index, pick);
            }
            let mut ring = Ring::default();
            let slots: Vec<Slot> = (1..=5).map(|id| ring.push(puback(id), 1)).collect();
            let mut left = Vec::new();
            let mut settled = [false; 5];
            for index in order {
                ring.settle(slots[index]);
                settled[index] = true;
                left.extend(released(&mut ring));
                let free = settled.iter().take_while(|settled| **settled).count() as u16;
                assert_eq!(left, (1..=free).collect::<Vec<u16>>());
            }
        }
    }
}
