//! What comes into the spool: readings on their way into a lane, and how far their sources have been read with them.

use wire::{Lane, PointNo, Reading};

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

/// How far a source has been read, so that a restart neither misses what it still holds nor takes it twice. Kept by name;
/// a newer one replaces the older one, and one without bytes removes it. A bookmark beyond a limit is refused, counted and
/// logged, and its batch goes on without it: the source is then read again from an older place, which loses nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookmark {
    pub name: Box<str>,
    pub bytes: Box<[u8]>,
}

/// Why a bookmark is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookmarkRefused {
    #[error("a bookmark's name of {bytes} bytes is longer than {max}", max = Bookmark::NAME_BYTES_MAX)]
    NameTooLong { bytes: usize },
    #[error("a bookmark of {bytes} bytes is larger than {max}", max = Bookmark::BYTES_MAX)]
    TooLarge { bytes: usize },
    #[error("{max} bookmarks are kept already", max = Bookmark::COUNT_MAX)]
    TooMany,
}

impl Bookmark {
    /// The longest name of a device or host, and what its driver adds to it.
    pub const NAME_BYTES_MAX: usize = 128;
    /// A place is a few numbers or a hash. A bookmark shares its page with others: every page of a commit wears the flash.
    pub const BYTES_MAX: usize = 1_024;
    /// Several for each device of the largest site. All of them are in memory.
    pub const COUNT_MAX: usize = 4_096;

    /// A bookmark that no limit but the number of others can refuse.
    pub fn new(name: impl Into<Box<str>>, bytes: impl Into<Box<[u8]>>) -> Result<Self, BookmarkRefused> {
        let bookmark = Self { name: name.into(), bytes: bytes.into() };
        bookmark.check_size()?;
        Ok(bookmark)
    }

    pub(super) fn check_size(&self) -> Result<(), BookmarkRefused> {
        let (name_bytes, bytes) = (self.name.len(), self.bytes.len());
        if name_bytes > Self::NAME_BYTES_MAX {
            return Err(BookmarkRefused::NameTooLong { bytes: name_bytes });
        }
        if bytes > Self::BYTES_MAX { Err(BookmarkRefused::TooLarge { bytes }) } else { Ok(()) }
    }
}
