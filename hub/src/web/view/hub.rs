//! The hub's own state, for the head of the page.

use super::moment::Moment;
use crate::api::shown::{self, Presence};
use crate::situation::EdgeState;
use crate::status::Start;
use crate::store::PartRow;

/// Below this, what the page shows is now for a person.
const LAG_SHOWN_FROM_MS: u64 = 2_000;

pub(in crate::web) struct HubView {
    /// Why the hub is not ready; empty if it is.
    pub(in crate::web) reasons: Vec<String>,
    /// How far the judgement is behind, if a person would notice.
    pub(in crate::web) behind_s: Option<u64>,
    pub(in crate::web) reporting: Reporting,
    pub(in crate::web) started: Moment,
    /// The last that was recorded before.
    pub(in crate::web) recorded_until: Option<Moment>,
}

/// How many parts there are that somebody watches, and how many of them cannot be heard.
pub(in crate::web) struct Reporting {
    pub(in crate::web) parts: usize,
    pub(in crate::web) silent: usize,
}

impl Reporting {
    pub(in crate::web) fn of(parts: &[PartRow], edges: &[EdgeState]) -> Self {
        let watched = parts.iter().filter(|part| match shown::presence(part, edges) {
            Presence::Registered => true,
            // Nobody expects it: it counts while it is heard.
            Presence::Unregistered => shown::is_reporting(part, edges),
            Presence::Former => false,
        });
        let silent = watched.clone().filter(|part| !shown::is_reporting(part, edges)).count();
        Self { parts: watched.count(), silent }
    }
}

impl HubView {
    pub(in crate::web) fn of(
        ready: Result<(), Vec<String>>,
        lag_ms: u64,
        start: Start,
        reporting: Reporting,
    ) -> Self {
        Self {
            reasons: ready.err().unwrap_or_default(),
            behind_s: (lag_ms >= LAG_SHOWN_FROM_MS).then_some(lag_ms / 1_000),
            reporting,
            started: Moment(start.started_ms),
            recorded_until: start.last_entry_ms.map(Moment),
        }
    }
}
