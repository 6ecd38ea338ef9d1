//! The point table: which number stands for which point. Records carry the number, so an event costs 10 to 25 bytes.
//!
//! A table's version is the beginning of its own hash: the same table has the same version in every epoch and after every
//! restart, and a table that was altered on its way cannot pass for the one that an envelope names. It travels in numbered
//! parts as urgent records, ahead of the first record that needs it.

use std::fmt;

use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::{Decode, Encode};

use crate::bounded;
use crate::digest::Digest;
use crate::id::{DeviceId, PointName};
use crate::kind::Kind;

/// The number of a point in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct PointNo(#[n(0)] pub u16);

/// The first eight bytes of the SHA-256 of the encoded table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct TableVersion(#[n(0)] pub u64);

impl TableVersion {
    fn of(bytes: &[u8]) -> Self {
        let digest = Digest::of(bytes);
        Self(digest.0[..8].iter().fold(0, |version, byte| version << 8 | u64::from(*byte)))
    }
}

impl fmt::Display for TableVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct DeviceEntry {
    #[n(0)]
    pub device: DeviceId,
    /// The name of the device profile; at most [`PointTable::PROFILE_BYTES_MAX`] bytes.
    #[n(1)]
    #[cbor(decode_with = "decode_profile")]
    pub profile: Box<str>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct PointEntry {
    /// The device's place in [`PointTable::devices`].
    #[n(0)]
    pub device: u16,
    #[n(1)]
    pub point: PointName,
    /// The name of the kind. A hub that does not know it shows the point and judges nothing by it.
    #[n(2)]
    #[cbor(decode_with = "decode_kind_name")]
    pub kind: Box<str>,
}

impl PointEntry {
    pub fn kind(&self) -> Option<Kind> {
        Kind::from_name(&self.kind)
    }
}

/// Why devices and points do not make a table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("{count} devices are too many: at most {max} are allowed behind one edge", max = PointTable::DEVICES_MAX)]
    Devices { count: usize },
    #[error("{count} points are too many: at most {max} are allowed behind one edge", max = PointTable::POINTS_MAX)]
    Points { count: usize },
    #[error("the name `{name}` has {bytes} bytes, at most {max} are allowed", bytes = name.len())]
    Name { name: Box<str>, max: usize },
    #[error("point {point} names device number {device}, which the table does not have")]
    Device { point: PointName, device: u16 },
    #[error("the table cannot be decoded")]
    Decode(#[source] DecodeError),
}

/// All points of one edge. A point's number is its place in `points`.
#[derive(Clone, Debug, PartialEq)]
pub struct PointTable {
    devices: Vec<DeviceEntry>,
    points: Vec<PointEntry>,
    version: TableVersion,
    bytes: Vec<u8>,
}

#[derive(Encode, Decode)]
struct Body {
    #[n(0)]
    #[cbor(decode_with = "decode_devices")]
    devices: Vec<DeviceEntry>,
    #[n(1)]
    #[cbor(decode_with = "decode_points")]
    points: Vec<PointEntry>,
}

impl PointTable {
    pub const DEVICES_MAX: usize = 512;
    pub const POINTS_MAX: usize = 8_192;
    pub const PROFILE_BYTES_MAX: usize = 64;
    pub const KIND_BYTES_MAX: usize = 48;
    /// A part and its envelope's header fit [`crate::Envelope::BYTES_MAX`].
    const PART_BYTES: usize = 3_000;
    /// A table of the largest size with the longest names, in parts.
    const PARTS_MAX: u16 = 512;
    /// What these parts can hold.
    const BYTES_MAX: usize = Self::PART_BYTES * Self::PARTS_MAX as usize;

    pub fn new(devices: Vec<DeviceEntry>, points: Vec<PointEntry>) -> Result<Self, TableError> {
        let bytes = minicbor::to_vec(Body { devices: devices.clone(), points: points.clone() })
            .expect("writing to memory cannot fail");
        Self::checked(devices, points, bytes)
    }

    fn checked(
        devices: Vec<DeviceEntry>,
        points: Vec<PointEntry>,
        bytes: Vec<u8>,
    ) -> Result<Self, TableError> {
        if devices.len() > Self::DEVICES_MAX {
            return Err(TableError::Devices { count: devices.len() });
        }
        if points.len() > Self::POINTS_MAX {
            return Err(TableError::Points { count: points.len() });
        }
        if let Some(bad) = points.iter().find(|point| usize::from(point.device) >= devices.len()) {
            return Err(TableError::Device { point: bad.point.clone(), device: bad.device });
        }
        let profiles = devices.iter().map(|device| (&device.profile, Self::PROFILE_BYTES_MAX));
        let kinds = points.iter().map(|point| (&point.kind, Self::KIND_BYTES_MAX));
        if let Some((name, max)) = profiles.chain(kinds).find(|(name, max)| name.len() > *max) {
            return Err(TableError::Name { name: name.clone(), max });
        }
        let version = TableVersion::of(&bytes);
        Ok(Self { devices, points, version, bytes })
    }

    pub fn decode(bytes: &[u8]) -> Result<Self, TableError> {
        let body: Body = bounded::whole(bytes, Self::BYTES_MAX).map_err(TableError::Decode)?;
        Self::checked(body.devices, body.points, bytes.to_vec())
    }

    pub fn version(&self) -> TableVersion {
        self.version
    }

