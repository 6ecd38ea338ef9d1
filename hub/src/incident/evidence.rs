//! The events behind an incident, kept with it so that they outlive the journal's retention.

use minicbor::{Decode, Encode};
use wire::{EdgeId, Epoch, Lane, PointId, Seq, Value};

use crate::journal::Position;

/// Where an incident's evidence lies: the record of an edge, or an entry that the hub itself made.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Origin {
    #[n(0)]
    Record {
        #[n(0)]
        edge: EdgeId,
        #[n(1)]
        epoch: Epoch,
        #[n(2)]
        lane: Lane,
        #[n(3)]
        seq: Seq,
    },
    #[n(1)]
    Hub {
        #[n(0)]
        position: Position,
    },
}

/// One event that belongs to an incident, kept with the incident so that it outlives the journal's retention.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Evidence {
    #[n(0)]
    pub origin: Origin,
    #[n(1)]
    pub position: Position,
    /// When it happened, as the hub reckons it.
    #[n(2)]
    pub event_ms: i64,
    /// When the hub journaled it.
    #[n(3)]
    pub hub_ms: i64,
    #[n(4)]
    pub what: EvidenceOf,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum EvidenceOf {
    #[n(0)]
    Point {
        #[n(0)]
        #[cbor(with = "point_id")]
        point: PointId,
        #[n(1)]
        value: Option<Value>,
    },
    /// Silence, a gap, a fork: in words.
    #[n(1)]
    Finding {
        #[n(0)]
        text: String,
    },
}

mod point_id {
    //! A point id is stored as its text.

    use minicbor::decode::{Decoder, Error as DecodeError};
    use minicbor::encode::{Encoder, Error as EncodeError, Write};
    use wire::PointId;

    pub(super) fn encode<C, W: Write>(
        id: &PointId,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.str(&id.to_string())?.ok()
    }

    pub(super) fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<PointId, DecodeError> {
        d.str()?.parse().map_err(DecodeError::custom)
    }
}
