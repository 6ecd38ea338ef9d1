//! What a lane carries. A record is `[type, body]`; a type that a reader does not know keeps its number and loses its body,
//! so that a newer edge never blocks an older hub.

use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decode, Encode};

use crate::digest::Digest;
use crate::gap::Gap;
use crate::id::{Epoch, Seq};
use crate::reading::Observation;
use crate::table::TablePart;

#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// The first record of an epoch, in the urgent lane.
    Opened(Opened),
    /// An event: something changed.
    Event(Observation),
    /// Nothing changed; this is how the point stands. Sent periodically, so that the hub can never drift.
    Snapshot(Observation),
    TablePart(TablePart),
    Gap(Gap),
    /// A signature under what both lanes held before it: the bytes of a [`crate::Checkpoint`], as they were signed.
    Checkpoint(Box<[u8]>),
    /// A type of record that this version does not know.
    Unknown {
        record_type: u32,
    },
}

/// Why an edge began a new epoch, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Opened {
    #[n(0)]
    pub reason: OpenedReason,
    #[n(1)]
    pub previous: Option<PreviousEpoch>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum OpenedReason {
    /// There was no spool.
    #[n(0)]
    FirstStart,
    /// The hub holds more than the spool, or another history: an old disk image came back.
    #[n(1)]
    RolledBack,
    /// The spool file was damaged and set aside.
    #[n(2)]
    Damaged,
    /// The storage failed; the edge runs from memory.
    #[n(3)]
    StorageFailed,
    /// There was a spool, and its file is gone.
    #[n(4)]
    Missing,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PreviousEpoch {
    #[n(0)]
    pub epoch: Epoch,
    /// Urgent, then routine: the next record that the old spool would have written, and the hash of its last envelope.
    #[n(1)]
    pub heads: [LaneHead; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct LaneHead {
    #[n(0)]
    pub next: Seq,
    #[n(1)]
    pub head: Digest,
}

const OPENED: u32 = 0;
const EVENT: u32 = 1;
const SNAPSHOT: u32 = 2;
const TABLE_PART: u32 = 3;
const GAP: u32 = 4;
const CHECKPOINT: u32 = 5;

impl<C> Encode<C> for Record {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, ctx: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.array(2)?;
        match self {
            Record::Opened(opened) => e.u32(OPENED)?.encode_with(opened, ctx)?,
            Record::Event(observation) => e.u32(EVENT)?.encode_with(observation, ctx)?,
            Record::Snapshot(observation) => e.u32(SNAPSHOT)?.encode_with(observation, ctx)?,
            Record::TablePart(part) => e.u32(TABLE_PART)?.encode_with(part, ctx)?,
            Record::Gap(gap) => e.u32(GAP)?.encode_with(gap, ctx)?,
            Record::Checkpoint(bytes) => e.u32(CHECKPOINT)?.bytes(bytes)?,
            Record::Unknown { record_type } => e.u32(*record_type)?.null()?,
        };
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Record {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, DecodeError> {
        let at = d.position();
        let elements = d.array()?.unwrap_or(0);
        if elements < 2 {
            return Err(DecodeError::message("a record has a type and a body").at(at));
        }
        let record = match d.u32()? {
            OPENED => Record::Opened(d.decode_with(ctx)?),
            EVENT => Record::Event(d.decode_with(ctx)?),
            SNAPSHOT => Record::Snapshot(d.decode_with(ctx)?),
            TABLE_PART => Record::TablePart(d.decode_with(ctx)?),
            GAP => Record::Gap(d.decode_with(ctx)?),
            CHECKPOINT => Record::Checkpoint(d.bytes()?.into()),
            record_type => {
                d.skip()?;
                Record::Unknown { record_type }
            }
        };
        (2..elements).try_for_each(|_| d.skip())?;
        Ok(record)
    }
}
