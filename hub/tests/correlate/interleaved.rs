//! What one part raises does not depend on what happens in another: their events may come in any order.

use std::collections::BTreeMap;

use proptest::prelude::*;
use strongroom_hub::incident::{Condition, Incident, IncidentId, Severity};
use strongroom_hub::journal::{Activated, Body, Entry};

use crate::patterns::all_patterns;
use crate::replay::{Step, play, steps};
use crate::room::{Room, judged};

/// What of an incident is about its part: not when other parts let the hub notice that time had passed.
type Essence = (String, String, Severity, Condition, i64, Vec<i64>, bool);

fn of_part(incidents: &BTreeMap<IncidentId, Incident>, part: &str) -> Vec<Essence> {
    let essence = |incident: &Incident| {
        let events = incident.evidence.iter().map(|evidence| evidence.event_ms).collect();
        let (rule, subject) = (incident.rule.clone(), incident.subject.clone());
        (
            rule,
            subject,
            incident.severity,
            incident.condition,
            incident.began_ms,
            events,
            incident.closed.is_some(),
        )
    };
    let here = incidents.values().filter(|incident| incident.part.as_str() == part);
    let mut found: Vec<Essence> = here.map(essence).collect();
    found.sort_by(|a, b| (&a.0, &a.1, a.4).cmp(&(&b.0, &b.1, b.4)));
    found
}

fn room_of(edge: &str, part: &str, steps: &[Step]) -> Room {
    let mut room = Room::of_edge(edge, part, &all_patterns());
    room.live();
    room.wait_ms(5_000);
    // What an edge itself is found doing may be noticed earlier when another one is heard.
    let points: Vec<Step> = steps.iter().filter(|step| !matches!(step, Step::Wait(_))).cloned().collect();
    for step in points {
        play(&mut room, std::slice::from_ref(&step));
        // Ticks come often enough that neither room depends on the other's entries to see time pass.
        for _ in 0..8 {
            room.wait_ms(1_000);
        }
    }
    // Whatever waits has its time before the journal ends: that of the other room may go on for longer.
    for _ in 0..10 {
        room.wait_ms(60_000);
    }
    room
}

/// Both journals in one, in the order of hub time; `first` says who goes first where both are possible.
fn merged(one: &Room, other: &Room, first: &[bool]) -> Vec<Entry> {
    let bindings = |room: &Room| match &room.journal[1].body {
        Body::Activated(activated) => activated.parts.clone(),
        other => panic!("the second entry of a room is its activation, not {other:?}"),
    };
    let parts = [bindings(one), bindings(other)].concat();
    let mut journal = vec![
        one.journal[0].clone(),
        Entry {
            hub_ms: one.journal[1].hub_ms,
            body: Body::Activated(Activated { pack: all_patterns(), parts }),
        },
    ];
    let (mut a, mut b) = (one.journal[2..].iter().peekable(), other.journal[2..].iter().peekable());
    let mut first = first.iter().copied().cycle();
    while let Some(entry) = match (a.peek(), b.peek()) {
        (Some(x), Some(y)) if x.hub_ms == y.hub_ms => {
            if first.next().unwrap_or(true) {
                a.next()
            } else {
                b.next()
            }
        }
        (Some(x), Some(y)) => {
            if x.hub_ms < y.hub_ms {
                a.next()
            } else {
                b.next()
            }
        }
        (Some(_), None) => a.next(),
        (None, _) => b.next(),
    } {
        journal.push(entry.clone());
    }
    journal
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn parts_do_not_disturb_each_other(
        a in steps(), b in steps(), one in proptest::collection::vec(any::<bool>(), 1..40),
        other in proptest::collection::vec(any::<bool>(), 1..40),
    ) {
        let (room, hall) = (room_of("edge-1", "room", &a), room_of("edge-2", "hall", &b));
        let (first, second) = (judged(&merged(&room, &hall, &one)), judged(&merged(&room, &hall, &other)));
        for (part, alone) in [("room", &room), ("hall", &hall)] {
            prop_assert_eq!(of_part(&first, part), of_part(&alone.incidents, part));
            prop_assert_eq!(of_part(&first, part), of_part(&second, part));
        }
    }
}
