//! The value of a point. On the wire a value is its natural CBOR type; what an integer means (a state, a count) says the
//! point's kind.

use std::fmt;

use minicbor::data::Type;
use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decode, Encode};

use crate::bounded;

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Flag(bool),
    /// A named state, or a count.
    Integer(i64),
    /// A measurement in the unit of the point's kind. Always finite: see [`Value::number`].
    Number(f64),
    Text(Box<str>),
}

impl Value {
    /// The longest text a value can have: it must fit an envelope many times over.
    pub const TEXT_BYTES_MAX: usize = 256;

    /// A measurement; `None` if it is not a finite number.
    pub fn number(number: f64) -> Option<Value> {
        number.is_finite().then_some(Value::Number(number))
    }

    /// A text, cut at a character boundary if it is too long.
    pub fn text(text: &str) -> Value {
        let mut end = text.len().min(Self::TEXT_BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Value::Text(text[..end].into())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Flag(flag) => flag.fmt(f),
            Value::Integer(integer) => integer.fmt(f),
            Value::Number(number) => number.fmt(f),
            Value::Text(text) => text.fmt(f),
        }
    }
}

impl<C> Encode<C> for Value {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        match self {
            Value::Flag(flag) => e.bool(*flag)?,
            Value::Integer(integer) => e.i64(*integer)?,
            Value::Number(number) if f64::from(*number as f32) == *number => e.f32(*number as f32)?,
            Value::Number(number) => e.f64(*number)?,
            Value::Text(text) => e.str(text)?,
        };
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Value {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        let at = d.position();
        match d.datatype()? {
            Type::Bool => Ok(Value::Flag(d.bool()?)),
            Type::F16 | Type::F32 | Type::F64 => Value::number(d.f64()?)
                .ok_or_else(|| DecodeError::message("a value that is not a finite number").at(at)),
            Type::String => Ok(Value::Text(bounded::text(d, Value::TEXT_BYTES_MAX)?.into())),
            _ => Ok(Value::Integer(d.i64()?)),
        }
    }
}
