//! Makes reports: numbers them, cuts them into pieces that fit, and goes on where the last one in the buffer ended. Pure.

use super::compare::Between;
use crate::field::report::format::{
    Agent, Boot, Event, Incoming, Moment, Report, Sent, State, Text, VERSION,
};
use crate::field::report::{EVENTS_MAX, ITEMS_MAX, REPORT_BYTES_MAX};

/// What `sent` adds when it is renewed is not more than this.
const SENT_BYTES: usize = 64;

/// A report as it is kept.
#[derive(Clone, Debug)]
pub struct Made {
    pub json: Vec<u8>,
    pub events: u32,
}

/// Who reports.
#[derive(Clone, Debug)]
pub struct Reporter {
    host: Text,
    agent: Agent,
    boot: Boot,
    seq: u64,
}

/// What the last report of the buffer says.
#[derive(Clone, Debug)]
pub struct Last {
    pub state: State,
    pub between: Between,
}

impl Reporter {
    /// `last` is the last report that was kept. Without one the numbers go on from the monotonic time, which is above any
    /// that was used in this boot.
    pub fn new(
        host: &str,
        agent: Agent,
        boot: Boot,
        now: Moment,
        last: Option<&[u8]>,
    ) -> (Self, Option<Last>) {
        let last: Option<Incoming> = last.and_then(|json| serde_json::from_slice(json).ok());
        let seq = match &last {
            Some(last) if last.boot == boot => last.seq,
            Some(_) => 0,
            None => now.mono_ms,
        };
        let last = last.map(|last| Last {
            between: if last.boot == boot { Between::OneBoot } else { Between::Boots },
            state: last.state,
        });
        (Self { host: Text::cut(host), agent, boot, seq }, last)
    }

    /// One report, or more if one would break a limit. How things stand is in the last of them, as far as there is room.
    pub fn report(&mut self, events: &[Event], state: &State, now: Moment) -> Vec<Made> {
        if events.len() <= EVENTS_MAX {
            // Lists of long names are cut further. An event is more than they are, so it is not split off for them.
            let shorter: &[usize] = if events.len() <= 1 { &[ITEMS_MAX / 4, 0] } else { &[] };
            let mut listing = std::iter::once(&ITEMS_MAX).chain(shorter);
            if let Some(made) = listing.find_map(|max| self.fitting(events, &state.listing(*max), now)) {
                return vec![made];
            }
            if events.len() <= 1 {
                return Vec::new();
            }
        }
        let (earlier, later) = events.split_at(events.len() / 2);
        let mut made = self.report(earlier, &State::default(), now);
        made.extend(self.report(later, state, now));
        made
    }

    /// Takes a number only if it fits.
    fn fitting(&mut self, events: &[Event], state: &State, now: Moment) -> Option<Made> {
        let report = Report {
            version: VERSION,
            host: self.host.clone(),
            boot: self.boot,
            seq: self.seq + 1,
            at: now,
            sent: Sent { boot: self.boot, mono_ms: now.mono_ms, wall_ms: now.wall_ms },
            agent: self.agent.clone(),
            events: events.to_vec(),
            state: state.clone(),
        };
        let json = serde_json::to_vec(&report).expect("a report holds nothing that JSON does not");
        if json.len() + SENT_BYTES > REPORT_BYTES_MAX {
            return None;
        }
        self.seq += 1;
        Some(Made { json, events: u32::try_from(events.len()).unwrap_or(u32::MAX) })
    }
}

/// The same report, sent now. `None` if it is none.
pub fn sent_now(json: &[u8], sent: Sent) -> Option<Vec<u8>> {
    let mut report: Incoming = serde_json::from_slice(json).ok()?;
    report.sent = sent;
    serde_json::to_vec(&report).ok()
}
