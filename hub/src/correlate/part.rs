//! The machine of one part: how its points stand, and what its rules remember. `points.rs` applies the rules.

use std::collections::{BTreeMap, HashMap};

use wire::{EdgeId, Kind, PartId, PointName, PointTable, Value};

use super::pack::Pack;
use super::{arming, rule::Names};
use crate::situation::memory::{ExcuseRow, Instance, InstanceRow, RuleMemory};
use crate::situation::{Arming, DeviceRow, Layout, PartState, PointRow};

/// Points that a part can have had in its life, over all its edges and all their tables.
const POINTS_MAX: usize = 4 * PointTable::POINTS_MAX;

/// (device, point) → place in the layout
type Places = HashMap<(u32, PointName), u32>;

/// (rule, device)
pub type InstanceKey = (u16, u32);

#[derive(Debug)]
pub struct Part {
    pub id: PartId,
    pub name: String,
    pub layout: Layout,
    pub state: PartState,
    pub instances: BTreeMap<InstanceKey, Instance>,
    /// (rule, excuse, device) → when it last happened.
    pub excuses: HashMap<(u16, u8, u32), i64>,
    devices: HashMap<(EdgeId, String), u32>,
    kinds: Vec<Option<Kind>>,
    pub changed: Changed,
}

/// What must be stored of this part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    pub layout: bool,
    pub state: bool,
    pub arming: bool,
}

impl Part {
    pub fn new(id: PartId, name: String) -> Self {
        Self::restore(
            id,
            name,
            Layout::default(),
            PartState::default(),
            RuleMemory::default(),
            &Pack::empty(),
        )
    }

    pub fn restore(
        id: PartId,
        name: String,
        layout: Layout,
        state: PartState,
        memory: RuleMemory,
        pack: &Pack,
    ) -> Self {
        let mut part = Self {
            id,
            name,
            layout,
            state,
            instances: BTreeMap::new(),
            excuses: HashMap::new(),
            devices: HashMap::new(),
            kinds: Vec::new(),
            changed: Changed::default(),
        };
        part.index();
        part.remember(memory, pack);
        part
    }

    fn index(&mut self) {
        self.devices.clear();
        for (place, device) in self.layout.devices.iter().enumerate() {
            self.devices.insert((device.edge.clone(), device.device.to_string()), place as u32);
        }
        // A large site has many rows, and they change seldom.
        self.layout.points.shrink_to_fit();
        self.layout.devices.shrink_to_fit();
        self.kinds = self.layout.points.iter().map(PointRow::kind).collect();
        self.state.points.resize(self.layout.points.len(), None);
    }

    /// Takes over a table of an edge: from now on its points are the edge's. False if the part would grow beyond all measure.
    pub fn take_over(&mut self, edge: &EdgeId, table: &PointTable) -> bool {
        if self.layout.points.len() + table.points().count() > POINTS_MAX {
            return false;
        }
        let mut places = self.places();
        let mut held = vec![false; self.layout.points.len() + table.points().count()];
        for (_, entry) in table.points() {
            let device = table.device_of(entry);
            let device = self.device(edge, &device.device, &device.profile);
            held[self.point(&mut places, device, entry) as usize] = true;
        }
        self.retire(edge, |place| !held[place]);
        true
    }

    /// The edge serves another part from now on.
    pub fn release(&mut self, edge: &EdgeId) {
        self.retire(edge, |_| true);
    }

    fn retire(&mut self, edge: &EdgeId, gone: impl Fn(usize) -> bool) {
        for (place, row) in self.layout.points.iter_mut().enumerate() {
            if self.layout.devices[row.device as usize].edge == *edge {
                row.retired = gone(place);
            }
        }
        self.changed.layout = true;
        self.changed.state = true;
        self.index();
    }

    /// The places of a table that was taken over before.
    pub fn places_of(&self, edge: &EdgeId, table: &PointTable) -> Option<Vec<u32>> {
        let places = self.places();
        let place = |entry: &wire::PointEntry| {
            let device = &table.device_of(entry).device;
            let device = self.devices.get(&(edge.clone(), device.to_string()))?;
            places.get(&(*device, entry.point.clone())).copied()
        };
        table.points().map(|(_, entry)| place(entry)).collect()
    }

    fn device(&mut self, edge: &EdgeId, device: &wire::DeviceId, profile: &str) -> u32 {
        let key = (edge.clone(), device.to_string());
        if let Some(place) = self.devices.get(&key) {
            self.layout.devices[*place as usize].profile = profile.to_owned();
            return *place;
        }
        let place = self.layout.devices.len() as u32;
        self.layout.devices.push(DeviceRow {
            edge: edge.clone(),
            device: device.clone(),
            profile: profile.to_owned(),
        });
        self.devices.insert(key, place);
        place
    }

    /// Where each point stands. Made when a table comes, which is seldom, and not kept: a large site has many points.
    fn places(&self) -> Places {
        let rows = self.layout.points.iter().enumerate();
        rows.map(|(place, row)| ((row.device, row.point.clone()), place as u32)).collect()
    }

