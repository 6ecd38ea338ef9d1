//! The bookmarks that are kept, and those that wait for the commit that makes their records durable. Pure.
//!
//! A bookmark never commits before the records that were taken in with it or before it: whoever commits one seals the
//! routine records that wait. So a power cut loses both or neither.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use wire::Stamp;

use crate::bookmark::{Bookmark, BookmarkRefused};

/// A bookmark as it is stored. Fields are only ever added.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct BookmarkRow {
    #[n(0)]
    pub name: String,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

impl BookmarkRow {
    pub(super) fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to memory cannot fail")
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        minicbor::decode(bytes).ok()
    }
}

impl From<BookmarkRow> for Bookmark {
    fn from(BookmarkRow { name, bytes }: BookmarkRow) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }
}

/// The place of a bookmark in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot(pub u64);

/// What a commit writes into a slot; `None` empties it.
pub(super) type SlotChange = (Slot, Option<BookmarkRow>);

#[derive(Debug)]
struct Kept {
    slot: Slot,
    bytes: Box<[u8]>,
}

#[derive(Debug, Default)]
pub(super) struct Bookmarks {
    kept: BTreeMap<Box<str>, Kept>,
    waiting: BTreeMap<Box<str>, Box<[u8]>>,
    /// How many of the waiting ones take the place of none.
    new: usize,
    /// When the first of the waiting ones came, in milliseconds since the boot.
    since_ms: u64,
    next_slot: u64,
}

impl Bookmarks {
    pub(super) fn stored(stored: impl IntoIterator<Item = (Slot, Bookmark)>) -> Self {
        let mut bookmarks = Self::default();
        for (slot, Bookmark { name, bytes }) in stored {
            bookmarks.next_slot = bookmarks.next_slot.max(slot.0.saturating_add(1));
            bookmarks.kept.insert(name, Kept { slot, bytes });
        }
        bookmarks
    }

    /// Takes a bookmark in; it waits for the next commit.
    pub(super) fn put(&mut self, bookmark: Bookmark, now: &Stamp) -> Result<(), BookmarkRefused> {
        bookmark.check_size()?;
        let Bookmark { name, bytes } = bookmark;
        let is_new = !self.kept.contains_key(&name) && !self.waiting.contains_key(&name);
        if is_new && self.kept.len() + self.new >= Bookmark::COUNT_MAX {
            return Err(BookmarkRefused::TooMany);
        }
        self.new += usize::from(is_new);
        if self.waiting.is_empty() {
            self.since_ms = now.mono_ms;
        }
        self.waiting.insert(name, bytes);
        Ok(())
    }

    /// Since when a bookmark has been waiting; `None` if none does.
    pub(super) fn waiting_since_ms(&self) -> Option<u64> {
        (!self.waiting.is_empty()).then_some(self.since_ms)
    }

    /// The waiting ones become the kept ones; what that changes in the store goes into the same commit as their records.
    pub(super) fn commit(&mut self) -> Vec<SlotChange> {
        let mut changes = Vec::with_capacity(self.waiting.len());
        self.new = 0;
        for (name, bytes) in std::mem::take(&mut self.waiting) {
            if bytes.is_empty() {
                changes.extend(self.kept.remove(&name).map(|kept| (kept.slot, None)));
                continue;
            }
            let slot = match self.kept.get(&name) {
                // A page that is not touched costs no write.
                Some(kept) if kept.bytes == bytes => continue,
                Some(kept) => kept.slot,
                None => {
                    self.next_slot += 1;
                    Slot(self.next_slot - 1)
                }
            };
            changes.push((slot, Some(BookmarkRow { name: name.to_string(), bytes: bytes.to_vec() })));
            self.kept.insert(name, Kept { slot, bytes });
        }
        changes
    }

    /// All that are kept, as rows: what a new epoch begins with.
    pub(super) fn rows(&self) -> Vec<SlotChange> {
        let row = |name: &str, bytes: &[u8]| BookmarkRow { name: name.to_owned(), bytes: bytes.to_vec() };
        self.kept.iter().map(|(name, kept)| (kept.slot, Some(row(name, &kept.bytes)))).collect()
    }

