//! The sealed envelope: `[version, header, [record, …]]`, at most 4,000 bytes.
//!
//! The promise. Records are sealed once, on their way into the edge's spool, and never cut anew. The header carries the
//! hash of the envelope before it in its lane, so that what the hub holds is a chain that nobody can thin out, reorder or
//! replace unseen. The hash is taken over the whole envelope as it travels; the hub stores those bytes, not a copy of their
//! meaning.
//!
//! The other lane's watermark says which of its records existed when this envelope was sealed: a rule that waits for the
//! absence of something knows from it when waiting is over.

use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::{Decode, Encode, Encoder};

use crate::bounded;
use crate::digest::Digest;
use crate::id::{BootId, EdgeId, Epoch, Seq};
use crate::lane::Lane;
use crate::record::Record;
use crate::table::TableVersion;
use crate::time::{ClockState, Stamp};

/// The version that this software writes, and the only one that it reads so far.
pub const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Header {
    #[n(0)]
    pub edge: EdgeId,
    #[n(1)]
    pub lane: Lane,
    #[n(2)]
    pub epoch: Epoch,
    #[n(3)]
    pub first: Seq,
    /// Hash of the envelope before this one in its lane; [`Digest::origin`] for the first.
    #[n(4)]
    pub previous: Digest,
    #[n(5)]
    pub boot: BootId,
    /// Base of the records' offsets, on both clocks: the moment of the first record.
    #[n(6)]
    pub mono_ms: u64,
    #[n(7)]
    pub wall_ms: i64,
    #[n(8)]
    pub clock: ClockState,
    /// The table that the records' point numbers belong to.
    #[n(9)]
    pub table: TableVersion,
    /// The other lane's next sequence number when this envelope was sealed.
    #[n(10)]
    pub watermark: Seq,
}

impl Header {
    pub fn base(&self) -> Stamp {
        Stamp { boot: self.boot, mono_ms: self.mono_ms, wall_ms: self.wall_ms, clock: self.clock }
    }

    /// The moment that lies `offset_ms` from the base.
    pub fn stamp(&self, offset_ms: i32) -> Stamp {
        Stamp {
            boot: self.boot,
            mono_ms: self.mono_ms.saturating_add_signed(i64::from(offset_ms)),
            wall_ms: self.wall_ms.saturating_add(i64::from(offset_ms)),
            clock: self.clock,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    pub header: Header,
    pub records: Vec<Record>,
}

/// Why bytes are not an envelope that this version accepts.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    #[error("{bytes} bytes are more than an envelope may have ({max})", max = Envelope::BYTES_MAX)]
    TooLarge { bytes: usize },
    #[error("envelope version {version} is not known here, only {VERSION}")]
    Version { version: u32 },
    #[error("the envelope cannot be decoded")]
    Decode(#[source] DecodeError),
    #[error("the envelope holds no record")]
    Empty,
    #[error("the sequence numbers run past the end of their space")]
    SeqOverflow,
}

impl Envelope {
    pub const BYTES_MAX: usize = 4_000;
    /// What a reader makes room for. Only records without a value, of seven bytes or less, reach it before the bytes do.
    pub const RECORDS_MAX: usize = 500;

    pub fn decode(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(EnvelopeError::TooLarge { bytes: bytes.len() });
        }
        let mut d = Decoder::new(bytes);
        let (elements, version) = start(&mut d).map_err(EnvelopeError::Decode)?;
        if version != VERSION {
            return Err(EnvelopeError::Version { version });
        }
        let envelope = body(&mut d, elements).map_err(EnvelopeError::Decode)?;
        if envelope.records.is_empty() {
            return Err(EnvelopeError::Empty);
        }
        envelope.header.first.after(envelope.records.len()).ok_or(EnvelopeError::SeqOverflow)?;
        Ok(envelope)
    }

    /// The sequence number after the last record.
    pub fn next(&self) -> Seq {
        Seq(self.header.first.0 + self.records.len() as u64)
    }

    /// Each record with its number.
    pub fn numbered(&self) -> impl Iterator<Item = (Seq, &Record)> {
        self.records
            .iter()
            .enumerate()
            .map(|(index, record)| (Seq(self.header.first.0 + index as u64), record))
    }
}

fn start(d: &mut Decoder<'_>) -> Result<(u64, u32), DecodeError> {
    let elements =
        d.array()?.ok_or_else(|| DecodeError::message("an array of indefinite length is not allowed"))?;
    if elements < 3 {
        return Err(DecodeError::message("an envelope has a version, a header and records"));
    }
    Ok((elements, d.u32()?))
}

fn body(d: &mut Decoder<'_>, elements: u64) -> Result<Envelope, DecodeError> {
    let header = d.decode()?;
    let records = bounded::array(d, &mut (), Envelope::RECORDS_MAX)?;
    (3..elements).try_for_each(|_| d.skip())?;
    if d.position() != d.input().len() {
        return Err(DecodeError::message("bytes follow the end of the envelope").at(d.position()));
    }
    Ok(Envelope { header, records })
}

/// An envelope as it is stored and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub bytes: Vec<u8>,
    pub digest: Digest,
    pub first: Seq,
    pub next: Seq,
}

/// The record does not fit any more; seal, and begin the next envelope with it.
#[derive(Debug, PartialEq)]
pub struct Full(pub Record);

/// Fills one envelope. The size is known at each step, so that nothing is ever cut afterwards.
#[derive(Debug)]
pub struct EnvelopeBuilder {
    header: Header,
    head: Vec<u8>,
    records: Vec<u8>,
    count: usize,
}

impl EnvelopeBuilder {
    /// Longest CBOR head of the array of records.
    const ARRAY_HEAD_BYTES: usize = 3;

    pub fn new(header: Header) -> Self {
        let mut e = Encoder::new(Vec::with_capacity(256));
        e.array(3)
            .and_then(|e| e.u32(VERSION))
            .and_then(|e| e.encode(&header))
            .expect("writing to memory cannot fail");
        Self { header, head: e.into_writer(), records: Vec::new(), count: 0 }
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    #[expect(clippy::result_large_err, reason = "a record that does not fit is handed back as it came")]
    pub fn push(&mut self, record: Record) -> Result<(), Full> {
        let before = self.records.len();
        minicbor::encode(&record, &mut self.records).expect("writing to memory cannot fail");
        let bytes = self.head.len() + Self::ARRAY_HEAD_BYTES + self.records.len();
        if bytes > Envelope::BYTES_MAX || self.count == Envelope::RECORDS_MAX {
            self.records.truncate(before);
            return Err(Full(record));
        }
        self.count += 1;
        Ok(())
    }

    /// `None` if there is nothing to seal.
    pub fn seal(self) -> Option<Sealed> {
        if self.count == 0 {
            return None;
        }
        let mut e = Encoder::new(self.head);
        e.array(self.count as u64).expect("writing to memory cannot fail");
        let mut bytes = e.into_writer();
        bytes.extend_from_slice(&self.records);
        let next = self.header.first.after(self.count)?;
        Some(Sealed { digest: Digest::of(&bytes), first: self.header.first, next, bytes })
    }
}
