//! The token file: read with its limits, changed under a lock, replaced in one step. It holds no secret that opens
//! anything, but it says who may, so only its owner may read it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::entry::{Entry, TokenFile, TokenId};
use super::error::StoreError;
use super::person::PersonId;
use super::role::Role;
use super::secret::{Fingerprint, Secret};
use crate::pki::files::{self, Lock, Moment, Readers, Stamp};

/// Far more than a site has people and programs; a search compares every entry and stays below a millisecond.
pub(super) const TOKENS_MAX: usize = 10_000;
/// Somebody who has not asked for a new token in a year does not need one.
pub(super) const TOKEN_DAYS_MAX: u32 = 365;
/// A full file is about 3 MB.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Ended tokens stay this long, so that lists explain what a log says; then they make room.
const ENDED_KEPT_DAYS: u32 = 365;

/// The file at one path.
#[derive(Clone, Debug)]
pub struct TokenStore {
    path: PathBuf,
}

/// A token that was just made.
#[derive(Debug)]
pub struct NewToken {
    /// As it stands in the file.
    pub entry: Entry,
    /// Shown once.
    pub secret: Secret,
    /// How many long-ended entries made room.
    pub forgotten: usize,
}

/// What a revocation found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevokedToken {
    /// It is revoked from now on.
    Now(Entry),
    /// It was revoked before.
    Before(Entry),
}

impl TokenStore {
    /// The file need not exist yet.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Makes a token for a person; the file is made with the first one.
    pub fn issue(
        &self,
        person: &PersonId,
        role: Role,
        days: u32,
        now_s: i64,
    ) -> Result<NewToken, StoreError> {
        if !(1..=TOKEN_DAYS_MAX).contains(&days) {
            return Err(StoreError::Days { given: days });
        }
        let now = Moment::from_s(now_s);
        let secret = Secret::generate().map_err(StoreError::Random)?;
        let _lock = self.lock()?;
        let mut file = match self.read() {
            Ok((file, _)) => file,
            Err(StoreError::Missing { .. }) => TokenFile::empty(),
            Err(error) => return Err(error),
        };
        let before = file.tokens.len();
        file.tokens.retain(|entry| entry.ended(now).is_none_or(|end| end.plus_days(ENDED_KEPT_DAYS) >= now));
        let forgotten = before - file.tokens.len();
        if file.tokens.len() >= TOKENS_MAX {
            return Err(StoreError::TooMany { path: self.path.clone() });
        }
        let entry = Entry {
            id: unused_id(&file)?,
            person: person.clone(),
            role,
            sha256: Fingerprint::of(&secret.token_text()),
            created: now,
            expires: now.plus_days(days),
            revoked: None,
        };
        file.tokens.push(entry.clone());
        self.write(&file)?;
        Ok(NewToken { entry, secret, forgotten })
    }

    /// Takes a token back for good.
    pub fn revoke(&self, id: &TokenId, now_s: i64) -> Result<RevokedToken, StoreError> {
        let _lock = self.lock()?;
        let (mut file, _) = self.read()?;
        let Some(entry) = file.tokens.iter_mut().find(|entry| entry.id == *id) else {
            return Err(StoreError::NoToken { path: self.path.clone(), id: id.clone() });
        };
        if entry.revoked.is_some() {
            return Ok(RevokedToken::Before(entry.clone()));
        }
        entry.revoked = Some(Moment::from_s(now_s));
        let revoked = entry.clone();
        self.write(&file)?;
        Ok(RevokedToken::Now(revoked))
    }

    /// All tokens, in the order in which they were made.
    pub fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        self.read().map(|(file, _)| file.tokens)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn read(&self) -> Result<(TokenFile, Stamp), StoreError> {
        let path = || self.path.clone();
        let read = match files::read_private(&self.path, FILE_BYTES_MAX) {
            Ok(read) => read,
            Err(error) if error.is_missing() => return Err(StoreError::Missing { path: path() }),
            Err(error) => return Err(error.into()),
        };
        let file: TokenFile =
            serde_json::from_str(&read.text).map_err(|source| StoreError::Decode { path: path(), source })?;
        if !file.known_format() {
            return Err(StoreError::Format { path: path() });
        }
        if file.tokens.len() > TOKENS_MAX {
            return Err(StoreError::TooMany { path: path() });
        }
        let mut ids = HashSet::new();
        match file.tokens.iter().find(|entry| !ids.insert(&entry.id)) {
            Some(entry) => Err(StoreError::Twice { path: path(), id: entry.id.clone() }),
            None => Ok((file, read.stamp)),
        }
    }

    fn write(&self, file: &TokenFile) -> Result<(), StoreError> {
        let mut text = serde_json::to_string_pretty(file)
            .map_err(|source| StoreError::Decode { path: self.path.clone(), source })?;
        text.push('\n');
        Ok(files::replace(&self.path, text.as_bytes(), Readers::OwnerOnly)?)
    }

    fn lock(&self) -> Result<Lock, StoreError> {
        let mut path = self.path.clone().into_os_string();
        path.push(".lock");
        Ok(Lock::acquire(Path::new(&path))?)
    }
}

/// Forty random bits repeat now and then among ten thousand; one more throw of the dice is all it takes.
fn unused_id(file: &TokenFile) -> Result<TokenId, StoreError> {
    loop {
        let mut random = [0; 5];
        getrandom::fill(&mut random).map_err(StoreError::Random)?;
        let id = TokenId::from_random(random);
        if file.tokens.iter().all(|entry| entry.id != id) {
            return Ok(id);
        }
    }
}
