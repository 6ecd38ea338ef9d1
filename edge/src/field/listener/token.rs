//! Tokens: 128 random bits by which a device is known that has no certificate. They are shown once; the configuration
//! keeps their hash.

use std::fmt;
use std::str::FromStr;

use subtle::ConstantTimeEq;
use wire::Digest;

const TOKEN_BYTES: usize = 16;
const DIGEST_BYTES: usize = 32;

/// Never logged: it has no `Debug`.
pub struct Token([u8; TOKEN_BYTES]);

impl Token {
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// What the device sends as its password.
    pub fn password(&self) -> String {
        hex(&self.0)
    }

    pub fn digest(&self) -> TokenDigest {
        TokenDigest::of(&self.password())
    }
}

/// The SHA-256 of a token as it is sent. A slow hash would add nothing: nobody guesses 128 bits.
#[derive(Clone, Copy, Debug)]
pub struct TokenDigest([u8; DIGEST_BYTES]);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not 64 hexadecimal digits; take the line that `strongroom-edge token DEVICE-ID` prints")]
pub struct NoTokenDigest;

impl TokenDigest {
    fn of(password: &str) -> Self {
        Self(Digest::of(password.as_bytes()).0)
    }

    /// Takes the same time whatever the password is.
    pub fn matches(&self, password: &str) -> bool {
        self == &Self::of(password)
    }
}

impl PartialEq for TokenDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenDigest {}

impl FromStr for TokenDigest {
    type Err = NoTokenDigest;

    fn from_str(text: &str) -> Result<Self, NoTokenDigest> {
        if text.len() != 2 * DIGEST_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(NoTokenDigest);
        }
        let mut digest = [0; DIGEST_BYTES];
        for (place, byte) in digest.iter_mut().enumerate() {
            let digits = text.get(2 * place..2 * place + 2).ok_or(NoTokenDigest)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| NoTokenDigest)?;
        }
        Ok(Self(digest))
    }
}

impl fmt::Display for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_again_by_the_hash_that_the_configuration_keeps() {
        let (token, other) = (Token::generate().unwrap(), Token::generate().unwrap());
        let kept: TokenDigest = token.digest().to_string().parse().unwrap();
        assert_eq!(token.password().len(), 32);
        assert!(kept.matches(&token.password()));
        assert!(!kept.matches(&other.password()) && !kept.matches("") && !kept.matches(&kept.to_string()));
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        for text in ["", "ab", &"g".repeat(64), &"a".repeat(63), &"é".repeat(32)] {
            assert!(text.parse::<TokenDigest>().is_err(), "{text}");
        }
    }
}