    fn point(&mut self, places: &mut Places, device: u32, entry: &wire::PointEntry) -> u32 {
        let key = (device, entry.point.clone());
        if let Some(place) = places.get(&key) {
            self.layout.points[*place as usize].kind = entry.kind.to_string();
            return *place;
        }
        let place = self.layout.points.len() as u32;
        self.layout.points.push(PointRow {
            device,
            point: entry.point.clone(),
            kind: entry.kind.to_string(),
            retired: false,
        });
        places.insert(key, place);
        place
    }

    pub fn kind(&self, point: u32) -> Option<Kind> {
        self.kinds.get(point as usize).copied().flatten()
    }

    pub fn device_of(&self, point: u32) -> u32 {
        self.layout.points[point as usize].device
    }

    /// Whether a point of this kind on this device believably has one of these values now.
    pub fn holds(&self, device: u32, kind: Kind, is: &[Value]) -> bool {
        let points = self.kinds.iter().zip(&self.layout.points).zip(&self.state.points);
        let mut of_kind =
            points.filter(|((known, row), _)| **known == Some(kind) && row.device == device && !row.retired);
        of_kind.any(|(_, state)| {
            let state = state.as_ref().filter(|state| state.quality.is_usable());
            state.and_then(|state| state.value.as_ref()).is_some_and(|value| is.contains(value))
        })
    }

    /// Reckons the arming state anew. True if rules must look again.
    pub fn rearm(&mut self, silent: impl Fn(&EdgeId) -> bool) -> bool {
        let points = self.kinds.iter().enumerate().filter(|(_, kind)| **kind == Some(Kind::PartArming));
        let (now, before_now): (Vec<usize>, Vec<usize>) =
            points.map(|(place, _)| place).partition(|place| !self.layout.points[*place].retired);
        // A point that was replaced counts only as long as nothing has taken its place.
        let counting = if now.is_empty() { before_now } else { now };
        let known = counting.into_iter().filter_map(|place| {
            let state = self.state.points[place].as_ref()?;
            let row = &self.layout.points[place];
            let lost = row.retired || silent(&self.layout.devices[row.device as usize].edge);
            let quality = if lost { wire::Quality::Stale } else { state.quality };
            arming::arming(state.value.as_ref()?, quality)
        });
        let combined: Option<Arming> = arming::combine(known);
        let before = arming::effective(self.state.arming);
        if combined != self.state.arming {
            self.state.arming = combined;
            self.changed.state = true;
            self.changed.arming = true;
        }
        arming::effective(combined) != before
    }

    pub fn arming(&self) -> u8 {
        arming::effective(self.state.arming)
    }

    /// What an incident about this device is called.
    pub fn subject(&self, device: u32) -> String {
        let row = &self.layout.devices[device as usize];
        format!("{}:{}", row.edge, row.device)
    }

    pub fn names(&self, point: u32) -> Names<'_> {
        let row = &self.layout.points[point as usize];
        let device = &self.layout.devices[row.device as usize];
        Names {
            part: &self.name,
            edge: device.edge.as_str(),
            device: device.device.as_str(),
            point: row.point.as_str(),
        }
    }

    fn remember(&mut self, memory: RuleMemory, pack: &Pack) {
        for row in memory.instances {
            if let Some(rule) = pack.place_of(&row.rule) {
                self.instances.insert((rule, row.device), row.instance);
            }
        }
        for row in memory.excuses {
            if let Some(rule) = pack.place_of(&row.rule) {
                self.excuses.insert((rule, row.excuse, row.device), row.event_ms);
            }
        }
    }

    /// The rules' memory, in the words of a pack.
    pub fn memory(&self, pack: &Pack) -> RuleMemory {
        let instance = |((rule, device), instance): (&InstanceKey, &Instance)| InstanceRow {
            rule: pack.rule(*rule).id.clone(),
            device: *device,
            instance: instance.clone(),
        };
        let excuse = |((rule, excuse, device), event_ms): (&(u16, u8, u32), &i64)| ExcuseRow {
            rule: pack.rule(*rule).id.clone(),
            excuse: *excuse,
            device: *device,
            event_ms: *event_ms,
        };
        let mut excuses: Vec<ExcuseRow> = self.excuses.iter().map(excuse).collect();
        // A hash map has no order of its own, and what is stored must be the same on every replay.
        excuses.sort_by(|a, b| (&a.rule, a.excuse, a.device).cmp(&(&b.rule, b.excuse, b.device)));
        RuleMemory { instances: self.instances.iter().map(instance).collect(), excuses }
    }

    /// Another pack holds from now on: what the rules remember is carried over by the rules' ids.
    pub fn change_pack(&mut self, before: &Pack, after: &Pack) {
        let memory = self.memory(before);
        self.instances.clear();
        self.excuses.clear();
        self.remember(memory, after);
        self.changed.state = true;
    }
}
