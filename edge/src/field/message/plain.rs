//! A payload that is one bare value: a word or a number as text.

use super::Rejected;
use crate::field::profile::Raw;

/// A value that a person could read at a glance; the longest text of a point is far shorter.
const BYTES_MAX: usize = 1024;

/// An empty payload is how MQTT says that there is no value.
pub(super) fn parse(payload: &[u8]) -> Result<Option<Raw<'_>>, Rejected> {
    if payload.len() > BYTES_MAX {
        return Err(Rejected::Plain("it is longer than 1024 bytes"));
    }
    let text = std::str::from_utf8(payload).map_err(|_| Rejected::Plain("it is not UTF-8"))?.trim();
    if text.contains(char::is_control) {
        return Err(Rejected::Plain("it holds control characters"));
    }
    Ok((!text.is_empty()).then_some(Raw::Text(text)))
}
