//! A checkpoint: an edge's signature under both of its chains, as COSE_Sign1 (RFC 9052). With the certificate inside,
//! it is evidence that stands alone: whoever holds the envelopes up to its heads can show who wrote them, and that none
//! was changed since.
//!
//! Here are the bytes only. Signing and verifying is for whoever has keys: both get the `signed_bytes` from here.

use std::fmt;

use minicbor::data::Type;
use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decode, Encode};

use crate::bounded;
use crate::digest::Digest;
use crate::id::{BootId, EdgeId, Epoch};
use crate::record::LaneHead;
use crate::time::{ClockState, Stamp};

/// The tag of a COSE_Sign1 message.
const TAG: u64 = 18;
/// Header parameters by their registered numbers.
const ALGORITHM: i64 = 1;
const KEY_ID: i64 = 4;
const TYPE: i64 = 16;
const CERTIFICATE: i64 = 33;
/// What is signed says what it is: the key also speaks TLS, and may sign other things one day.
const MEDIA_TYPE: &str = "application/vnd.strongroom.checkpoint+cbor";
/// A map with more parameters than this is none of ours.
const PARAMETERS_MAX: u64 = 16;

/// How far both lanes reached, and when.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Heads {
    #[n(0)]
    pub edge: EdgeId,
    #[n(1)]
    pub epoch: Epoch,
    /// Urgent, then routine: the number after the last record that is covered, and the hash of its envelope.
    #[n(2)]
    pub lanes: [LaneHead; 2],
    #[n(3)]
    pub boot: BootId,
    #[n(4)]
    pub mono_ms: u64,
    #[n(5)]
    pub wall_ms: i64,
    #[n(6)]
    pub clock: ClockState,
}

impl Heads {
    pub fn stamp(&self) -> Stamp {
        Stamp { boot: self.boot, mono_ms: self.mono_ms, wall_ms: self.wall_ms, clock: self.clock }
    }
}

/// How a checkpoint is signed. Both signatures have 64 bytes: ECDSA as r and s, each of 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA with P-256 and SHA-256 (COSE −7).
    Es256,
    /// EdDSA with Ed25519 (COSE −8).
    Ed25519,
}

impl Algorithm {
    fn number(self) -> i64 {
        match self {
            Algorithm::Es256 => -7,
            Algorithm::Ed25519 => -8,
        }
    }

    fn from_number(number: i64) -> Option<Self> {
        [Algorithm::Es256, Algorithm::Ed25519].into_iter().find(|algorithm| algorithm.number() == number)
    }
}

/// The beginning of the SHA-256 of the certificate's SubjectPublicKeyInfo (DER): it stays when a certificate is renewed
/// for the same key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub [u8; 16]);

impl KeyId {
    pub fn of(subject_public_key_info: &[u8]) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&Digest::of(subject_public_key_info).0[..16]);
        Self(id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// Who signs, as the protected header says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signatory {
    pub algorithm: Algorithm,
    pub key: KeyId,
    /// The leaf certificate (DER).
    pub certificate: Box<[u8]>,
}

pub const SIGNATURE_BYTES: usize = 64;

/// Why bytes are not a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    #[error("{bytes} bytes are more than a checkpoint may have ({max})", max = Checkpoint::BYTES_MAX)]
    TooLarge { bytes: usize },
    #[error("the checkpoint cannot be decoded")]
    Decode(#[from] DecodeError),
    #[error(
        "the checkpoint is signed by COSE algorithm {number}, and only −7 (ES256) and −8 (EdDSA) are known"
    )]
    Algorithm { number: i64 },
    #[error("the checkpoint is marked as something else")]
    Foreign,
    #[error("the protected header lacks parameter {number}")]
    Missing { number: i64 },
}

/// A checkpoint that waits for its signature.
#[derive(Clone, Debug)]
pub struct Unsigned {
    protected: Vec<u8>,
    payload: Vec<u8>,
}

impl Unsigned {
    pub fn new(signatory: &Signatory, heads: &Heads) -> Self {
        let payload = minicbor::to_vec(heads).expect("writing to memory cannot fail");
        let protected = write(|e| protected(e, signatory));
        Self { protected, payload }
    }

    /// What the signature is made over.
    pub fn signed_bytes(&self) -> Vec<u8> {
        signed_bytes(&self.protected, &self.payload)
    }

    /// The finished message. `TooLarge` if the certificate is larger than an envelope has room for.
    pub fn sign(self, signature: [u8; SIGNATURE_BYTES]) -> Result<Box<[u8]>, CheckpointError> {
        let bytes = write(|e| {
            e.tag(minicbor::data::Tag::new(TAG))?.array(4)?;
            e.bytes(&self.protected)?.map(0)?.bytes(&self.payload)?.bytes(&signature)?.ok()
        });
        if bytes.len() > Checkpoint::BYTES_MAX {
            return Err(CheckpointError::TooLarge { bytes: bytes.len() });
        }
        Ok(bytes.into())
    }
}

