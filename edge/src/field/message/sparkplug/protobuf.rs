//! The wire format of protobuf: fields of four kinds, read in one pass over the bytes. A dozen fields are all that is
//! needed, so no schema compiler stands between the bytes and their limits.

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    #[error("it ends in the middle of a field")]
    Truncated,
    #[error("a number is longer than ten bytes")]
    Varint,
    #[error("field {field} has the wire type {wire_type}, which does not fit it")]
    WireType { field: u32, wire_type: u8 },
    #[error("a field has the number {0}")]
    FieldNumber(u64),
    #[error("a text is not UTF-8")]
    Text,
    #[error("it has more than {0} metrics")]
    TooManyMetrics(usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

/// The fields of one message, in their order.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next field with its number.
    pub(super) fn next(&mut self) -> Result<Option<(u32, Field<'a>)>, PayloadError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).ok().filter(|number| *number != 0);
        let field = number.ok_or(PayloadError::FieldNumber(key >> 3))?;
        let value = match key as u8 & 7 {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = self.varint()?;
                Field::Bytes(self.take(usize::try_from(length).map_err(|_| PayloadError::Truncated)?)?)
            }
            5 => Field::Fixed32(u32::from_le_bytes(self.array()?)),
            // Groups were given up long before Sparkplug.
            wire_type => return Err(PayloadError::WireType { field, wire_type }),
        };
        Ok(Some((field, value)))
    }

    fn varint(&mut self) -> Result<u64, PayloadError> {
        let mut number = 0_u64;
        for place in 0..10 {
            let [byte] = self.array()?;
            // The tenth byte has room for one bit.
            if place == 9 && byte > 1 {
                return Err(PayloadError::Varint);
            }
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(PayloadError::Varint)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PayloadError> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(PayloadError::Truncated)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], PayloadError> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(PayloadError::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }
}

impl<'a> Field<'a> {
    pub(super) fn varint(self, field: u32) -> Result<u64, PayloadError> {
        match self {
            Field::Varint(number) => Ok(number),
            other => Err(other.misplaced(field)),
        }
    }

    pub(super) fn fixed32(self, field: u32) -> Result<u32, PayloadError> {
        match self {
            Field::Fixed32(bits) => Ok(bits),
            other => Err(other.misplaced(field)),
        }
    }

    pub(super) fn fixed64(self, field: u32) -> Result<u64, PayloadError> {
        match self {
            Field::Fixed64(bits) => Ok(bits),
            other => Err(other.misplaced(field)),
        }
    }

    pub(super) fn bytes(self, field: u32) -> Result<&'a [u8], PayloadError> {
        match self {
            Field::Bytes(bytes) => Ok(bytes),
            other => Err(other.misplaced(field)),
        }
    }

    pub(super) fn text(self, field: u32) -> Result<&'a str, PayloadError> {
        std::str::from_utf8(self.bytes(field)?).map_err(|_| PayloadError::Text)
    }

    fn misplaced(self, field: u32) -> PayloadError {
        let wire_type = match self {
            Field::Varint(_) => 0,
            Field::Fixed64(_) => 1,
            Field::Bytes(_) => 2,
            Field::Fixed32(_) => 5,
        };
        PayloadError::WireType { field, wire_type }
    }
}
