//! All edges that ingest has met, each with its place.

use std::collections::{BTreeMap, HashMap};

use wire::EdgeId;

use super::lanes::Recent;
use super::liveness::LivenessWatch;
use super::proofs::Proofs;
use super::quota::QuarantineQuota;
use crate::journal::{EdgeLanes, NotCounted};

#[derive(Debug)]
pub struct Edge {
    pub id: EdgeId,
    pub lanes: Option<EdgeLanes>,
    pub recent: Recent,
    pub proofs: Proofs,
    /// Why its latest checkpoints prove nothing, if they do not count.
    pub not_counted: Option<NotCounted>,
    pub liveness: LivenessWatch,
    pub quota: QuarantineQuota,
    /// The run of records that the present append holds of each lane.
    pub spans: [Option<usize>; 2],
    pub touched: bool,
}

#[derive(Debug, Default)]
pub struct Edges {
    all: Vec<Edge>,
    places: HashMap<EdgeId, usize>,
}

impl Edges {
    /// What the journal holds, and what the configuration expects: both are watched from the start.
    pub fn new<'a>(
        held: &BTreeMap<EdgeId, EdgeLanes>,
        expected: impl Iterator<Item = &'a EdgeId>,
        mono_ms: u64,
    ) -> Self {
        let mut edges = Self::default();
        for (id, lanes) in held {
            let place = edges.place(id, mono_ms);
            edges.all[place].lanes = Some(lanes.clone());
        }
        for id in expected {
            edges.place(id, mono_ms);
        }
        edges
    }

    /// The place of this edge, which is made if it is new. The gate admits only certified edges, so that strangers cannot
    /// make this grow.
    pub fn place(&mut self, id: &EdgeId, mono_ms: u64) -> usize {
        if let Some(place) = self.places.get(id) {
            return *place;
        }
        let place = self.all.len();
        self.all.push(Edge {
            id: id.clone(),
            lanes: None,
            recent: Recent::default(),
            proofs: Proofs::default(),
            not_counted: None,
            liveness: LivenessWatch::new(mono_ms),
            quota: QuarantineQuota::default(),
            spans: [None, None],
            touched: false,
        });
        self.places.insert(id.clone(), place);
        place
    }

    pub fn get(&self, place: usize) -> &Edge {
        &self.all[place]
    }

    pub fn get_mut(&mut self, place: usize) -> &mut Edge {
        &mut self.all[place]
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Edge> {
        self.all.iter_mut()
    }
}
