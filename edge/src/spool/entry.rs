//! What comes into the spool: readings on their way into a lane, and how far their sources have been read with them.

use wire::{Lane, PointNo, Reading};

use crate::bookmark::Bookmark;

/// Whether something changed, or is told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Event,
    Snapshot,
}

/// One reading that has to reach the hub.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub lane: Lane,
    pub what: What,
    pub point: PointNo,
    pub reading: Reading,
}

/// What is appended together, and durable together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    pub entries: Vec<Entry>,
    /// How far the sources of these entries have been read with them.
    pub bookmarks: Vec<Bookmark>,
    pub wait: Wait,
}

/// What an append waits for. In rising order: a commit that many share waits for the most that one of them asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// Until the urgent entries are durable; the others are only taken in. With bookmarks it means `All`.
    #[default]
    Urgent,
    /// Until all that the spool has taken in so far is durable, with the next commit that takes everything along: at once
    /// if something urgent is in the batch, else when the routine records are due.
    All,
    /// As `All`, and the commit happens at once.
    AllNow,
}

impl From<Vec<Entry>> for Batch {
    fn from(entries: Vec<Entry>) -> Self {
        Self { entries, ..Self::default() }
    }
}

impl Batch {
    /// Takes what `other` has behind what is here.
    pub(super) fn join(&mut self, other: Batch) {
        self.wait = self.wait.max(other.waits_for());
        self.entries.extend(other.entries);
        self.bookmarks.extend(other.bookmarks);
    }

    pub(super) fn waits_for(&self) -> Wait {
        if self.bookmarks.is_empty() { self.wait } else { self.wait.max(Wait::All) }
    }
}
