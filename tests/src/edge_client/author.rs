//! Writes what an edge writes: numbered records in sealed, chained envelopes, and heartbeats. Pure but for the clocks.

use wire::checkpoint::Heads;
use wire::envelope::EnvelopeBuilder;
use wire::heartbeat::{LaneDepth, Storage};
use wire::record::LaneHead;
use wire::{
    BootId, ClockState, Digest, EdgeId, Epoch, Header, Heartbeat, Lane, Marks, Observation, Opened,
    OpenedReason, PointNo, PointTable, Quality, Record, Sealed, Seq, Value,
};

use super::room;

#[derive(Clone, Debug)]
pub struct Author {
    edge: EdgeId,
    table: PointTable,
    epoch: Epoch,
    boot: BootId,
    tails: [Tail; 2],
}

/// Where a lane goes on. Tests may bend it.
#[derive(Clone, Copy, Debug)]
pub struct Tail {
    pub next: Seq,
    pub head: Digest,
}

impl Author {
    pub fn new(edge: &str, table: PointTable) -> Self {
        let edge = EdgeId::parse(edge).expect("an edge id");
        let epoch = Epoch(random());
        let tails = begin(&edge, epoch);
        let boot = BootId(runtime::clock::boot_id().expect("the system knows its boot"));
        Self { edge, table, epoch, boot, tails }
    }

    pub fn edge(&self) -> &EdgeId {
        &self.edge
    }

    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub fn table(&self) -> &PointTable {
        &self.table
    }

    pub fn tail(&self, lane: Lane) -> Tail {
        self.tails[lane.index()]
    }

    pub fn tail_mut(&mut self, lane: Lane) -> &mut Tail {
        &mut self.tails[lane.index()]
    }

    /// The first envelope of an edge that never had a spool.
    pub fn opening(&mut self) -> (Vec<Record>, Sealed) {
        self.open(Opened { reason: OpenedReason::FirstStart, previous: None })
    }

    /// Begins a new epoch; the envelope says why and what was before.
    pub fn open(&mut self, opened: Opened) -> (Vec<Record>, Sealed) {
        if self.tails[Lane::Urgent.index()].next != Seq::FIRST {
            self.epoch = Epoch(random());
            self.tails = begin(&self.edge, self.epoch);
        }
        let parts = self.table.parts().into_iter().map(Record::TablePart);
        let records: Vec<Record> = [Record::Opened(opened)].into_iter().chain(parts).collect();
        let sealed = self.seal(Lane::Urgent, records.clone());
        (records, sealed)
    }

    /// Now, `device:point` is this, believably.
    pub fn event(&self, point: &str, value: &str) -> Record {
        let (point, kind) = room::find(&self.table, point);
        Self::observe(point, room::value(kind, value))
    }

    pub fn observe(point: PointNo, value: Value) -> Record {
        Record::Event(Observation {
            point,
            value: Some(value),
            quality: Quality::Good,
            offset_ms: 0,
            marks: Marks::NONE,
        })
    }

    /// The next envelope of the lane. The records must fit one.
    pub fn seal(&mut self, lane: Lane, records: Vec<Record>) -> Sealed {
        let mut builder = EnvelopeBuilder::new(self.header(lane));
        for record in records {
            builder.push(record).expect("the records of a test fit one envelope");
        }
        let sealed = builder.seal().expect("a test seals at least one record");
        self.tails[lane.index()] = Tail { next: sealed.next, head: sealed.digest };
        sealed
    }

    /// The header of the next envelope of the lane.
    pub fn header(&self, lane: Lane) -> Header {
        let tail = self.tail(lane);
        Header {
            edge: self.edge.clone(),
            lane,
            epoch: self.epoch,
            first: tail.next,
            previous: tail.head,
            boot: self.boot,
            mono_ms: runtime::clock::boottime_ms(),
            wall_ms: runtime::clock::wall_ms(),
            clock: ClockState::Synchronised,
            table: self.table.version(),
            watermark: self.tail(lane.other()).next,
        }
    }

    /// What a checkpoint of this moment covers.
    pub fn heads(&self) -> Heads {
        let lane = |lane: Lane| LaneHead { next: self.tail(lane).next, head: self.tail(lane).head };
        Heads {
            edge: self.edge.clone(),
            epoch: self.epoch,
            lanes: Lane::ALL.map(lane),
            boot: self.boot,
            mono_ms: runtime::clock::boottime_ms(),
            wall_ms: runtime::clock::wall_ms(),
            clock: ClockState::Synchronised,
        }
    }

    pub fn heartbeat(&self) -> Heartbeat {
        let depth = |lane: Lane| LaneDepth { next: self.tail(lane).next, ..LaneDepth::default() };
        Heartbeat {
            edge: self.edge.clone(),
            boot: self.boot,
            mono_ms: runtime::clock::boottime_ms(),
            wall_ms: runtime::clock::wall_ms(),
            clock: ClockState::Synchronised,
            epoch: self.epoch,
            lanes: Lane::ALL.map(depth),
            storage: Storage::Durable,
            software: "strongroom-tests".into(),
            config_hash: 0,
            health: None,
        }
    }
}

fn begin(edge: &EdgeId, epoch: Epoch) -> [Tail; 2] {
    Lane::ALL.map(|lane| Tail { next: Seq::FIRST, head: Digest::origin(edge, epoch, lane) })
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    bytes
}
