//! What people may do with an incident, and when it ends.

use strongroom_hub::incident::lifecycle::Refused;
use strongroom_hub::incident::{Answer, Cause, IncidentId, State};
use strongroom_hub::journal::Action;
use wire::PersonId;

use crate::room::Room;

fn acknowledge(incident: IncidentId) -> Action {
    Action::Acknowledge { incident, note: None }
}

fn close(incident: IncidentId) -> Action {
    Action::Close { incident, cause: Cause::Test, note: Some("a walk test".into()) }
}

#[test]
fn a_latched_incident_needs_a_person_at_each_step() {
    let mut room = Room::new();
    room.event("jammer-1:cover", "yes");
    let id = room.incident("R-12").id;
    assert_eq!(room.act("officer-1", close(id)), Answer::Refused(Refused::StillActive));
    room.event("jammer-1:cover", "no");
    assert_eq!(room.act("officer-1", close(id)), Answer::Refused(Refused::NotAcknowledged));
    assert!(matches!(room.act("officer-1", acknowledge(id)), Answer::Done(_)));
    assert_eq!(room.incident("R-12").state(), State::Latched);
    let by = PersonId::parse("officer-1").unwrap();
    assert_eq!(room.act("officer-2", acknowledge(id)), Answer::Refused(Refused::AlreadyAcknowledged { by }));
    assert!(matches!(room.act("officer-2", close(id)), Answer::Done(_)));
    assert_eq!(room.incident("R-12").state(), State::Closed);
    assert_eq!(room.act("officer-2", close(id)), Answer::NotOpen);
    assert_eq!(room.act("officer-2", acknowledge(IncidentId([9; 16]))), Answer::NotOpen);
}

#[test]
fn what_is_not_latched_ends_when_it_has_gone_and_was_seen() {
    for seen_first in [true, false] {
        let mut room = Room::new();
        room.event("jammer-1:link", "lost");
        let id = room.incident("R-16").id;
        let see =
            |room: &mut Room| assert!(matches!(room.act("officer-1", acknowledge(id)), Answer::Done(_)));
        if seen_first {
            see(&mut room);
            assert_eq!(room.incident("R-16").state(), State::Acknowledged);
            room.event("jammer-1:link", "online");
        } else {
            room.event("jammer-1:link", "online");
            assert_eq!(room.incident("R-16").state(), State::ClearedUnacknowledged);
            see(&mut room);
        }
        assert_eq!(room.incident("R-16").state(), State::Closed);
        assert_eq!(room.incident("R-16").closed.as_ref().unwrap().by, None);
    }
}

#[test]
fn what_happens_again_must_be_seen_again() {
    let mut room = Room::new();
    room.event("jammer-1:cover", "yes");
    let id = room.incident("R-12").id;
    room.act("officer-1", acknowledge(id));
    room.event("jammer-1:cover", "no");
    room.event("jammer-1:cover", "yes");
    let incident = room.incident("R-12");
    assert_eq!((incident.state(), incident.occurrences), (State::Unacknowledged, 2));
}

#[test]
fn after_a_close_the_next_event_opens_another_incident() {
    let mut room = Room::new();
    room.event("jammer-1:cover", "yes");
    let id = room.incident("R-12").id;
    room.event("jammer-1:cover", "no");
    room.act("officer-1", acknowledge(id));
    room.act("officer-1", close(id));
    room.event("jammer-1:cover", "yes");
    assert_eq!(room.incidents.len(), 2);
    assert_eq!(room.open(), ["R-12 P2 edge-1:jammer-1 unacknowledged"]);
}

#[test]
fn lists_have_limits_and_say_what_they_leave_out() {
    let mut room = Room::new();
    for _ in 0..100 {
        room.event("jammer-1:cover", "yes");
        room.event("jammer-1:cover", "no");
    }
    let incident = room.incident("R-12");
    assert_eq!(incident.evidence.len() as u64 + incident.evidence_omitted, 100);
    assert_eq!(incident.timeline.len() as u64 + incident.timeline_omitted, 200);
    assert!(incident.evidence.len() <= 32 && incident.timeline.len() <= 128);
}
