//! The line of an edge on its part's card: its sign of life, what its signature proves, what the hub does not have of it.

use wire::GapReason;

use super::moment::Moment;
use crate::journal::LossKind;
use crate::situation::{EdgeState, LivenessView, Lost};

pub(in crate::web) struct EdgeLine {
    pub(in crate::web) id: String,
    pub(in crate::web) liveness: LivenessView,
    pub(in crate::web) since: Moment,
    pub(in crate::web) registered: bool,
    /// When it signed what the hub holds of it, last.
    pub(in crate::web) proved: Option<Moment>,
    /// Why its latest signatures do not count.
    pub(in crate::web) unproved: Option<&'static str>,
    /// The latest first.
    pub(in crate::web) gaps: Vec<GapLine>,
    pub(in crate::web) unexplained: usize,
}

pub(in crate::web) struct GapLine {
    pub(in crate::web) from: Option<Moment>,
    pub(in crate::web) until: Moment,
    /// How many records of which lane.
    pub(in crate::web) records: String,
    /// What the edge did and why; `None`: nothing explains it.
    pub(in crate::web) reason: Option<(&'static str, &'static str)>,
}

impl EdgeLine {
    pub(super) fn of(edge: &EdgeState) -> Self {
        Self {
            id: edge.edge.to_string(),
            liveness: edge.liveness,
            since: Moment(edge.since_ms),
            registered: edge.registered,
            proved: edge.proved.as_ref().map(|proved| Moment(proved.at_ms)),
            unproved: edge.unproved.map(|unproved| unproved.why.text()),
            gaps: edge.lost.iter().rev().map(GapLine::of).collect(),
            unexplained: edge.lost.iter().filter(|lost| !lost.is_explained()).count(),
        }
    }
}

impl GapLine {
    fn of(lost: &Lost) -> Self {
        let lane = lost.lane;
        let records = match lost.records() {
            Some(1) => format!("1 {lane} record"),
            Some(count) => format!("{} {lane} records", grouped(count)),
            None => format!(
                "all {lane} records from {} on that it had not delivered, nobody knows how many",
                lost.first
            ),
        };
        Self {
            from: lost.from_ms.map(Moment),
            until: Moment(lost.until_ms),
            records,
            reason: lost.reason.map(in_words).or_else(|| of_epoch(lost.with_epoch?)),
        }
    }
}

fn in_words(reason: GapReason) -> (&'static str, &'static str) {
    match reason {
        GapReason::SpoolFull => ("dropped", "its spool was full"),
        GapReason::SpoolDamaged => ("lost", "its spool was damaged and set aside"),
        GapReason::StorageFailed => ("dropped", "its storage had failed and its memory was full"),
        GapReason::TooOld => ("dropped", "they were older than it keeps"),
        GapReason::NotKept => ("keeps no longer", "a hub had confirmed them once"),
    }
}

fn of_epoch(kind: LossKind) -> Option<(&'static str, &'static str)> {
    match kind {
        LossKind::Unsaid => None,
        LossKind::StorageFailed => Some(("left on its disk", kind.text())),
        _ => Some(("lost", kind.text())),
    }
}

/// As people write large numbers.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_can_be_read() {
        let written = [0, 999, 1_204, 100_000, 1_234_567].map(grouped);
        assert_eq!(written, ["0", "999", "1,204", "100,000", "1,234,567"]);
    }
}
