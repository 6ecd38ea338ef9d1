//! Texts of a bounded length, and the id of a boot.

use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// At most 256 bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Text(Box<str>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a text of {bytes} bytes is longer than {}", Text::BYTES_MAX)]
pub struct TextError {
    bytes: usize,
}

impl Text {
    pub const BYTES_MAX: usize = 256;

    /// Cut at a character boundary if it is too long.
    pub fn cut(text: &str) -> Self {
        let mut end = text.len().min(Self::BYTES_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self(text[..end].into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Text {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        if text.len() > Self::BYTES_MAX {
            Err(TextError { bytes: text.len() })
        } else {
            Ok(Self(text.into()))
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::try_from(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// One boot of a host, as a UUID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Boot(pub [u8; 16]);

impl Boot {
    /// 32 hexadecimal digits, with hyphens between any of them or none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        let mut digits = 0;
        for character in text.chars().filter(|character| *character != '-') {
            let digit = character.to_digit(16)? as u8;
            let byte = bytes.get_mut(digits / 2)?;
            *byte = *byte << 4 | digit;
            digits += 1;
        }
        (digits == 32 && text.len() <= 36).then_some(Self(bytes))
    }
}

impl fmt::Display for Boot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02x}", if matches!(place, 4 | 6 | 8 | 10) { "-" } else { "" })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Boot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Boot({self})")
    }
}

impl Serialize for Boot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Boot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Boot::parse(&text).ok_or_else(|| D::Error::custom("a boot is a UUID"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_is_a_uuid_and_shown_as_one() {
        let text = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
        assert_eq!(Boot::parse(text).unwrap().to_string(), text);
        assert_eq!(Boot::parse(&text.replace('-', "")), Boot::parse(text));
        for wrong in ["", "0f1e", &text[1..], &format!("{text}0"), &text.replace('0', "g"), &"-".repeat(99)] {
            assert_eq!(Boot::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn texts_are_bounded() {
        assert_eq!(Text::cut(&"é".repeat(200)).as_str().len(), 256);
        assert!(Text::try_from("a".repeat(257)).is_err());
    }
}
