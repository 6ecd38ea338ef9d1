//! Secrets of 256 random bits, as people and browsers carry them, and their fingerprints, as we keep them. So much chance
//! cannot be guessed or searched, which is why one SHA-256 is enough here and would not be for a password.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::pki::files::hex;

/// Tells a token from any other text: secret scanners and people recognise it.
const TOKEN_PREFIX: &str = "srt_";
/// 256 bits at six bits per character.
const SECRET_CHARACTERS: usize = 43;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Shown once, kept nowhere.
pub struct Secret([u8; 32]);

impl Secret {
    /// From the system's generator.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut random = [0; 32];
        getrandom::fill(&mut random)?;
        Ok(Self(random))
    }

    /// The bare text, for a cookie: 43 characters of base64url.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(SECRET_CHARACTERS);
        for group in self.0.chunks(3) {
            let mut word = 0_u32;
            for index in 0..3 {
                word = (word << 8) | u32::from(group.get(index).copied().unwrap_or(0));
            }
            for place in 0..=group.len() {
                let six = (word >> (18 - 6 * place)) & 0x3f;
                text.push(char::from(ALPHABET[six as usize]));
            }
        }
        text
    }

    /// The text of a bearer token.
    pub fn token_text(&self) -> String {
        format!("{TOKEN_PREFIX}{}", self.text())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

/// Whether a text can be a bearer token at all; what cannot is not worth a search.
pub(super) fn looks_like_token(text: &str) -> bool {
    text.strip_prefix(TOKEN_PREFIX).is_some_and(looks_like_secret)
}

/// Whether a text can be a bare secret.
pub(super) fn looks_like_secret(text: &str) -> bool {
    text.len() == SECRET_CHARACTERS && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

/// The SHA-256 of a secret's text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Fingerprint([u8; 32]);

/// A text that is no SHA-256.
#[derive(Debug, thiserror::Error)]
#[error("a SHA-256 is 64 hexadecimal digits")]
pub(super) struct FingerprintError;

impl Fingerprint {
    pub(super) fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Takes the same time whatever differs.
    pub(super) fn matches(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::encode(&self.0))
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = FingerprintError;

    fn try_from(text: String) -> Result<Self, FingerprintError> {
        hex::decode(&text).map(Self).ok_or(FingerprintError)
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        hex::encode(&fingerprint.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_unpadded_base64url() {
        assert_eq!(Secret([0; 32]).text(), "A".repeat(43));
        assert_eq!(Secret([0xff; 32]).text(), format!("{}8", "_".repeat(42)));
        let mut counted = [0; 32];
        for (index, byte) in counted.iter_mut().enumerate() {
            *byte = u8::try_from(index * 8).unwrap();
        }
        // Made with another tool from the same bytes.
        assert_eq!(Secret(counted).text(), "AAgQGCAoMDhASFBYYGhweICIkJigqLC4wMjQ2ODo8Pg");
    }

    #[test]
    fn a_generated_token_looks_like_one_and_no_log_shows_it() {
        let secret = Secret::generate().unwrap();
        assert!(looks_like_token(&secret.token_text()));
        assert!(looks_like_secret(&secret.text()) && !looks_like_token(&secret.text()));
        assert!(!format!("{secret:?}").contains(&secret.text()[..8]));
        assert_ne!(secret.text(), Secret::generate().unwrap().text());
        for bad in ["", "srt_", "srt_short", &format!("srt_{}=", "A".repeat(42)), &"A".repeat(47)] {
            assert!(!looks_like_token(bad), "{bad}");
        }
    }

    #[test]
    fn one_changed_character_is_another_fingerprint() {
        let known = Fingerprint::of("srt_a");
        assert!(bool::from(known.matches(&Fingerprint::of("srt_a"))));
        assert!(!bool::from(known.matches(&Fingerprint::of("srt_b"))));
    }
}