/// A checkpoint as it was received. That it can be read says nothing about its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    protected: Vec<u8>,
    payload: Vec<u8>,
    signatory: Signatory,
    heads: Heads,
    signature: [u8; SIGNATURE_BYTES],
}

impl Checkpoint {
    /// Fits an envelope of its own beside the longest header.
    pub const BYTES_MAX: usize = 3_600;

    pub fn decode(bytes: &[u8]) -> Result<Self, CheckpointError> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(CheckpointError::TooLarge { bytes: bytes.len() });
        }
        let Parts { protected, payload, signature } = bounded::whole(bytes, Self::BYTES_MAX)?;
        let signatory = read_protected(protected)?;
        let heads = bounded::whole(payload, Self::BYTES_MAX)?;
        let (protected, payload) = (protected.to_vec(), payload.to_vec());
        Ok(Self { protected, payload, signatory, heads, signature })
    }

    pub fn heads(&self) -> &Heads {
        &self.heads
    }

    pub fn signatory(&self) -> &Signatory {
        &self.signatory
    }

    pub fn signature(&self) -> &[u8; SIGNATURE_BYTES] {
        &self.signature
    }

    /// What the signature was made over, if it is genuine.
    pub fn signed_bytes(&self) -> Vec<u8> {
        signed_bytes(&self.protected, &self.payload)
    }
}

/// The four elements of COSE_Sign1 without the unprotected header, in which nothing counts.
struct Parts<'b> {
    protected: &'b [u8],
    payload: &'b [u8],
    signature: [u8; SIGNATURE_BYTES],
}

impl<'b, C> Decode<'b, C> for Parts<'b> {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        let at = d.position();
        if d.datatype()? == Type::Tag && d.tag()?.as_u64() != TAG {
            return Err(DecodeError::message("another tag than that of COSE_Sign1").at(at));
        }
        if d.array()? != Some(4) {
            return Err(DecodeError::message("COSE_Sign1 has four elements").at(at));
        }
        let protected = d.bytes()?;
        d.skip()?;
        let payload = d.bytes()?;
        let signature = d.bytes()?.try_into();
        let signature =
            signature.map_err(|_| DecodeError::message("a signature of 64 bytes was expected"))?;
        Ok(Self { protected, payload, signature })
    }
}

fn protected<W: Write>(e: &mut Encoder<W>, signatory: &Signatory) -> Result<(), EncodeError<W::Error>> {
    let Signatory { algorithm, key, certificate } = signatory;
    e.map(4)?;
    e.i64(ALGORITHM)?.i64(algorithm.number())?;
    e.i64(KEY_ID)?.bytes(&key.0)?;
    e.i64(TYPE)?.str(MEDIA_TYPE)?;
    e.i64(CERTIFICATE)?.bytes(certificate)?.ok()
}

/// What the protected header says; parameters that are not known are passed over, as long as none is marked critical.
fn read_protected(bytes: &[u8]) -> Result<Signatory, CheckpointError> {
    const CRITICAL: i64 = 2;
    let mut d = Decoder::new(bytes);
    let parameters = d.map()?.filter(|parameters| *parameters <= PARAMETERS_MAX);
    let parameters = parameters.ok_or_else(|| DecodeError::message("a protected header of another form"))?;
    let (mut algorithm, mut key, mut certificate, mut media_type) = (None, None, None, None);
    for _ in 0..parameters {
        if d.datatype()? == Type::String {
            d.skip()?;
            d.skip()?;
            continue;
        }
        match d.i64()? {
            ALGORITHM => algorithm = Some(d.i64()?),
            KEY_ID => key = Some(d.bytes()?),
            TYPE => media_type = Some(d.str()?),
            CERTIFICATE => certificate = Some(d.bytes()?),
            CRITICAL => return Err(CheckpointError::Foreign),
            _ => d.skip()?,
        }
    }
    if d.position() != bytes.len() || media_type != Some(MEDIA_TYPE) {
        return Err(CheckpointError::Foreign);
    }
    let number = algorithm.ok_or(CheckpointError::Missing { number: ALGORITHM })?;
    let algorithm = Algorithm::from_number(number).ok_or(CheckpointError::Algorithm { number })?;
    let key = key.and_then(|key| key.try_into().ok()).ok_or(CheckpointError::Missing { number: KEY_ID })?;
    let certificate = certificate.ok_or(CheckpointError::Missing { number: CERTIFICATE })?;
    Ok(Signatory { algorithm, key: KeyId(key), certificate: certificate.into() })
}

/// The Sig_structure of RFC 9052, section 4.4.
fn signed_bytes(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    write(|e| e.array(4)?.str("Signature1")?.bytes(protected)?.bytes(&[])?.bytes(payload)?.ok())
}

type ToMemory<'a> = Encoder<&'a mut Vec<u8>>;

fn write(
    message: impl FnOnce(&mut ToMemory<'_>) -> Result<(), EncodeError<std::convert::Infallible>>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    message(&mut Encoder::new(&mut bytes)).expect("writing to memory cannot fail");
    bytes
}
