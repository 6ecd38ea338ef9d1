//! Whether a reading was overtaken by a newer one of its point. A lane keeps its order; what comes by two lanes has none. Pure.

use wire::Lane;

use super::judge::{Reading, What};
use crate::situation::PointState;
use crate::situation::event_time::Placed;

/// `other_lane`: the reading came by another lane than the events of its kind do.
pub(super) fn is_overtaken(reading: &Reading<'_>, state: &PointState, other_lane: bool) -> bool {
    // A snapshot may have been passed by an event, and then says nothing new.
    let old = state.event_ms > reading.event_ms || reading.placed == Placed::ByGuess;
    // Marks that come or go travel by the urgent lane, also those of routine kinds, and pass what is still under way.
    let passed = reading.header.lane == Lane::Routine && is_behind(reading, state);
    reading.what == What::Snapshot && other_lane && old || passed
}

/// Whether the state came by the urgent lane, ahead of this reading that was read before it.
fn is_behind(reading: &Reading<'_>, state: &PointState) -> bool {
    state.ahead.as_ref().is_some_and(|ahead| {
        if ahead.boot == reading.read.boot {
            reading.read.mono_ms < ahead.mono_ms
        } else {
            reading.event_ms < state.event_ms
        }
    })
}
