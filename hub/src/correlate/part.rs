//! The machine of one part: how its points stand, and what its rules remember. `judge` applies the rules.

use std::collections::{BTreeSet, HashMap};

use wire::{EdgeId, Kind, PartId, PointName, PointTable, Quality};

use super::arming;
use super::criterion::Told;
use super::pack::Pack;
use super::recollection::Recollection;
use super::rule::Names;
use crate::situation::memory::{RuleMemory, Subject};
use crate::situation::{Arming, DeviceRow, Layout, PartState, PointRow};

/// Points that a part can have had in its life, over all its edges and all their tables.
const POINTS_MAX: usize = 4 * PointTable::POINTS_MAX;

/// (device, point) → place in the layout
type Places = HashMap<(u32, PointName), u32>;

#[derive(Debug)]
pub struct Part {
    pub id: PartId,
    pub name: String,
    pub layout: Layout,
    pub state: PartState,
    pub rules: Recollection,
    devices: HashMap<(EdgeId, String), u32>,
    kinds: Vec<Option<Kind>>,
    /// (kind, point) of all points that are not retired, in order.
    by_kind: Vec<(Kind, u32)>,
    silent: BTreeSet<EdgeId>,
    /// The same for each device.
    device_is_silent: Vec<bool>,
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
            rules: Recollection::restore(memory, pack),
            devices: HashMap::new(),
            kinds: Vec::new(),
            by_kind: Vec::new(),
            silent: BTreeSet::new(),
            device_is_silent: Vec::new(),
            changed: Changed::default(),
        };
        part.index();
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
        let kinds = self.kinds.iter().zip(&self.layout.points).enumerate();
        let present = kinds.filter(|(_, (_, row))| !row.retired);
        self.by_kind = present.filter_map(|(place, (kind, _))| Some(((*kind)?, place as u32))).collect();
        self.by_kind.sort_unstable_by_key(|(kind, point)| (*kind as usize, *point));
        self.by_kind.shrink_to_fit();
        self.index_silence();
    }

    fn index_silence(&mut self) {
        let silent = |device: &DeviceRow| self.silent.contains(&device.edge);
        self.device_is_silent = self.layout.devices.iter().map(silent).collect();
    }

    /// From now on nothing is known of this edge's points, or they count again. True if that is new.
    pub fn set_silent(&mut self, edge: &EdgeId, silent: bool) -> bool {
        let changed = if silent { self.silent.insert(edge.clone()) } else { self.silent.remove(edge) };
        if changed {
            self.index_silence();
        }
        changed
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

    /// The points of a kind that are not retired.
    pub fn points_of(&self, kind: Kind) -> impl Iterator<Item = u32> + '_ {
        let from = self.by_kind.partition_point(|(known, _)| (*known as usize) < kind as usize);
        self.by_kind[from..].iter().take_while(move |(known, _)| *known == kind).map(|(_, point)| *point)
    }

    /// The points of an edge that are not retired, with their kinds.
    pub fn points_of_edge(&self, edge: &EdgeId) -> Vec<(Kind, u32)> {
        let of_edge = |(_, point): &&(Kind, u32)| self.edge_of(*point) == edge;
        self.by_kind.iter().filter(of_edge).copied().collect()
    }

    pub fn has_one_edge(&self) -> bool {
        let mut edges = self.layout.devices.iter().map(|row| &row.edge);
        let first = edges.next();
        edges.all(|edge| Some(edge) == first)
    }

    pub fn edge_of(&self, point: u32) -> &EdgeId {
        &self.layout.devices[self.device_of(point) as usize].edge
    }

    /// What is known of a point now; `None` if it was never heard of.
    pub fn told(&self, point: u32) -> Option<Told<'_>> {
        let told = Told::from(self.state.points[point as usize].as_ref()?);
        let silent = self.device_is_silent[self.device_of(point) as usize];
        let quality = if silent && told.quality.is_usable() { Quality::Stale } else { told.quality };
        Some(Told { quality, ..told })
    }

    /// Reckons the arming state anew. True if rules must look again.
    pub fn rearm(&mut self) -> bool {
        let points = self.kinds.iter().enumerate().filter(|(_, kind)| **kind == Some(Kind::PartArming));
        let (now, before_now): (Vec<usize>, Vec<usize>) =
            points.map(|(place, _)| place).partition(|place| !self.layout.points[*place].retired);
        // A point that was replaced counts only as long as nothing has taken its place.
        let counting = if now.is_empty() { before_now } else { now };
        let known = counting.into_iter().filter_map(|place| {
            let state = self.state.points[place].as_ref()?;
            let row = &self.layout.points[place];
            let lost = row.retired || self.device_is_silent[row.device as usize];
            let quality = if lost { Quality::Stale } else { state.quality };
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

    /// What an incident about this is called.
    pub fn subject(&self, subject: Subject) -> String {
        match subject {
            Subject::Device(device) => {
                let row = &self.layout.devices[device as usize];
                format!("{}:{}", row.edge, row.device)
            }
            Subject::Point(point) => {
                self.layout.point_id(point as usize).map_or_else(String::new, |point| point.to_string())
            }
            Subject::Part => self.id.to_string(),
        }
    }

    pub fn names(&self, point: u32) -> Names<'_> {
        let row = &self.layout.points[point as usize];
        let device = &self.layout.devices[row.device as usize];
        Names {
            part: &self.name,
            edge: device.edge.as_str(),
            device: device.device.as_str(),
            point: row.point.as_str(),
            value: "",
        }
    }
}