    /// The encoded table: what its version is the hash of.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn devices(&self) -> &[DeviceEntry] {
        &self.devices
    }

    pub fn points(&self) -> impl Iterator<Item = (PointNo, &PointEntry)> {
        self.points.iter().enumerate().map(|(no, point)| (PointNo(no as u16), point))
    }

    pub fn point(&self, no: PointNo) -> Option<&PointEntry> {
        self.points.get(usize::from(no.0))
    }

    pub fn device_of(&self, point: &PointEntry) -> &DeviceEntry {
        &self.devices[usize::from(point.device)]
    }

    /// The table cut into records.
    pub fn parts(&self) -> Vec<TablePart> {
        let chunks: Vec<&[u8]> = self.bytes.chunks(Self::PART_BYTES).collect();
        let parts = chunks.len() as u16;
        let part = |(number, chunk): (usize, &&[u8])| TablePart {
            version: self.version,
            number: number as u16,
            parts,
            bytes: chunk.to_vec().into(),
        };
        chunks.iter().enumerate().map(part).collect()
    }
}

/// One part of a table, as it travels.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct TablePart {
    #[n(0)]
    pub version: TableVersion,
    /// Counts from 0.
    #[n(1)]
    pub number: u16,
    #[n(2)]
    pub parts: u16,
    #[n(3)]
    pub bytes: minicbor::bytes::ByteVec,
}

/// What became of a part.
#[derive(Debug, PartialEq)]
pub enum Assembled {
    /// More parts are needed.
    Waiting,
    Complete(PointTable),
    /// The part does not follow the one before it; it was dropped, with what was there.
    OutOfOrder,
    /// All parts came, and together they are not the table that they name.
    Corrupt,
}

/// Puts the parts of one table together again. Parts come in order, as the lane keeps it; a new first part begins anew.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct TableAssembler {
    #[n(0)]
    version: Option<TableVersion>,
    #[n(1)]
    next: u16,
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    bytes: Vec<u8>,
}

impl TableAssembler {
    pub fn add(&mut self, part: &TablePart) -> Assembled {
        if part.number == 0 {
            *self = Self { version: Some(part.version), ..Self::default() };
        }
        let sane = part.bytes.len() <= PointTable::PART_BYTES && part.parts <= PointTable::PARTS_MAX;
        if self.version != Some(part.version)
            || part.number != self.next
            || part.number >= part.parts
            || !sane
        {
            *self = Self::default();
            return Assembled::OutOfOrder;
        }
        self.bytes.extend_from_slice(&part.bytes);
        self.next += 1;
        if self.next < part.parts {
            return Assembled::Waiting;
        }
        let whole = std::mem::take(self);
        match PointTable::decode(&whole.bytes) {
            Ok(table) if table.version == part.version => Assembled::Complete(table),
            Ok(_) | Err(_) => Assembled::Corrupt,
        }
    }
}

fn decode_devices<C>(d: &mut Decoder<'_>, ctx: &mut C) -> Result<Vec<DeviceEntry>, DecodeError> {
    bounded::array(d, ctx, PointTable::DEVICES_MAX)
}

fn decode_points<C>(d: &mut Decoder<'_>, ctx: &mut C) -> Result<Vec<PointEntry>, DecodeError> {
    bounded::array(d, ctx, PointTable::POINTS_MAX)
}

fn decode_profile<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Box<str>, DecodeError> {
    bounded::text(d, PointTable::PROFILE_BYTES_MAX).map(Into::into)
}

fn decode_kind_name<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Box<str>, DecodeError> {
    bounded::text(d, PointTable::KIND_BYTES_MAX).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(points: usize) -> PointTable {
        let device = DeviceEntry { device: DeviceId::parse("panel").unwrap(), profile: "panel".into() };
        let point = |no: usize| PointEntry {
            device: 0,
            point: PointName::parse(&format!("zone-{no}")).unwrap(),
            kind: "zone.state".into(),
        };
        PointTable::new(vec![device], (0..points).map(point).collect()).unwrap()
    }

    #[test]
    fn parts_make_the_table_again() {
        let table = table(1_000);
        let parts = table.parts();
        assert!(parts.len() > 2);
        let mut assembler = TableAssembler::default();
        let (last, first) = parts.split_last().unwrap();
        for part in first {
            assert_eq!(assembler.add(part), Assembled::Waiting);
        }
        assert_eq!(assembler.add(last), Assembled::Complete(table));
    }

    #[test]
    fn a_missing_or_altered_part_is_noticed() {
        let parts = table(1_000).parts();
        let mut assembler = TableAssembler::default();
        assembler.add(&parts[0]);
        assert_eq!(assembler.add(&parts[2]), Assembled::OutOfOrder);
        assert_eq!(assembler.add(&parts[1]), Assembled::OutOfOrder);

        let mut altered = table(3).parts();
        let middle = altered[0].bytes.len() - 3;
        altered[0].bytes[middle] ^= 1;
        assert_eq!(assembler.add(&altered[0]), Assembled::Corrupt);
    }

    #[test]
    fn a_point_needs_its_device() {
        let point =
            PointEntry { device: 3, point: PointName::parse("a").unwrap(), kind: "zone.state".into() };
        assert!(matches!(PointTable::new(vec![], vec![point]), Err(TableError::Device { device: 3, .. })));
    }
}
