//! Turns what was taken from the queues into one append. Nothing is confirmed here.

mod checkpoints;

use std::sync::Arc;

use bytes::Bytes;
use runtime::causes::in_full;
use tokio::sync::oneshot;
use wire::{Digest, EdgeId, Envelope, Lane};

use super::edges::{Edge, Edges};
use super::lanes::{self, Verdict};
use super::origin::{self, Arrival, Origin};
use super::proofs::Follows;
use super::quota::Keep;
use super::signatures::Signatures;
use crate::command::Request;
use crate::incident::Answer;
use crate::journal::{
    Append, Body, Entry, Fork, ForkKind, JournalError, Liveness, LivenessState, Quarantined,
};

/// An envelope with more records than this is decoded again by correlation: decoded it takes many times its bytes, and what
/// lies between ingest and correlation is to stay small.
const DECODED_RECORDS_MAX: usize = 16;

/// Look-ups of old numbers in one batch. They read the journal while everybody waits; a duplicate beyond is confirmed without
/// being compared, and counted: what it repeats is held already.
const LOOK_UPS_MAX: usize = 16;

/// Signatures that are checked in one batch. Each takes a fraction of a millisecond while everybody waits; an edge sends one
/// a minute. What goes beyond is counted as not compared.
const SIGNATURES_MAX: usize = 32;

/// Answers what the journal holds under numbers that are no longer remembered.
pub trait Archive {
    /// Hash of the held envelope that begins with this number; `None` if it is not kept (any more).
    fn digest_of(&self, envelope: &Envelope) -> Result<Option<Digest>, JournalError>;
}

/// What became of the envelopes of a batch, for the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub envelopes: u64,
    pub records: u64,
    pub duplicates: u64,
    pub duplicates_unverified: u64,
    pub forks: u64,
    pub gaps: u64,
    /// Epochs that an edge left with records that the hub does not hold.
    pub losses: u64,
    pub quarantined: u64,
    pub quarantine_dropped: u64,
    pub checkpoints_proved: u64,
    pub checkpoints_wrong: u64,
    pub checkpoints_not_compared: u64,
    /// Signed under an authority that the hub does not know.
    pub checkpoints_unknown_signatory: u64,
    /// Signed with a certificate that was revoked or had run out.
    pub checkpoints_not_counted: u64,
}

/// One transaction in the making. `decoded` runs beside the append's entries.
pub struct Batch<'a> {
    archive: &'a dyn Archive,
    signatures: &'a Signatures,
    hub_ms: i64,
    mono_ms: u64,
    touched: Vec<usize>,
    look_ups: usize,
    signatures_checked: usize,
    pub append: Append,
    /// Who waits for the judgement of which entry.
    pub answers: Vec<(usize, oneshot::Sender<Answer>)>,
    pub decoded: Vec<Option<Arc<Envelope>>>,
    pub tally: Tally,
}

impl<'a> Batch<'a> {
    pub fn new(archive: &'a dyn Archive, signatures: &'a Signatures, hub_ms: i64, mono_ms: u64) -> Self {
        Self {
            archive,
            signatures,
            signatures_checked: 0,
            hub_ms,
            mono_ms,
            touched: Vec::new(),
            look_ups: 0,
            append: Append::default(),
            answers: Vec::new(),
            decoded: Vec::new(),
            tally: Tally::default(),
        }
    }

    fn push(&mut self, body: Body, decoded: Option<Arc<Envelope>>) {
        self.append.push(Entry { hub_ms: self.hub_ms, body });
        self.decoded.push(decoded);
    }

    pub fn command(&mut self, Request { command, answer }: Request) {
        self.answers.push((self.append.len(), answer));
        self.push(Body::Command(command), None);
    }

    pub fn liveness(&mut self, edge: EdgeId, state: LivenessState) {
        self.push(Body::Liveness(Liveness { edge, state }), None);
    }

    pub fn other(&mut self, body: Body) {
        self.push(body, None);
    }

