//! The feed of the live stream: what changed, numbered without gaps, so that a follower who was away goes on where it was.

use minicbor::{Decode, Encode};
use redb::ReadableTable;
use wire::PartId;

use super::tables::{self, decode};
use super::{Store, StoreError};
use crate::incident::Incident;
use crate::situation::{Arming, EdgeState};

/// How far a follower may be behind and still go on without loading everything anew.
pub const FEED_ROWS_MAX: u64 = 100_000;

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct FeedItem {
    #[n(0)]
    pub number: u64,
    #[n(1)]
    pub hub_ms: i64,
    #[n(2)]
    pub what: FeedKind,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum FeedKind {
    /// Opened or changed; as it then was.
    #[n(0)]
    Incident(#[n(0)] Incident),
    #[n(1)]
    Edge(#[n(0)] EdgeState),
    #[n(2)]
    Part {
        #[n(0)]
        part: PartId,
        #[n(1)]
        arming: Option<Arming>,
    },
}

/// A run of the feed.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    pub items: Vec<FeedItem>,
    /// The oldest number that is kept; 0 if there is none.
    pub oldest: u64,
    pub newest: u64,
}

impl Store {
    /// The items after this number, at most `limit`.
    pub fn feed(&self, after: u64, limit: usize) -> Result<Feed, StoreError> {
        let transaction = self.begin()?;
        let table = tables::open(&transaction, tables::FEED, "feed")?;
        let mut items = Vec::new();
        for row in table.range(after.saturating_add(1)..)?.take(limit) {
            items.push(decode("feed", row?.1.value())?);
        }
        let oldest = table.first()?.map_or(0, |(number, _)| number.value());
        let newest = table.last()?.map_or(0, |(number, _)| number.value());
        Ok(Feed { items, oldest, newest })
    }

    pub(super) fn feed_newest(&self) -> Result<u64, StoreError> {
        let transaction = self.begin()?;
        let table = tables::open(&transaction, tables::FEED, "feed")?;
        Ok(table.last()?.map_or(0, |(number, _)| number.value()))
    }
}
