//! What is found when the soak is over: at the edge, at the hub, in their logs, and in what the hand wrote down.

use serde_json::Value;

use crate::api::Event;
use crate::full_room::FullRoom;
use crate::wait::{PATIENCE, patiently};
use crate::watched_room::EDGE;

use super::hand::{Hand, Moves};

/// Counters of the edge that stay at zero as long as nothing is lost. They outlive a reload.
const LOSSES: [&str; 5] = [
    "spool_records_given_up_total{lane=\"urgent\",standing=\"unconfirmed\"}",
    "spool_records_given_up_total{lane=\"routine\",standing=\"unconfirmed\"}",
    "spool_records_refused_total",
    "spool_epochs_renewed_total",
    "spool_checkpoints_total{outcome=\"failed\"}",
];
/// The only rules that may speak: sticks are put in, and a slow machine can leave a device away for longer than the soak wants.
const EXPECTED: [&str; 2] = ["R-16", "R-28"];

/// How the moves of one thing arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrived {
    pub(super) made: usize,
    pub(super) held: usize,
    pub(super) lost: usize,
    /// Held more often than made, or in another order.
    pub(super) strange: usize,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    pub(super) arrived: Vec<(&'static str, Arrived)>,
    /// What the edge has written, urgent and routine.
    pub(super) written: [u64; 2],
    /// What the hub has not confirmed after a long wait; `None` if the edge did not say.
    pub(super) unconfirmed: Option<u64>,
    /// Events at the hub, and those that it holds more than once.
    pub(super) events: usize,
    pub(super) doubled: usize,
    /// Whether the edge's signature covers the last move.
    pub(super) proved: bool,
    pub(super) losses: Vec<String>,
    pub(super) quarantined: usize,
    pub(super) incidents: Vec<String>,
    pub(super) errors: Vec<String>,
}

impl Evidence {
    pub(super) async fn gather(room: &FullRoom, hand: &Hand) -> Self {
        let unconfirmed = drained(room).await;
        let api = room.site.api();
        api.judged().await;
        // Oldest first.
        let events: Vec<Event> = api.events(EDGE).await.into_iter().rev().collect();
        let records = api.records(EDGE).await;
        let spool = &status(room).await["spool"];
        let written = ["urgent", "routine"].map(|lane| spool[lane]["next"].as_u64().unwrap_or_default());
        let metrics = room.edge.page("/metrics").await;
        let incidents = api.incidents().await;
        let unexpected = incidents.iter().filter(|incident| !EXPECTED.contains(&incident.rule.as_str()));
        Self {
            arrived: hand.moves().iter().map(|moves| (moves.point, arrived(moves, &events))).collect(),
            written,
            unconfirmed,
            events: records.len(),
            doubled: records.values().filter(|times| **times != 1).count(),
            proved: proved(room, &events).await,
            losses: LOSSES.iter().filter_map(|loss| lost(&metrics, loss)).collect(),
            quarantined: api.quarantine(EDGE).await.len(),
            incidents: unexpected.map(|incident| format!("{} {}", incident.rule, incident.text)).collect(),
            errors: [room.edge.log(), room.site.hub.log()].iter().flat_map(|log| errors(log)).collect(),
        }
    }
}

async fn status(room: &FullRoom) -> Value {
    serde_json::from_str(&room.edge.page("/status").await).unwrap_or_default()
}

/// Waits until the hub has all that the edge holds; says what is left.
async fn drained(room: &FullRoom) -> Option<u64> {
    let waiting = async || {
        let spool = &status(room).await["spool"];
        Some(spool["urgent"]["unconfirmed"].as_u64()? + spool["routine"]["unconfirmed"].as_u64()?)
    };
    let drained = patiently(PATIENCE, async || match waiting().await {
        Some(0) => Ok(Some(0)),
        left => Err(format!("{left:?}")),
    });
    match drained.await {
        Ok(left) => left,
        Err(_) => waiting().await,
    }
}

