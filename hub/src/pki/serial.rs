//! Serial numbers: random, so that they say nothing about how many were issued and never repeat.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::files::hex;

/// Sixteen bytes, positive and without a leading zero, so the bytes in the certificate, in the revocation list and in
/// the ledger are the same ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Serial([u8; 16]);

/// A text that is no serial of ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a serial: write the 32 hexadecimal digits that `pki list` shows")]
pub struct SerialError {
    given: String,
}

impl Serial {
    /// Takes 126 bits of `random`.
    pub fn from_random(mut random: [u8; 16]) -> Self {
        // Top bit clear: positive. Next bit set: always exactly sixteen bytes.
        random[0] = (random[0] & 0x7f) | 0x40;
        Self(random)
    }

    /// The bytes as they stand in a certificate.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(&self.0))
    }
}

impl FromStr for Serial {
    type Err = SerialError;

    /// Colons are skipped because other tools print them.
    fn from_str(text: &str) -> Result<Self, SerialError> {
        let digits = text.replace(':', "");
        hex::decode(&digits).map(Self).ok_or_else(|| SerialError { given: text.to_owned() })
    }
}

impl TryFrom<String> for Serial {
    type Error = SerialError;

    fn try_from(text: String) -> Result<Self, SerialError> {
        text.parse()
    }
}

impl From<Serial> for String {
    fn from(serial: Serial) -> Self {
        serial.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_positive_and_sixteen_bytes_whatever_the_dice_say() {
        for random in [[0x00; 16], [0xff; 16], [0x80; 16]] {
            let first = Serial::from_random(random).as_bytes()[0];
            assert!((0x40..0x80).contains(&first));
        }
    }

    #[test]
    fn is_read_back_from_any_usual_spelling() {
        let serial = Serial::from_random([0xab; 16]);
        assert_eq!(serial.to_string().to_uppercase().parse(), Ok(serial));
        assert_eq!("6b:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab:ab".parse(), Ok(serial));
        assert!("6bab".parse::<Serial>().is_err());
    }
}
