//! What stands already when a rule begins to hold, and what an edge's silence makes of its points.

use wire::EdgeId;

use super::Judge;
use crate::correlate::criterion::Criterion;
use crate::correlate::pack::Role;
use crate::correlate::rule::Way;
use crate::incident::{ArrivalMark, Evidence, EvidenceOf, Origin};
use crate::situation::memory::{Onset, Subject};

impl Judge<'_> {
    /// A rule that is new, or asks something else than before, looks at how the points stand.
    pub fn seed(&mut self, rule: u16) {
        let Some(points) = self.pack.rule(rule).points() else { return };
        for trigger in &points.trigger {
            let Way::Stands(criterion) = &trigger.sign.way else { continue };
            // A change from one value to another was not seen.
            if !trigger.from.is_empty() {
                continue;
            }
            for point in self.part.points_of(trigger.sign.kind).collect::<Vec<_>>() {
                let so = self.part.told(point).and_then(|told| criterion.judge(told)) == Some(true);
                if let Some(onset) = self.onset_of_state(point, self.moment.hub_ms).filter(|_| so) {
                    self.stands(self.key_of(rule, points, point), points, onset, true);
                }
            }
        }
    }

    /// A rule that is gone, or has found nothing anew, can no longer see that its condition has ended.
    pub fn end_dropped(&mut self, dropped: Vec<(String, Subject)>) {
        for (id, subject) in dropped {
            let rule = self.pack.place_of(&id);
            let found = rule.is_some_and(|rule| !self.part.rules.of_subject(rule, subject).is_empty());
            if !found {
                let (part, subject) = (self.part.id.clone(), self.part.subject(subject));
                self.book.clear(&crate::correlate::book::Key { rule: id, part, subject }, self.moment);
            }
        }
    }

    /// An edge has fallen silent, or is heard again: rules that look for what is not known look at its points.
    pub fn silence_changed(&mut self, edge: &EdgeId) {
        let pack = self.pack;
        for (kind, point) in self.part.points_of_edge(edge) {
            for interest in pack.interests(kind) {
                let Some(points) = pack.rule(interest.rule).points() else { continue };
                match interest.role {
                    Role::Trigger(place) => {
                        let sign = &points.trigger[usize::from(place)].sign;
                        if sign.way == Way::Stands(Criterion::Unusable) {
                            self.retold(interest.rule, point);
                        }
                    }
                    Role::Given => self.reconsider(interest.rule, self.moment.hub_ms),
                    Role::Past(_) | Role::Clear(_) => {}
                }
            }
        }
    }

    fn retold(&mut self, rule: u16, point: u32) {
        let Some(points) = self.pack.rule(rule).points() else { return };
        let key = self.key_of(rule, points, point);
        let (Some(told), Some(kind)) = (self.part.told(point), self.part.kind(point)) else { return };
        let stands = points.trigger.iter().any(|trigger| match &trigger.sign.way {
            Way::Stands(criterion) => trigger.sign.kind == kind && criterion.judge(told) == Some(true),
            Way::Happens(_) | Way::Rises => false,
        });
        match self.onset_of_state(point, self.moment.hub_ms).filter(|_| stands) {
            Some(onset) => self.stands(key, points, onset, true),
            None => self.stands_no_more(key, points, point),
        }
    }

    /// How a point stands, as the beginning of something at this time; `None` if it was never heard of.
    pub(super) fn onset_of_state(&self, point: u32, at_ms: i64) -> Option<Onset> {
        let state = self.part.state.points[point as usize].as_ref()?;
        let evidence = Evidence {
            origin: Origin::Hub { position: self.moment.position },
            position: self.moment.position,
            event_ms: at_ms,
            hub_ms: self.moment.hub_ms,
            what: EvidenceOf::Point {
                point: self.part.layout.point_id(point as usize)?,
                value: state.value.clone(),
            },
        };
        Some(Onset { evidence, arrival: ArrivalMark::Live, point, at_ms, times: 1 })
    }
}
