//! Why somebody is not let in (one sentence outwards, the reason for logs and counters only), and what can be wrong with
//! the token file.

use std::path::PathBuf;

use super::entry::TokenId;
use super::store::{TOKEN_DAYS_MAX, TOKENS_MAX};
use crate::pki::files::FileError;

/// A refused token or session. All variants read the same, because the difference between "unknown" and "expired" tells
/// a stranger that a token was once good.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token or session is not valid; sign in again")]
pub enum AccessError {
    /// Not in the form of a token.
    Malformed,
    /// No such token.
    Unknown,
    /// Its time is over.
    Expired {
        /// For the log.
        token_id: TokenId,
    },
    /// It was taken back.
    Revoked {
        /// For the log.
        token_id: TokenId,
    },
    /// No such session, or it has ended.
    NoSession,
}

impl AccessError {
    /// The label of the counter and of the log line; never an answer to the one who asks.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::Expired { .. } => "expired",
            Self::Revoked { .. } => "revoked",
            Self::NoSession => "no_session",
        }
    }
}

/// A failed operation on the token file.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is none yet.
    #[error("there is no token file {path}; make the first token with: strongroom-hub token issue --file {path} --person ID --role supervisor", path = path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It does not decode or encode.
    #[error("{} is not a token file of this program; correct the line or restore the file from a backup", path.display())]
    Decode {
        /// The file.
        path: PathBuf,
        /// What the decoder said, with line and column.
        source: serde_json::Error,
    },
    /// It is of another version.
    #[error("{} was written by a newer program; use that one", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// Two entries claim one id, so a revocation could miss one of them.
    #[error("{} lists the token id {id} twice; remove one of the entries", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// The id.
        id: TokenId,
    },
    /// No room for another token.
    #[error("{} holds {TOKENS_MAX} tokens, which is the limit; revoke tokens that nobody uses, they leave the file a year later, or remove their entries", path.display())]
    TooMany {
        /// The file.
        path: PathBuf,
    },
    /// A validity that we do not give.
    #[error("{given} days is out of range; a token is valid for 1 to {TOKEN_DAYS_MAX} days")]
    Days {
        /// The refused number.
        given: u32,
    },
    /// Nothing to revoke, probably a slip of the pen.
    #[error("there is no token {id}; see: strongroom-hub token list --file {}", path.display())]
    NoToken {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        id: TokenId,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random(#[source] getrandom::Error),
}
