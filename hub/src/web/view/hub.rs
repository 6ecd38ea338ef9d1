//! The hub's own state, for the head of the page.

use super::part::PartCard;

/// Below this, what the page shows is now for a person.
const LAG_SHOWN_FROM_MS: u64 = 2_000;

pub(in crate::web) struct HubView {
    /// Why the hub is not ready; empty if it is.
    pub(in crate::web) reasons: Vec<String>,
    /// How far the judgement is behind, if a person would notice.
    pub(in crate::web) behind_s: Option<u64>,
    pub(in crate::web) parts: usize,
    pub(in crate::web) parts_not_reporting: usize,
}

impl HubView {
    pub(in crate::web) fn of(ready: Result<(), Vec<String>>, lag_ms: u64, parts: &[PartCard]) -> Self {
        Self {
            reasons: ready.err().unwrap_or_default(),
            behind_s: (lag_ms >= LAG_SHOWN_FROM_MS).then_some(lag_ms / 1_000),
            parts: parts.len(),
            parts_not_reporting: parts.iter().filter(|part| part.is_not_reporting()).count(),
        }
    }
}
