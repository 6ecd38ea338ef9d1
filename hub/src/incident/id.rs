//! The id of an incident.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

/// Hash of (rule, key, first record): the same journal gives the same id, on every replay.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct IncidentId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IncidentId({self})")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an incident id has 32 hexadecimal digits")]
pub struct IncidentIdError;

impl FromStr for IncidentId {
    type Err = IncidentIdError;
    fn from_str(text: &str) -> Result<Self, IncidentIdError> {
        if text.len() != 32 || !text.is_ascii() {
            return Err(IncidentIdError);
        }
        let mut id = [0; 16];
        for (byte, digits) in id.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| IncidentIdError)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| IncidentIdError)?;
        }
        Ok(Self(id))
    }
}
