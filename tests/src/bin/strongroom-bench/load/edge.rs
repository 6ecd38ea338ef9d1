//! A simulated edge without its socket: seals what its room does into two chained lanes, exactly as a real one.

use std::sync::Arc;

use wire::envelope::{EnvelopeBuilder, Full};
use wire::heartbeat::{LaneDepth, Storage};
use wire::{
    BootId, ClockState, Digest, EdgeId, Epoch, Header, Heartbeat, Lane, Observation, Opened, OpenedReason,
    PointTable, Record, Seq, Stamp, Topic, Value,
};

use super::points::at_rest;
use super::script::Happening;

pub(crate) struct Edge {
    pub(crate) id: EdgeId,
    table: Arc<PointTable>,
    epoch: Epoch,
    boot: BootId,
    topics: [String; 2],
    heartbeat_topic: String,
    lanes: [Chain; 2],
    filling: [Option<EnvelopeBuilder>; 2],
}

#[derive(Clone, Copy)]
struct Chain {
    next: Seq,
    head: Digest,
}

/// An envelope on its way.
pub(crate) struct Message<'a> {
    pub(crate) topic: &'a str,
    pub(crate) payload: Vec<u8>,
    pub(crate) records: u32,
}

impl Edge {
    pub(crate) fn new(id: EdgeId, number: usize, table: Arc<PointTable>) -> Self {
        let mut epoch = [0xb0; 16];
        epoch[8..].copy_from_slice(&(number as u64).to_be_bytes());
        let epoch = Epoch(epoch);
        let boot = BootId(epoch.0);
        let topics = Lane::ALL.map(|lane| Topic::Envelopes(id.clone(), lane).to_string());
        let lanes = Lane::ALL.map(|lane| Chain { next: Seq::FIRST, head: Digest::origin(&id, epoch, lane) });
        let heartbeat_topic = Topic::Heartbeat(id.clone()).to_string();
        Self { id, table, epoch, boot, topics, heartbeat_topic, lanes, filling: [None, None] }
    }

    pub(crate) fn now(&self) -> Stamp {
        Stamp {
            boot: self.boot,
            mono_ms: runtime::clock::boottime_ms(),
            wall_ms: runtime::clock::wall_ms(),
            clock: ClockState::Synchronised,
        }
    }

    /// What a new spool begins with: that it is one, the point table, and how every point stands.
    pub(crate) fn first(&mut self, arming: &Value) -> Vec<Message<'_>> {
        let now = self.now();
        let opened = Record::Opened(Opened { reason: OpenedReason::FirstStart, previous: None });
        let parts = self.table.parts().into_iter().map(Record::TablePart);
        let mut urgent = vec![opened];
        urgent.extend(parts);
        let stands = at_rest(&self.table, arming).into_iter().map(Record::Snapshot).collect();
        let mut sealed = Vec::new();
        for (lane, records) in [(Lane::Urgent, urgent), (Lane::Routine, stands)] {
            sealed.extend(self.seal_all(lane, records, now).into_iter().map(|payload| (lane, payload)));
        }
        let message = |(lane, payload): (Lane, Vec<u8>)| Message {
            topic: self.topics[lane.index()].as_str(),
            payload,
            records: 0,
        };
        sealed.into_iter().map(message).collect()
    }

    /// In as few envelopes as they need.
    fn seal_all(&mut self, lane: Lane, records: Vec<Record>, stamp: Stamp) -> Vec<Vec<u8>> {
        let mut sealed = Vec::new();
        let mut builder = self.begin(lane, stamp);
        for record in records {
            if let Err(Full(record)) = builder.push(record) {
                sealed.push(self.seal(lane, builder));
                builder = self.begin(lane, stamp);
                builder.push(record).expect("one record fits an empty envelope");
            }
        }
        sealed.push(self.seal(lane, builder));
        sealed
    }

    /// One event in an envelope of its own.
    pub(crate) fn single(&mut self, happening: Happening, stamp: Stamp) -> Message<'_> {
        let lane = happening.point.kind.lane();
        let payload = self.seal_record(lane, Record::Event(happening.observation(0)), stamp);
        Message { topic: &self.topics[lane.index()], payload, records: 1 }
    }

    /// Adds an event to the envelope that its lane is filling; gives that envelope if it was full.
    pub(crate) fn fill(&mut self, happening: Happening, stamp: Stamp) -> Option<Message<'_>> {
        let lane = happening.point.kind.lane();
        let mut builder = match self.filling[lane.index()].take() {
            Some(builder) => builder,
            None => self.begin(lane, stamp),
        };
        let offset_ms = stamp.mono_ms.saturating_sub(builder.header().mono_ms);
        let event = happening.observation(i32::try_from(offset_ms).unwrap_or(i32::MAX));
        let Err(Full(record)) = builder.push(Record::Event(event)) else {
            self.filling[lane.index()] = Some(builder);
            return None;
        };
        let records = builder.len() as u32;
        let payload = self.seal(lane, builder);
        let mut next = self.begin(lane, stamp);
        let rebased = match record {
            Record::Event(event) => Record::Event(Observation { offset_ms: 0, ..event }),
            other => other,
        };
        next.push(rebased).expect("one event fits an empty envelope");
        self.filling[lane.index()] = Some(next);
        Some(Message { topic: &self.topics[lane.index()], payload, records })
    }

    fn begin(&self, lane: Lane, stamp: Stamp) -> EnvelopeBuilder {
        EnvelopeBuilder::new(Header {
            edge: self.id.clone(),
            lane,
            epoch: self.epoch,
            first: self.lanes[lane.index()].next,
            previous: self.lanes[lane.index()].head,
            boot: stamp.boot,
            mono_ms: stamp.mono_ms,
            wall_ms: stamp.wall_ms,
            clock: stamp.clock,
            table: self.table.version(),
            watermark: self.lanes[lane.other().index()].next,
        })
    }

    fn seal_record(&mut self, lane: Lane, record: Record, stamp: Stamp) -> Vec<u8> {
        let mut builder = self.begin(lane, stamp);
        builder.push(record).expect("one record fits an empty envelope");
        self.seal(lane, builder)
    }

    fn seal(&mut self, lane: Lane, builder: EnvelopeBuilder) -> Vec<u8> {
        let sealed = builder.seal().expect("a record was pushed");
        self.lanes[lane.index()] = Chain { next: sealed.next, head: sealed.digest };
        sealed.bytes
    }

    pub(crate) fn heartbeat(&self) -> Message<'_> {
        let now = self.now();
        let depth =
            |lane: Lane| LaneDepth { next: self.lanes[lane.index()].next, unconfirmed: 0, oldest_ms: 0 };
        let heartbeat = Heartbeat {
            edge: self.id.clone(),
            boot: self.boot,
            mono_ms: now.mono_ms,
            wall_ms: now.wall_ms,
            clock: now.clock,
            epoch: self.epoch,
            lanes: Lane::ALL.map(depth),
            storage: Storage::Durable,
            software: "strongroom-bench".into(),
            config_hash: 0,
            health: None,
        };
        Message { topic: &self.heartbeat_topic, payload: heartbeat.encode(), records: 0 }
    }
}