    /// An envelope, or what claims to be one.
    pub fn envelope(
        &mut self,
        edges: &mut Edges,
        place: usize,
        lane: Lane,
        topic: &str,
        payload: Bytes,
    ) -> Result<(), JournalError> {
        let edge = edges.get_mut(place);
        let envelope = match Envelope::decode(&payload) {
            Ok(envelope) => envelope,
            Err(error) => {
                let reason = in_full(&error).to_string();
                self.quarantine(edge, topic, reason, payload);
                return Ok(());
            }
        };
        if let Err(reason) = lanes::claims(&envelope, &edge.id, lane) {
            self.quarantine(edge, topic, reason, payload);
            return Ok(());
        }
        let digest = Digest::of(&payload);
        let arrival = origin::arrival(edge.lanes.as_ref(), &envelope.header);
        match lanes::judge(&mut edge.lanes, &mut edge.recent, &envelope, digest) {
            Verdict::Accept { missing } => {
                let follows = if missing.is_some() { Follows::AHole } else { Follows::ItsPredecessor };
                if let Some(missing) = missing {
                    self.tally.gaps += 1;
                    self.push(Body::Missing(missing), None);
                }
                self.accept(edge, place, envelope, payload, follows, arrival);
            }
            Verdict::Duplicate => self.tally.duplicates += 1,
            Verdict::Fork(how) => self.fork(edge, topic, &envelope, how, payload),
            Verdict::LookUp if self.look_ups == LOOK_UPS_MAX => self.tally.duplicates_unverified += 1,
            Verdict::LookUp => match self.look_up(&envelope)? {
                Some(held) if held == digest => {
                    self.tally.duplicates += 1;
                    edge.recent.push(&envelope.header, envelope.next(), digest);
                }
                Some(_) => self.fork(edge, topic, &envelope, ForkKind::AnotherContent, payload),
                None => self.tally.duplicates_unverified += 1,
            },
        }
        Ok(())
    }

    fn look_up(&mut self, envelope: &Envelope) -> Result<Option<Digest>, JournalError> {
        self.look_ups += 1;
        self.archive.digest_of(envelope)
    }

    fn accept(
        &mut self,
        edge: &mut Edge,
        place: usize,
        envelope: Envelope,
        payload: Bytes,
        follows: Follows,
        arrival: Arrival,
    ) {
        let header = &envelope.header;
        let next = envelope.next();
        match edge.spans[header.lane.index()] {
            Some(span) if self.append.span_goes_on(span, header.epoch, header.first) => {
                self.append.extend_span(span, next);
            }
            _ => {
                let span =
                    self.append.begin_span(edge.id.clone(), header.lane, header.epoch, header.first, next);
                edge.spans[header.lane.index()] = Some(span);
            }
        }
        if !edge.touched {
            edge.touched = true;
            self.touched.push(place);
        }
        self.tally.envelopes += 1;
        self.tally.records += envelope.records.len() as u64;
        let lanes = edge.lanes.as_ref();
        let Origin { fork, loss } =
            lanes.map(|lanes| origin::judge(lanes, arrival, &envelope)).unwrap_or_default();
        let (edge_id, lane, epoch, seq) = (edge.id.clone(), header.lane, header.epoch, header.first);
        let checkpoints = self.checkpoints(edge, &envelope, follows);
        let decoded = (envelope.records.len() <= DECODED_RECORDS_MAX).then(|| Arc::new(envelope));
        self.push(Body::Envelope(payload), decoded);
        if let Some(how) = fork {
            self.tally.forks += 1;
            self.push(Body::Fork(Fork { edge: edge_id, lane, epoch, seq, how }), None);
        }
        if let Some(loss) = loss {
            self.tally.losses += 1;
            tracing::error!(
                edge = %loss.edge, urgent = loss.lanes[0].first.0, routine = loss.lanes[1].first.0, kind = ?loss.kind,
                "an edge has left an epoch: what it held from these records on is lost"
            );
            self.push(Body::Lost(loss), None);
        }
        for checked in checkpoints {
            self.push(checked, None);
        }
    }

    fn fork(&mut self, edge: &mut Edge, topic: &str, envelope: &Envelope, how: ForkKind, payload: Bytes) {
        self.tally.forks += 1;
        let header = &envelope.header;
        let fork =
            Fork { edge: edge.id.clone(), lane: header.lane, epoch: header.epoch, seq: header.first, how };
        if self.quarantine(edge, topic, how.text().to_owned(), payload) != Keep::Nothing {
            self.push(Body::Fork(fork), None);
        }
    }

    /// Keeps what was refused, as far as the edge's quota goes; what goes beyond it is only counted.
    pub fn quarantine(&mut self, edge: &mut Edge, topic: &str, reason: String, payload: Bytes) -> Keep {
        self.tally.quarantined += 1;
        let digest = Digest::of(&payload);
        let keep = edge.quota.take(self.mono_ms);
        let kept = match keep {
            Keep::All => payload.clone(),
            Keep::Trace => Bytes::new(),
            Keep::Nothing => {
                self.tally.quarantine_dropped += 1;
                return keep;
            }
        };
        tracing::warn!(edge = %edge.id, topic, reason, %digest, payload_bytes = payload.len(), "message quarantined");
        let edge = edge.id.clone();
        let quarantined = Quarantined { edge, topic: topic.to_owned(), reason, digest, payload: kept };
        self.push(Body::Quarantined(quarantined), None);
        keep
    }

    /// Nothing more comes: says how far each touched edge is held now.
    pub fn finish(&mut self, edges: &mut Edges) {
        for place in self.touched.drain(..) {
            let edge = edges.get_mut(place);
            edge.touched = false;
            edge.spans = [None, None];
            if let Some(lanes) = &edge.lanes {
                self.append.set_edge(edge.id.clone(), lanes.clone());
            }
        }
    }
}
