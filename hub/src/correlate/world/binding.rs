//! Which edge serves which part, and what holds from an activation on.

use std::sync::Arc;

use wire::{EdgeId, PartId, PointTable};

use super::{World, parse};
use crate::correlate::book::key_of;
use crate::correlate::edge::Edge;
use crate::correlate::part::Part;
use crate::incident::lifecycle::Moment;
use crate::journal::Activated;
use crate::situation::LivenessView;

impl World {
    pub(super) fn bind(&mut self, activated: &Activated) {
        self.bound.clear();
        for binding in &activated.parts {
            for edge in &binding.edges {
                self.bound.insert(edge.clone(), binding.part.clone());
            }
        }
    }

    pub(super) fn activate(&mut self, activated: &Activated, moment: Moment) {
        let before = self.pack.clone();
        let after = Arc::new(parse(activated));
        self.bind(activated);
        for binding in &activated.parts {
            let place = self.part_place(&binding.part);
            self.parts[place].name.clone_from(&binding.name);
            self.parts[place].changed.state = true;
            for edge in &binding.edges {
                self.edge_place(edge, moment.hub_ms);
            }
        }
        self.pack = after.clone();
        for place in 0..self.parts.len() {
            let dropped = self.parts[place].rules.change_pack(&before, &after);
            self.parts[place].changed.state = true;
            self.judge(place, moment, |judge| {
                for rule in after.changed_since(&before) {
                    judge.seed(rule);
                }
                judge.end_dropped(dropped);
            });
        }
        self.find_timers();
        self.rebind(moment);
        self.end_removed_rules(moment);
        self.pending.activated = Some(activated.clone());
    }

    /// Edges that are bound to another part from now on, or are registered now and were not before.
    fn rebind(&mut self, moment: Moment) {
        for place in 0..self.edges.len() {
            let edge = self.edges[place].state.edge.clone();
            let (part, registered) = self.part_of(&edge);
            let (left, entered) = (self.edges[place].part, self.part_place(&part));
            if left == entered && self.edges[place].state.registered == registered {
                continue;
            }
            if left == entered {
                if !registered {
                    self.clear_silence(place, moment);
                }
                self.edges[place].state.registered = registered;
                self.edges[place].changed = true;
                continue;
            }
            // What was found about the edge belongs to the part that it leaves.
            self.clear_silence(place, moment);
            let table = self.edges[place].table_in_force();
            let state = &mut self.edges[place];
            state.part = entered;
            state.state.part = part;
            state.state.registered = registered;
            state.memory.in_force = None;
            state.forget_places();
            state.changed = true;
            let silent = state.state.liveness == LivenessView::Silent;
            self.parts[left].set_silent(&edge, false);
            self.parts[entered].set_silent(&edge, silent);
            self.parts[left].release(&edge);
            self.judge(left, moment, |judge| judge.drop_retired());
            self.rearm(left, moment.hub_ms, moment);
            self.enter_part(place, table, moment);
        }
    }

    /// The edge's latest table holds in its new part as well.
    fn enter_part(&mut self, edge: usize, table: Option<PointTable>, moment: Moment) {
        let (id, part) = (self.edges[edge].state.edge.clone(), self.edges[edge].part);
        if let Some(table) = table {
            self.parts[part].take_over(&id, &table);
            self.edges[edge].memory.in_force = Some(table.version());
        }
        self.rearm(part, moment.hub_ms, moment);
    }

    /// A rule that is gone can no longer see that its condition has ended.
    fn end_removed_rules(&mut self, moment: Moment) {
        let pack = self.pack.clone();
        let orphaned = self.book.open().filter(|incident| pack.place_of(&incident.rule).is_none());
        let keys: Vec<_> = orphaned.map(key_of).collect();
        for key in keys {
            self.book.clear(&key, moment);
        }
    }

    /// The part of an edge. One that nobody registered is its own part: what it reports is judged all the same.
    fn part_of(&self, edge: &EdgeId) -> (PartId, bool) {
        match self.bound.get(edge) {
            Some(part) => (part.clone(), true),
            None => (
                PartId::parse(edge.as_str()).expect("edge ids and part ids have one alphabet and length"),
                false,
            ),
        }
    }

    pub(super) fn part_place(&mut self, part: &PartId) -> usize {
        if let Some(place) = self.part_places.get(part) {
            return *place;
        }
        let place = self.parts.len();
        let mut made = Part::new(part.clone(), part.to_string());
        made.changed.layout = true;
        made.changed.state = true;
        self.parts.push(made);
        self.part_places.insert(part.clone(), place);
        place
    }

    pub(super) fn edge_place(&mut self, edge: &EdgeId, hub_ms: i64) -> usize {
        if let Some(place) = self.edge_places.get(edge) {
            return *place;
        }
        let (part, registered) = self.part_of(edge);
        let part_place = self.part_place(&part);
        let place = self.edges.len();
        self.edges.push(Edge::new(edge.clone(), part, part_place, registered, hub_ms));
        self.edge_places.insert(edge.clone(), place);
        place
    }
}
