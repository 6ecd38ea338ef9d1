//! The whole of what correlation knows, and how an entry of the journal changes it.

mod binding;
mod findings;
mod records;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use wire::{EdgeId, Envelope, PartId, PointTable};

use super::book::IncidentBook;
use super::edge::Edge;
use super::judge::Judge;
use super::pack::Pack;
use super::part::Part;
use super::recollection::InstanceKey;
use super::timers::{Timer, Timers};
use crate::incident::lifecycle::Moment;
use crate::journal::{Activated, Body, Entry, Position};
use crate::situation::LivenessView;
use crate::situation::changes::{Changes, Saved, SavedPart};

#[derive(Debug)]
pub struct World {
    pack: Arc<Pack>,
    parts: Vec<Part>,
    part_places: HashMap<PartId, usize>,
    edges: Vec<Edge>,
    edge_places: HashMap<EdgeId, usize>,
    bound: BTreeMap<EdgeId, PartId>,
    book: IncidentBook,
    timers: Timers,
    /// When the first missing run will have waited long enough for its explanation.
    unexplained_due_ms: Option<i64>,
    next: Position,
    hub_ms: i64,
    pending: Changes,
    /// Records whose table never came: nothing can be judged by them.
    pub records_without_table: u64,
    pub records_judged: u64,
}

impl World {
    pub fn restore(saved: Saved) -> Self {
        let mut world = Self {
            pack: Arc::new(Pack::empty()),
            parts: Vec::new(),
            part_places: HashMap::new(),
            edges: Vec::new(),
            edge_places: HashMap::new(),
            bound: BTreeMap::new(),
            book: IncidentBook::new(saved.open),
            timers: Timers::default(),
            unexplained_due_ms: None,
            next: saved.next,
            hub_ms: saved.hub_ms,
            pending: Changes::default(),
            records_without_table: 0,
            records_judged: 0,
        };
        if let Some(activated) = &saved.activated {
            world.pack = Arc::new(parse(activated));
            world.bind(activated);
        }
        for part in saved.parts {
            world.restore_part(part);
        }
        let mut tables: HashMap<EdgeId, Vec<PointTable>> = HashMap::new();
        for (edge, table) in saved.tables {
            tables.entry(edge).or_default().push(table);
        }
        for (state, memory) in saved.edges {
            let part = world.part_place(&state.part.clone());
            let tables = tables.remove(&state.edge).unwrap_or_default();
            world.parts[part].set_silent(&state.edge, state.liveness == LivenessView::Silent);
            let mut edge = Edge::restore(state, memory, part, tables);
            edge.changed = false;
            world.edge_places.insert(edge.state.edge.clone(), world.edges.len());
            world.edges.push(edge);
        }
        world.find_timers();
        world.find_unexplained();
        world
    }

    fn restore_part(&mut self, saved: SavedPart) {
        let layout = saved.layout.unwrap_or_default();
        let part = Part::restore(saved.id.clone(), saved.name, layout, saved.state, saved.memory, &self.pack);
        self.part_places.insert(saved.id, self.parts.len());
        self.parts.push(part);
    }

    fn find_timers(&mut self) {
        let of_part = |(place, part): (usize, &Part)| -> Vec<Timer> {
            let dues = part.rules.all().filter_map(|(key, instance)| Some((instance.due_ms?, place, *key)));
            dues.collect()
        };
        self.timers.reset(self.parts.iter().enumerate().flat_map(of_part));
    }

    /// The next entry that this world wants to see.
    pub fn next(&self) -> Position {
        self.next
    }

    /// When time alone will change something.
    pub fn next_due_ms(&self) -> Option<i64> {
        self.timers.next_due_ms().into_iter().chain(self.unexplained_due_ms).min()
    }

    fn find_unexplained(&mut self) {
        self.unexplained_due_ms = self.edges.iter().filter_map(Edge::next_due_ms).min();
    }

    /// Whether people should hear of something at once.
    pub fn is_urgent(&self) -> bool {
        self.book.has_changed() || !self.pending.answers.is_empty() || self.pending.activated.is_some()
    }