/// Waits until the edge's signature covers the last event, as the hub shows it. A grave event is signed at once: somebody
/// forces the door.
async fn proved(room: &FullRoom, events: &[Event]) -> bool {
    room.field.act("door-1", "force");
    let last = events.iter().filter(|event| event.lane == "urgent").map(|event| event.seq).max();
    let proved = patiently(PATIENCE, async || {
        let proved = room.site.api().edge(EDGE).await["proved"]["urgent_next"].as_u64();
        if proved > last && last.is_some() { Ok(()) } else { Err(format!("{proved:?} of {last:?}")) }
    });
    proved.await.is_ok()
}

/// Compares what was done with what the hub holds of it. An edge's first reading after a start counts: a move may show in
/// that. A device that comes back may say once more how it stands; that is no second move.
fn arrived(moves: &Moves, events: &[Event]) -> Arrived {
    let point = format!("{EDGE}:{}", moves.point);
    let of_point = events.iter().filter(|event| event.point == point && event.quality == "good");
    let mut held: Vec<&str> = of_point.filter_map(|event| event.text.as_deref()).collect();
    held.dedup();
    let held = held.strip_prefix(&[moves.from]).unwrap_or(&held);
    let made = &moves.to;
    // Each move is to the other of two states, so whatever is missing or doubled shows in the number.
    let alike = made.iter().zip(held).take_while(|(made, held)| made == held).count();
    Arrived {
        made: made.len(),
        held: held.len(),
        lost: made.len().saturating_sub(held.len()),
        strange: if alike == made.len().min(held.len()) { held.len() - alike } else { held.len() },
    }
}

/// A counter that is not there proves nothing.
fn lost(metrics: &str, name: &str) -> Option<String> {
    let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
    match value {
        Some(0.0) => None,
        Some(value) => Some(format!("{name} {value}")),
        None => Some(format!("{name} is not counted")),
    }
}

/// An error says that data was lost or that a person must act.
fn errors(log: &str) -> Vec<String> {
    let is_error = |line: &&str| line.contains(" ERROR ") || line.contains("panicked at");
    log.lines().filter(is_error).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::*;

    const MOVES: [&str; 4] = ["yes", "no", "yes", "no"];

    fn held(texts: &[&str]) -> Arrived {
        let event = |(seq, text): (usize, &&str)| Event {
            edge: EDGE.to_owned(),
            lane: "urgent".to_owned(),
            epoch: String::new(),
            seq: seq as u64,
            point: format!("{EDGE}:door-1:handle"),
            kind: "door.handle".to_owned(),
            text: Some((*text).to_owned()),
            quality: "good".to_owned(),
            snapshot: seq == 0,
        };
        let events: Vec<Event> = iter::once(&"no").chain(texts).enumerate().map(event).collect();
        arrived(&Moves { point: "door-1:handle", from: "no", to: MOVES.to_vec() }, &events)
    }

    #[test]
    fn what_is_lost_doubled_or_out_of_order_is_seen() {
        assert_eq!(held(&MOVES), Arrived { made: 4, held: 4, lost: 0, strange: 0 });
        assert_eq!(held(&["yes", "no", "no", "yes", "no"]).strange, 0, "said again");
        assert_eq!(held(&MOVES[..3]).lost, 1);
        assert_eq!(held(&["yes", "no", "no"]).lost, 2, "the two around one that is lost look alike");
        assert_eq!(held(&["yes", "no", "yes", "no", "yes"]).strange, 1);
        assert_eq!(held(&MOVES[1..]).lost, 2, "the first was lost, and the next says nothing new");
        assert_eq!(held(&[]).lost, 4);
    }

    #[test]
    fn errors_and_losses_are_found_where_they_are_told() {
        assert_eq!(lost("a_total 0\nb_total 0\n", "a_total"), None);
        assert_eq!(
            lost("b_total 1\na_total{x=\"y\"} 2\n", "a_total{x=\"y\"}").unwrap(),
            "a_total{x=\"y\"} 2"
        );
        let log = "t  INFO x: fine\nt ERROR x: the disk failed\nthread 'main' panicked at src/x.rs:1\n";
        assert_eq!(errors(log).len(), 2);
    }
}
