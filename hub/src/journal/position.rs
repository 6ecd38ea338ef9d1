//! A place in the journal. Opaque to everybody else: it can be compared, kept and given back, not calculated with.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

/// The order of entries. One hub is one shard; the shard is part of every position from the start, so that positions that
/// people and programs keep stay valid when there are several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Position {
    #[n(0)]
    shard: u16,
    #[n(1)]
    number: u64,
}

impl Position {
    pub const FIRST: Position = Position { shard: 0, number: 0 };

    pub(crate) fn of(number: u64) -> Self {
        Self { shard: 0, number }
    }

    pub(crate) fn number(self) -> u64 {
        self.number
    }

    pub(crate) fn plus(self, entries: usize) -> Self {
        Self { number: self.number + entries as u64, ..self }
    }

    pub(crate) fn next(self) -> Self {
        Self { number: self.number + 1, ..self }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.shard, self.number)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a position reads like `0-1234`")]
pub struct PositionError;

impl FromStr for Position {
    type Err = PositionError;
    fn from_str(text: &str) -> Result<Self, PositionError> {
        let (shard, number) = text.split_once('-').ok_or(PositionError)?;
        let shard = shard.parse().map_err(|_| PositionError)?;
        let number = number.parse().map_err(|_| PositionError)?;
        Ok(Self { shard, number })
    }
}
