//! A payload of Sparkplug B: its metrics and its sequence number, as the bytes have them.

use super::protobuf::{Field, Fields, PayloadError};

/// More than any node tells at once; the limit of a payload's bytes would allow thirty times as many empty ones.
const METRICS_MAX: usize = 2_048;

#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::field::message) struct Payload<'a> {
    /// Missing in a death of a node.
    pub(super) seq: Option<u64>,
    pub(super) metrics: Vec<Metric<'a>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Metric<'a> {
    /// Births name a metric; what follows may use its alias alone.
    pub(super) name: Option<&'a str>,
    pub(super) alias: Option<u64>,
    /// As in the births; what follows may leave it out.
    pub(super) datatype: Option<u32>,
    pub(super) is_historical: bool,
    pub(super) is_null: bool,
    pub(super) value: Option<Held<'a>>,
}

/// What stands in the field of the value, before its type says what it means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::field::message) enum Held<'a> {
    Int(u32),
    Long(u64),
    Float(f32),
    Double(f64),
    Boolean(bool),
    Text(&'a str),
    /// Bytes, data sets, templates: nothing that a point can have.
    Other,
}

impl<'a> Payload<'a> {
    pub(in crate::field::message) fn parse(bytes: &'a [u8]) -> Result<Self, PayloadError> {
        let (mut fields, mut payload) = (Fields::of(bytes), Payload::default());
        while let Some((number, field)) = fields.next()? {
            match number {
                2 if payload.metrics.len() >= METRICS_MAX => {
                    return Err(PayloadError::TooManyMetrics(METRICS_MAX));
                }
                2 => payload.metrics.push(Metric::parse(field.bytes(number)?)?),
                3 => payload.seq = Some(field.varint(number)?),
                // The time of the payload, its class and its body say nothing about a point.
                _ => {}
            }
        }
        Ok(payload)
    }
}

impl<'a> Metric<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, PayloadError> {
        let (mut fields, mut metric) = (Fields::of(bytes), Metric::default());
        while let Some((number, field)) = fields.next()? {
            match number {
                1 => metric.name = Some(field.text(number)?),
                2 => metric.alias = Some(field.varint(number)?),
                4 => metric.datatype = Some(narrow(field.varint(number)?)),
                5 => metric.is_historical = field.varint(number)? != 0,
                7 => metric.is_null = field.varint(number)? != 0,
                10..=19 => metric.value = Some(Held::parse(number, field)?),
                _ => {}
            }
        }
        Ok(metric)
    }
}

impl<'a> Held<'a> {
    fn parse(number: u32, field: Field<'a>) -> Result<Self, PayloadError> {
        Ok(match number {
            10 => Held::Int(narrow(field.varint(number)?)),
            11 => Held::Long(field.varint(number)?),
            12 => Held::Float(f32::from_bits(field.fixed32(number)?)),
            13 => Held::Double(f64::from_bits(field.fixed64(number)?)),
            14 => Held::Boolean(field.varint(number)? != 0),
            15 => Held::Text(field.text(number)?),
            _ => {
                field.bytes(number)?;
                Held::Other
            }
        })
    }
}

/// Protobuf writes a negative 32-bit number with 64 bits; readers take the lower half.
fn narrow(number: u64) -> u32 {
    number as u32
}
