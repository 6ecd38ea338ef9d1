//! The whole of what correlation knows, and how an entry of the journal changes it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use wire::table::Assembled;
use wire::{EdgeId, Envelope, PartId, PointTable, Record, Seq, TablePart};

use super::book::{Finding, IncidentBook, Key};
use super::edge::Edge;
use super::pack::Pack;
use super::part::{InstanceKey, Part};
use super::points::{Judge, Reading, Touched, What};
use super::rule::{Names, Pattern, Rule};
use crate::incident::lifecycle::Moment;
use crate::incident::{ArrivalMark, Condition, Evidence, EvidenceOf, Origin};
use crate::journal::{Activated, Body, Entry, Fork, Liveness, LivenessState, Missing, Position};
use crate::situation::LivenessView;
use crate::situation::event_time;
use crate::situation::changes::{Changes, Saved, SavedPart};
use crate::situation::memory::Unexplained;

#[derive(Debug)]
pub struct World {
    pack: Arc<Pack>,
    parts: Vec<Part>,
    part_places: HashMap<PartId, usize>,
    edges: Vec<Edge>,
    edge_places: HashMap<EdgeId, usize>,
    bound: BTreeMap<EdgeId, PartId>,
    book: IncidentBook,
    timers: BTreeSet<(i64, usize, InstanceKey)>,
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
            timers: BTreeSet::new(),
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
            let mut edge = Edge::restore(state, memory, part, tables);
            edge.changed = false;
            world.edge_places.insert(edge.state.edge.clone(), world.edges.len());
            world.edges.push(edge);
        }
        world.find_unexplained();
        world
    }

    fn restore_part(&mut self, saved: SavedPart) {
        let layout = saved.layout.unwrap_or_default();
        let part = Part::restore(saved.id.clone(), saved.name, layout, saved.state, saved.memory, &self.pack);
        let place = self.parts.len();
        let dues = part.instances.iter().filter_map(|(key, instance)| Some((instance.due_ms?, place, *key)));
        self.timers.extend(dues);
        self.part_places.insert(saved.id, place);
        self.parts.push(part);
    }

    /// The next entry that this world wants to see.
    pub fn next(&self) -> Position {
        self.next
    }

    /// When time alone will change something.
    pub fn next_due_ms(&self) -> Option<i64> {
        let timer = self.timers.first().map(|(due_ms, _, _)| *due_ms);
        timer.into_iter().chain(self.unexplained_due_ms).min()
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
        self.pass_time(moment);
        match &entry.body {
            Body::Envelope(bytes) => self.envelope(bytes, decoded, moment),
            Body::Missing(missing) => self.missing(missing, moment),
            Body::Fork(fork) => self.fork(fork, moment),
            Body::Quarantined(quarantined) => {
                self.edge_place(&quarantined.edge, moment.hub_ms);
                self.pending.quarantined.push((position, entry.hub_ms, quarantined.clone()));
            }
            Body::Liveness(liveness) => self.liveness(liveness, moment),
            Body::Command(command) => {
                let answer = self.book.command(command, moment);
                self.pending.answers.push((position, answer));
            }
            Body::Tick => {}
            Body::Activated(activated) => self.activate(activated, moment),
            Body::HubStarted => self.hub_started(moment),
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
        for (place, part) in self.parts.iter_mut().enumerate().filter(|(_, part)| part.changed != Default::default()) {
            let changed = std::mem::take(&mut part.changed);
            changes.parts.push(SavedPart {
                id: part.id.clone(),
                name: part.name.clone(),
                order: place as u32,
                layout: changed.layout.then(|| part.layout.clone()),
                state: part.state.clone(),
                memory: part.memory(&pack),
                arming_changed: changed.arming,
            });
        }
        for edge in self.edges.iter_mut().filter(|edge| edge.changed) {
            edge.changed = false;
            changes.edges.push((edge.state.clone(), edge.memory.clone()));
        }
        changes
    }

    // --- parts and edges ---------------------------------------------------------------------------------------------

    fn bind(&mut self, activated: &Activated) {
        self.bound.clear();
        for binding in &activated.parts {
            for edge in &binding.edges {
                self.bound.insert(edge.clone(), binding.part.clone());
            }
        }
    }

    fn activate(&mut self, activated: &Activated, moment: Moment) {
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
        for part in &mut self.parts {
            part.change_pack(&before, &after);
        }
        self.timers.clear();
        for (place, part) in self.parts.iter().enumerate() {
            let dues = part.instances.iter().filter_map(|(key, instance)| Some((instance.due_ms?, place, *key)));
            self.timers.extend(dues);
        }
        self.pack = after;
        self.rebind();
        self.pending.activated = Some(activated.clone());
    }

    /// Edges that are bound to another part from now on.
    fn rebind(&mut self) {
        for place in 0..self.edges.len() {
            let edge = self.edges[place].state.edge.clone();
            let (part, registered) = self.part_of(&edge);
            let part_place = self.part_place(&part);
            let edge = &mut self.edges[place];
            if edge.part != part_place || edge.state.registered != registered {
                edge.part = part_place;
                edge.state.part = part;
                edge.state.registered = registered;
                edge.forget_places();
                edge.changed = true;
            }
        }
    }

    /// The part of an edge. One that nobody registered is its own part: what it reports is judged all the same.
    fn part_of(&self, edge: &EdgeId) -> (PartId, bool) {
        match self.bound.get(edge) {
            Some(part) => (part.clone(), true),
            None => (PartId::parse(edge.as_str()).expect("edge ids and part ids have one alphabet and length"), false),
        }
    }

    fn part_place(&mut self, part: &PartId) -> usize {
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

    fn edge_place(&mut self, edge: &EdgeId, hub_ms: i64) -> usize {
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

    // --- time --------------------------------------------------------------------------------------------------------

    fn pass_time(&mut self, moment: Moment) {
        while let Some((due_ms, part, key)) = self.timers.first().copied().filter(|timer| timer.0 <= moment.hub_ms) {
            self.timers.pop_first();
            self.judge(part, moment, |judge| judge.due(key, due_ms));
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

    fn judge<T>(&mut self, part: usize, moment: Moment, work: impl FnOnce(&mut Judge<'_>) -> T) -> T {
        let pack = self.pack.clone();
        let mut set = Vec::new();
        let mut judge = Judge {
            pack: &pack,
            part: &mut self.parts[part],
            book: &mut self.book,
            moment,
            set: &mut set,
        };
        let done = work(&mut judge);
        self.timers.extend(set.into_iter().map(|(due_ms, key)| (due_ms, part, key)));
        done
    }

    // --- envelopes ---------------------------------------------------------------------------------------------------

    fn envelope(&mut self, bytes: &[u8], decoded: Option<&Envelope>, moment: Moment) {
        match decoded {
            Some(envelope) => self.records(envelope, moment),
            None => match Envelope::decode(bytes) {
                Ok(envelope) => self.records(&envelope, moment),
                // Ingest decoded it before it was journaled.
                Err(error) => tracing::error!(position = %moment.position, %error, "journaled envelope cannot be decoded"),
            },
        }
    }

    fn records(&mut self, envelope: &Envelope, moment: Moment) {
        let header = &envelope.header;
        let edge = self.edge_place(&header.edge, moment.hub_ms);
        for (seq, record) in envelope.numbered() {
            match record {
                Record::Event(_) | Record::Snapshot(_) => self.observe(edge, envelope, seq, record, moment),
                Record::TablePart(part) => self.table_part(edge, part),
                Record::Gap(gap) => {
                    self.edges[edge].explain(gap);
                    self.find_unexplained();
                }
                Record::Opened(_) | Record::Unknown { .. } => {}
            }
        }
    }

    fn observe(&mut self, edge: usize, envelope: &Envelope, seq: Seq, record: &Record, moment: Moment) {
        let (observation, what) = match record {
            Record::Event(observation) => (observation, What::Event),
            Record::Snapshot(observation) => (observation, What::Snapshot),
            _ => return,
        };
        let header = &envelope.header;
        let places = self.places(edge, header.table);
        let point = places.and_then(|places| places.get(usize::from(observation.point.0)).copied());
        let Some(point) = point else {
            self.records_without_table += 1;
            return;
        };
        self.records_judged += 1;
        let state = &self.edges[edge].state;
        let event_ms = event_time::reckon(&state.boots, header.stamp(observation.offset_ms), moment.hub_ms);
        let origin = Origin::Record { edge: state.edge.clone(), epoch: header.epoch, lane: header.lane, seq };
        let reading = Reading { point, observation, event_ms, origin, what };
        let edge_id = &header.edge;
        let touched = self.judge(self.edges[edge].part, moment, |judge| {
            if what == What::Event {
                judge.advance(edge_id, header.lane, event_ms);
            }
            judge.read(&reading)
        });
        // An arming state counts for the very next record.
        if touched == Touched::Arming {
            self.rearm(self.edges[edge].part, moment);
        }
    }

    fn rearm(&mut self, part: usize, moment: Moment) {
        let (edges, places) = (&self.edges, &self.edge_places);
        let silent = |edge: &EdgeId| {
            places.get(edge).is_some_and(|place| edges[*place].state.liveness == LivenessView::Silent)
        };
        if self.parts[part].rearm(silent) {
            self.judge(part, moment, |judge| judge.rearmed());
        }
    }

    fn places(&mut self, edge: usize, version: wire::TableVersion) -> Option<Arc<Vec<u32>>> {
        if let Some(places) = self.edges[edge].places(version) {
            return Some(places);
        }
        let part = self.edges[edge].part;
        let table = self.edges[edge].table(version)?.clone();
        let id = self.edges[edge].state.edge.clone();
        let known = self.parts[part].places_of(&id, &table);
        let places = known.unwrap_or_else(|| self.parts[part].take_over(&id, &table));
        Some(self.edges[edge].ready(version, places))
    }

    fn table_part(&mut self, edge: usize, part: &TablePart) {
        self.edges[edge].changed = true;
        match self.edges[edge].memory.assembler.add(part) {
            Assembled::Waiting => {}
            Assembled::Complete(table) => {
                let id = self.edges[edge].state.edge.clone();
                let places = self.parts[self.edges[edge].part].take_over(&id, &table);
                self.edges[edge].forget_places();
                self.edges[edge].ready(table.version(), places);
                self.pending.tables.push((id, table.clone()));
                self.edges[edge].learn(table);
            }
            lost @ (Assembled::OutOfOrder | Assembled::Corrupt) => {
                let edge = &self.edges[edge].state.edge;
                tracing::error!(%edge, version = %part.version, ?lost, "point table cannot be put together");
            }
        }
    }

    // --- silence, gaps, forks ----------------------------------------------------------------------------------------

    fn hub_started(&mut self, moment: Moment) {
        for edge in &mut self.edges {
            edge.state.liveness = LivenessView::Unknown;
            edge.state.since_ms = moment.hub_ms;
            edge.changed = true;
        }
    }

    fn liveness(&mut self, liveness: &Liveness, moment: Moment) {
        let place = self.edge_place(&liveness.edge, moment.hub_ms);
        let edge = &mut self.edges[place];
        edge.changed = true;
        let view = match &liveness.state {
            LivenessState::Live { boot, mono_ms } => {
                event_time::tie(&mut edge.state, *boot, *mono_ms, moment.hub_ms);
                LivenessView::Live
            }
            LivenessState::Silent { .. } => LivenessView::Silent,
        };
        if edge.state.liveness != view {
            edge.state.liveness = view;
            edge.state.since_ms = moment.hub_ms;
        }
        let part = edge.part;
        self.rearm(part, moment);
        self.with_rules(|pattern| matches!(pattern, Pattern::EdgeSilent), |world, rule| match &liveness.state {
            LivenessState::Live { .. } => {
                let key = world.edge_key(place, rule);
                world.book.clear(&key, moment);
            }
            LivenessState::Silent { last_ms } => {
                let since = last_ms.map_or("since the hub began".to_owned(), |_| "after its last heartbeat".to_owned());
                let evidence = hub_evidence(moment, last_ms.unwrap_or(moment.hub_ms), format!("no heartbeat {since}"));
                world.raise_for_edge(place, rule, evidence, Condition::Active, moment);
            }
        });
    }

    fn missing(&mut self, missing: &Missing, moment: Moment) {
        let place = self.edge_place(&missing.edge, moment.hub_ms);
        if self.edges[place].is_explained(missing) {
            return;
        }
        self.with_rules(|pattern| matches!(pattern, Pattern::Missing { .. }), |world, rule| {
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
        });
        self.find_unexplained();
    }

    fn raise_missing(&mut self, edge: usize, unexplained: Unexplained, moment: Moment) {
        let pack = self.pack.clone();
        if let Some(rule) = pack.rules.iter().find(|rule| rule.id == unexplained.rule) {
            self.raise_for_edge(edge, rule, unexplained.evidence, Condition::Cleared, moment);
        }
    }

    fn fork(&mut self, fork: &Fork, moment: Moment) {
        let place = self.edge_place(&fork.edge, moment.hub_ms);
        self.with_rules(|pattern| *pattern == Pattern::Fork, |world, rule| {
            let text = format!("{} (record {} of the {} lane)", fork.how.text(), fork.seq, fork.lane);
            let evidence = hub_evidence(moment, moment.hub_ms, text);
            world.raise_for_edge(place, rule, evidence, Condition::Cleared, moment);
        });
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

    fn raise_for_edge(&mut self, edge: usize, rule: &Rule, evidence: Evidence, condition: Condition, moment: Moment) {
        let part = &self.parts[self.edges[edge].part];
        let names = Names { part: &part.name, edge: self.edges[edge].state.edge.as_str(), device: "", point: "" };
        let finding = Finding {
            key: self.edge_key(edge, rule),
            text: rule.describe(&names),
            severity: rule.severity(rule.severity, part.arming()),
            evidence,
            arrival: ArrivalMark::Live,
            condition,
        };
        self.book.raise(rule, finding, moment);
    }
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

/// A pack that was journaled had been checked before.
fn parse(activated: &Activated) -> Pack {
    Pack::parse(Path::new("the journaled rule pack"), &activated.pack).unwrap_or_else(|error| {
        tracing::error!(%error, "the journaled rule pack cannot be read by this version: no rule holds");
        Pack::empty()
    })
}
