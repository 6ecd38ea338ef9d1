//! One token as it stands in the file, and the file around it. The form is frozen by a test; the secret is not in it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::person::PersonId;
use super::role::Role;
use super::secret::Fingerprint;
use super::tokens::Principal;
use crate::pki::files::{Moment, hex};

/// The form of the file; a newer program may write a newer one.
const FORMAT: u32 = 1;

/// The whole file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TokenFile {
    format: u32,
    pub(super) tokens: Vec<Entry>,
}

impl TokenFile {
    pub(super) fn empty() -> Self {
        Self { format: FORMAT, tokens: Vec::new() }
    }

    pub(super) fn known_format(&self) -> bool {
        self.format == FORMAT
    }
}

/// One token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Names the token in lists, logs and revocations.
    pub id: TokenId,
    /// Whose it is.
    pub person: PersonId,
    /// What it allows.
    pub role: Role,
    pub(super) sha256: Fingerprint,
    /// When it was made.
    pub created: Moment,
    /// Its last second.
    pub expires: Moment,
    /// Set once, never taken back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoked: Option<Moment>,
}

impl Entry {
    /// Neither revoked nor expired.
    pub fn live(&self, now: Moment) -> bool {
        self.revoked.is_none() && now <= self.expires
    }

    /// Since when the token has been worth nothing, if it is.
    pub(super) fn ended(&self, now: Moment) -> Option<Moment> {
        let expired = (self.expires < now).then_some(self.expires);
        self.revoked.into_iter().chain(expired).min()
    }

    pub(super) fn principal(&self) -> Principal {
        Principal { person: self.person.clone(), role: self.role, token_id: self.id.clone() }
    }
}

/// Ten hexadecimal digits: short enough to type, and nothing of the secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenId(String);

/// A text that is no token id.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a token id; write the ten characters that `token list` shows")]
pub struct TokenIdError {
    given: String,
}

impl TokenId {
    pub(super) fn from_random(random: [u8; 5]) -> Self {
        Self(hex::encode(&random))
    }

    /// The text as lists show it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TokenId {
    type Err = TokenIdError;

    fn from_str(text: &str) -> Result<Self, TokenIdError> {
        match hex::decode::<5>(text) {
            Some(bytes) => Ok(Self::from_random(bytes)),
            None => Err(TokenIdError { given: text.to_owned() }),
        }
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for TokenId {
    type Error = TokenIdError;

    fn try_from(text: String) -> Result<Self, TokenIdError> {
        text.parse()
    }
}

impl From<TokenId> for String {
    fn from(id: TokenId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(revoked_s: Option<i64>) -> Entry {
        Entry {
            id: TokenId::from_random([0xab; 5]),
            person: "p-7".parse().unwrap(),
            role: Role::Supervisor,
            sha256: Fingerprint::of("srt_"),
            created: Moment::from_s(1_800_000_000),
            expires: Moment::from_s(1_800_000_100),
            revoked: revoked_s.map(Moment::from_s),
        }
    }

    #[test]
    fn a_token_ends_with_its_last_second_or_when_it_is_revoked() {
        let at = |s: i64| Moment::from_s(1_800_000_000 + s);
        assert!(entry(None).live(at(100)) && !entry(None).live(at(101)));
        assert_eq!(entry(None).ended(at(100)), None);
        assert_eq!(entry(None).ended(at(101)), Some(at(100)));
        let revoked = entry(Some(1_800_000_050));
        assert!(!revoked.live(at(60)));
        assert_eq!(revoked.ended(at(200)), Some(at(50)));
    }

    #[test]
    fn the_file_keeps_its_form() {
        let file = TokenFile { tokens: vec![entry(Some(1_800_000_050))], ..TokenFile::empty() };
        let frozen = concat!(
            r#"{"format":1,"tokens":[{"id":"ababababab","person":"p-7","role":"supervisor","#,
            r#""sha256":"SHA","created":"2027-01-15T08:00:00Z","expires":"2027-01-15T08:01:40Z","#,
            r#""revoked":"2027-01-15T08:00:50Z"}]}"#
        )
        .replace("SHA", "26e6cea675fef621b038e1c9beed5cbf05553e591d6aaab2d550b828b0ccf88d");
        let written = serde_json::to_string(&file).unwrap();
        assert_eq!(written, frozen);
        let read: TokenFile = serde_json::from_str(&frozen).unwrap();
        assert_eq!(read.tokens, file.tokens);
    }
}
