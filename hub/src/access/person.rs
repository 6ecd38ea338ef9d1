//! Persons stand here by an identifier that the organisation assigns, never by a name: journals and logs keep it for years.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Long enough for any personnel or account number.
const CHARACTERS_MAX: usize = 64;

/// 1 to 64 of `a-z 0-9 . _ -`, beginning with a letter or digit, so every one of them is a person id on the wire too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonId(String);

/// A text that is no such identifier.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a person id: use 1 to {CHARACTERS_MAX} of a-z 0-9 . _ - and begin with a letter or digit (an account or personnel number, not a name)"
)]
pub struct PersonError {
    given: String,
}

impl PersonId {
    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PersonId {
    type Err = PersonError;

    fn from_str(text: &str) -> Result<Self, PersonError> {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        let begins_well = !text.starts_with(['.', '_', '-']);
        if (1..=CHARACTERS_MAX).contains(&text.len()) && text.bytes().all(known) && begins_well {
            Ok(Self(text.to_owned()))
        } else {
            Err(PersonError { given: text.to_owned() })
        }
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for PersonId {
    type Error = PersonError;

    fn try_from(text: String) -> Result<Self, PersonError> {
        text.parse()
    }
}

impl From<PersonId> for String {
    fn from(person: PersonId) -> Self {
        person.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_plain_and_bounded() {
        for good in ["p-1042", "night.shift_2", &"x".repeat(64)] {
            assert!(good.parse::<PersonId>().is_ok(), "{good}");
        }
        for bad in ["", "Anna", "a b", "a/b", "ä", ".a", "-a", &"x".repeat(65)] {
            assert!(bad.parse::<PersonId>().is_err(), "{bad}");
        }
    }
}