    /// Takes one entry. `decoded` is the entry's envelope if somebody has decoded it already.
    pub fn apply(&mut self, position: Position, entry: &Entry, decoded: Option<&Envelope>) {
        debug_assert_eq!(position, self.next, "entries come in order, each once");
        let moment = Moment { position, hub_ms: entry.hub_ms };
        self.hub_ms = entry.hub_ms;
        if entry.body == Body::HubStarted {
            // Before time passes: what happened while the hub was away, its edges are yet to say.
            self.hub_started(moment);
        }
        self.pass_time(moment);
        match &entry.body {
            Body::Envelope(bytes) => self.envelope(bytes, decoded, moment),
            Body::Missing(missing) => self.missing(missing, moment),
            Body::Fork(fork) => self.fork(fork, moment),
            Body::Lost(loss) => self.lost(loss, moment),
            Body::Proved(proved) => self.proved(proved, moment),
            Body::Unproved(unproved) => self.unproved(unproved, moment),
            Body::Quarantined(quarantined) => {
                self.edge_place(&quarantined.edge, moment.hub_ms);
                self.pending.quarantined.push((position, entry.hub_ms, quarantined.clone()));
            }
            Body::Liveness(liveness) => self.liveness(liveness, moment),
            Body::Command(command) => {
                let answer = self.book.command(command, moment);
                self.pending.answers.push((position, answer));
            }
            Body::Tick | Body::HubStarted => {}
            Body::Activated(activated) => self.activate(activated, moment),
        }
        self.next = position.next();
    }

    /// Everything that changed since the last call.
    pub fn take_changes(&mut self) -> Changes {
        let pack = self.pack.clone();
        let mut changes = std::mem::take(&mut self.pending);
        changes.next = self.next;
        changes.hub_ms = self.hub_ms;
        changes.incidents = self.book.take_changed();
        for (place, part) in
            self.parts.iter_mut().enumerate().filter(|(_, part)| part.changed != Default::default())
        {
            let changed = std::mem::take(&mut part.changed);
            changes.parts.push(SavedPart {
                id: part.id.clone(),
                name: part.name.clone(),
                order: place as u32,
                layout: changed.layout.then(|| part.layout.clone()),
                state: part.state.clone(),
                memory: part.rules.memory(&pack),
                arming_changed: changed.arming,
            });
        }
        for edge in self.edges.iter_mut().filter(|edge| edge.changed) {
            edge.changed = false;
            changes.edges.push((edge.state.clone(), edge.memory.clone()));
        }
        changes
    }

    fn pass_time(&mut self, moment: Moment) {
        while let Some((due_ms, part, key)) = self.timers.take_due(moment.hub_ms) {
            let absence_counts = self.absence_counts(part, key, moment.hub_ms);
            self.judge(part, moment, |judge| judge.due(key, due_ms, absence_counts));
        }
        if self.unexplained_due_ms.is_some_and(|due_ms| due_ms <= moment.hub_ms) {
            for place in 0..self.edges.len() {
                for unexplained in self.edges[place].take_due(moment.hub_ms) {
                    self.raise_missing(place, unexplained, moment);
                }
            }
            self.find_unexplained();
        }
    }

    /// Whether the edge at which this began can be believed when it says nothing.
    fn absence_counts(&self, part: usize, key: InstanceKey, hub_ms: i64) -> bool {
        let part = &self.parts[part];
        let onset = part.rules.get(&key).and_then(|instance| instance.onset.as_ref());
        let edge = onset.and_then(|onset| self.edge_places.get(part.edge_of(onset.point)));
        edge.is_none_or(|place| self.edges[*place].state.absence_counts(hub_ms))
    }

    fn judge<T>(&mut self, part: usize, moment: Moment, work: impl FnOnce(&mut Judge<'_>) -> T) -> T {
        work(&mut Judge {
            pack: &self.pack,
            part: &mut self.parts[part],
            place: part,
            book: &mut self.book,
            timers: &mut self.timers,
            moment,
        })
    }
}

/// A pack that was journaled had been checked before.
fn parse(activated: &Activated) -> Pack {
    Pack::parse(Path::new("the journaled rule pack"), &activated.pack).unwrap_or_else(|error| {
        tracing::error!(%error, "the journaled rule pack cannot be read by this version: no rule holds");
        Pack::empty()
    })
}
