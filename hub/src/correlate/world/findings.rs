//! What the hub finds about an edge itself: silence, missing records, forks.

use super::World;
use crate::correlate::book::{Finding, Key};
use crate::correlate::rule::{Names, Pattern, Rule};
use crate::incident::lifecycle::Moment;
use crate::incident::{ArrivalMark, Condition, Evidence, EvidenceOf, Origin};
use crate::journal::{Fork, Liveness, LivenessState, Loss, LossKind, Missing, Proved, Unproved};
use crate::situation::memory::Unexplained;
use crate::situation::{Attachment, LivenessView, ProvedUntil, UnprovedSince, event_time};
use wire::{Lane, Stamp};

impl World {
    pub(super) fn hub_started(&mut self, moment: Moment) {
        for edge in &mut self.edges {
            edge.state.liveness = LivenessView::Unknown;
            edge.state.since_ms = moment.hub_ms;
            edge.state.attachment = Attachment::Detached;
            edge.changed = true;
        }
    }

    pub(super) fn liveness(&mut self, liveness: &Liveness, moment: Moment) {
        let place = self.edge_place(&liveness.edge, moment.hub_ms);
        let edge = &mut self.edges[place];
        edge.changed = true;
        let view = match &liveness.state {
            LivenessState::Live { boot, mono_ms } => {
                event_time::tie(&mut edge.state, *boot, *mono_ms, moment.hub_ms);
                if edge.state.attachment == Attachment::Detached {
                    edge.state.attachment = Attachment::Attached { since_ms: moment.hub_ms };
                }
                LivenessView::Live
            }
            LivenessState::Silent { .. } => LivenessView::Silent,
            LivenessState::Detached => {
                edge.state.attachment = Attachment::Detached;
                return;
            }
        };
        // An edge that the configuration does not name is missed only if it was there.
        let missed = edge.state.registered || edge.state.liveness == LivenessView::Live;
        if edge.state.liveness != view {
            edge.state.liveness = view;
            edge.state.since_ms = moment.hub_ms;
        }
        let part = edge.part;
        self.hear_silence(place, view == LivenessView::Silent, moment);
        self.rearm(part, moment.hub_ms, moment);
        self.with_rules(
            |pattern| matches!(pattern, Pattern::EdgeSilent),
            |world, rule| match &liveness.state {
                LivenessState::Detached => {}
                LivenessState::Silent { .. } if !missed => {}
                LivenessState::Live { .. } => {
                    let key = world.edge_key(place, rule);
                    world.book.clear(&key, moment);
                }
                LivenessState::Silent { last_ms } => {
                    let since = last_ms
                        .map_or("since the hub began".to_owned(), |_| "after its last heartbeat".to_owned());
                    let evidence = hub_evidence(
                        moment,
                        last_ms.unwrap_or(moment.hub_ms),
                        format!("no heartbeat {since}"),
                    );
                    world.raise_for_edge(place, rule, evidence, Condition::Active, moment);
                }
            },
        );
    }

    /// What is known of the points of an edge goes with its silence, and comes back with its voice.
    fn hear_silence(&mut self, edge: usize, silent: bool, moment: Moment) {
        let (id, part) = (self.edges[edge].state.edge.clone(), self.edges[edge].part);
        if self.parts[part].set_silent(&id, silent) {
            self.judge(part, moment, |judge| judge.silence_changed(&id));
        }
    }

    /// Nobody waits for this edge in its part any more.
    pub(super) fn clear_silence(&mut self, edge: usize, moment: Moment) {
        self.with_rules(
            |pattern| matches!(pattern, Pattern::EdgeSilent),
            |world, rule| {
                let key = world.edge_key(edge, rule);
                world.book.clear(&key, moment);
            },
        );
    }

    pub(super) fn missing(&mut self, missing: &Missing, moment: Moment) {
        let place = self.edge_place(&missing.edge, moment.hub_ms);
        if self.edges[place].miss(missing, moment.hub_ms).is_some() {
            return;
        }
        self.with_rules(
            |pattern| matches!(pattern, Pattern::Missing { .. }),
            |world, rule| {
                let Pattern::Missing { settle_ms } = rule.pattern else { return };
                let text = format!(
                    "records {} to {} of the {} lane are missing",
                    missing.first,
                    missing.next.0.saturating_sub(1),
                    missing.lane
                );
                let unexplained = Unexplained {
                    rule: rule.id.clone(),
                    missing: missing.clone(),
                    due_ms: moment.hub_ms.saturating_add(settle_ms),
                    evidence: hub_evidence(moment, moment.hub_ms, text),
                };
                if let Some(overdue) = world.edges[place].wait_for_explanation(unexplained) {
                    world.raise_missing(place, overdue, moment);
                }
            },
        );
        self.find_unexplained();
    }

    pub(super) fn raise_missing(&mut self, edge: usize, unexplained: Unexplained, moment: Moment) {
        let pack = self.pack.clone();
        if let Some(rule) = pack.rules.iter().find(|rule| rule.id == unexplained.rule) {
            self.raise_for_edge(edge, rule, unexplained.evidence, Condition::Cleared, moment);
        }
    }

