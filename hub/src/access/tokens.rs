//! The tokens that a running hub accepts: the file as it was last read. A file that becomes unreadable changes nothing
//! until it is whole again; the error is returned each time so that it cannot go unnoticed.

use std::path::Path;

use subtle::ConditionallySelectable;

use super::entry::{Entry, TokenId};
use super::error::{AccessError, StoreError};
use super::person::PersonId;
use super::role::Role;
use super::secret::{Fingerprint, looks_like_token};
use super::store::TokenStore;
use crate::pki::files::{Moment, Stamp};

/// Who stands behind a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The person, as journals record it.
    pub person: PersonId,
    /// What the person may do.
    pub role: Role,
    /// The token that vouches for it.
    pub token_id: TokenId,
}

/// What a look at the file found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// The file is the one that was read.
    Unchanged,
    /// The file was read again.
    Reloaded {
        /// How many tokens it lists.
        tokens: usize,
    },
}

/// Cheap to ask, cheap to clone when it is exchanged.
#[derive(Clone, Debug)]
pub struct Tokens {
    store: TokenStore,
    stamp: Stamp,
    entries: Vec<Entry>,
}

impl Tokens {
    /// Reads the file; a missing one is an error that says how to make the first token.
    pub fn load(path: &Path) -> Result<Self, StoreError> {
        let store = TokenStore::new(path);
        let (file, stamp) = store.read()?;
        Ok(Self { store, stamp, entries: file.tokens })
    }

    /// Reads the file again if another one stands in its place. After an error the tokens are the ones from before.
    pub fn reload_if_changed(&mut self) -> Result<Reload, StoreError> {
        if Stamp::of(self.store.path())? == self.stamp {
            return Ok(Reload::Unchanged);
        }
        let (file, stamp) = self.store.read()?;
        (self.entries, self.stamp) = (file.tokens, stamp);
        Ok(Reload::Reloaded { tokens: self.entries.len() })
    }

    /// Whose token this is, if it is good now. Refusals are counted here and logged by the caller, who knows the address.
    pub fn authenticate(&self, token: &str, now_s: i64) -> Result<Principal, AccessError> {
        let outcome = self.judge(token, Moment::from_s(now_s));
        if let Err(refusal) = &outcome {
            metrics::counter!("access_refused_total", "reason" => refusal.reason()).increment(1);
        }
        outcome
    }

    /// Whether a session's principal still stands as it was signed in: same person, same role, token good.
    pub fn vouches_for(&self, principal: &Principal, now_s: i64) -> bool {
        let now = Moment::from_s(now_s);
        self.entries
            .iter()
            .find(|entry| entry.id == principal.token_id)
            .is_some_and(|entry| entry.live(now) && entry.principal() == *principal)
    }

    fn judge(&self, token: &str, now: Moment) -> Result<Principal, AccessError> {
        if !looks_like_token(token) {
            return Err(AccessError::Malformed);
        }
        let presented = Fingerprint::of(token);
        // Every entry is compared, whatever the earlier ones said: the time tells nothing about which one it was.
        let mut found = 0_u64;
        for (place, entry) in (1_u64..).zip(&self.entries) {
            found.conditional_assign(&place, entry.sha256.matches(&presented));
        }
        let place = usize::try_from(found).ok().and_then(|place| place.checked_sub(1));
        let entry = place.and_then(|place| self.entries.get(place)).ok_or(AccessError::Unknown)?;
        let token_id = entry.id.clone();
        if entry.revoked.is_some() {
            return Err(AccessError::Revoked { token_id });
        }
        if !entry.live(now) {
            return Err(AccessError::Expired { token_id });
        }
        Ok(entry.principal())
    }
}
