//! Reading: envelopes for the uplink, and how the queue stands. What is read is checked against the chain first, so that
//! damaged bytes never leave the edge.

use std::ops::ControlFlow;

use bytes::Bytes;
use wire::heartbeat::Storage;
use wire::{Digest, Envelope, Epoch, Lane, Seq, Stamp};

use crate::spool::account::Account;
use crate::spool::age::age_ms;
use crate::spool::error::SpoolError;
use crate::spool::past::Loss;
use crate::spool::resume::Kept;
use crate::spool::seal::Sealer;
use crate::spool::store::{Store, StoreError};

use super::Queue;

/// A sealed envelope as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub first: Seq,
    pub next: Seq,
    pub bytes: Bytes,
}

/// How much may be read at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub envelopes: usize,
    pub bytes: usize,
}

/// How the queue stands: what a heartbeat says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub epoch: Epoch,
    pub storage: Storage,
    /// Urgent, then routine.
    pub lanes: [LaneStatus; 2],
    /// What the kept envelopes take, and may take.
    pub bytes: u64,
    pub bytes_max: u64,
    pub bookmarks: usize,
    /// Everything that was written to the storage since this process opened it.
    pub written_bytes: u64,
    /// What was lost with the spool's file last, while people ought to hear of it.
    pub loss: Option<Loss>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneStatus {
    pub next: Seq,
    pub unconfirmed: u64,
    /// Age of the oldest record that the hub has not confirmed.
    pub oldest_ms: u64,
    /// What the unconfirmed ones take, told from their share of all that are kept.
    pub unconfirmed_bytes: u64,
    pub given_up: GivenUp,
}

/// What was given up unconfirmed since the spool was opened, by the wall clock of the envelopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GivenUp {
    pub records: u64,
    pub from_ms: i64,
    pub until_ms: i64,
}

impl GivenUp {
    pub(super) fn add(&mut self, records: u64, at_ms: i64) {
        if self.records == 0 {
            (self.from_ms, self.until_ms) = (at_ms, at_ms);
        }
        self.records += records;
        (self.from_ms, self.until_ms) = (self.from_ms.min(at_ms), self.until_ms.max(at_ms));
    }
}

impl Queue {
    /// Envelopes of `lane` from `from` on, at least one if there is any.
    pub(crate) fn read(&self, lane: Lane, from: Seq, limit: Limit) -> Result<Vec<Stored>, SpoolError> {
        let mut rows: Vec<(Seq, Bytes)> = Vec::new();
        let mut bytes_read = 0;
        let mut more = false;
        // One envelope more than is wanted: its header vouches for the one before it.
        self.store.visit(lane, from, |first, bytes| {
            more = rows.len() >= limit.envelopes.max(1) || bytes_read >= limit.bytes.max(1);
            bytes_read += bytes.len();
            rows.push((first, Bytes::copy_from_slice(bytes)));
            if more { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        let wanted = rows.len() - usize::from(more);
        let mut stored = Vec::with_capacity(wanted);
        for (at, (first, bytes)) in rows.iter().take(wanted).enumerate() {
            let next = self.check(lane, *first, bytes, rows.get(at + 1))?;
            stored.push(Stored { first: *first, next, bytes: bytes.clone() });
        }
        Ok(stored)
    }

    pub(crate) fn status(&self, now: &Stamp) -> Result<Status, SpoolError> {
        let mut lanes = [LaneStatus::default(); 2];
        for lane in Lane::ALL {
            let account = self.account.lane(lane);
            let oldest = self.store.envelope(lane, account.confirmed)?;
            let oldest_ms = oldest.and_then(|bytes| Envelope::decode(&bytes).ok());
            lanes[lane.index()] = LaneStatus {
                next: account.tail,
                unconfirmed: account.unconfirmed(),
                unconfirmed_bytes: account.unconfirmed_bytes(),
                given_up: self.given_up[lane.index()],
                oldest_ms: oldest_ms.map_or(0, |envelope| age_ms(&envelope.header.base(), now)),
            };
        }
        Ok(Status {
            epoch: self.epoch(),
            storage: self.storage,
            lanes,
            bytes: self.account.bytes(),
            bytes_max: self.settings.bytes_max,
            bookmarks: self.bookmarks.kept_count(),
            written_bytes: self.store.written_bytes(),
            loss: None,
        })
    }

    pub(super) fn kept(&self) -> KeptLanes<'_> {
        KeptLanes { store: &self.store, sealer: &self.sealer, account: &self.account }
    }

    /// The number after the envelope's last record, if the envelope is what was once sealed here.
    fn check(
        &self,
        lane: Lane,
        first: Seq,
        bytes: &[u8],
        following: Option<&(Seq, Bytes)>,
    ) -> Result<Seq, StoreError> {
        let head = self.sealer.head(lane);
        let (next, digest) = match following {
            Some((next, bytes)) => (*next, decode(bytes)?.header.previous),
            None => (head.next, head.digest),
        };
        let envelope = decode(bytes)?;
        let in_place = envelope.header.first == first && envelope.next() == next;
        if in_place && Digest::of(bytes) == digest {
            return Ok(next);
        }
        Err(StoreError::damaged(format!("the {lane} chain is broken at record {first}")))
    }
}

fn decode(bytes: &[u8]) -> Result<Envelope, StoreError> {
    Envelope::decode(bytes).map_err(|error| StoreError::damaged(format!("an envelope: {error}")))
}

/// The queue as the judgement of a resume sees it.
pub(super) struct KeptLanes<'a> {
    store: &'a Store,
    sealer: &'a Sealer,
    account: &'a Account,
}

impl Kept for KeptLanes<'_> {
    fn epoch(&self) -> Epoch {
        self.sealer.epoch()
    }

    fn oldest(&self, lane: Lane) -> Seq {
        self.account.lane(lane).oldest
    }

    fn tail(&self, lane: Lane) -> Seq {
        self.account.lane(lane).tail
    }

    fn digest_before(&self, lane: Lane, seq: Seq) -> Option<Digest> {
        let head = self.sealer.head(lane);
        if seq == head.next {
            return Some(head.digest);
        }
        let bytes = self.store.envelope(lane, seq).ok()??;
        Some(Envelope::decode(&bytes).ok()?.header.previous)
    }
}
