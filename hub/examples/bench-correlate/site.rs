//! A site: the world of correlation with its edges, one for each part, and the entries that bring what they say.

use bytes::Bytes;
use strongroom_hub::correlate::{World, pack};
use strongroom_hub::journal::{Activated, Body, Entry, Liveness, LivenessState, PartBinding};
use strongroom_hub::situation::{Changes, Saved};
use wire::envelope::EnvelopeBuilder;
use wire::{
    BootId, ClockState, Digest, EdgeId, Envelope, Epoch, Header, Lane, PartId, PointTable, Record, Seq,
};

use crate::room::{Room, Step};

pub(crate) const PARTS: usize = 1_000;
const EPOCH: Epoch = Epoch([3; 16]);
const BOOT: BootId = BootId([4; 16]);
/// Hub time at which the edges' monotonic clocks stood at zero.
const BOOTED_MS: i64 = 1_000_000;

pub(crate) struct Site {
    pub(crate) world: World,
    /// Hub time.
    pub(crate) now_ms: i64,
    edges: Vec<Edge>,
}

struct Edge {
    id: EdgeId,
    table: PointTable,
    next: [u64; 2],
}

/// An entry as the tail hands it over.
pub(crate) struct Prepared {
    pub(crate) entry: Entry,
    pub(crate) decoded: Envelope,
}

impl Site {
    /// Every part is bound, every table known, every edge live, and everything at rest.
    pub(crate) fn new(room: &Room) -> Self {
        let edge = |number| Edge {
            id: EdgeId::parse(&format!("edge-{number}")).unwrap(),
            table: room.table.clone(),
            next: [0, 0],
        };
        let edges = (0..PARTS).map(edge).collect();
        let mut site = Self { world: World::restore(Saved::default()), now_ms: 2_000_000, edges };
        site.apply(Body::HubStarted);
        let binding = |(number, edge): (usize, &Edge)| PartBinding {
            part: PartId::parse(&format!("part-{number}")).unwrap(),
            name: format!("Part {number}"),
            edges: vec![edge.id.clone()],
        };
        let parts = site.edges.iter().enumerate().map(binding).collect();
        site.apply(Body::Activated(Activated { pack: pack::DEFAULT.to_owned(), parts }));
        for place in 0..PARTS {
            let parts: Vec<Record> = room.table.parts().into_iter().map(Record::TablePart).collect();
            for part in parts {
                let table = site.sealed(place, Lane::Urgent, site.now_ms, vec![part]);
                site.take(table);
            }
            let mono_ms = (site.now_ms - BOOTED_MS) as u64;
            let state = LivenessState::Live { boot: BOOT, mono_ms };
            let edge = site.edges[place].id.clone();
            site.apply(Body::Liveness(Liveness { edge, state }));
            for prepared in site.tell(place, &room.at_rest(), site.now_ms, 0) {
                site.take(vec![prepared]);
            }
        }
        site
    }

    /// The same site over what a store has kept.
    pub(crate) fn over(self, saved: Saved) -> Self {
        Self { world: World::restore(saved), ..self }
    }

    pub(crate) fn apply(&mut self, body: Body) {
        let entry = Entry { hub_ms: self.now_ms, body };
        self.world.apply(self.world.next(), &entry, None);
    }

    pub(crate) fn take(&mut self, prepared: Vec<Prepared>) {
        for Prepared { entry, decoded } in prepared {
            self.world.apply(self.world.next(), &entry, Some(&decoded));
        }
    }

    pub(crate) fn changes(&mut self) -> Changes {
        self.world.take_changes()
    }

    /// Events in as few envelopes as they need, `step_ms` apart, the last of them now. Each lane has its own.
    pub(crate) fn tell(&mut self, place: usize, steps: &[Step], from_ms: i64, step_ms: i64) -> Vec<Prepared> {
        let mut lanes: [Vec<Record>; 2] = [Vec::new(), Vec::new()];
        for (number, step) in steps.iter().enumerate() {
            let offset_ms = (number as i64 * step_ms) as i32;
            lanes[step.kind.lane().index()].push(Record::Event(step.observation(offset_ms)));
        }
        let [urgent, routine] = lanes;
        let mut told = self.sealed(place, Lane::Urgent, from_ms, urgent);
        told.extend(self.sealed(place, Lane::Routine, from_ms, routine));
        told
    }

    fn sealed(&mut self, place: usize, lane: Lane, from_ms: i64, records: Vec<Record>) -> Vec<Prepared> {
        let mut sealed = Vec::new();
        let mut builder = EnvelopeBuilder::new(self.header(place, lane, from_ms));
        for record in records {
            if let Err(full) = builder.push(record) {
                sealed.push(self.prepared(place, builder));
                builder = EnvelopeBuilder::new(self.header(place, lane, from_ms));
                builder.push(full.0).unwrap();
            }
        }
        if !builder.is_empty() {
            sealed.push(self.prepared(place, builder));
        }
        sealed
    }

    fn prepared(&mut self, place: usize, builder: EnvelopeBuilder) -> Prepared {
        let lane = builder.header().lane;
        self.edges[place].next[lane.index()] += builder.len() as u64;
        let bytes = Bytes::from(builder.seal().unwrap().bytes);
        let decoded = Envelope::decode(&bytes).unwrap();
        Prepared { entry: Entry { hub_ms: self.now_ms, body: Body::Envelope(bytes) }, decoded }
    }

    fn header(&self, place: usize, lane: Lane, from_ms: i64) -> Header {
        let edge = &self.edges[place];
        Header {
            edge: edge.id.clone(),
            lane,
            epoch: EPOCH,
            first: Seq(edge.next[lane.index()]),
            previous: Digest([0; 32]),
            boot: BOOT,
            mono_ms: (from_ms - BOOTED_MS) as u64,
            wall_ms: from_ms,
            clock: ClockState::Free,
            table: edge.table.version(),
            watermark: Seq(0),
        }
    }
}
