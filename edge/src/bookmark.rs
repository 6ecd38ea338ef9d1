//! Bookmarks: how far a source has been read, so that a restart neither misses what it still holds nor takes it twice. The
//! only place that knows how they are named.

use wire::{DeviceId, PointName};

/// Counted numbers have a name of their own kind; everything else begins with its device.
const COUNTS: &str = "sequence/";

/// Kept by name; a newer one replaces the older one, and one without bytes removes it. A bookmark beyond a limit is refused,
/// counted and logged, and its batch goes on without it: the source is then read again from an older place, which loses
/// nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookmark {
    pub name: Box<str>,
    pub bytes: Box<[u8]>,
}

/// What of a device was read so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// The messages or reports that it sends.
    Messages,
    /// The log behind this point.
    Ring(&'a str),
    /// The numbers of a group of points that count.
    Counts(usize),
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

impl<'a> Part<'a> {
    pub fn ring(point: &'a PointName) -> Self {
        Self::Ring(point.as_str())
    }
}

impl Bookmark {
    /// The longest id of a device, and what its reader adds to it.
    pub const NAME_BYTES_MAX: usize = 128;
    /// A place is a few numbers or a hash. A bookmark shares its page with others: every page of a commit wears the flash.
    pub const BYTES_MAX: usize = 1_024;
    /// Several for each device of the largest site. All of them are in memory.
    pub const COUNT_MAX: usize = 4_096;

    /// How far this part of the device was read.
    pub fn of(device: &DeviceId, part: Part<'_>, bytes: impl Into<Box<[u8]>>) -> Self {
        let name = match part {
            Part::Messages => device.to_string(),
            Part::Ring(point) => format!("{device}/{point}"),
            Part::Counts(group) => format!("{COUNTS}{device}/{group}"),
        };
        Self { name: name.into(), bytes: bytes.into() }
    }

    /// The device and its part. No id and no name of a point has a slash.
    pub fn source(&self) -> (&str, Part<'_>) {
        let counts = self.name.strip_prefix(COUNTS).and_then(|rest| {
            let (device, group) = rest.rsplit_once('/')?;
            Some((device, Part::Counts(group.parse().ok()?)))
        });
        counts.unwrap_or_else(|| match self.name.split_once('/') {
            Some((device, point)) => (device, Part::Ring(point)),
            None => (&self.name, Part::Messages),
        })
    }

    pub fn is_of(&self, device: &DeviceId, part: Part<'_>) -> bool {
        self.source() == (device.as_str(), part)
    }

    /// Whether no limit but the number of others refuses it.
    pub fn check_size(&self) -> Result<(), BookmarkRefused> {
        let (name_bytes, bytes) = (self.name.len(), self.bytes.len());
        if name_bytes > Self::NAME_BYTES_MAX {
            return Err(BookmarkRefused::NameTooLong { bytes: name_bytes });
        }
        if bytes > Self::BYTES_MAX { Err(BookmarkRefused::TooLarge { bytes }) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// They stand in spools that exist: these names are never edited.
    #[test]
    fn the_names_are_frozen() {
        let device = DeviceId::parse("panel-1").unwrap();
        let name = |part| Bookmark::of(&device, part, []).name;
        assert_eq!(&*name(Part::Messages), "panel-1");
        assert_eq!(&*name(Part::Ring("event")), "panel-1/event");
        assert_eq!(&*name(Part::Counts(2)), "sequence/panel-1/2");
    }

    #[test]
    fn the_longest_name_is_kept() {
        let device = DeviceId::parse(&"d".repeat(DeviceId::BYTES_MAX)).unwrap();
        let point = PointName::parse(&"p".repeat(PointName::BYTES_MAX)).unwrap();
        for part in [Part::Messages, Part::ring(&point), Part::Counts(usize::MAX)] {
            assert_eq!(Bookmark::of(&device, part, [0; Bookmark::BYTES_MAX]).check_size(), Ok(()));
        }
    }

    proptest! {
        #[test]
        fn a_name_says_whose_it_is(
            device in "sequence|[a-z0-9][a-z0-9._-]{0,10}",
            point in "[0-9]|[a-z0-9][a-z0-9._-]{0,10}",
            group: usize,
        ) {
            let id = DeviceId::parse(&device).unwrap();
            for part in [Part::Messages, Part::Ring(&point), Part::Counts(group)] {
                let bookmark = Bookmark::of(&id, part, []);
                prop_assert_eq!(bookmark.source(), (device.as_str(), part));
                prop_assert!(bookmark.is_of(&id, part));
            }
        }

        #[test]
        fn any_name_is_of_somebody(name in ".{0,40}") {
            let bookmark = Bookmark { name: name.into(), bytes: [].into() };
            let _ = bookmark.source();
        }
    }
}