    pub(super) fn fork(&mut self, fork: &Fork, moment: Moment) {
        let place = self.edge_place(&fork.edge, moment.hub_ms);
        self.with_rules(
            |pattern| *pattern == Pattern::Fork,
            |world, rule| {
                let text = format!("{} (record {} of the {} lane)", fork.how.text(), fork.seq, fork.lane);
                let evidence = hub_evidence(moment, moment.hub_ms, text);
                world.raise_for_edge(place, rule, evidence, Condition::Cleared, moment);
            },
        );
    }

    /// Nothing can explain it away: it fires at once, unless a fork says more of the same.
    pub(super) fn lost(&mut self, loss: &Loss, moment: Moment) {
        let place = self.edge_place(&loss.edge, moment.hub_ms);
        self.edges[place].lose(loss, moment.hub_ms);
        if loss.kind.comes_with_a_fork() {
            return;
        }
        self.with_rules(
            |pattern| matches!(pattern, Pattern::Missing { .. }),
            |world, rule| {
                let evidence = hub_evidence(moment, moment.hub_ms, in_words(loss));
                world.raise_for_edge(place, rule, evidence, Condition::Cleared, moment);
            },
        );
    }

    /// Moves forward only: what a refilled hub is shown again is proved already.
    pub(super) fn proved(&mut self, proved: &Proved, moment: Moment) {
        let place = self.edge_place(&proved.edge, moment.hub_ms);
        let edge = &mut self.edges[place];
        let stamp = Stamp {
            boot: proved.boot,
            mono_ms: proved.mono_ms,
            wall_ms: proved.wall_ms,
            clock: proved.clock,
        };
        let (at_ms, _) = event_time::reckon(&edge.state.boots, stamp, moment.hub_ms);
        if edge.state.proved.as_ref().is_none_or(|known| known.at_ms <= at_ms) {
            edge.state.proved = Some(ProvedUntil { at_ms, epoch: proved.epoch, next: proved.next });
        }
        edge.state.unproved = None;
        edge.changed = true;
    }

    pub(super) fn unproved(&mut self, unproved: &Unproved, moment: Moment) {
        let place = self.edge_place(&unproved.edge, moment.hub_ms);
        let edge = &mut self.edges[place];
        let why = unproved.why;
        if edge.state.unproved.is_none_or(|known| known.why != why) {
            edge.state.unproved = Some(UnprovedSince { since_ms: moment.hub_ms, why });
            edge.changed = true;
        }
    }

    fn with_rules(&mut self, wanted: impl Fn(&Pattern) -> bool, mut each: impl FnMut(&mut Self, &Rule)) {
        let pack = self.pack.clone();
        for (_, rule) in pack.others().filter(|(_, rule)| wanted(&rule.pattern)) {
            each(self, rule);
        }
    }

    fn edge_key(&self, edge: usize, rule: &Rule) -> Key {
        let state = &self.edges[edge].state;
        Key { rule: rule.id.clone(), part: state.part.clone(), subject: state.edge.to_string() }
    }

    pub(super) fn raise_for_edge(
        &mut self,
        edge: usize,
        rule: &Rule,
        evidence: Evidence,
        condition: Condition,
        moment: Moment,
    ) {
        let part = &self.parts[self.edges[edge].part];
        let names =
            Names { part: &part.name, edge: self.edges[edge].state.edge.as_str(), ..Names::default() };
        let finding = Finding {
            key: self.edge_key(edge, rule),
            text: rule.describe(&names),
            severity: rule.severity(rule.severity, |condition| condition.holds(part, None)),
            evidence,
            arrival: ArrivalMark::Live,
            condition,
            provisional: false,
        };
        self.book.raise(rule, finding, moment);
    }
}

fn in_words(loss: &Loss) -> String {
    let why = loss.kind.text();
    let Some(left) = loss.left else {
        return format!("{why}: what this hub had not heard of until then is lost, how much is not known");
    };
    let of_lane = |lane: Lane| {
        let tail = loss.lanes[lane.index()];
        match tail.next.map(|next| next.0.saturating_sub(tail.first.0)) {
            None => format!("from {lane} record {} on, how many is not known", tail.first),
            Some(records) => format!("{records} {lane} from {} on", tail.first),
        }
    };
    let [urgent, routine] = Lane::ALL.map(of_lane);
    let fate = match loss.kind {
        LossKind::StorageFailed => "come only if its file can be read again",
        _ => "are lost",
    };
    format!("{why}: its records that the hub had not confirmed {fate} ({urgent}; {routine}; epoch {left})")
}

fn hub_evidence(moment: Moment, event_ms: i64, text: String) -> Evidence {
    Evidence {
        origin: Origin::Hub { position: moment.position },
        position: moment.position,
        event_ms,
        hub_ms: moment.hub_ms,
        what: EvidenceOf::Finding { text },
    }
}
