//! Which reports of an agent were there already. Numbers rise by one inside a boot of the host; a boot is known by its
//! random id. What is remembered is the bookmark.
//!
//! One report with numbers that are far too high must not make repetitions of all that come after it. It is found out by
//! what comes next: nobody sends before the moment of which he has spoken, and nobody repeats what is so long ago.

use minicbor::{Decode, Encode};

use super::format::{Boot, Incoming};

/// An agent's buffer seldom reaches over more than one boot. A report of a boot that was forgotten counts as new.
const BOOTS_MAX: usize = 4;
const HOST_BYTES_MAX: usize = 256;
/// No buffer holds more reports. A number that jumps further says that the agent lost its memory, and not how much; one
/// that falls further is no repetition.
const JUMP_MAX: u64 = 100_000;

#[derive(Debug, thiserror::Error)]
pub enum BookmarkError {
    #[error("the bookmark cannot be read")]
    Decode(#[source] minicbor::decode::Error),
    #[error("the bookmark names {boots} boots and a host of {host_bytes} bytes")]
    TooLarge { boots: usize, host_bytes: usize },
}

/// What a report is to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    Duplicate,
    New {
        /// How many before it are missing.
        missed: u64,
        /// The agent counts from anew, as after a loss of its buffer.
        rolled_back: bool,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub(super) struct Order {
    /// As the agent last called it.
    #[n(0)]
    host: Option<String>,
    /// The boot that was heard of last stands at the end.
    #[n(1)]
    boots: Vec<Seen>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
struct Seen {
    #[cbor(n(0), with = "minicbor::bytes")]
    boot: [u8; 16],
    #[n(1)]
    seq: u64,
    /// The latest moment of the boot that a report spoke of.
    #[n(2)]
    mono_ms: u64,
}

impl Order {
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, BookmarkError> {
        let order: Order = minicbor::decode(bytes).map_err(BookmarkError::Decode)?;
        let host_bytes = order.host.as_ref().map_or(0, String::len);
        if order.boots.len() > BOOTS_MAX || host_bytes > HOST_BYTES_MAX {
            return Err(BookmarkError::TooLarge { boots: order.boots.len(), host_bytes });
        }
        Ok(order)
    }

    pub(super) fn to_bytes(&self) -> Box<[u8]> {
        minicbor::to_vec(self).expect("a Vec takes everything").into()
    }

    pub(super) fn arrived(&mut self, report: &Incoming) -> Arrived {
        let Boot(boot) = report.boot;
        let (seq, mono_ms) = (report.seq, report.at.mono_ms);
        let Some(place) = self.boots.iter().position(|seen| seen.boot == boot) else {
            // The first report of the very first boot may be any: the agent may be older than this edge.
            let missed = if self.boots.is_empty() { 0 } else { missed_between(0, seq) };
            self.boots.push(Seen { boot, seq, mono_ms });
            if self.boots.len() > BOOTS_MAX {
                self.boots.remove(0);
            }
            return Arrived::New { missed, rolled_back: false };
        };
        let seen = self.boots.remove(place);
        let refuted = report.sent.boot == report.boot && report.sent.mono_ms < seen.mono_ms;
        let latest_ms = if refuted { mono_ms } else { seen.mono_ms.max(mono_ms) };
        // What is later than anything before it cannot have been there already either, whatever its number says.
        let anew = refuted || mono_ms > seen.mono_ms || seen.seq.saturating_sub(seq) > JUMP_MAX;
        let (arrived, now) = if seq > seen.seq {
            let missed = missed_between(seen.seq, seq);
            (Arrived::New { missed, rolled_back: false }, Seen { boot, seq, mono_ms: latest_ms })
        } else if anew {
            (Arrived::New { missed: 0, rolled_back: true }, Seen { boot, seq, mono_ms: latest_ms })
        } else {
            (Arrived::Duplicate, seen)
        };
        self.boots.push(now);
        arrived
    }

    /// The former name of the host, if it has another one now.
    pub(super) fn renamed(&mut self, host: &str) -> Option<String> {
        if self.host.as_deref() == Some(host) {
            return None;
        }
        self.host.replace(host.to_owned())
    }
}

/// At least one, if it is not known how many.
fn missed_between(before: u64, seq: u64) -> u64 {
    let missed = seq.saturating_sub(before).saturating_sub(1);
    if missed > JUMP_MAX { 1 } else { missed }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::format::{Agent, Moment, Sent, State, Text, VERSION};
    use super::super::parse::EXACT_MAX;
    use super::*;

    const BOOT: Boot = Boot([7; 16]);

    fn report(seq: u64, at_ms: u64, sent_boot: Boot, sent_ms: u64) -> Incoming {
        let agent = Agent { name: Text::default(), version: Text::default(), policy: None };
        let at = Moment { mono_ms: at_ms, wall_ms: 0 };
        let sent = Sent { boot: sent_boot, mono_ms: sent_ms, wall_ms: 0 };
        let (events, state) = (Vec::new(), State::default());
        Incoming { version: VERSION, host: Text::default(), boot: BOOT, seq, at, sent, agent, events, state }
    }

    fn is_new(order: &mut Order, report: &Incoming) -> bool {
        order.arrived(report) != Arrived::Duplicate
    }

    /// Numbers as they are, or as far too high as they can be.
    fn any_number() -> impl Strategy<Value = u64> {
        prop_oneof![0..10_000_u64, EXACT_MAX - 10..=EXACT_MAX, 0..=EXACT_MAX]
    }

    proptest! {
        #[test]
        fn whatever_an_agent_has_sent_its_next_reports_are_taken_and_their_repetitions_are_not(
            wrong in proptest::collection::vec((any_number(), any_number(), any_number()), 0..6),
            (seq, mono_ms) in (0..10_000_u64, 0..10_000_u64),
        ) {
            let mut order = Order::default();
            for (seq, at_ms, sent_ms) in wrong {
                order.arrived(&report(seq, at_ms, BOOT, sent_ms));
            }
            let sound: Vec<Incoming> =
                (0..10).map(|n| report(seq + n, mono_ms + n, BOOT, mono_ms + n)).collect();
            let taken = sound.iter().filter(|report| is_new(&mut order, report)).count();
            // One may by chance have the very moment of a wrong one.
            prop_assert!(taken >= 9, "{taken} of 10");
            for again in sound {
                let sent = Sent { mono_ms: mono_ms + 10, ..again.sent };
                let again = Incoming { sent, ..again };
                prop_assert!(!is_new(&mut order, &again));
            }
        }
    }

    #[test]
    fn what_an_earlier_boot_left_behind_is_not_locked_out_by_a_number_that_is_far_too_high() {
        let later = Boot([8; 16]);
        let mut order = Order::default();
        assert!(is_new(&mut order, &report(EXACT_MAX, EXACT_MAX, later, 10)));
        assert!(is_new(&mut order, &report(5, 100, later, 20)));
        assert!(is_new(&mut order, &report(6, 200, later, 20)));
        assert!(!is_new(&mut order, &report(6, 200, later, 30)));
    }

    #[test]
    fn what_is_missing_is_counted_as_far_as_it_is_known() {
        assert_eq!(
            [(0, 0), (0, 1), (4, 5), (4, 7)].map(|(before, seq)| missed_between(before, seq)),
            [0, 0, 0, 2]
        );
        assert_eq!(missed_between(4, u64::MAX), 1);
    }

    #[test]
    fn a_bookmark_is_read_back_and_any_other_bytes_are_refused_or_bounded() {
        let seen = Seen { boot: [7; 16], seq: 9, mono_ms: 12 };
        let order = Order { host: Some("desk-1".into()), boots: vec![seen.clone()] };
        assert_eq!(Order::from_bytes(&order.to_bytes()).unwrap(), order);
        assert!(matches!(Order::from_bytes(b"\xff"), Err(BookmarkError::Decode(_))));
        let many = Order { host: None, boots: vec![seen; BOOTS_MAX + 1] };
        assert!(matches!(Order::from_bytes(&many.to_bytes()), Err(BookmarkError::TooLarge { .. })));
    }
}
