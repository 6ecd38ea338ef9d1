//! Names and numbers that identify things. A wrong one cannot be built: every constructor checks, and decoding
//! goes through the same constructors.

use std::fmt;
use std::str::FromStr;

use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decode, Encode};

/// Why a text is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("an id may not be empty")]
    Empty,
    #[error("an id of {bytes} bytes is too long: at most {max} are allowed")]
    TooLong { bytes: usize, max: usize },
    #[error(
        "`{character}` is not allowed in an id: use letters, digits, `-`, `_` and `.`, and begin with a letter or digit"
    )]
    Character { character: char },
    #[error("a point id has three parts, `edge:device:point`")]
    Parts,
}

fn check(text: &str, bytes_max: usize) -> Result<(), IdError> {
    let first = text.chars().next().ok_or(IdError::Empty)?;
    if text.len() > bytes_max {
        return Err(IdError::TooLong { bytes: text.len(), max: bytes_max });
    }
    if !first.is_ascii_alphanumeric() {
        return Err(IdError::Character { character: first });
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    match text.chars().find(|c| !allowed(*c)) {
        Some(character) => Err(IdError::Character { character }),
        None => Ok(()),
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $max:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            pub const BYTES_MAX: usize = $max;

            pub fn parse(text: &str) -> Result<Self, IdError> {
                check(text, Self::BYTES_MAX)?;
                Ok(Self(text.into()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
                e.str(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
                Self::parse(d.str()?).map_err(DecodeError::custom)
            }
        }
    };
}

text_id!(
    /// One edge gateway. On the hub it comes from the certificate, never from a payload alone.
    EdgeId, 64
);
text_id!(
    /// One key part: a room or place that is watched as one. Only the hub binds edges to parts.
    PartId, 64
);
text_id!(
    /// One field device behind an edge.
    DeviceId, 32
);

impl DeviceId {
    /// What every edge calls itself among its devices, and the profile of that device.
    pub const EDGE_ITSELF: &str = "edge";
}

text_id!(
    /// One point of a device.
    PointName, 48
);
text_id!(
    /// A person, by an opaque id; never a name.
    PersonId, 64
);

/// A point of the whole site: `edge:device:point`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PointId {
    pub edge: EdgeId,
    pub device: DeviceId,
    pub point: PointName,
}

impl FromStr for PointId {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let mut parts = text.split(':');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(edge), Some(device), Some(point), None) => {
                Ok(Self { edge: edge.parse()?, device: device.parse()?, point: point.parse()? })
            }
            _ => Err(IdError::Parts),
        }
    }
}

impl fmt::Display for PointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.edge, self.device, self.point)
    }
}

macro_rules! bytes_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
                d.bytes()?.try_into().map(Self).map_err(|_| DecodeError::message("an id of 16 bytes was expected"))
            }
        }
    };
}

bytes_id!(
    /// The random id of one spool file. Sequence numbers mean something only inside an epoch.
    Epoch
);
bytes_id!(
    /// One boot of the edge's machine. Monotonic times mean something only inside a boot.
    BootId
);

/// The number of a record inside (epoch, lane): rises by one, without gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Seq(#[n(0)] pub u64);

impl Seq {
    pub const FIRST: Seq = Seq(0);

    /// The number `records` further on; `None` past the end of the number space.
    pub fn after(self, records: usize) -> Option<Seq> {
        self.0.checked_add(records as u64).map(Seq)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_to_their_alphabet() {
        assert!(EdgeId::parse("doc-room_1.a").is_ok());
        assert_eq!(EdgeId::parse(""), Err(IdError::Empty));
        assert_eq!(EdgeId::parse("-a"), Err(IdError::Character { character: '-' }));
        assert_eq!(EdgeId::parse("a/b"), Err(IdError::Character { character: '/' }));
        assert_eq!(DeviceId::parse(&"a".repeat(33)), Err(IdError::TooLong { bytes: 33, max: 32 }));
    }

    #[test]
    fn point_ids_have_three_parts() {
        let id: PointId = "edge-1:door-1:contact".parse().unwrap();
        assert_eq!(id.to_string(), "edge-1:door-1:contact");
        assert_eq!("edge-1:door-1".parse::<PointId>(), Err(IdError::Parts));
        assert_eq!("a:b:c:d".parse::<PointId>(), Err(IdError::Parts));
    }
}