    pub(super) fn kept_count(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn all(&self) -> Vec<Bookmark> {
        let kept = self.kept.iter();
        kept.map(|(name, kept)| Bookmark { name: name.clone(), bytes: kept.bytes.clone() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use wire::{BootId, ClockState};

    use super::*;

    fn now(mono_ms: u64) -> Stamp {
        Stamp { boot: BootId([1; 16]), mono_ms, wall_ms: 0, clock: ClockState::Free }
    }

    fn bookmark(name: &str, bytes: &[u8]) -> Bookmark {
        Bookmark { name: name.into(), bytes: bytes.into() }
    }

    fn slots(changes: &[SlotChange]) -> Vec<(u64, Option<&[u8]>)> {
        changes.iter().map(|(slot, row)| (slot.0, row.as_ref().map(|row| row.bytes.as_slice()))).collect()
    }

    #[test]
    fn a_newer_one_takes_the_place_of_the_older_one() {
        let mut bookmarks = Bookmarks::default();
        bookmarks.put(bookmark("a", b"1"), &now(5)).unwrap();
        bookmarks.put(bookmark("b", b"1"), &now(6)).unwrap();
        bookmarks.put(bookmark("a", b"2"), &now(7)).unwrap();
        assert_eq!(
            (bookmarks.waiting_since_ms(), bookmarks.all()),
            (Some(5), vec![]),
            "not kept before the commit"
        );
        assert_eq!(slots(&bookmarks.commit()), [(0, Some(&b"2"[..])), (1, Some(&b"1"[..]))]);
        bookmarks.put(bookmark("b", b"1"), &now(8)).unwrap();
        assert!(bookmarks.commit().is_empty(), "what stands already is not written again");
        bookmarks.put(bookmark("b", b"3"), &now(9)).unwrap();
        assert_eq!(slots(&bookmarks.commit()), [(1, Some(&b"3"[..]))]);
        assert_eq!(bookmarks.all(), [bookmark("a", b"2"), bookmark("b", b"3")]);
    }

    #[test]
    fn one_without_bytes_is_removed_and_its_slot_is_not_given_to_another_name() {
        let mut bookmarks =
            Bookmarks::stored([(Slot(3), bookmark("a", b"1")), (Slot(7), bookmark("b", b"1"))]);
        bookmarks.put(bookmark("b", b""), &now(0)).unwrap();
        bookmarks.put(bookmark("c", b"1"), &now(0)).unwrap();
        assert_eq!(slots(&bookmarks.commit()), [(7, None), (8, Some(&[b'1'][..]))]);
        assert_eq!(bookmarks.rows().len(), 2);
    }

    #[test]
    fn every_limit_refuses() {
        let mut bookmarks = Bookmarks::default();
        let mut put = |name: &str, bytes: &[u8]| bookmarks.put(bookmark(name, bytes), &now(0));
        assert_eq!(put(&"n".repeat(129), b"1"), Err(BookmarkRefused::NameTooLong { bytes: 129 }));
        assert_eq!(put("a", &[0; 1_025]), Err(BookmarkRefused::TooLarge { bytes: 1_025 }));
        for number in 0..Bookmark::COUNT_MAX {
            bookmarks.put(bookmark(&number.to_string(), b"1"), &now(0)).unwrap();
            bookmarks.put(bookmark(&number.to_string(), b"2"), &now(0)).unwrap();
            if number % 1_000 == 0 {
                bookmarks.commit();
            }
        }
        assert_eq!(bookmarks.put(bookmark("one more", b"1"), &now(0)), Err(BookmarkRefused::TooMany));
        assert_eq!(bookmarks.put(bookmark("7", b"2"), &now(0)), Ok(()), "a known one is replaced");
    }

    /// Spools of the first version have to open for ever: these bytes are never edited.
    #[test]
    fn the_stored_form_is_frozen() {
        let row = BookmarkRow { name: "panel-1".into(), bytes: vec![1, 2, 3] };
        let hex: String = row.encode().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "a2006770616e656c2d310143010203");
        assert_eq!(BookmarkRow::decode(&row.encode()), Some(row));
        assert_eq!(BookmarkRow::decode(b"garbage"), None);
    }
}
