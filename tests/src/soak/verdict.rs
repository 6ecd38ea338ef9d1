//! What the soak found, one row per promise. Pure.

use std::collections::BTreeMap;
use std::fmt;

use super::evidence::{Arrived, Evidence};
use super::growth::Growth;
use super::trouble::Trouble;

/// The first ones say enough.
const NAMED_MAX: usize = 5;

#[derive(Debug)]
pub struct Verdict {
    troubles: BTreeMap<Trouble, usize>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    promise: &'static str,
    seen: String,
    kept: bool,
}

impl Verdict {
    pub(super) fn of(happened: &[Trouble], evidence: &Evidence, edge: Growth, hub: Growth) -> Self {
        let mut troubles = BTreeMap::new();
        for trouble in happened {
            *troubles.entry(*trouble).or_default() += 1;
        }
        let mut rows = arrivals(evidence);
        rows.extend(records(evidence));
        rows.extend([
            row("edge: memory", edge.memory(), edge.is_memory_flat()),
            row("edge: descriptors", edge.files(), edge.are_descriptors_flat()),
            row("hub since its start: memory", hub.memory(), hub.is_memory_flat()),
            row("hub since its start: descriptors", hub.files(), hub.are_descriptors_flat()),
        ]);
        Self { troubles, rows }
    }

    pub fn is_sound(&self) -> bool {
        self.rows.iter().all(|row| row.kept)
    }

    pub fn troubles(&self) -> usize {
        self.troubles.values().sum()
    }
}

fn row(promise: &'static str, seen: impl fmt::Display, kept: bool) -> Row {
    Row { promise, seen: seen.to_string(), kept }
}

/// What the soak did by itself, and what the hub holds of it.
fn arrivals(evidence: &Evidence) -> Vec<Row> {
    let of = |(point, arrived): &(&'static str, Arrived)| {
        let Arrived { made, held, lost, strange } = arrived;
        let seen = format!("made {made}, held {held}, lost {lost}, strange {strange}");
        row(point, seen, (*lost, *strange) == (0, 0) && *made > 0)
    };
    evidence.arrived.iter().map(of).collect()
}

fn records(evidence: &Evidence) -> [Row; 8] {
    let Evidence { written: [urgent, routine], unconfirmed, events, doubled, .. } = evidence;
    let made = format!("{urgent} urgent and {routine} routine");
    let left = unconfirmed.map_or("the edge did not say".to_owned(), |left| format!("{left} left"));
    [
        row("records the edge made", made, *urgent > 0 && *routine > 0),
        row("all confirmed by the hub", left, *unconfirmed == Some(0)),
        row(
            "events held once each",
            format!("{events}, of them doubled {doubled}"),
            *events > 0 && *doubled == 0,
        ),
        row("the edge's signature covers them", yes(evidence.proved), evidence.proved),
        none("nothing given up at the edge", &evidence.losses),
        row("nothing quarantined at the hub", evidence.quarantined, evidence.quarantined == 0),
        none("no incident but lost devices and sticks", &evidence.incidents),
        none("no error in the logs", &evidence.errors),
    ]
}

fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

fn none(promise: &'static str, found: &[String]) -> Row {
    let named: Vec<&str> = found.iter().take(NAMED_MAX).map(String::as_str).collect();
    let seen =
        if found.is_empty() { "none".to_owned() } else { format!("{}: {}", found.len(), named.join("; ")) };
    row(promise, seen, found.is_empty())
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted: Vec<String> =
            self.troubles.iter().map(|(trouble, times)| format!("{} {times}", trouble.name())).collect();
        writeln!(f, "{} troubles: {}\n", self.troubles(), counted.join(", "))?;
        for Row { promise, seen, kept } in &self.rows {
            writeln!(f, "{}  {promise:<33} {seen}", if *kept { "kept  " } else { "BROKEN" })?;
        }
        let broken = self.rows.iter().filter(|row| !row.kept).count();
        match broken {
            0 => write!(f, "\nAll {} promises were kept.", self.rows.len()),
            some => write!(f, "\n{some} of {} promises were BROKEN.", self.rows.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::soak::sample::Sample;

    fn sound() -> Evidence {
        Evidence {
            arrived: vec![("door-1:handle", Arrived { made: 2, held: 2, lost: 0, strange: 0 })],
            written: [9, 9],
            unconfirmed: Some(0),
            events: 5,
            proved: true,
            ..Evidence::default()
        }
    }

    fn verdict(evidence: &Evidence) -> Verdict {
        let flat = Growth::of(&[Sample { resident_bytes: 1, descriptors: 1 }; 5]);
        Verdict::of(&[Trouble::Busy], evidence, flat, flat)
    }

    #[test]
    fn one_broken_promise_breaks_the_verdict() {
        assert!(verdict(&sound()).is_sound());
        let some = || vec!["one".to_owned()];
        let lost = Arrived { made: 2, held: 1, lost: 1, strange: 0 };
        let broken = [
            Evidence { arrived: vec![("door-1:handle", lost)], ..sound() },
            Evidence { written: [9, 0], ..sound() },
            Evidence { unconfirmed: None, ..sound() },
            Evidence { events: 0, ..sound() },
            Evidence { doubled: 1, ..sound() },
            Evidence { proved: false, ..sound() },
            Evidence { losses: some(), ..sound() },
            Evidence { quarantined: 1, ..sound() },
            Evidence { incidents: some(), ..sound() },
            Evidence { errors: some(), ..sound() },
        ];
        for evidence in broken {
            let verdict = verdict(&evidence);
            assert!(!verdict.is_sound(), "{verdict}");
            assert_eq!(verdict.to_string().matches("BROKEN").count(), 2, "{verdict}");
        }
    }
}
