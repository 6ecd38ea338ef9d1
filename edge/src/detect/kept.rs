//! What the detector keeps over a restart of the edge: how far each device had counted, and when it was last looked at.
//! A press or a badge that falls into a restart is then still an event, as long as the restart was short. Pure.
//!
//! One bookmark holds the numbers of one group of points, so that none is larger than a bookmark may be. It is written when
//! one of its numbers changes, and now and then with the periodic snapshot, so that its age says how long nobody looked.

use minicbor::{Decode, Encode};
use wire::{BootId, ClockState, DeviceId, PointName, Stamp};

use crate::bookmark::{Bookmark, Part};

/// Points that share a bookmark. Even with the longest names they stay below a kilobyte.
pub(super) const GROUP: usize = 16;
/// What happened while nobody looked for longer than this is not told as an event: nobody knows when it was.
const AGE_MAX_MS: u64 = 10 * 60 * 1_000;
/// How often a bookmark is written although no number changed: often enough that the age above means something, and seldom
/// enough that the flash does not feel it.
pub(super) const RENEW_AFTER_MS: u64 = 2 * 60 * 1_000;

/// The numbers of one group of points.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(super) struct Page {
    /// When the device was last read.
    #[n(0)]
    boot: BootId,
    #[n(1)]
    mono_ms: u64,
    #[n(2)]
    wall_ms: i64,
    #[n(3)]
    clock: ClockState,
    #[n(4)]
    pub(super) numbers: Vec<Numbered>,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub(super) struct Numbered {
    #[n(0)]
    pub(super) point: PointName,
    #[n(1)]
    pub(super) number: u64,
}

/// Why what was kept is not used.
#[derive(Debug, thiserror::Error)]
pub(super) enum KeptError {
    #[error("the bookmark {name} cannot be read")]
    Decode { name: Box<str>, source: minicbor::decode::Error },
}

impl Page {
    pub(super) fn new(read: Stamp, numbers: Vec<Numbered>) -> Self {
        let Stamp { boot, mono_ms, wall_ms, clock } = read;
        Self { boot, mono_ms, wall_ms, clock, numbers }
    }

    pub(super) fn bookmark(&self, device: &DeviceId, group: usize) -> Bookmark {
        let bytes = minicbor::to_vec(self).expect("a vector takes whatever is encoded");
        Bookmark::of(device, Part::Counts(group), bytes)
    }

    /// The device and its numbers; `None` for a bookmark of somebody else.
    pub(super) fn read(bookmark: &Bookmark) -> Option<Result<(&str, Page), KeptError>> {
        let (device, Part::Counts(_)) = bookmark.source() else { return None };
        let page = minicbor::decode(&bookmark.bytes);
        Some(match page {
            Ok(page) => Ok((device, page)),
            Err(source) => Err(KeptError::Decode { name: bookmark.name.clone(), source }),
        })
    }

    /// Until when, by the monotonic clock of this boot, a higher number is recent enough to be told as an event.
    pub(super) fn until_ms(&self, now: Stamp) -> Option<u64> {
        let age_ms = if self.boot == now.boot {
            now.mono_ms.checked_sub(self.mono_ms)?
        } else if self.clock == ClockState::Unset || now.clock == ClockState::Unset {
            return None;
        } else {
            u64::try_from(now.wall_ms.checked_sub(self.wall_ms)?).ok()?
        };
        AGE_MAX_MS.checked_sub(age_ms).map(|left_ms| now.mono_ms.saturating_add(left_ms))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detect::trace::at;

    fn page(read: Stamp) -> Page {
        Page::new(read, vec![Numbered { point: PointName::parse("access").unwrap(), number: 41 }])
    }

    const MINUTE: u64 = 60_000;

    #[test]
    fn within_a_boot_the_monotonic_clock_tells_the_age() {
        let kept = page(at(100 * MINUTE));
        assert_eq!(kept.until_ms(at(101 * MINUTE)), Some(110 * MINUTE));
        assert_eq!(kept.until_ms(at(110 * MINUTE)), Some(110 * MINUTE));
        assert_eq!(kept.until_ms(at(110 * MINUTE + 1)), None);
        assert_eq!(kept.until_ms(at(99 * MINUTE)), None, "a time before the reading is no age");
    }

    #[test]
    fn across_boots_a_wall_clock_that_was_set_tells_the_age() {
        let kept = page(at(100 * MINUTE));
        let booted = |wall_ms: i64, clock| Stamp { boot: BootId([9; 16]), mono_ms: 5_000, wall_ms, clock };
        let after = |ms: i64| at(100 * MINUTE).wall_ms + ms;
        assert_eq!(kept.until_ms(booted(after(60_000), ClockState::Free)), Some(5_000 + 9 * MINUTE));
        assert_eq!(kept.until_ms(booted(after(60_000), ClockState::Unset)), None);
        assert_eq!(kept.until_ms(booted(after(-1), ClockState::Free)), None, "the clock was put back");
        assert_eq!(kept.until_ms(booted(after(600_001), ClockState::Synchronised)), None);
        let unset = Page { clock: ClockState::Unset, ..kept };
        assert_eq!(unset.until_ms(booted(after(60_000), ClockState::Free)), None);
    }

    #[test]
    fn a_bookmark_says_whose_numbers_it_holds_and_never_grows_too_large() {
        let device = DeviceId::parse(&"d".repeat(DeviceId::BYTES_MAX)).unwrap();
        let name = PointName::parse(&"p".repeat(PointName::BYTES_MAX)).unwrap();
        let numbers = vec![Numbered { point: name, number: u64::MAX }; GROUP];
        let read = Stamp { mono_ms: u64::MAX, wall_ms: i64::MIN, ..at(0) };
        let page = Page::new(read, numbers);
        let bookmark = page.bookmark(&device, 255);
        assert!(
            bookmark.bytes.len() <= Bookmark::BYTES_MAX && bookmark.name.len() <= Bookmark::NAME_BYTES_MAX,
            "{}",
            bookmark.bytes.len()
        );
        let (found, read) = Page::read(&bookmark).unwrap().unwrap();
        assert_eq!((found, read), (device.as_str(), page));
        let other = Bookmark { name: "agent/pc-1".into(), bytes: Box::default() };
        assert!(Page::read(&other).is_none());
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_are_they_are_read_or_refused(bytes: Vec<u8>, cut in 0..60_usize) {
            let garbage = Bookmark { name: "sequence/door-1/0".into(), bytes: bytes.into() };
            let _ = Page::read(&garbage).unwrap();
            let sound = page(at(7)).bookmark(&DeviceId::parse("door-1").unwrap(), 0);
            if cut < sound.bytes.len() {
                let cut = Bookmark { bytes: sound.bytes[..cut].into(), ..sound };
                prop_assert!(Page::read(&cut).unwrap().is_err());
            }
        }
    }
}
